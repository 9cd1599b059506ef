"""Browser sessions of staff: a cookie that names a key and dies with it; the key itself is in no cookie."""

import hmac
import json
import secrets
from datetime import datetime, timedelta

from examiner.domain.errors import Refused
from examiner.service.access.authority import SCOPES, Principal, staff
from examiner.service.access.tokens import seal
from examiner.service.examiner import Examiner

HOURS = 10  # a working day


class WrongKey(Refused):
    """The key opens nothing."""

    status = 401


def sign_in(house: Examiner, key: str) -> tuple[str, Principal]:
    """Return a cookie for a key, and whose it is. Raises WrongKey."""
    who = staff(house, key.strip())
    if who is None:
        raise WrongKey(
            "this key opens nothing", hint="it may have expired or been revoked; ask who made it for a new one"
        )
    until = (house.clock() + timedelta(hours=HOURS)).strftime("%Y%m%dT%H%M%S")
    head = f"{who.id}.{until}.{secrets.token_hex(8)}"
    return f"{head}.{seal(house, 'cookie', head + _secret_of(house, who.id))}", who


def signed_in(house: Examiner, cookie: str) -> Principal | None:
    """Return whose cookie it is; None where it was not made here, has run out, or its key was revoked."""
    head, _, mark = cookie.rpartition(".")
    match head.split("."):
        case [identity, until, _]:
            secret = _secret_of(house, identity)
        case _:
            return None
    if not secret or not hmac.compare_digest(mark.encode(), seal(house, "cookie", head + secret).encode()):
        return None
    return _live(house, identity) if until > house.clock().strftime("%Y%m%dT%H%M%S") else None


def form_token(house: Examiner, cookie: str) -> str:
    """Return what every form of this browser session must carry."""
    return seal(house, "form", cookie)


def right_form(house: Examiner, cookie: str, token: str) -> bool:
    """Tell whether a form was made for this browser session."""
    return hmac.compare_digest(token.encode(), form_token(house, cookie).encode())


def _configured(house: Examiner, identity: str) -> str:
    """Return the key that the settings hold under an id such as `env-0`, "" where there is none."""
    known = dict(enumerate(k.strip() for k in house.settings.api_keys.split(",")))
    number = identity.removeprefix("env-")
    return known.get(int(number), "") if identity.startswith("env-") and number.isdecimal() else ""


def _secret_of(house: Examiner, identity: str) -> str:
    if identity.startswith("env-"):
        return _configured(house, identity)
    row = house.registry.one("api_keys", id=identity)
    return row["digest"] if row else ""


def _live(house: Examiner, identity: str) -> Principal | None:
    if identity.startswith("env-"):
        return Principal(identity, "administrator", "admin", SCOPES["admin"])
    row = house.registry.one("api_keys", id=identity)
    if row is None or row["revoked"]:
        return None
    if row["expires"] and datetime.fromisoformat(row["expires"]) <= house.clock():
        return None
    return Principal(identity, row["name"], row["role"], frozenset(json.loads(row["scopes"])) & SCOPES[row["role"]])
