"""Receipts: signed by this installation, checked by anybody with its public key and without this program's data."""

import json
from pathlib import Path

from pydantic import ValidationError

from examiner.calibration.certificates.signing import Signer, check_seal
from examiner.domain.errors import Invalid, NotFound
from examiner.domain.receipt import AnswerLine, Receipt
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.service.sitting.sessions import digest
from examiner.service.sitting.streams import stream_of


def signer(examiner: Examiner) -> Signer:
    """Return the key that receipts are signed with, made on first use."""
    return Signer(examiner.settings.home_path / "keys" / "receipts.pem")


def receipt(examiner: Examiner, session: str) -> Receipt:
    """Return a signed receipt of what is stored of a session now. Raises NotFound."""
    state, seq = sittings.load(examiner, session)
    records = examiner.ledger.read(stream_of(session), after=seq - 1)
    lines = tuple(
        AnswerLine(turn=t.id, sha256=digest(t.text), at=t.answered_at, auto=t.auto)
        for item in state.items
        for t in item.turns
        if t.text and t.answered_at
    )
    key = signer(examiner)
    made = Receipt(
        session=session,
        status=state.status,
        answers=lines,
        events=seq,
        head=records[-1].hash,
        issued=examiner.clock(),
        key=key.id,
    )
    return made.model_copy(update={"signature": key.seal(made.body())})


def read_receipt(path: Path) -> Receipt:
    """Return a receipt from a file. Raises NotFound, Invalid."""
    try:
        return Receipt.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise NotFound(f"no file {path}") from None
    except (ValidationError, ValueError, UnicodeDecodeError):
        raise Invalid(f"{path}: not a receipt") from None


def verify(made: Receipt, public: str) -> str:
    """Return what is wrong with a receipt under a public key (PEM), "" where nothing is. Raises Invalid."""
    return check_seal(made.body(), made.key, made.signature, public)
