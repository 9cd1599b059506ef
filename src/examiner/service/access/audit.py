"""The staff's audit log: who read or did what. Nothing may change it."""

from datetime import datetime
from typing import Any

from examiner.service.examiner import Examiner
from examiner.store.chain import Entry

STREAM = "staff"


def note(house: Examiner, kind: str, by: str, body: dict[str, Any], at: datetime | None = None) -> None:
    """Append to the log what somebody of the staff did."""
    entry = Entry(kind=kind, body={"by": by, **body}, at=at or house.clock())
    house.ledger.audits.append(STREAM, [entry], after=None)
