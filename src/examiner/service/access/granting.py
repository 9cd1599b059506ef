"""Keys and webhooks as somebody asks for them: nobody gives what they do not have, and the audit log says who did what."""

from collections.abc import Sequence
from typing import Any

from examiner.domain.errors import Refused
from examiner.service import webhooks
from examiner.service.access import audit, authority
from examiner.service.access.authority import Principal
from examiner.service.examiner import Examiner


def make_key(
    house: Examiner, asker: Principal, name: str, role: str, scopes: Sequence[str] = (), days: int | None = None
) -> tuple[str, str]:
    """Make a key; return its id and the key itself, which is shown now and never again.

    Raises:
        Invalid: there is no such role, or a scope lies outside it.
        Refused: it could do what the key that asks cannot.

    """
    granted = frozenset(scopes) or authority.scopes_of(role, asker.tenant)
    if not granted <= asker.scopes:
        raise Refused("a key cannot give what it does not have", hint="not_your_scope")
    identity, key = authority.create_key(house, name, role, tuple(scopes), days)
    audit.note(house, "key_made", asker.id, {"key": identity, "role": role})
    return identity, key


def end_key(house: Examiner, asker: Principal, identity: str) -> None:
    """End a key at once. Raises NotFound."""
    authority.revoke_key(house, identity)
    audit.note(house, "key_revoked", asker.id, {"key": identity})


def add_hook(house: Examiner, asker: Principal, url: str, kinds: Sequence[str]) -> dict[str, Any]:
    """Add an endpoint; its secret is returned now and never again. Raises Invalid, NotOutside."""
    made = webhooks.add(house, url, kinds)
    audit.note(house, "webhook_made", asker.id, {"hook": made["id"]})
    return made


def drop_hook(house: Examiner, asker: Principal, identity: str) -> None:
    """Delete an endpoint and what waits for it. Raises NotFound."""
    webhooks.drop(house, identity)
    audit.note(house, "webhook_deleted", asker.id, {"hook": identity})


def audit_log(house: Examiner) -> list[dict[str, Any]]:
    """Return what staff read, exported, erased and granted, the latest first; `by` is a key's id."""
    rows = [
        {"seq": r.seq, "kind": r.kind, "at": r.at.isoformat(), **r.body}
        for stream in (audit.STREAM, "erasures")
        for r in house.ledger.audits.read(stream)
    ]
    return sorted(rows, key=lambda row: (str(row["at"]), row["seq"]), reverse=True)


def names_of_keys(house: Examiner) -> dict[str, str]:
    """Return what each key is called, by its id; keys of the settings are the administrator's."""
    known = {row["id"]: row["name"] for row in house.registry.many("api_keys")}
    configured = [k for k in house.settings.api_keys.split(",") if k.strip()]
    return known | {f"env-{n}": "administrator" for n in range(len(configured))}
