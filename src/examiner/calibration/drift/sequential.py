"""Sequential monitors of a flip rate: when has a judge changed, and how surely. Pure.

An audit re-judges n frozen answers and counts those whose level flipped. Under the null hypothesis a flip has
probability at most `P0`. Two monitors run side by side, as each is good at what the other is not:

* CUSUM (Page 1954, Biometrika 41) for detection: quick after any number of quiet audits, as it forgets them.
* a mixture e-process (Ville 1939; Ramdas et al. 2023, Statistical Science 38) for the claim: whenever one stops
  to look, the chance that it ever exceeded 1/alpha under the null is at most alpha.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

P0 = 0.05  # flips that a judge in good order may have
P1 = 0.12  # the rate that the CUSUM is tuned to
ALPHA = 0.01
CUSUM_LIMIT = math.log(1 / ALPHA) + 2
# The alternatives that the e-process bets on, in equal parts. Those near the null keep some wealth through quiet years.
GRID = (0.08, 0.10, 0.12, 0.15, 0.20, 0.30)


def evidence(flips: int, n: int, p: float, p0: float = P0) -> float:
    """Return the log likelihood ratio (natural logarithm) of `flips` in `n` judgements for a flip rate of `p` against `p0`.

    Positive where the flips speak for `p`; both rates lie strictly between 0 and 1.
    """
    return flips * math.log(p / p0) + (n - flips) * math.log((1 - p) / (1 - p0))


@dataclass(frozen=True)
class Cusum:
    """A one-sided CUSUM (Page 1954): evidence for the tuned rate, never below 0.

    Attributes:
        level: the evidence since it was last 0, a natural logarithm.
        p1: the flip rate that it is tuned to find.
        limit: the level at which it gives the alarm.

    """

    level: float = 0.0
    p1: float = P1
    limit: float = CUSUM_LIMIT

    def step(self, flips: int, n: int) -> "Cusum":
        """Return the state after one more audit."""
        return Cusum(max(0.0, self.level + evidence(flips, n, self.p1)), self.p1, self.limit)

    @property
    def alarm(self) -> bool:
        """Whether the limit is reached."""
        return self.level >= self.limit


@dataclass(frozen=True)
class Mixture:
    """A mixture e-process: the mean of likelihood ratios against each rate of the grid.

    For every rate at or below `P0` each ratio is a supermartingale that starts at 1, hence so is their mean: however
    often one looks, the chance that it ever reaches 1/alpha is at most alpha (Ville 1939). `logs` are the ratios' natural
    logarithms, one for each rate of `GRID`.
    """

    logs: tuple[float, ...] = (0.0,) * len(GRID)

    def step(self, flips: int, n: int) -> "Mixture":
        """Return the state after one more audit."""
        return Mixture(tuple(log + evidence(flips, n, p) for log, p in zip(self.logs, GRID, strict=True)))

    @cached_property
    def log_value(self) -> float:
        """The natural logarithm of the e-value."""
        top = max(self.logs)
        return top + math.log(sum(math.exp(log - top) for log in self.logs) / len(self.logs))

    @property
    def alarm(self) -> bool:
        """Whether the e-value has reached 1/alpha."""
        return self.log_value >= math.log(1 / ALPHA)


@dataclass(frozen=True)
class Watch:
    """Both monitors of one criterion; `detected` and `claimed` stay once they were reached."""

    cusum: Cusum = Cusum()
    mixture: Mixture = Mixture()
    detected: bool = False
    claimed: bool = False

    def step(self, flips: int, n: int) -> "Watch":
        """Return the state after one more audit."""
        cusum, mixture = self.cusum.step(flips, n), self.mixture.step(flips, n)
        return Watch(cusum, mixture, self.detected or cusum.alarm, self.claimed or mixture.alarm)


def watch(audits: Sequence[tuple[int, int]]) -> tuple[Watch, ...]:
    """Return the state after each audit of (flips, n)."""
    states = []
    state = Watch()
    for flips, n in audits:
        state = state.step(flips, n)
        states.append(state)
    return tuple(states)
