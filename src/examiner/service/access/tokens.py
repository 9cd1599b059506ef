"""Candidate tokens: derived from a secret of this installation, so that nothing about them is stored."""

import hashlib
import hmac
import os
import secrets

from examiner.service.examiner import Examiner


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
    """Return the pseudonym of a candidate: the same name gives the same, and nobody without the secret can tell."""
    return "c-" + _mac(examiner, f"candidate/{name.strip().casefold()}")[:16]


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
