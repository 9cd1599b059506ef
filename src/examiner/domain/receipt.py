"""What a candidate takes away: which answers the house has, signed, so that nobody can say otherwise later."""

from datetime import datetime
from typing import Any

from examiner.domain.base import Frozen


class AnswerLine(Frozen):
    """One answer: its turn, the SHA-256 of its text, the server's time of receipt, whether time submitted it."""

    turn: str
    sha256: str
    at: datetime
    auto: bool = False


class Receipt(Frozen):
    """The answers of a session as stored. `head` is the hash of the session's last event, which chains all before it.

    `key` is the hash of the public key; `signature` is Ed25519 over the canonical JSON of everything else, hex.
    """

    kind: str = "examiner-receipt/1"
    session: str
    status: str
    answers: tuple[AnswerLine, ...]
    events: int
    head: str
    issued: datetime
    key: str
    signature: str = ""

    def body(self) -> dict[str, Any]:
        """Return what is signed: everything but the signature."""
        return self.model_dump(mode="json", exclude={"signature"})
