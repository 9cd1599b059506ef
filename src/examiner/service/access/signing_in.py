"""Browser sessions of staff: a cookie that names a key and dies with it; the key itself is in no cookie.

Sessions by the sign-in of an organisation are `service.access.staff_sso`'s; here they are recognised.
"""

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta

from examiner.domain.errors import Refused
from examiner.service.access import staff_sso, tokens
from examiner.service.access.authority import SCOPES, Principal, holder, staff
from examiner.service.access.tokens import read_token, seal
from examiner.service.examiner import Examiner
from examiner.store import tenancy

COOKIE, CANDIDATE = "examiner_staff", "examiner_candidate"
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
    if staff_sso.is_one(cookie):
        return staff_sso.opened(house, cookie)
    head, _, mark = cookie.rpartition(".")
    match head.split("."):
        case [identity, until, _]:
            secret = _secret_of(house, identity)
        case _:
            return None
    if not secret or not hmac.compare_digest(mark.encode(), seal(house, "cookie", head + secret).encode()):
        return None
    return _live(house, identity) if until > house.clock().strftime("%Y%m%dT%H%M%S") else None


def whose_page(house: Examiner, path: str, cookies: Mapping[str, str]) -> str:
    """Return the tenant that a page is shown of: that of who is signed in there; nobody's for all other pages."""
    if path == "/staff" or path.startswith("/staff/"):
        who = signed_in(house, cookies.get(COOKIE, ""))
        return who.tenant if who else tenancy.NOBODY
    if path == "/interview" or path.startswith("/interview/"):
        found = read_token(house, cookies.get(CANDIDATE, ""))
        return tokens.tenant_of(house, found[0]) if found else tenancy.NOBODY
    return tenancy.NOBODY


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
    row = house.registry.whole.one("api_keys", id=identity)
    return row["digest"] if row else ""


def _live(house: Examiner, identity: str) -> Principal | None:
    if identity.startswith("env-"):
        return Principal(identity, "administrator", "admin", SCOPES["admin"])
    row = house.registry.whole.one("api_keys", id=identity)
    return holder(house, row) if row else None
