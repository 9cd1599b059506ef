"""Lint for loops: prove from the vault that each can always be drawn, whatever the seed.

A draw fails only where the draws before it took too many of its candidates. The most they can take is a maximum
matching between their picks and its candidates; what that leaves must still be enough. A loop that claims k disjoint
sittings is proved with all picks of the k - 1 sittings before it counted too.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from examiner.domain.errors import Invalid
from examiner.domain.loop import Blueprint, Draw, Plan, SectionPlan
from examiner.vault.chains import BESIDE, climbable
from examiner.vault.check import Problem
from examiner.vault.model import Vault
from examiner.vault.select import candidates, plan

_SEEDS = 5  # seeds per loop on which plans are drawn and looked at as well


def check_loops(vault: Vault) -> list[Problem]:
    """Return every problem of the vault's loops."""
    problems = []
    for name, loop in sorted(vault.loops.items()):
        where = f"vault/loops/{name}.yaml"
        found = list(_known(vault, loop)) or [*_always(vault, loop), *_fits(vault, loop)] or list(_drawn(vault, loop))
        problems += [Problem(rule="loop", where=where, says=says) for says in found]
    return problems


def spare(vault: Vault, loop: Blueprint) -> list[tuple[str, int, int]]:
    """Return for each draw its section, what it needs, and the least it can find in the last disjoint sitting."""
    draws = [(section, draw) for section in loop.sections for draw in section.draws]
    units = [_units(vault, section, draw) for section, draw in draws]
    made = []
    for place, (section, draw) in enumerate(draws):
        rounds = [*range(len(draws))] * (loop.disjoint - 1) + [*range(place)]
        # A family that is gone takes with it the question, or the chain it is a step of.
        hit: dict[str, set[str]] = {}
        for unit, families in units[place].items():
            for family in families:
                hit.setdefault(family, set()).add(unit)
        earlier = []
        for n in rounds:
            count, reach = _takes(vault, *draws[n])
            earlier.append(({unit for family in reach for unit in hit.get(family, ())}, count))
        made.append((section.id, draw.count, len(units[place]) - most_taken(set(units[place]), earlier)))
    return made


def _units(vault: Vault, section: SectionPlan, draw: Draw) -> dict[str, list[str]]:
    """Return what a draw picks among, each with the families it needs whole: questions, or chains."""
    fits = [f.id for f in candidates(vault, section, draw)]
    if not section.adaptive:
        return {name: [name] for name in fits}
    return {head: [f.id for f in own] for head, own in climbable(vault, fits, draw).items()}


def _takes(vault: Vault, section: SectionPlan, draw: Draw) -> tuple[int, set[str]]:
    """Return how many units of any other draw a draw may spoil at most, and the families it may take."""
    fits = {f.id for f in candidates(vault, section, draw)}
    if not section.adaptive:
        return draw.count, fits
    longest = max((len(own) for own in climbable(vault, fits, draw).values()), default=0)
    return draw.count * longest * (1 + BESIDE), fits


def most_taken(pool: set[str], earlier: Sequence[tuple[set[str], int]]) -> int:
    """Return how many of a pool earlier draws can take at most: a maximum matching of their picks with the pool.

    Args:
        pool: family ids.
        earlier: (candidates, count) of each earlier draw.

    """
    slots = [taken & pool for taken, count in earlier for _ in range(count)]
    holder: dict[str, int] = {}

    def place(slot: int, seen: set[str]) -> bool:
        for family in slots[slot]:
            if family in seen:
                continue
            seen.add(family)
            if family not in holder or place(holder[family], seen):
                holder[family] = slot
                return True
        return False

    return sum(place(slot, set()) for slot in range(len(slots)))


def respects_exposure(vault: Vault, loop: Blueprint, drawn: Plan, exposure: Counter[str]) -> list[str]:
    """Return where a plan took a family although a less exposed one of the same draw was free."""
    says = []
    picked = [item.ref.partition("@")[0] for item in drawn.items]
    place = 0
    for section, draw in ((s, d) for s in loop.sections for d in s.draws):
        mine = picked[place : place + draw.count * draw.steps]
        place += draw.count * draw.steps
        if section.adaptive:  # chains are drawn whole: a fresh one, though one of its steps was asked elsewhere
            continue
        free = [f.id for f in candidates(vault, section, draw) if f.id not in picked]
        if free and max(exposure[f] for f in mine) > min(exposure[f] for f in free):
            says.append(f"section '{section.id}': took a family that was asked more often than one left out")
    return says


def _known(vault: Vault, loop: Blueprint) -> Iterator[str]:
    for section, draw in ((s, d) for s in loop.sections for d in s.draws):
        for what, values, table in (
            ("phase", draw.phases, vault.taxonomy["phases"]),
            ("area", draw.areas, vault.taxonomy["areas"]),
            ("level", draw.levels, vault.taxonomy["levels"]),
            ("family", draw.ids, vault.families),
        ):
            for value in values:
                if value not in table:
                    yield f"section '{section.id}': there is no {what} '{value}'"
        if draw.start and draw.levels and draw.start not in draw.levels:
            yield f"section '{section.id}': it starts at {draw.start}, which is not among its levels"


def _always(vault: Vault, loop: Blueprint) -> Iterator[str]:
    for section, need, least in spare(vault, loop):
        if least < need:
            times = f" in sitting {loop.disjoint} of {loop.disjoint} without repeats" if loop.disjoint > 1 else ""
            yield f"section '{section}': a draw needs {need} and may find only {max(0, least)}{times}"


def _fits(vault: Vault, loop: Blueprint) -> Iterator[str]:
    for section in loop.sections:
        least = sum(sum(sorted(_minutes(vault, section, draw))[: draw.count * draw.steps]) for draw in section.draws)
        if least > section.minutes:
            yield f"section '{section.id}': even its shortest questions take {least:g} of {section.minutes:g} minutes"


def _minutes(vault: Vault, section: SectionPlan, draw: Draw) -> list[float]:
    # A session's clock is the section's; a family's minutes are what it takes with all its follow-ups.
    share = 1.0 if section.kind in ("design", "debug") else 0.5
    return [f.minutes * share for f in candidates(vault, section, draw)]


def _drawn(vault: Vault, loop: Blueprint) -> Iterator[str]:
    for seed in range(_SEEDS):
        asked: set[str] = set()
        exposure: Counter[str] = Counter()
        for sitting in range(loop.disjoint):
            try:
                drawn = plan(vault, loop, seed * 1000 + sitting, asked)
                fair = plan(vault, loop, seed * 1000 + sitting, exposure=exposure)
            except Invalid as error:
                yield error.message
                return
            families = [item.ref.partition("@")[0] for item in drawn.items]
            rungs = [i.ref for walked in drawn.ladders for rung in walked.rungs for i in rung.items]
            if len(set(rungs)) < len(rungs):
                yield f"seed {seed}: a family stands twice in its ladders"
                return
            if len(set(families)) < len(families) or asked & set(families):
                yield f"seed {seed}: a family stands twice"
                return
            yield from respects_exposure(vault, loop, fair, exposure)
            asked.update(families)
            exposure.update(item.ref.partition("@")[0] for item in fair.items)
