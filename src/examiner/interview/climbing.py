"""Which question of a ladder comes next: the level follows from what the last answer earned. Pure."""

from collections.abc import Collection

from examiner.domain.events import StepChosen
from examiner.domain.ladder import nearest, wanted
from examiner.domain.loop import Ladder

_SAID = {"up": "one level up", "stay": "the same level", "down": "one level down"}


def next_step(
    item: int, ladder: Ladder, last: str, asked: Collection[str], earned: int | None, *, helped: bool
) -> StepChosen | None:
    """Return the next question of a ladder, or None where nothing of it is left.

    The same arguments give the same step: no clock, no chance and no model has a part in it.

    Args:
        item: the number of the item that it is chosen for.
        ladder: the chain as this sitting may walk it.
        last: the ref that was answered last.
        asked: all refs that were asked.
        earned: the quality of the last answer, 0 to 3; None where nothing was said.
        helped: a hint was taken for it.

    """
    at = next(n for n, rung in enumerate(ladder.rungs) if any(i.ref == last for i in rung.items))
    left = {n: [i for i in rung.items if i.ref not in asked] for n, rung in enumerate(ladder.rungs)}
    move = wanted(earned, helped=helped)
    to = nearest(move, at, [n for n, items in left.items() if items])
    if to is None:
        return None
    here, there = ladder.rungs[at].level, ladder.rungs[to].level
    what = "nothing" if earned is None else f"{earned} of 3"
    kept = {"up": to > at, "stay": to == at, "down": to < at}[move]
    ends = "" if kept else f", which this chain has no more of: {there} instead"
    return StepChosen(
        item=item,
        ref=left[to][0].ref,
        level=there,
        move=move,
        reason=f"the answer at {here} earned {what}{' with a hint' if helped else ''}: {_SAID[move]}{ends}",
    )
