"""Rate limits: a token bucket for each caller. Saving, answering and reading a live session never pass through one."""

import threading
import time

from examiner.domain.errors import Exhausted

RATE, BURST = 20.0, 100.0  # requests a second and at once, for each key or candidate
UNKNOWN_RATE, UNKNOWN_BURST = 2.0, 30.0  # for each address that shows no valid credential
_CALLERS = 10_000


class RateLimited(Exhausted):
    """Too many requests; try again a little later."""


class Buckets:
    """Token buckets by caller, in memory: a restart forgives, which harms nobody."""

    def __init__(self, rate: float = RATE, burst: float = BURST) -> None:
        self._rate, self._burst = rate, burst
        self._lock = threading.Lock()
        self._state: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> float:
        """Take one token and return what is left. Raises RateLimited."""
        now = time.monotonic()
        with self._lock:
            if len(self._state) > _CALLERS:
                self._state.clear()
            tokens, last = self._state.get(caller, (self._burst, now))
            tokens = min(self._burst, tokens + (now - last) * self._rate)
            if tokens < 1:
                raise RateLimited("too many requests", hint="rate_limited")
            self._state[caller] = (tokens - 1, now)
        return tokens - 1
