"""The rerun a month later: only the rows that were on the revision list, with other forms of the same questions."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from examiner.domain.base import Frozen
from examiner.domain.question import Family
from examiner.domain.report import CandidateCard
from examiner.practice.choose import parallel_form
from examiner.vault.render import draw

AFTER = timedelta(days=30)
_TRIES = 50


class RerunItem(Frozen):
    """One question of a rerun: the row it belongs to, what was asked then, and the form to ask now."""

    area: str
    title: str
    before: str
    ref: str
    parallel: bool


class Rerun(Frozen):
    """A rerun of one sitting: when it is due and what it asks; rows that were fine are left alone."""

    sitting: str
    due: datetime
    items: tuple[RerunItem, ...]
    rows: tuple[str, ...]


def rerun(card: CandidateCard, families: Mapping[str, Family], known: Collection[str] = ()) -> Rerun:
    """Return the rerun that a sitting's card asks for.

    Args:
        card: the report of the sitting.
        families: the vault's families by id; a question that has left the vault is left out.
        known: refs that were asked since and should not be repeated.

    """
    items: dict[str, RerunItem] = {}
    for line in card.revision:
        for before in line.refs:
            family = families.get(before.partition("@")[0])
            if family is not None and family.id not in items:
                ref, parallel = other_form(family, before, {*known, before})
                items[family.id] = RerunItem(
                    area=line.area, title=family.title, before=before, ref=ref, parallel=parallel
                )
    return Rerun(
        sitting=card.sitting,
        due=datetime.fromisoformat(card.ended) + AFTER,
        items=tuple(items.values()),
        rows=tuple(line.area for line in card.revision),
    )


def other_form(family: Family, before: str, known: Collection[str]) -> tuple[str, bool]:
    """Return a ref of the same family with other parameters, and whether there is one at all."""
    old = draw(family, _seed(before))
    for times in range(_TRIES):
        seed = parallel_form(family.id, times, before)
        if f"{family.id}@{seed}" not in known and draw(family, seed) != old:
            return f"{family.id}@{seed}", True
    return before, False


def _seed(ref: str) -> int:
    return int(ref.partition("@")[2] or 0)
