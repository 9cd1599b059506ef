"""Progress: what was practised and how it went, by area and track, by level, zone and phase."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from examiner.domain.base import Frozen
from examiner.domain.question import Card
from examiner.practice.log import Review


class Tally(Frozen):
    """One cell: families there are, families asked, answers, and the mean of each family's last estimate.

    `quality` is None where nothing was asked, never 0.
    """

    families: int
    asked: int
    answers: int
    quality: float | None


class Progress(Frozen):
    """All tallies: `cells` by area, then track; the others by their own name."""

    answers: int
    asked: int
    families: int
    cells: dict[str, dict[str, Tally]]
    by_level: dict[str, Tally]
    by_zone: dict[str, Tally]
    by_phase: dict[str, Tally]


def progress(families: Iterable[Card], reviews: Sequence[Review], taxonomy: Mapping[str, Any]) -> Progress:
    """Tally reviews over a taxonomy."""
    everything = list(families)

    def named(axis: str, names: Iterable[Any]) -> dict[str, Tally]:
        return {str(n): _tally(everything, reviews, _on(axis, n)) for n in names}

    return Progress(
        answers=len(reviews),
        asked=len({r.family for r in reviews}),
        families=len(everything),
        cells={
            area: {track: _tally(everything, reviews, _in_cell(area, track)) for track in taxonomy["tracks"]}
            for area in taxonomy["areas"]
        },
        by_level=named("level", taxonomy["levels"]),
        by_zone=named("zone", taxonomy["zones"]),
        by_phase=named("phase", taxonomy["phases"]),
    )


def _on(axis: str, name: Any) -> Callable[[Any], bool]:
    return lambda x: bool(getattr(x, axis) == name)


def _in_cell(area: str, track: str) -> Callable[[Any], bool]:
    return lambda x: area in x.areas and bool(x.track == track)


def _tally(families: Sequence[Card], reviews: Sequence[Review], mine: Callable[[Any], bool]) -> Tally:
    inside = [r for r in reviews if mine(r)]
    last = {r.family: r.quality for r in inside}
    return Tally(
        families=sum(mine(f) for f in families),
        asked=len(last),
        answers=len(inside),
        quality=round(statistics.fmean(last.values()), 2) if last else None,
    )
