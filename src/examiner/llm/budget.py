"""Ceilings on money, tokens, calls and time, checked before a call; grains nest (session in project)."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from examiner.domain.errors import Exhausted, Invalid
from examiner.llm.call import Usage


class Unpriced(Invalid):
    """A budget in USD stands, and nobody knows what the model costs."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that may be used; None is no ceiling."""

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None


@dataclass(slots=True)
class Spent:
    """What was used so far. `unpriced` counts the calls whose price is not known."""

    usd: float = 0.0
    usage: Usage = field(default_factory=Usage)
    calls: int = 0
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most that a call about to be made may use."""

    usd: float
    tokens: int


class Budget:
    """One grain of spending.

    A call reserves the most it may use before it is made and settles what it did use, so that calls in flight
    together cannot overshoot.

    Args:
        ceiling: the most that may be used.
        name: of the grain, for messages: call, session, batch, project.
        parent: the grain around this one; both must allow a call.
        spent_usd: used before this process.
        started: the clock's reading when the grain began, for `ceiling.seconds`.

    """

    def __init__(
        self,
        ceiling: Ceiling | None = None,
        *,
        name: str = "batch",
        parent: "Budget | None" = None,
        spent_usd: float = 0.0,
        started: float = 0.0,
    ) -> None:
        self.ceiling = ceiling or Ceiling()
        self.name = name
        self.parent = parent
        self.started = started
        self.spent = Spent(usd=spent_usd)
        self._held_usd = 0.0
        self._held_tokens = 0
        self._held = 0

    @property
    def needs_prices(self) -> bool:
        """Whether a ceiling on money stands here or above."""
        return self.ceiling.usd is not None or (self.parent is not None and self.parent.needs_prices)

    def why_not(self, wanted: Reservation, now: float) -> str:
        """Return which ceiling this call would break, counting what is in flight, or ""."""
        c, s = self.ceiling, self.spent
        if c.usd is not None and s.usd + self._held_usd + wanted.usd > c.usd + 1e-12:
            return f"the {self.name} budget of {c.usd:.2f} USD does not hold another call ({s.usd:.4f} USD spent)"
        if c.tokens is not None and s.usage.total + self._held_tokens + wanted.tokens > c.tokens:
            return f"the {self.name} budget of {c.tokens} tokens does not hold another call ({s.usage.total} used)"
        if c.calls is not None and s.calls + self._held + 1 > c.calls:
            return f"the {self.name} budget of {c.calls} calls is used up"
        if c.seconds is not None and now - self.started > c.seconds:
            return f"the {self.name} budget of {c.seconds:g} seconds is used up"
        return self.parent.why_not(wanted, now) if self.parent else ""

    @property
    def in_flight(self) -> int:
        """How many calls hold a reservation."""
        return self._held

    def hold(self, wanted: Reservation) -> None:
        """Reserve. A grain around this one may refuse at the last moment; then nothing is held anywhere."""
        if self.parent:
            self.parent.hold(wanted)
        self._held_usd += wanted.usd
        self._held_tokens += wanted.tokens
        self._held += 1

    def settle(self, wanted: Reservation, usage: Usage, usd: float | None) -> None:
        """Give the reservation back and enter what was used; `usd` None is a call without a known price."""
        self._held_usd = max(0.0, self._held_usd - wanted.usd)
        self._held_tokens -= wanted.tokens
        self._held -= 1
        self.spent.calls += 1
        self.spent.usage = self.spent.usage + usage
        self.spent.usd += usd or 0.0
        self.spent.unpriced += usd is None
        if self.parent:
            self.parent.settle(wanted, usage, usd)

    def gathering(self) -> AbstractContextManager[None]:
        """Return the block of a long run: what many calls used may be entered together where no ceiling waits for it."""
        return self.parent.gathering() if self.parent else nullcontext()


def exhausted(why: str) -> Exhausted:
    """Return the error of a used-up budget: exit code 5, with the way on."""
    return Exhausted(why, hint="raise it and run the same command again; what is done stays done")
