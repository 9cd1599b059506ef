"""A circuit breaker: a provider that only fails is left alone for a while, then asked once."""


class Breaker:
    """Opens after `failures` in a row without a success between; after `rest` seconds one call may try.

    Args:
        failures: how many in a row open it.
        rest: seconds it stays open.

    """

    def __init__(self, failures: int = 10, rest: float = 15.0) -> None:
        self._limit = failures
        self._rest = rest
        self._row = 0
        self._open_until: float | None = None
        self._trying = False

    def wait(self, now: float) -> float:
        """Return the seconds until a call may be tried; 0 lets this one through."""
        if self._open_until is None:
            return 0.0
        if now < self._open_until:
            return self._open_until - now
        if self._trying:
            return self._rest / 10
        self._trying = True
        return 0.0

    def success(self) -> None:
        """A call brought a reply."""
        self._row = 0
        self._open_until = None
        self._trying = False

    def failure(self, now: float) -> None:
        """A call failed in a way that is the provider's."""
        self._row += 1
        if self._trying or self._row >= self._limit:
            self._open_until = now + self._rest
            self._trying = False
