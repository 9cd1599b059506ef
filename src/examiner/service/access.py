"""Candidate tokens: derived from a secret of this installation, so that nothing about them is stored."""

import hashlib
import hmac
import os
import secrets

from examiner.service.examiner import Examiner


def candidate_token(examiner: Examiner, sitting: str) -> str:
    """Return the token that opens one sitting."""
    return "ct_" + hmac.new(_secret(examiner), sitting.encode(), hashlib.sha256).hexdigest()


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
