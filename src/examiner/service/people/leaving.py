"""A tenant leaves: what there is of it, and its deletion, after which every chain still verifies.

What people said and are called is erased as it is for one candidate; the rows and files of the tenant are deleted. What stays
is what proves it and what was paid: the chains' places and digests, the audit logs, and what models cost a day.
"""

import shutil
from typing import Any

from examiner.domain.errors import Invalid, Refused
from examiner.llm.cassette import blank
from examiner.service.access import audit, tenants
from examiner.service.examiner import Examiner
from examiner.service.people.candidates import UNSHRED, OnHold
from examiner.store import tenancy
from examiner.store.chain import Entry
from examiner.store.tables import metadata

Body = dict[str, Any]
_SAID = (
    "sitting/",
    "grading/",
    "practice/c-",
)  # streams that a model's raw reply may speak of, under names nobody else has
_PASSES = 3  # what was on its way when the door was closed may still arrive


def contents(house: Examiner, identity: str) -> Body:
    """Return what a tenant's deletion would take and what it would leave, and `holds` that forbid it. Raises NotFound."""
    row = tenants.tenant(house, identity)
    with tenancy.within(identity):
        count = house.registry.count
        folder = house.home if identity != tenancy.DEFAULT else None
        return {
            "tenant": identity,
            "name": row["name"],
            "candidates": count("candidates"),
            "sessions": count("sittings"),
            "running": count("sittings", status="running"),
            "keys": count("api_keys", revoked=""),
            "signed_in": count("staff_sessions"),
            "webhooks": count("hooks"),
            "events": sum(stream.events for stream in house.ledger.streams()),
            "files": sum(path.is_file() for path in folder.rglob("*")) if folder else 0,
            "holds": sorted(c["id"] for c in house.registry.many("candidates") if c["hold"]),
            "days_of_costs_kept": house.registry.whole.count("costs", tenant=identity),
        }


def delete(house: Examiner, identity: str, by: str, why: str) -> Body:
    """Delete a tenant for good; return the receipt, which the house's audit log keeps. Harmless to repeat after a crash.

    Raises:
        NotFound: no such tenant.
        Refused: it is the default tenant, which is the house itself.
        Invalid: no reason.
        OnHold: a legal hold is on somebody's data; nothing was changed.

    """
    if identity == tenancy.DEFAULT:
        raise Refused("the default tenant is the house itself", hint="erase its candidates, or delete the database")
    if not why.strip():
        raise Invalid("a deletion needs its reason", hint="nothing was deleted")
    had = contents(house, identity)
    if had["holds"]:
        held = ", ".join(had["holds"][:5])
        raise OnHold(f"legal holds stand on {len(had['holds'])} of its candidates ({held})", hint="legal_hold")
    with tenancy.within(identity):
        erased = replies = 0
        for _ in range(_PASSES):
            _drop_rows(house)
            streams = [s.stream for s in house.ledger.streams() if _says(house, s.stream)]
            if not streams:
                break
            told = frozenset(s for s in streams if s.startswith(_SAID))
            replies += blank(house.settings.home_path / "replies.jsonl", told) if told else 0
            stone = Entry(kind="erased", body={"tenant": identity, "by": by, "why": why.strip()}, at=house.clock())
            erased += house.ledger.erase(streams, stone)
        house.replayed.clear()
        shutil.rmtree(house.home, ignore_errors=True)
    house.limited.pop(identity, None)
    house.registry.whole.drop("tenants", id=identity)
    if not house.ledger.shred():
        house.registry.whole.put("facts", {"name": UNSHRED, "value": house.clock().isoformat()})
    receipt = had | {"erased_events": erased, "erased_replies": replies, "why": why.strip()}
    receipt["at"] = house.clock().isoformat()
    with tenancy.within(tenancy.DEFAULT):
        audit.note(house, "tenant_deleted", by, {k: v for k, v in receipt.items() if k not in ("holds", "at", "files")})
    return receipt


def _drop_rows(house: Examiner) -> None:
    """Delete the current tenant's rows: the credentials first, so that nobody writes any more."""
    for sitting in house.registry.many("sittings"):
        house.registry.drop("requests", sitting=sitting["id"])
    owned = [name for name, table in metadata.tables.items() if "tenant" in table.c and name != "costs"]
    for name in sorted(owned, key=lambda name: name not in ("api_keys", "staff_sessions", "links", "sittings")):
        house.registry.drop(name)


def _says(house: Examiner, stream: str) -> bool:
    return any(record.body != {"erased": True} for record in house.ledger.read(stream))
