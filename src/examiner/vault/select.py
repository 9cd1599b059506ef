"""Draw the questions of a loop: seeded, without repeats, least exposed first where that is asked."""

import hashlib
from collections.abc import Collection, Mapping

from examiner.domain.errors import Invalid
from examiner.domain.loop import Blueprint, Draw, Plan, PlannedItem, SectionPlan
from examiner.domain.question import Card
from examiner.vault.model import Vault

_SESSION = {"rapid": "rapid", "deep": "deep"}


def plan(
    vault: Vault,
    loop: Blueprint,
    seed: int,
    exclude: Collection[str] = (),
    exposure: Mapping[str, int] | None = None,
) -> Plan:
    """Return the items of one sitting.

    Args:
        vault: where to draw from.
        loop: the blueprint.
        seed: the same seed gives the same plan.
        exclude: family ids not to be asked (earlier sittings of the same person).
        exposure: how often each family was asked; the less exposed are drawn first.

    Raises:
        Invalid: the vault cannot fill a draw; says which and how many are missing.

    """
    taken = set(exclude)
    items: list[PlannedItem] = []
    for section in loop.sections:
        for number, draw in enumerate(section.draws):
            pool = [f for f in candidates(vault, section, draw) if f.id not in taken]
            pool.sort(key=lambda f: ((exposure or {}).get(f.id, 0), _order(f"{seed}/{section.id}/{number}/{f.id}")))
            if len(pool) < draw.count:
                raise Invalid(
                    f"loop '{loop.id}', section '{section.id}': draw {number + 1} needs {draw.count}, the vault has {len(pool)}",
                    hint="fewer exclusions, another loop, or more questions in those phases",
                )
            picked = pool[: draw.count]
            taken.update(f.id for f in picked)
            items += [
                PlannedItem(
                    section=section.id,
                    ref=f"{f.id}@{_order(f'{seed}/{f.id}') % 1_000_000}",
                    kind=f.kind,
                    title=f.title,
                    minutes=f.minutes,
                )
                for f in picked
            ]
    return Plan(blueprint=loop.id, seed=seed, items=tuple(items))


def candidates(vault: Vault, section: SectionPlan, draw: Draw) -> list[Card]:
    """Return the cards of the families that a draw of a section may pick from."""
    kind = {"questions": "question"}.get(draw.pool, draw.pool)
    wanted = _SESSION.get(section.kind)
    found = []
    for family in vault.of_kind(kind):
        if draw.ids and family.id not in draw.ids:
            continue
        if draw.phases and family.phase not in draw.phases:
            continue
        if draw.areas and not set(draw.areas) & set(family.areas):
            continue
        if draw.levels and family.level not in draw.levels:
            continue
        if kind == "question" and wanted and wanted not in family.sessions:
            continue
        found.append(family)
    return found


def _order(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
