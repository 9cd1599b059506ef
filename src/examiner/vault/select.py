"""Draw the questions of a loop: seeded, without repeats, least exposed first where that is asked."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from examiner.domain.errors import Invalid
from examiner.domain.loop import Blueprint, Draw, Ladder, Plan, PlannedItem, SectionPlan
from examiner.domain.question import Card
from examiner.vault.chains import ascent, climbable, ladder, order
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
    ladders: list[Ladder] = []
    for section in loop.sections:
        for number, draw in enumerate(section.draws):
            fits = [f for f in candidates(vault, section, draw) if f.id not in taken]
            own = climbable(vault, {f.id for f in fits}, draw) if section.adaptive else {f.id: [f] for f in fits}
            pool = sorted(
                own, key=lambda i: (_asked(own[i], exposure or {}), order(f"{seed}/{section.id}/{number}/{i}"))
            )
            if len(pool) < draw.count:
                what = "chains" if section.adaptive else "questions"
                raise Invalid(
                    f"loop '{loop.id}', section '{section.id}': draw {number + 1} needs {draw.count} {what},"
                    f" the vault has {len(pool)}",
                    hint="fewer exclusions, another loop, or more questions in those phases",
                )
            picked = [own[name] for name in pool[: draw.count]]
            taken.update(f.id for steps in picked for f in steps)
            if not section.adaptive:
                items += [_planned(section, seed, steps[0]) for steps in picked]
                continue
            for steps in picked:
                beside = [f.id for f in fits if f.id not in taken]
                planned = partial(_planned, section, seed, ladder=len(ladders))
                made = ladder(vault, steps, beside, draw, f"{seed}/{section.id}", planned)
                ladders.append(made)
                taken.update(item.ref.partition("@")[0] for rung in made.rungs for item in rung.items)
                items += ascent(made, draw.steps)
    return Plan(blueprint=loop.id, seed=seed, items=tuple(items), ladders=tuple(ladders))


def _asked(families: Sequence[Card], exposure: Mapping[str, int]) -> int:
    return max(exposure.get(f.id, 0) for f in families)


def _planned(section: SectionPlan, seed: int, family: Card, ladder: int | None = None) -> PlannedItem:
    return PlannedItem(
        section=section.id,
        ref=f"{family.id}@{order(f'{seed}/{family.id}') % 1_000_000}",
        kind=family.kind,
        title=family.title,
        minutes=family.minutes,
        ladder=ladder,
    )


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
