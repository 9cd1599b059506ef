"""Who may do what: roles, their scopes, and API keys of which only a hash is kept. What is not granted is denied."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from examiner.domain.errors import Invalid, NotFound
from examiner.service.examiner import Examiner
from examiner.store import tenancy

Role = Literal["candidate", "reviewer", "hiring", "researcher", "admin"]

_REVIEWER = "transcripts:pseudonymous review:read review:write anchors:read anchors:label anchors:adjudicate vault:read"
_HIRING = (
    "sessions:create sessions:manage transcripts:read reports:read review:read review:override decisions:write "
    "appeals:settle candidates:read candidates:erase vault:read certificates:read drift:read budget:read"
)
_RESEARCHER = "anchors:read anchors:adjudicate calibrations:write certificates:read drift:read drift:write gradings:write vault:read"
_ADMIN = "certificates:revoke keys:write hooks:write audit:read jobs:read sessions:fence budget:read"
_HOUSE = "tenants:write"  # of admins of the default tenant alone: they run the house
_OWN = "own:read own:write own:answer"

# Every scope there is, by the role that has it. An operator who must not read transcripts gets a narrowed admin key.
SCOPES: dict[Role, frozenset[str]] = {
    "candidate": frozenset(_OWN.split()),
    "reviewer": frozenset(_REVIEWER.split()),
    "hiring": frozenset(_HIRING.split()),
    "researcher": frozenset(_RESEARCHER.split()),
    "admin": frozenset(f"{_REVIEWER} {_HIRING} {_RESEARCHER} {_ADMIN} {_HOUSE}".split()),
}
STAFF: tuple[Role, ...] = ("reviewer", "hiring", "researcher", "admin")


@dataclass(frozen=True)
class Principal:
    """Who asks: staff by key or by the sign-in of their organisation, or the candidate of one session by token."""

    id: str
    name: str
    role: Role
    scopes: frozenset[str]
    session: str = ""
    epoch: int = 0
    tenant: str = tenancy.DEFAULT

    def may(self, scope: str) -> bool:
        """Tell whether a scope was granted."""
        return scope in self.scopes


def create_key(
    examiner: Examiner, name: str, role: str, scopes: tuple[str, ...] = (), days: int | None = None
) -> tuple[str, str]:
    """Make a key; return its id and the key itself, which is shown now and never again.

    Raises:
        Invalid: there is no such role, or a scope lies outside it.

    """
    if role not in STAFF:
        raise Invalid(f"'{role}' is no role of staff", hint=", ".join(STAFF))
    granted = scopes_of(role, tenancy.current())
    beyond = sorted(set(scopes) - granted)
    if beyond:
        raise Invalid(f"role '{role}' has no scope {', '.join(beyond)}", hint=f"it has {', '.join(sorted(granted))}")
    now = examiner.clock()
    identity, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = f"exm_{identity}_{secret}"
    row = {
        "id": identity,
        "digest": _digest(key),
        "name": name.strip()[:120] or role,
        "role": role,
        "scopes": json.dumps(sorted(scopes or granted)),
        "created": now.isoformat(),
        "expires": (now + timedelta(days=days)).isoformat() if days else "",
        "revoked": "",
    }
    examiner.registry.add("api_keys", row)
    return identity, key


def list_keys(examiner: Examiner) -> list[dict[str, str]]:
    """Return every key without its hash."""
    return [
        {name: value for name, value in row.items() if name != "digest"} | {"scopes": json.loads(row["scopes"])}
        for row in examiner.registry.many("api_keys")
    ]


def revoke_key(examiner: Examiner, identity: str) -> None:
    """End a key; it opens nothing from now on. Raises NotFound."""
    if not examiner.registry.change("api_keys", {"revoked": examiner.clock().isoformat()}, id=identity, revoked=""):
        raise NotFound(f"no live key '{identity}'", hint="examiner keys list")


def staff(examiner: Examiner, key: str) -> Principal | None:
    """Return who a key belongs to; None where it opens nothing (unknown, expired or revoked)."""
    for number, known in enumerate(k.strip() for k in examiner.settings.api_keys.split(",")):
        if known and hmac.compare_digest(key.encode(), known.encode()):
            return Principal(f"env-{number}", "administrator", "admin", SCOPES["admin"])
    match key.split("_", 2):
        case ["exm", identity, _]:
            row = examiner.registry.whole.one("api_keys", id=identity)
        case _:
            row = None
    if row is None or not hmac.compare_digest(row["digest"], _digest(key)):
        return None
    return holder(examiner, row)


def holder(examiner: Examiner, row: dict[str, str]) -> Principal | None:
    """Return who a stored key stands for; None where it was revoked or has expired."""
    if row["revoked"] or (row["expires"] and datetime.fromisoformat(row["expires"]) <= examiner.clock()):
        return None
    granted = frozenset(json.loads(row["scopes"])) & scopes_of(row["role"], row["tenant"])
    return Principal(row["id"], row["name"], row["role"], granted, tenant=row["tenant"])  # type: ignore[arg-type]


def scopes_of(role: str, tenant: str) -> frozenset[str]:
    """Return what a role may do in a tenant. An admin of one team does not run the house."""
    granted = SCOPES.get(role, frozenset[str]())  # type: ignore[call-overload]
    return granted if tenant == tenancy.DEFAULT else granted - frozenset(_HOUSE.split())  # type: ignore[no-any-return]


def _digest(key: str) -> str:
    # 256 bits of chance: a plain hash cannot be guessed back, and a slow one would only slow every request.
    return hashlib.sha256(key.encode()).hexdigest()
