"""`examiner drift`: frozen sentinels judged again, and what that says of a judge."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, deliver, emit, open_examiner, say, table
from examiner.cli.lazy import Group
from examiner.cli.options import Target

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Frozen sentinels judged again: which criterion moved, whether a certificate stands.",
)
Sentinels = Annotated[
    Path | None, typer.Option(help="JSONL of answers: question, answer, and levels where frozen elsewhere.")
]


@app.command()
def freeze(
    judge: Target = "embedded",
    count: Annotated[int, typer.Option(min=5, max=2000, help="How many answers.")] = 50,
    seed: Annotated[int, typer.Option(help="Draws the questions.")] = 0,
    sentinels: Sentinels = None,
    as_json: Json = False,
) -> None:
    """Freeze a judge's levels on known answers; done once, when the judge was calibrated."""
    from examiner.service.trust.probing import grader_named
    from examiner.service.trust.watching import freeze_sentinels

    examiner = open_examiner()
    made = freeze_sentinels(examiner, grader_named(examiner, judge), count, seed, sentinels)
    if as_json:
        emit(made.model_dump(mode="json") | {"hash": made.hash})
    else:
        typer.echo(
            f"{len(made.sentinels)} sentinels frozen for {made.judge} ({', '.join(made.fingerprints)}): {made.hash}"
        )


@app.command()
def run(judge: Target = "embedded", sentinels: Sentinels = None, as_json: Json = False) -> None:
    """Judge the sentinels again; exit 1 where a criterion has drifted or the judge is another one.

    Where nothing was frozen for the judge yet, its levels of today are frozen first.
    """
    from examiner.service.trust import watching
    from examiner.service.trust.probing import grader_named

    examiner = open_examiner()
    grader = grader_named(examiner, judge)
    if sentinels is not None or watching.sentinels_of(examiner, judge) is None:
        made = watching.freeze_sentinels(examiner, grader, source=sentinels)
        say(f"{len(made.sentinels)} sentinels frozen for {judge}; audits compare with these from now on")
    record, standing = watching.run_audit(examiner, grader)
    if as_json:
        emit({"audit": record.model_dump(mode="json"), "standing": standing.model_dump(mode="json")})
    else:
        _print_audit(record, standing)
    raise typer.Exit(_code(standing))


@app.command()
def report(
    judge: Target = "embedded",
    html: Annotated[Path | None, typer.Option(help="Write a page with control charts here; - for stdout.")] = None,
    as_json: Json = False,
) -> None:
    """Show the course of each criterion; exit 1 where one has drifted or the judge is another one."""
    from examiner.calibration.drift.standing import charts, current
    from examiner.domain.errors import NotFound
    from examiner.service.trust import watching

    examiner = open_examiner()
    frozen = watching.sentinels_of(examiner, judge)
    if frozen is None:
        raise NotFound(f"no sentinels are frozen for judge '{judge}'", hint=f"examiner drift freeze --judge {judge}")
    drawn = charts(current(watching.audits_of(examiner, judge)))
    standing = watching.set_standing(examiner, frozen)
    if html is not None:
        from examiner.reports.control_chart import page

        deliver(page(judge, ", ".join(frozen.fingerprints), standing, drawn), html)
    if as_json:
        emit(
            {
                "judge": judge,
                "fingerprints": list(frozen.fingerprints),
                "sentinels": {"hash": frozen.hash, "count": len(frozen.sentinels)},
                "standing": standing.model_dump(mode="json"),
                "charts": [chart.model_dump(mode="json") for chart in drawn],
            }
        )
    elif html is None:
        _print_charts(drawn)
        typer.echo(f"{judge}: {standing.state}: {standing.reason}")
    raise typer.Exit(_code(standing))


@app.command()
def watch(
    judge: Target = "embedded",
    every: Annotated[str, typer.Option(help="Between two audits: 45s, 30m, 6h, 7d.")] = "1d",
    times: Annotated[int | None, typer.Option(min=1, help="Stop after so many audits.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each audit.")] = False,
) -> None:
    """Audit again and again; a line for each audit. Ends with exit code 1 at the first alarm."""
    from examiner.service.trust import watching
    from examiner.service.trust.probing import grader_named

    seconds = seconds_of(every)
    examiner = open_examiner()
    if watching.sentinels_of(examiner, judge) is None:
        watching.freeze_sentinels(examiner, grader_named(examiner, judge))
        say(f"sentinels frozen for {judge}; audits compare with these from now on")
    for record, standing in watching.watch(examiner, lambda: grader_named(examiner, judge), seconds, times):
        if as_json:
            sys.stdout.write(f'{{"audit": {record.model_dump_json()}, "standing": {standing.model_dump_json()}}}\n')
            sys.stdout.flush()
        else:
            _print_audit(record, standing)
        if _code(standing):
            raise typer.Exit(1)


@app.command()
def simulate(
    sentinels: Annotated[list[int] | None, typer.Option("--sentinels", "-m", min=5, max=1000)] = None,
    runs: Annotated[int, typer.Option(min=100, max=100_000, help="Simulated years.")] = 4000,
    seed: Annotated[int, typer.Option(help="Of the simulation.")] = 0,
    as_json: Json = False,
) -> None:
    """Simulate what the monitors are worth: false alarms a year, audits to detection."""
    from examiner.calibration.drift.power import QUIET, simulate

    rows = simulate(tuple(sentinels or (20, 50, 100)), seed=seed, runs=runs)
    if as_json:
        emit({"runs": runs, "seed": seed, "monitors": [row.model_dump(mode="json") for row in rows]})
        return
    rates = list(rows[0].to_detect)
    columns = ["alarms/year", *(f"p={r}" for r in rates), *(f"p={r}, late" for r in rates)]
    table(
        ("sentinels", "monitor", *columns),
        [
            (
                row.sentinels,
                row.monitor,
                f"{row.false_alarms:.4f}",
                *("never" if c is None else f"{c:g}" for c in (*row.to_detect.values(), *row.after_quiet.values())),
            )
            for row in rows
        ],
        right=("sentinels", *columns),
    )
    console().print(
        "alarms/year: chance of any in 52 weekly audits at a flip rate of .05, for one criterion; p=: median audits "
        f"until an alarm where the rate is p from the start; late: from the change on, after {QUIET} quiet audits"
    )


def seconds_of(text: str) -> float:
    """Return the seconds of `45s`, `30m`, `6h` or `7d`. Raises Invalid."""
    from examiner.domain.errors import Invalid

    unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(text[-1:])
    if unit is None or not text[:-1].isdigit() or int(text[:-1]) == 0:
        raise Invalid(f"'{text}' is no time between audits", hint="such as 45s, 30m, 6h, 7d")
    return float(int(text[:-1]) * unit)


def _code(standing: Any) -> int:
    return 1 if standing.state in ("drifted", "void") else 0


def _print_audit(record: Any, standing: Any) -> None:
    counts = ", ".join(f"{name} {t.flips}/{t.n}" for name, t in record.tallies.items()) or "nothing judged"
    extra = "".join(
        f"; {len(items)} {word}"
        for items, word in ((record.errors, "errors"), (record.stale, "questions changed"))
        if items
    )
    typer.echo(f"{record.at:%Y-%m-%d %H:%M} {record.judge}: flips {counts}{extra}")
    typer.echo(f"{standing.state}: {standing.reason}")


def _print_charts(charts: Any) -> None:
    rows = []
    for chart in charts:
        last = chart.steps[-1]
        alarm = "detected, claimed" if chart.claimed else "detected" if chart.detected else "none"
        rows.append(
            (
                chart.criterion,
                len(chart.steps),
                f"{last.flips} of {last.n}",
                f"{last.cusum:.2f}",
                f"{chart.cusum_limit:.2f}",
                f"{last.log_e:.2f}",
                f"{chart.log_e_limit:.2f}",
                alarm,
            )
        )
    figures = ("audits", "flips, last", "CUSUM", "limit", "e, log", "limit ")
    table(("criterion", *figures, "alarm"), rows, right=figures)
