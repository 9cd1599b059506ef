"""The progress page: area by track as a heat map, the other tallies, forecasts and reruns."""

from collections.abc import Mapping, Sequence
from typing import Any

from examiner.reports.heat import HeatMap, Tile
from examiner.reports.pages import Section, page


def html(data: Mapping[str, Any], areas: Mapping[str, str], standing: str) -> str:
    """Return the page.

    Args:
        data: what `examiner progress --json` prints.
        areas: the title of each area.
        standing: how far the estimates may be trusted; it stands on top.

    """
    sections = [
        Section(title="Areas by tracks", heat=(heat_map(data, areas),)),
        *(_tallies(data, name) for name in ("level", "zone", "phase")),
        _forecasts(data["forecasts"]),
        _reruns(data["reruns"]),
        Section(
            title="Due",
            columns=("question", "due", "estimate", "reviews"),
            rows=tuple((d["family"], d["due"][:10], str(d["quality"]), str(d["reviews"])) for d in data["due"]),
            lines=() if data["due"] else ("Nothing is due.",),
        ),
    ]
    meta = f"{data['candidate']} · {data['at'][:10]} · {data['answers']} answers to {data['asked']} of {data['families']} questions"
    return page(f"Progress of {data['candidate']}", meta, sections, standing=standing)


def heat_map(data: Mapping[str, Any], areas: Mapping[str, str]) -> HeatMap:
    """Return the heat map of areas by tracks."""
    tracks = tuple(next(iter(data["cells"].values()), {}))
    return HeatMap(
        caption="Mean of each question's last estimate, 0 to 3",
        rows=tuple(areas.get(a, a) for a in data["cells"]),
        columns=tracks,
        tiles=tuple(
            tuple(_tile(areas.get(area, area), track, row[track]) for track in tracks)
            for area, row in data["cells"].items()
        ),
        legend="The figure is the mean estimate and how many questions were asked of those there are; crossed out: no question there.",
    )


def _tile(area: str, track: str, tally: Mapping[str, Any]) -> Tile:
    says = f"{area}, {track}: {tally['asked']} of {tally['families']} asked, {tally['answers']} answers"
    if tally["quality"] is not None:
        return Tile(
            shade=tally["quality"] / 3, text=f"{tally['quality']:g} ({tally['asked']}/{tally['families']})", title=says
        )
    if not tally["families"]:
        return Tile(kind="excluded", title=f"{area}, {track}: no question")
    return Tile(kind="empty", text=f"0/{tally['families']}", title=says)


def _tallies(data: Mapping[str, Any], name: str) -> Section:
    rows = tuple(
        (
            key,
            f"{t['asked']} of {t['families']}",
            str(t["answers"]),
            "" if t["quality"] is None else f"{t['quality']:g}",
        )
        for key, t in data[f"by_{name}"].items()
        if t["families"] or t["answers"]
    )
    return Section(title=f"By {name}", columns=(name, "asked", "answers", "mean estimate"), rows=rows)


def _forecasts(data: Mapping[str, Any]) -> Section:
    if not data["forecasts"]:
        return Section(title="Your forecasts", lines=("No forecast was made.",))
    lines = [
        f"{data['forecasts']} forecasts, off by {data['error']:g} levels on average, {_leaning(data['bias'])}, "
        f"exactly right {100 * data['exact']:.0f} % of the time."
    ]
    if data["why"]:
        lines.append(f"{data['why'].capitalize()}.")
    rows = tuple(
        (
            f"{w['first']} to {w['last']}",
            str(w["forecasts"]),
            f"{w['bias']:+g}",
            f"{w['error']:g}",
            f"{100 * w['exact']:.0f} %",
        )
        for w in data["windows"]
    )
    return Section(
        title="Your forecasts",
        columns=("when", "forecasts", "bias", "mean error", "exact") if rows else (),
        rows=rows,
        lines=tuple(lines),
    )


def _leaning(bias: float) -> str:
    if bias == 0:
        return "without a leaning"
    return f"{abs(bias):g} levels too {'high' if bias > 0 else 'low'}"


def _reruns(data: Sequence[Mapping[str, Any]]) -> Section:
    rows = tuple(
        (r["sitting"], r["due"][:10], i["title"], _level(i["before"]), _level(i["after"]))
        for r in data
        for i in r["items"]
    )
    return Section(
        title="Rerun of changed rows",
        columns=("sitting", "from", "question", "then", "now") if rows else (),
        rows=rows,
        lines=() if rows else ("No row of an interview is on the revision list.",),
    )


def _level(value: int | None) -> str:
    return "" if value is None else str(value)
