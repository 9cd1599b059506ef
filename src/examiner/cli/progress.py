"""`examiner progress`: what was practised, how it went, and what comes next."""

from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say, table


def progress(
    candidate: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Whose progress; else the settings' candidate.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the page with the heat map.")] = None,
    calendar: Annotated[Path | None, typer.Option("--ics", help="Write what is due as a calendar.")] = None,
    anki: Annotated[
        Path | None, typer.Option("--anki", help="Write what is due within 30 days as an Anki package.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show progress by area and track, level, zone and phase; forecasts against estimates; what is due; the rerun list.

    Practice and ended interviews count. All figures are estimates. --json: candidate, at, standing, answers, asked,
    families, cells, by_level, by_zone, by_phase, forecasts, due, reruns.
    """
    from examiner.service.practising import Practice

    examiner = open_examiner()
    house = Practice(examiner, candidate or "")
    house.catch_up()
    made, forecasts, standing = house.progress()
    reruns = house.reruns()
    data: dict[str, Any] = {
        "candidate": house.candidate,
        "at": house.now.isoformat(),
        "standing": standing,
        **made.model_dump(mode="json"),
        "forecasts": forecasts.model_dump(mode="json"),
        "due": [d.model_dump(mode="json") for d in house.due()],
        "reruns": [{"sitting": r.sitting, "due": r.due.isoformat(), "items": house.compared(r)} for r in reruns],
    }
    areas = {area: entry["title"] for area, entry in examiner.vault.taxonomy["areas"].items()}
    if html is not None:
        from examiner.reports.progress import html as page

        html.write_text(page(data, areas, standing), encoding="utf-8")
        say(f"written to {html}")
    if calendar is not None:
        calendar.write_text(house.calendar(reruns), encoding="utf-8", newline="")
        say(f"written to {calendar}")
    if anki is not None:
        package, count = house.anki()
        anki.write_bytes(package)
        say(f"{count} questions in {anki}")
    if as_json:
        emit(data)
        return
    _print(data, areas)


def _print(data: dict[str, Any], areas: dict[str, str]) -> None:
    out = console()
    out.print(
        f"[bold]{data['candidate']}[/bold]: {data['answers']} answers to {data['asked']} of {data['families']} questions"
    )
    out.print(f"[dim]{data['standing']}[/dim]\n")
    tracks = list(next(iter(data["cells"].values()), {}))
    table(
        ("area", *tracks),
        ((areas[area], *(_cell(row[track]) for track in tracks)) for area, row in data["cells"].items()),
    )
    out.print()
    table(
        ("level", "asked", "estimate"),
        ((level, f"{t['asked']}/{t['families']}", _figure(t["quality"])) for level, t in data["by_level"].items()),
    )
    forecasts = data["forecasts"]
    if forecasts["forecasts"]:
        out.print(
            f"\nforecasts: {forecasts['forecasts']}, bias {forecasts['bias']:+g}, mean error {forecasts['error']:g},"
            f" exact {100 * forecasts['exact']:.0f} %"
        )
    out.print(f"\ndue now: {len(data['due'])}")
    for rerun in data["reruns"]:
        out.print(f"rerun of {rerun['sitting']}: {len(rerun['items'])} questions, from {rerun['due'][:10]}")


def _cell(tally: dict[str, Any]) -> str:
    if not tally["families"]:
        return ""
    return f"{_figure(tally['quality']) or '-'} ({tally['asked']}/{tally['families']})"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
