"""What the vault covers: applicable cells, their capacity and fill, how evenly, and what no loop samples."""

import statistics
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from examiner.domain.base import Frozen
from examiner.domain.question import Family
from examiner.vault.model import Vault
from examiner.vault.render import combinations
from examiner.vault.select import candidates

TARGET = 24  # variants of a full cell: 3 platforms x 2 models x 2 failure modes x 2 scale points, the least that counts
EVEN = 0.5  # coefficient of variation over topics below which a vault counts as even


class Cell(Frozen):
    """One (topic, track): `theoretical` parameter draws, `empirical` ones whose rounded final keys differ.

    `fill` is the empirical capacity over `TARGET`, at most 1; None where variants were not counted. `reason` says why
    physics excludes the cell.
    """

    topic: str
    track: str
    state: Literal["excluded", "empty", "partial", "full"]
    families: int = 0
    theoretical: int = 0
    empirical: int | None = None
    fill: float | None = None
    reason: str = ""


class Coverage(Frozen):
    """Counts over the taxonomy.

    `cells` are applicable (topic, track) pairs and `filled` those with a family; `evenness` is the coefficient of
    variation of families over topics (0 is even; None with fewer than two topics); `unsampled` are phases that no loop
    draws from, `loops` the phases each loop does draw from.
    """

    families: int
    by_kind: dict[str, int]
    by_zone: dict[str, int]
    by_track: dict[str, int]
    by_level: dict[str, int]
    by_phase: dict[int, int]
    by_area: dict[str, int]
    cells: int
    filled: int
    full: int
    theoretical: int
    empirical: int | None
    fill: float | None
    excluded: tuple[str, ...]
    evenness: float | None
    even: bool
    empty_topics: tuple[str, ...]
    loops: dict[str, tuple[int, ...]]
    unsampled: tuple[int, ...]
    grid: tuple[Cell, ...]


def coverage(vault: Vault, variants: Mapping[str, int] | None = None) -> Coverage:
    """Measure a vault against its taxonomy.

    Args:
        vault: what to measure.
        variants: distinct variants by family id, as the audit counts them; None leaves the empirical capacity open.

    """
    taxonomy, families = vault.taxonomy, list(vault.families.values())
    grid = tuple(_grid(vault, variants))
    applicable = [c for c in grid if c.state != "excluded"]
    topics = Counter(f.topic for f in families)
    counts = [topics[t] for t in taxonomy["topics"]]
    mean = statistics.fmean(counts) if counts else 0.0
    spread = round(statistics.pstdev(counts) / mean, 3) if mean and len(counts) > 1 else None
    loops = {name: _phases(vault, name) for name in sorted(vault.loops)}
    sampled = {phase for phases in loops.values() for phase in phases}
    return Coverage(
        families=len(families),
        by_kind=dict(Counter(f.kind for f in families)),
        by_zone=_ordered(taxonomy["zones"], Counter(f.zone for f in families)),
        by_track=_ordered(taxonomy["tracks"], Counter(f.track for f in families)),
        by_level=_ordered(taxonomy["levels"], Counter(f.level for f in families)),
        by_phase=_ordered(taxonomy["phases"], Counter(f.phase for f in families)),
        by_area=_ordered(taxonomy["areas"], Counter(a for f in families for a in f.areas)),
        cells=len(applicable),
        filled=sum(c.families > 0 for c in applicable),
        full=sum(c.state == "full" for c in applicable),
        theoretical=sum(c.theoretical for c in applicable),
        empirical=sum(c.empirical or 0 for c in applicable) if variants is not None else None,
        fill=round(statistics.fmean(c.fill or 0.0 for c in applicable), 3) if variants is not None else None,
        excluded=tuple(f"{c.topic} on {c.track}: {c.reason}" for c in grid if c.state == "excluded"),
        evenness=spread,
        even=spread is not None and spread < EVEN,
        empty_topics=tuple(t for t in taxonomy["topics"] if not topics[t]),
        loops=loops,
        unsampled=tuple(p for p in taxonomy["phases"] if p not in sampled),
        grid=grid,
    )


def _grid(vault: Vault, variants: Mapping[str, int] | None) -> list[Cell]:
    taxonomy = vault.taxonomy
    excluded = taxonomy.get("applicability", {})
    inside: dict[tuple[str, str], list[Family]] = {}
    for family in vault.families.values():
        inside.setdefault((family.topic, family.track), []).append(family)
    made = []
    for topic in taxonomy["topics"]:
        for track in taxonomy["tracks"]:
            reason = excluded.get(topic, {}).get(track, "")
            if reason:
                made.append(Cell(topic=topic, track=track, state="excluded", reason=reason))
            else:
                made.append(_cell(topic, track, inside.get((topic, track), []), variants))
    return made


def _cell(topic: str, track: str, families: list[Family], variants: Mapping[str, int] | None) -> Cell:
    empirical = None if variants is None else sum(variants.get(f.id, 0) for f in families)
    fill = None if empirical is None else round(min(1.0, empirical / TARGET), 3)
    state: Literal["empty", "partial", "full"] = "empty" if not families else "full" if fill == 1.0 else "partial"
    return Cell(
        topic=topic,
        track=track,
        state=state,
        families=len(families),
        theoretical=sum(combinations(f) for f in families),
        empirical=empirical,
        fill=fill,
    )


def _phases(vault: Vault, loop: str) -> tuple[int, ...]:
    """Return the phases of the families that a loop's draws may pick."""
    sections = vault.loops[loop].sections
    return tuple(sorted({f.phase for s in sections for draw in s.draws for f in candidates(vault, s, draw)}))


def _ordered(names: Any, counts: Counter[Any]) -> dict[Any, int]:
    return {name: counts[name] for name in names}
