"""What the vault covers: applicable cells, how many are filled, how evenly, and what no loop samples."""

import statistics
from collections import Counter
from typing import Any

from examiner.domain.base import Frozen
from examiner.vault.model import Vault


class Coverage(Frozen):
    """Counts over the taxonomy.

    `cells` are applicable (topic, track) pairs; `evenness` is the coefficient of variation of families over
    topics (0 is even; None with fewer than two topics); `unsampled` are phases that no loop draws from.
    """

    families: int
    by_kind: dict[str, int]
    by_zone: dict[str, int]
    by_track: dict[str, int]
    by_level: dict[str, int]
    by_phase: dict[int, int]
    cells: int
    filled: int
    excluded: tuple[str, ...]
    evenness: float | None
    empty_topics: tuple[str, ...]
    unsampled: tuple[int, ...]


def coverage(vault: Vault) -> Coverage:
    """Measure a vault against its taxonomy."""
    taxonomy, families = vault.taxonomy, list(vault.families.values())
    excluded = {
        (topic, track): reason
        for topic, tracks in taxonomy["applicability"].items()
        for track, reason in tracks.items()
    }
    cells = {(t, k) for t in taxonomy["topics"] for k in taxonomy["tracks"]} - set(excluded)
    topics = Counter(f.topic for f in families)
    counts = [topics[t] for t in taxonomy["topics"]]
    mean = statistics.fmean(counts)
    sampled = {p for loop in vault.loops.values() for s in loop.sections for d in s.draws for p in d.phases}
    return Coverage(
        families=len(families),
        by_kind=dict(Counter(f.kind for f in families)),
        by_zone=_ordered(taxonomy["zones"], Counter(f.zone for f in families)),
        by_track=_ordered(taxonomy["tracks"], Counter(f.track for f in families)),
        by_level=_ordered(taxonomy["levels"], Counter(f.level for f in families)),
        by_phase=_ordered(taxonomy["phases"], Counter(f.phase for f in families)),
        cells=len(cells),
        filled=len({(f.topic, f.track) for f in families} & cells),
        excluded=tuple(f"{topic} on {track}: {reason}" for (topic, track), reason in sorted(excluded.items())),
        evenness=round(statistics.pstdev(counts) / mean, 3) if mean else None,
        empty_topics=tuple(t for t in taxonomy["topics"] if not topics[t]),
        unsampled=tuple(p for p in taxonomy["phases"] if p not in sampled),
    )


def _ordered(names: Any, counts: Counter[Any]) -> dict[Any, int]:
    return {name: counts[name] for name in names}
