"""The chains checked in rounds while the house serves: some streams a pass, from the first again after the last."""

from typing import Any

from examiner.service.examiner import Examiner

STREAMS = 50  # a pass: some thousand events, a tenth of a second


class Rounds:
    """What the rounds have found so far; a break counts until a whole round finds it no more."""

    def __init__(self) -> None:
        self._at = {"events": "", "audits": ""}
        self._found: dict[str, list[str]] = {"events": [], "audits": []}
        self._before: dict[str, list[str]] = {"events": [], "audits": []}

    def verify(self, house: Examiner, limit: int = STREAMS) -> None:
        """Check the next streams of both tables."""
        ledgers: dict[str, Any] = {"events": house.ledger, "audits": house.ledger.audits}
        for name, ledger in ledgers.items():
            found, self._at[name] = ledger.verify_next(self._at[name], limit)
            self._found[name] += found
            if not self._at[name]:
                self._before[name], self._found[name] = self._found[name], []

    def health(self) -> str:
        """Return "ok", or how many breaks there are; which stream broke is for `examiner db check` to say."""
        breaks = {b for part in (self._found, self._before) for rows in part.values() for b in rows}
        return "ok" if not breaks else f"{len(breaks)} breaks: examiner db check"
