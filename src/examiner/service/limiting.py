"""Token buckets: how many requests a caller may make, and what to tell one that makes more.

The headers are those of the IETF draft `ratelimit-headers`: a policy for each bucket, what is left, and in how many seconds
it is full again.
"""

import math
import threading
import time

from examiner.domain.errors import Exhausted

STRANGER_RATE, STRANGER_BURST = 2.0, 30.0  # for each address that shows no valid credential
_CALLERS = 10_000


class RateLimited(Exhausted):
    """Too many requests; try again a little later."""

    def __init__(self, whose: str, wait: float, headers: dict[str, str]) -> None:
        super().__init__(f"too many requests of this {whose}", hint="rate_limited")
        self.headers = {**headers, "Retry-After": str(max(1, math.ceil(wait)))}
        self.extra = {"limit": whose}


class Buckets:
    """Token buckets by caller, in memory: a restart forgives, which harms nobody.

    Args:
        whose: what a caller is, for headers and messages: key, tenant, address.
        rate: requests a second.
        burst: requests at once.

    """

    def __init__(self, whose: str, rate: float, burst: float) -> None:
        self.whose, self.rate, self.burst = whose, rate, burst
        self._lock = threading.Lock()
        self._state: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> float:
        """Take one token and return what is left. Raises RateLimited."""
        return self._look(caller, 1) - 1

    def held(self, caller: str) -> float:
        """Return what is left and take nothing. Raises RateLimited where nothing is."""
        return self._look(caller, 0)

    def _look(self, caller: str, take: int) -> float:
        now = time.monotonic()
        with self._lock:
            if len(self._state) > _CALLERS:
                self._state.clear()
            tokens, last = self._state.get(caller, (self.burst, now))
            tokens = min(self.burst, tokens + (now - last) * self.rate)
            if tokens >= 1:
                self._state[caller] = (tokens - take, now)
        if tokens < 1:
            wait = (1 - tokens) / self.rate if self.rate else 60.0
            raise RateLimited(self.whose, wait, self.headers(0.0))
        return tokens

    def headers(self, left: float) -> dict[str, str]:
        """Return the headers that tell what is left of a bucket."""
        full = math.ceil((self.burst - left) / self.rate) if self.rate else 60
        window = math.ceil(self.burst / self.rate) if self.rate else 60
        return {
            "RateLimit": f'"{self.whose}";r={int(left)};t={full}',
            "RateLimit-Policy": f'"{self.whose}";q={int(self.burst)};w={window}',
        }
