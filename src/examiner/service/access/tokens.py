"""Who a candidate is: tokens and pseudonyms derived from a secret of this installation, and the row of the name."""

import hashlib
import hmac
import os
import secrets
from typing import Any

from examiner.service.examiner import Examiner
from examiner.store import tenancy


def candidate_token(examiner: Examiner, sitting: str, epoch: int = 1) -> str:
    """Return the token that opens one sitting; a later epoch fences off the tokens of earlier ones."""
    return f"ct_{sitting}_{epoch}_{_mac(examiner, f'{sitting}/{epoch}')}"


def read_token(examiner: Examiner, token: str) -> tuple[str, int] | None:
    """Return the sitting and epoch of a candidate's token, None where this house did not make it."""
    match token.split("_"):
        case ["ct", sitting, epoch, mac] if epoch.isdecimal() and epoch.isascii() and len(epoch) < 10:
            if hmac.compare_digest(mac.encode(), _mac(examiner, f"{sitting}/{int(epoch)}").encode()):
                return sitting, int(epoch)
    return None


def candidate_id(examiner: Examiner, name: str) -> str:
    """Return the pseudonym of a candidate: the same name gives the same, and nobody without the secret can tell.

    In another tenant the same name gives another, so that nobody is followed from one team to the next.
    """
    tenant = tenancy.current()
    whose = "" if tenant == tenancy.DEFAULT else f"{tenant}/"
    return "c-" + _mac(examiner, f"candidate/{whose}{name.strip().casefold()}")[:16]


def practice_journal(identity: str) -> str:
    """Return the name of the file in which a candidate's practice drafts are journalled."""
    return f"practice-{identity}"


def seal(examiner: Examiner, purpose: str, text: str) -> str:
    """Return the mark of this house on a text for one purpose: hex, and of no use for another purpose."""
    return _mac(examiner, f"{purpose}/{text}")


def _mac(examiner: Examiner, text: str) -> str:
    return hmac.new(_secret(examiner), text.encode(), hashlib.sha256).hexdigest()


def _secret(examiner: Examiner) -> bytes:
    """Return this installation's secret, made on first use and readable by its owner alone."""
    path = examiner.settings.home_path / "secret"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = secrets.token_bytes(32)
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(handle, "wb") as file:
            file.write(made)
        return made


def tenant_of(house: Examiner, session: str) -> str:
    """Return whose a session is, for a credential that was made for it; the default tenant's where it has no row."""
    row = house.registry.whole.one("sittings", id=session)
    return str(row["tenant"]) if row else tenancy.DEFAULT


def enrol(house: Examiner, name: str) -> dict[str, Any]:
    """Make the row of a candidate, or give an erased one their name again; return it."""
    identity, now = candidate_id(house, name), house.clock().isoformat()
    row = {"id": identity, "name": name, "created": now, "hold": "", "erased": ""}
    if house.registry.add("candidates", row):
        return row
    house.registry.change("candidates", {"name": name, "erased": ""}, id=identity, name="")
    return house.registry.one("candidates", id=identity) or row
