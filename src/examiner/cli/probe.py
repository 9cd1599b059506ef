"""`examiner probe`: metamorphic probes of a judge, and the probes' own test."""

from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say, table
from examiner.cli.lazy import Group
from examiner.cli.options import Target

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Metamorphic probes of a judge; planted judges that test the probes.",
)
Seed = Annotated[int, typer.Option(help="Draws the questions and the changes; the same seed tries the same texts.")]


@app.command()
def run(
    judge: Target = "embedded",
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many questions; all by default.")] = None,
    variants: Annotated[int, typer.Option(min=1, max=50, help="Variants of each question.")] = 1,
    seed: Seed = 0,
    only: Annotated[list[str] | None, typer.Option("--probe", help="Only this probe; may be repeated.")] = None,
    answers: Annotated[
        Path | None, typer.Option("--anchors", help="JSONL of further answers: question and answer.")
    ] = None,
    examples: Annotated[int, typer.Option(min=0, max=5, help="Failures to print for each probe.")] = 1,
    as_json: Json = False,
) -> None:
    """Change answers in ways whose effect is known and see whether the levels follow.

    Exit code 1 where a critical probe failed or had nothing to try.
    """
    from examiner.calibration.probes import running as probes
    from examiner.service.trust.probing import grader_named, probe_bases

    examiner = open_examiner()
    rules = _chosen(only or [])
    grader = grader_named(examiner, judge)
    on = probe_bases(examiner, limit, seed, variants, answers)
    report = probes.run(grader, on, seed=seed, relations=rules, progress=lambda name: say(f"… {name}"))
    if as_json:
        emit({**report.model_dump(mode="json"), "critical": list(report.critical), "ok": not report.critical})
    else:
        _print(report, examples)
    raise typer.Exit(1 if report.critical else 0)


@app.command("list")
def list_probes(as_json: Json = False) -> None:
    """List the relations: failure mode, change, what must hold, severity."""
    from examiner.calibration.probes.relations import RELATIONS

    if as_json:
        emit([r.model_dump(mode="json") for r in RELATIONS])
        return
    rows = []
    for r in RELATIONS:
        about = f"{r.where} {r.expect}" + (f" {r.tolerance}" if r.expect in ("at most", "drops") else "")
        rows.append((r.id, r.severity, about, f"{r.allowed:.0%}", r.failure))
    table(("probe", "severity", "what must hold", "may fail", "failure mode"), rows)


@app.command()
def matrix(
    limit: Annotated[int, typer.Option(min=2, help="How many questions.")] = 12,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Put planted judges, each with one known fault, to the probes; exit 1 where one is missed or falsely accused."""
    from examiner.calibration.planted.matrix import dots
    from examiner.calibration.planted.matrix import matrix as planted
    from examiner.service.trust.probing import probe_bases

    rows = planted(probe_bases(open_examiner(), limit, seed), seed, progress=lambda name: say(f"… {name}"))
    bad = [r for r in rows if not r.ok]
    if as_json:
        emit({"ok": not bad, "judges": [{**r.model_dump(mode="json"), "ok": r.ok} for r in rows]})
    else:
        typer.echo(dots(rows))
        typer.echo(
            f"\n{len(rows)} judges, {len(rows) - 1} with a fault; {sum(len(r.missed) for r in rows)} named probes silent, "
            f"{sum(len(r.unexplained) for r in rows)} unexplained failures"
        )
        for r in bad:
            typer.echo(
                f"{r.judge}: silent {list(r.missed)}, unexplained {list(r.unexplained)}, not assessed {list(r.not_assessed)}"
            )
    raise typer.Exit(1 if bad else 0)


def _chosen(names: list[str]) -> Any:
    from examiner.calibration.probes.relations import RELATIONS
    from examiner.domain.errors import NotFound

    known = {r.id for r in RELATIONS}
    for name in names:
        if name not in known:
            raise NotFound(f"no probe '{name}'", hint="see `examiner probe list`")
    return [r for r in RELATIONS if r.id in names] if names else RELATIONS


def _print(report: Any, examples: int) -> None:
    rows = []
    for r in report.results:
        style = {"pass": "green", "fail": "red", "not assessed": "yellow"}[r.verdict]
        upper = "" if r.upper is None else f"{r.upper:.1%}"
        value = "" if r.value is None else f"{r.value:+.2f}"
        verdict = f"[{style}]{r.verdict}[/{style}]"
        rows.append((r.id, r.severity, r.k, r.failures, upper, f"{r.allowed:.0%}", verdict, value))
    figures = ("k", "failed", "95 % upper", "allowed", "value")
    table(("probe", "severity", *figures[:4], "verdict", "value"), rows, right=figures)
    out = console()
    for r in report.results:
        for example in r.examples[:examples] if r.verdict == "fail" else ():
            out.print(f"\n[bold]{r.id}[/bold] {r.failure}: {example.question}: {example.shows}")
            if example.before:
                out.print(f"  before: {_brief(example.before)}", markup=False)
            out.print(f"  after:  {_brief(example.after)}", markup=False)
    failed = sorted(report.fired)
    out.print(
        f"\n{report.judge} ({report.fingerprint[:19]}): {len(report.results) - len(failed)} of {len(report.results)} probes "
        f"passed on {report.questions} questions, {report.judgements} judgements, seed {report.seed}; "
        f"critical and not passed: {', '.join(report.critical) or 'none'}"
    )


def _brief(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 300 else flat[:299] + "…"
