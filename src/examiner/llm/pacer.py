"""How fast to ask: as fast as the provider allows, no faster. Shared by all calls to one provider."""

from collections.abc import Sequence

from examiner.llm.call import Limit

_LONGEST = 120.0  # seconds; a provider that says more is not obeyed to the letter, it is asked again


class Pacer:
    """Turns rate-limit headers and `Retry-After` into waits. Times are readings of one monotonic clock.

    Args:
        per_minute: an own ceiling on requests, or None.

    """

    def __init__(self, per_minute: float | None = None) -> None:
        self._own = 60.0 / per_minute if per_minute else 0.0
        self._gap = 0.0
        self._gap_until = 0.0
        self._next = 0.0
        self._closed_until = 0.0

    def slot(self, now: float) -> float:
        """Return when the next request may leave, and take that slot."""
        gap = max(self._own, self._gap if now < self._gap_until else 0.0)
        at = max(now, self._next, self._closed_until)
        if gap:
            self._next = at + gap
        return at

    def hear(self, limits: Sequence[Limit], in_flight: int, now: float) -> None:
        """Take in what a reply said is left: spread the rest over the time to the reset once it gets scarce."""
        for limit in limits:
            if limit.left <= in_flight and limit.reset > 0:
                reset = min(limit.reset, _LONGEST)
                if limit.left < 1:
                    self.close(reset, now)
                else:
                    self._gap, self._gap_until = reset / limit.left, now + reset

    def close(self, seconds: float, now: float) -> None:
        """Let nobody ask for so long: the provider said so."""
        self._closed_until = max(self._closed_until, now + min(seconds, _LONGEST))
