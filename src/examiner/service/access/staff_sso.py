"""Staff by the sign-in of their organisation: begun here, proven by the provider, let in by a claim, ended here.

Nothing about a sign-in under way is stored: its nonce and PKCE verifier are derived from its state, and the state is bound to
the browser by a sealed cookie. Candidates never come this way: they have one-time links.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from examiner.domain.errors import Refused
from examiner.service.access import audit, tenants
from examiner.service.access.authority import Principal, scopes_of
from examiner.service.access.oidc import NotProven, Oidc, roles
from examiner.service.access.tokens import seal
from examiner.service.examiner import Examiner
from examiner.store import tenancy

HOURS = 10  # a working day
MINUTES = 10  # for a sign-in at the provider
_TIME = "%Y%m%dT%H%M%S"
_MARK = "so_"


class NoRole(Refused):
    """Proven, and nobody here."""


def begin(house: Examiner, provider: Oidc, redirect: str, to: str) -> tuple[str, str]:
    """Return where to send the browser, and the cookie that binds this sign-in to it. Raises ProviderFailed."""
    state = secrets.token_urlsafe(24)
    until = (house.clock() + timedelta(minutes=MINUTES)).strftime(_TIME)
    head = f"{state}.{until}.{base64.urlsafe_b64encode(to.encode()).decode().rstrip('=')}"
    with provider.client(redirect) as client:
        url, _ = client.create_authorization_url(
            provider.provider().authorization_endpoint,
            state=state,
            nonce=seal(house, "oidc-nonce", state),
            code_verifier=seal(house, "oidc-verifier", state),
        )
    return url, f"{head}.{seal(house, 'oidc-state', head)}"


def finish(
    house: Examiner, provider: Oidc, redirect: str, cookie: str, said: Mapping[str, str]
) -> tuple[str, Principal, str]:
    """Return the cookie of a new browser session, whose it is, and where they wanted to go.

    Args:
        house: the wired examiner.
        provider: the identity provider.
        redirect: the address it was told to come back to.
        cookie: what `begin` gave this browser.
        said: the query that the browser came back with.

    Raises:
        NotProven: not this browser's sign-in, or the provider does not vouch for it.
        NoRole: nothing that the provider says gives a role or a tenant here.
        ProviderFailed: the provider cannot be asked.

    """
    state, to = _begun(house, cookie, said.get("state", ""))
    if error := said.get("error", ""):
        more = said.get("error_description", "")
        raise NotProven(f"the identity provider refused: {error[:60]}" + (f", {more[:200]}" if more else ""))
    issuer = said.get("iss", "")
    known = provider.provider()
    if (issuer and issuer != known.issuer) or (known.authorization_response_iss_parameter_supported and not issuer):
        raise NotProven("the answer is of another identity provider", hint="begin the sign-in again")
    if not said.get("code"):
        raise NotProven("the identity provider sent no code", hint="begin the sign-in again")
    tokens = provider.redeem(said["code"], redirect, seal(house, "oidc-verifier", state))
    claims = provider.proven(tokens, seal(house, "oidc-nonce", state))
    who = person(house, claims)
    with tenancy.within(who.tenant):
        audit.note(house, "signed_in", who.id, {"name": who.name, "role": who.role, "issuer": known.issuer})
    return _open(house, who, str(tokens["id_token"])), who, to


def person(house: Examiner, claims: Mapping[str, Any]) -> Principal:
    """Return who proven claims are here: the first mapping that fits gives the role, and nothing gives none.

    The id is made of issuer and subject, which never change; a name is shown with a piece of it, since two may share one.
    """
    settings = house.settings
    values = _values(claims, settings.oidc_role_claim)
    role = next((role for value, role in roles(settings) if value in values), None)
    shown = str(claims.get("name") or claims.get("preferred_username") or claims.get("email") or "somebody")
    if role is None:
        raise NoRole(
            f"you are signed in as {shown[:80]}, and nothing in '{settings.oidc_role_claim}' gives you a role here",
            hint="ask whoever runs this service; the setting is oidc_roles",
        )
    tenant = _tenant(house, claims)
    mark = hashlib.sha256(f"{claims['iss']}\0{claims['sub']}".encode()).hexdigest()
    name = f"{shown[:100]} ({mark[:6]})"
    return Principal(f"p-{mark[:16]}", name, role, scopes_of(role, tenant), tenant=tenant)  # type: ignore[arg-type]


def opened(house: Examiner, cookie: str) -> Principal | None:
    """Return whose browser session a cookie is; None where it was ended or has run out."""
    row = house.registry.whole.one("staff_sessions", digest=_digest(cookie))
    if row is None or row["expires"] <= house.clock().isoformat():
        return None
    granted = scopes_of(row["role"], row["tenant"])
    return Principal(row["person"], row["name"], row["role"], granted, tenant=row["tenant"])


def is_one(cookie: str) -> bool:
    """Tell whether a cookie is of this kind and not made for a key."""
    return cookie.startswith(_MARK)


def end(house: Examiner, cookie: str) -> str:
    """End a browser session for good; return its ID token, for telling the provider, "" where there was none."""
    row = house.registry.whole.one("staff_sessions", digest=_digest(cookie))
    if row is None:
        return ""
    house.registry.whole.drop("staff_sessions", digest=row["digest"])
    with tenancy.within(row["tenant"]):
        audit.note(house, "signed_out", row["person"], {})
    return str(row["id_token"])


def signed_in(house: Examiner) -> list[dict[str, str]]:
    """Return the tenant's running browser sessions by sign-in: who, role, since when and until when."""
    names = ("person", "name", "role", "created", "expires")
    rows = house.registry.many("staff_sessions")
    now = house.clock().isoformat()
    return [{name: row[name] for name in names} for row in rows if row["expires"] > now]


def end_all(house: Examiner, person: str = "") -> int:
    """End every browser session of the tenant, or of one person in it; return how many."""
    count = house.registry.drop("staff_sessions", **({"person": person} if person else {}))
    if count:
        audit.note(house, "signed_out", "the command line", {"person": person or "everybody", "sessions": count})
    return count


def farewell(provider: Oidc, id_token: str, back: str) -> str:
    """Return where a browser signs out of the provider too; "" where it offers no such place.

    OpenID Connect RP-Initiated Logout 1.0.
    """
    from authlib.common.urls import add_params_to_uri  # noqa: PLC0415 - only where somebody signs out

    where = provider.provider().end_session_endpoint
    if not where or not id_token:
        return ""
    told = [("id_token_hint", id_token), ("post_logout_redirect_uri", back), ("client_id", provider.client_id)]
    return str(add_params_to_uri(where, told))


def _begun(house: Examiner, cookie: str, state: str) -> tuple[str, str]:
    """Return the state and the goal of the sign-in that this browser began."""
    head, _, mark = cookie.rpartition(".")
    match head.split("."):
        case [ours, until, to]:
            pass
        case _:
            ours = until = to = ""
    sealed = hmac.compare_digest(mark.encode(), seal(house, "oidc-state", head).encode())
    if not sealed or until <= house.clock().strftime(_TIME) or not hmac.compare_digest(ours.encode(), state.encode()):
        raise NotProven(
            f"this sign-in was not begun in this browser, or more than {MINUTES} minutes ago", hint="begin it again"
        )
    return ours, base64.urlsafe_b64decode(to + "=" * (-len(to) % 4)).decode()


def _open(house: Examiner, who: Principal, id_token: str) -> str:
    """Store a browser session under a name that nobody knew before; return its cookie."""
    cookie, now = _MARK + secrets.token_urlsafe(32), house.clock()
    row = {
        "digest": _digest(cookie),
        "tenant": who.tenant,
        "person": who.id,
        "name": who.name,
        "role": who.role,
        "id_token": id_token,
        "created": now.isoformat(),
        "expires": (now + timedelta(hours=HOURS)).isoformat(),
    }
    house.registry.whole.drop_before("staff_sessions", "expires", now)
    house.registry.whole.add("staff_sessions", row)
    return cookie


def _tenant(house: Examiner, claims: Mapping[str, Any]) -> str:
    claim = house.settings.oidc_tenant_claim
    if not claim:
        return house.settings.tenant
    known = {row["id"] for row in tenants.listed(house)} - {tenancy.DEFAULT}
    found = sorted(known & set(_values(claims, claim)))
    if len(found) != 1:
        which = "several tenants" if found else "no tenant of this service"
        raise NoRole(f"'{claim}' names {which}", hint="ask whoever runs this service; the setting is oidc_tenant_claim")
    return str(found[0])


def _values(claims: Mapping[str, Any], name: str) -> Sequence[str]:
    """Return the values of a claim, one or a list; `a.b` looks inside of `a` where no claim has that whole name."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    return [v for v in (found if isinstance(found, list) else [found]) if isinstance(v, str)]


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()
