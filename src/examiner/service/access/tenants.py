"""Tenants: teams that share a house and nothing else. Who there is, and doing something for each of them.

Shared are the vault, shipped anchors, the signing keys and the settings; all else belongs to one tenant.
"""

from collections.abc import Iterator
from typing import Any

from examiner.domain.errors import Conflict, NotFound
from examiner.service.access import authority
from examiner.service.examiner import Examiner
from examiner.store import tenancy

Row = dict[str, Any]
_FIRST = {"id": tenancy.DEFAULT, "name": "the default tenant", "created": "", "day_usd": "", "month_usd": ""}


def add(house: Examiner, identity: str, name: str = "") -> tuple[Row, str]:
    """Make a tenant; return it and its first admin key, which is shown now and never again.

    Raises:
        Invalid: the id cannot name one.
        Conflict: there is one of that id, or was: its erased chains still stand under it.

    """
    row = _FIRST | {
        "id": tenancy.valid(identity),
        "name": name.strip()[:120] or identity,
        "created": house.clock().isoformat(),
    }
    if identity == tenancy.DEFAULT or not house.registry.whole.add("tenants", row):
        raise Conflict(f"there is a tenant '{identity}'", hint="examiner tenants list")
    with tenancy.within(identity):
        if house.ledger.streams() or house.ledger.audits.streams():
            house.registry.whole.drop("tenants", id=identity)
            raise Conflict(f"there was a tenant '{identity}', and its chains still stand", hint="take another id")
        _, key = authority.create_key(house, f"{row['name']} admin", "admin")
    return row, key


def listed(house: Examiner) -> list[Row]:
    """Return every tenant, the default one first."""
    rows = {row["id"]: row for row in house.registry.whole.many("tenants")}
    return [rows.pop(tenancy.DEFAULT, _FIRST), *rows.values()]


def tenant(house: Examiner, identity: str) -> Row:
    """Return one tenant. Raises NotFound."""
    row = house.registry.whole.one("tenants", id=identity)
    if row is None and identity != tenancy.DEFAULT:
        raise NotFound(f"no tenant '{identity[:60]}'", hint="examiner tenants list")
    return row or dict(_FIRST)


def each(house: Examiner) -> Iterator[str]:
    """Yield every tenant's id, and belong to it while the caller works on it."""
    for row in listed(house):
        with tenancy.within(row["id"]):
            yield row["id"]
