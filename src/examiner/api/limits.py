"""Rate limits: token buckets for each key, each tenant, and each address without a credential.

Saving, answering and reading a live session never pass through one. The headers are those of the IETF draft
`ratelimit-headers`: a policy for each bucket, what is left, and in how many seconds it is full again.
"""

import math
import threading
import time

from examiner.domain.errors import Exhausted

BURST_SECONDS = 5  # a bucket holds the requests of so many seconds
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
        now = time.monotonic()
        with self._lock:
            if len(self._state) > _CALLERS:
                self._state.clear()
            tokens, last = self._state.get(caller, (self.burst, now))
            tokens = min(self.burst, tokens + (now - last) * self.rate)
            if tokens >= 1:
                self._state[caller] = (tokens - 1, now)
        if tokens < 1:
            wait = (1 - tokens) / self.rate if self.rate else 60.0
            raise RateLimited(self.whose, wait, self.headers(0.0))
        return tokens - 1

    def headers(self, left: float) -> dict[str, str]:
        """Return the headers that tell what is left of a bucket."""
        full = math.ceil((self.burst - left) / self.rate) if self.rate else 60
        window = math.ceil(self.burst / self.rate) if self.rate else 60
        return {
            "RateLimit": f'"{self.whose}";r={int(left)};t={full}',
            "RateLimit-Policy": f'"{self.whose}";q={int(self.burst)};w={window}',
        }


class Limits:
    """The buckets of one door.

    Args:
        key: requests a second for each key, person or candidate.
        tenant: requests a second for all of a tenant's together.

    """

    def __init__(self, key: int, tenant: int) -> None:
        self._key = Buckets("key", key, key * BURST_SECONDS)
        self._tenant = Buckets("tenant", tenant, tenant * BURST_SECONDS)
        self._stranger = Buckets("address", STRANGER_RATE, STRANGER_BURST)

    def known(self, who: str, tenant: str) -> dict[str, str]:
        """Count a request of somebody known; return the headers that tell what is left. Raises RateLimited."""
        found = self._key.headers(self._key.take(who)), self._tenant.headers(self._tenant.take(tenant))
        return {name: ", ".join(one[name] for one in found) for name in found[0]}

    def stranger(self, address: str) -> None:
        """Count a request without a valid credential. Raises RateLimited."""
        self._stranger.take(address)
