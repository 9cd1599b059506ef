"""Chains of questions, easiest first, and the ladders that a sitting may walk along them."""

import hashlib
from collections.abc import Callable, Collection, Mapping

from examiner.domain.errors import NotFound
from examiner.domain.ladder import nearest
from examiner.domain.loop import Draw, Ladder, PlannedItem, Rung
from examiner.domain.question import Card
from examiner.vault.model import Vault

BESIDE = 2  # questions of a level beside the chain's own, for whoever stays on it
Planned = Callable[[Card], PlannedItem]


def chains(families: Mapping[str, Card]) -> dict[str, list[str]]:
    """Return every chain of two or more steps by its first family, in order.

    A link to a family that is not there ends the chain; a circle is entered nowhere and so is not one.
    """
    targets = {f.chain_next for f in families.values() if f.chain_next}
    made = {}
    for head in sorted(families):
        steps, step = [head], families[head].chain_next
        while head not in targets and step is not None and step in families and step not in steps:
            steps.append(step)
            step = families[step].chain_next
        if len(steps) > 1:
            made[head] = steps
    return made


def chain_of(families: Mapping[str, Card], family: str) -> list[str]:
    """Return the chain that a family stands in. Raises NotFound."""
    found = chains(families)
    for steps in found.values():
        if family in steps:
            return steps
    hint = f"chains begin with: {', '.join(list(found)[:8])}" if found else "the vault has no chains"
    raise NotFound(f"'{family}' stands in no chain", hint=hint)


def climbable(vault: Vault, fits: Collection[str], draw: Draw) -> dict[str, list[Card]]:
    """Return the chains that a draw may walk, by their first family: enough of its steps are among `fits`.

    Args:
        vault: the question bank.
        fits: the families that the draw may ask.
        draw: a draw of an adaptive section.

    """
    found = {}
    for head, steps in chains(vault.cards).items():
        own = [vault.cards[s] for s in steps if s in fits]
        if len(own) >= draw.steps:
            found[head] = own
    return found


def ladder(vault: Vault, own: list[Card], fits: Collection[str], draw: Draw, seed: str, planned: Planned) -> Ladder:
    """Return a chain as a ladder: each step with up to `BESIDE` others of its level that share an area with it.

    Args:
        vault: the question bank.
        own: the chain's steps that may be asked, in order.
        fits: the families that may stand beside them.
        draw: says where it begins.
        seed: orders those beside.
        planned: makes an item of a family.

    """
    levels = list(vault.taxonomy["levels"])
    used = {family.id for family in own}
    rungs = []
    for family in own:
        near = [vault.cards[name] for name in fits if name not in used]
        near = [f for f in near if f.level == family.level and set(f.areas) & set(family.areas)]
        near.sort(key=lambda f: (f.topic != family.topic, f.zone != family.zone, order(f"{seed}/{f.id}")))
        used.update(f.id for f in near[:BESIDE])
        rungs.append(Rung(level=family.level, items=tuple(planned(f) for f in (family, *near[:BESIDE]))))
    first = levels.index(draw.start) if draw.start else 0
    below = [n for n, rung in enumerate(rungs) if levels.index(rung.level) <= first]
    return Ladder(chain=own[0].id, start=max(below, default=0), rungs=tuple(rungs))


def ascent(walked: Ladder, steps: int) -> list[PlannedItem]:
    """Return what a candidate is asked who goes up at each step."""
    left = {n: list(rung.items) for n, rung in enumerate(walked.rungs)}
    at, made = walked.start, [left[walked.start].pop(0)]
    while len(made) < steps:
        rung = nearest("up", at, [n for n, items in left.items() if items])
        if rung is None:
            break
        at = rung
        made.append(left[at].pop(0))
    return made


def order(text: str) -> int:
    """Return a number that puts things in an order which a seed decides."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
