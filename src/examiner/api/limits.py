"""Rate limits of the door: for each key, each tenant, and each address without a credential.

Saving, answering and reading a live session never pass through one.
"""

from examiner.service.limiting import STRANGER_BURST, STRANGER_RATE, Buckets

BURST_SECONDS = 5  # a bucket holds the requests of so many seconds


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
