"""Recompute every key of the vault and count its distinct variants. Pure but for the tables it is given."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid
from examiner.domain.question import Family
from examiner.vault.model import Vault
from examiner.vault.render import combinations, draws, render_with

PER_FAMILY = 60  # variants counted per family at the most


class FamilyAudit(Frozen):
    """One family: draws looked at, keys computed, distinct final keys, and what is disputed."""

    family: str
    draws: int
    keys: int
    variants: int
    disputed: tuple[str, ...] = ()


class Audit(Frozen):
    """The whole vault."""

    families: int
    keys: int
    variants: int
    disputed: int
    rows: tuple[FamilyAudit, ...]


def audit(vault: Vault) -> Audit:
    """Recompute the keys of every draw and dispute what does not hold."""
    rows = tuple(audit_family(f, vault.tables) for _, f in sorted(vault.families.items()))
    return Audit(
        families=len(rows),
        keys=sum(r.keys for r in rows),
        variants=sum(r.variants for r in rows),
        disputed=sum(len(r.disputed) for r in rows),
        rows=rows,
    )


def audit_family(family: Family, tables: Mapping[str, Any]) -> FamilyAudit:
    """Recompute the keys of a family over its draws; see `PER_FAMILY` for what counts as a variant."""
    keys = seen = 0
    finals: set[tuple[str, ...]] = set()
    disputed: list[str] = []
    for picked in islice(draws(family), 4 * PER_FAMILY):
        seen += 1
        try:
            instance = render_with(family, tables, picked)
        except Invalid as error:
            disputed.append(str(error))
            continue
        keys += len(instance.keys)
        rounded = tuple(f"{k.value:.3g}" for k in instance.keys if k.role == "final")
        finals.add(rounded or tuple(map(str, picked.values())))
        disputed += _impossible(instance)
    return FamilyAudit(
        family=family.id,
        draws=min(combinations(family), seen),
        keys=keys,
        variants=min(len(finals), PER_FAMILY),
        disputed=tuple(dict.fromkeys(disputed)),
    )


def _impossible(instance: Any) -> list[str]:
    """Return the keys of an instance that no physical system can have."""
    found = []
    for key in instance.keys:
        if key.value <= 0:
            found.append(f"{key.name} is {key.value:g} {key.unit}")
        if key.unit in ("%", "ratio") and "share" in key.say and key.value > (100 if key.unit == "%" else 1):
            found.append(f"{key.name} is a share of {key.value:g} {key.unit}")
    return found
