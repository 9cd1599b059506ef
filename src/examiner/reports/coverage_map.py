"""The coverage page: topics by tracks as a heat map, and the counts behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from examiner.reports.heat import HeatMap, Tile
from examiner.reports.pages import Section, page


def html(data: Mapping[str, Any], areas: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        data: the coverage as plain data, as `vault coverage --json` prints it.
        areas: the area of each topic.
        titles: the title of each area.

    """
    cells = data["grid"]
    tracks = tuple(dict.fromkeys(c["track"] for c in cells))
    topics = list(dict.fromkeys(c["topic"] for c in cells))
    maps = [
        _map(title, [t for t in topics if areas[t] == area], tracks, cells)
        for area, title in titles.items()
        if any(areas[t] == area for t in topics)
    ]
    counts = [
        Section(title=f"By {name}", columns=(name, "families"), rows=_rows(data[f"by_{name}"]))
        for name in ("zone", "track", "level", "phase", "area", "kind")
    ]
    unsampled = ", ".join(map(str, data["unsampled"])) or "none"
    loops = Section(
        title="Loops",
        columns=("loop", "phases"),
        rows=tuple((name, ", ".join(map(str, phases)) or "all") for name, phases in data["loops"].items()),
        lines=(f"Phases no loop samples: {unsampled}.",),
    )
    excluded = Section(title="Excluded by physics", lines=tuple(data["excluded"]))
    meta = (
        f"{data['families']} families · {data['filled']} of {data['cells']} applicable cells filled · {data['full']} full"
        f" · σ/μ over topics {data['evenness']}"
    )
    return page(
        "Coverage of the vault", meta, [Section(title="Topics by tracks", heat=tuple(maps)), *counts, loops, excluded]
    )


def _map(title: str, topics: Sequence[str], tracks: tuple[str, ...], cells: Sequence[Mapping[str, Any]]) -> HeatMap:
    by_place = {(c["topic"], c["track"]): c for c in cells}
    return HeatMap(
        caption=title,
        rows=tuple(topics),
        columns=tracks,
        tiles=tuple(tuple(_tile(by_place[topic, track]) for track in tracks) for topic in topics),
        legend="The figure is the number of families, the shade how many distinct variants they give; crossed out: excluded.",
    )


def _tile(cell: Mapping[str, Any]) -> Tile:
    place = f"{cell['topic']} on {cell['track']}"
    if cell["state"] == "excluded":
        return Tile(kind="excluded", title=f"{place}: {cell['reason']}")
    if not cell["families"]:
        return Tile(kind="empty", title=f"{place}: no family yet")
    says = f"{place}: {cell['families']} families, {cell['empirical']} variants of {cell['theoretical']} draws"
    return Tile(shade=cell["fill"], text=str(cell["families"]), title=says)


def _rows(counts: Mapping[Any, int]) -> tuple[tuple[str, ...], ...]:
    return tuple((str(name), str(n)) for name, n in counts.items())
