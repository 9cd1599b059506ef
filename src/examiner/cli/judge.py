"""`examiner judge`: which judges there are, and the numbers found in a text."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from examiner.cli.common import Json, console, emit, open_examiner, say, table
from examiner.cli.lazy import Group
from examiner.cli.options import Examples, Question
from examiner.domain.errors import Invalid

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List and show judges; the numbers found in a text.",
)
_KINDS = "also: anthropic/MODEL, openai/MODEL, litellm/MODEL, scripted:FILE, replay:DIR, and A+B for a panel"
_ABOUT = {"embedded": "offline, lexical, deterministic; numbers by code; an honest baseline"}


@app.command("list")
def list_judges(as_json: Json = False) -> None:
    """List the judges and the state of their calibration."""
    examiner = open_examiner()
    rows = [
        {
            "judge": name,
            "about": about,
            "fingerprint": examiner.judge_named(name).observed_fingerprint,
            "state": "uncalibrated",
        }
        for name, about in _ABOUT.items()
    ]
    if as_json:
        emit(rows)
        return
    for row in rows:
        console().print(f"[bold]{row['judge']}[/bold]  {row['about']}\n  {row['fingerprint']}\n  state: {row['state']}")
    say(_KINDS)


@app.command()
def show(judge: Annotated[str, typer.Argument()] = "embedded", as_json: Json = False) -> None:
    """Show one judge: what it certifies under, how far it may be trusted, what its model was seen to accept."""
    from examiner.calibration.gate import STATE_WORDS
    from examiner.judge.bench import asks_a_model
    from examiner.service.capabilities import known

    examiner = open_examiner()
    model = asks_a_model(judge)
    if model:
        import asyncio

        from examiner.service.judges import open_guarded

        found = open_guarded(examiner, judge, run=asyncio.run, offline=True)
    else:
        found = examiner.judge_named(judge)
    members = [m.partition(",")[0] for m in judge.split("+")] if model else []
    data: dict[str, Any] = {
        "judge": found.name,
        "about": _ABOUT.get(found.name, ""),
        "observed_fingerprint": found.observed_fingerprint,
        "state": "uncalibrated",
        "meaning": STATE_WORDS["uncalibrated"],
        "capabilities": [known(examiner, m) for m in members],
    }
    if as_json:
        emit(data)
        return
    for name, value in data.items():
        if name != "capabilities":
            console().print(f"{name.replace('_', ' ')}: {value}")
    for member, record in zip(members, data["capabilities"], strict=True):
        _print_capabilities(member, record)


@app.command()
def check(
    judge: Annotated[str, typer.Argument(help="openai/MODEL, anthropic/MODEL, litellm/MODEL; A+B for a panel.")],
    as_json: Json = False,
) -> None:
    """Ask a model by a few tiny calls what it accepts, and keep the record: it decides the form of requests from then on."""
    from examiner.service.capabilities import check as checked

    records = checked(open_examiner(), judge)
    if as_json:
        emit({"judge": judge, "capabilities": records})
        return
    for record in records:
        _print_capabilities(record["judge"], record)


def _print_capabilities(member: str, record: dict[str, Any] | None) -> None:
    if record is None:
        say(f"{member}: never asked what it accepts; `examiner judge check {member}` does")
        return
    console().print(f"[bold]{member}[/bold]  asked {record['at'][:10]}")
    for name, value in record["capabilities"].items():
        if isinstance(value, dict):
            words = "; ".join(f"{k}: {why}" for k, why in value.items()) or "nothing"
        elif isinstance(value, list):
            words = ", ".join(value) or "none"
        else:
            words = ("yes" if value else "no") if isinstance(value, bool) else value or "not seen"
        console().print(f"  {name.replace('_', ' ')}: {words}", markup=False)
    console().print(f"  fingerprint as seen: {record['observed_fingerprint']}")


@app.command()
def fingerprint(judge: Annotated[str, typer.Argument()] = "embedded") -> None:
    """Print the observed fingerprint of a judge."""
    typer.echo(open_examiner().judge_named(judge).observed_fingerprint)


@app.command()
def prompt(
    question: Question,
    judge: Annotated[str | None, typer.Option(help="openai/MODEL, anthropic/MODEL, ...; options after commas.")] = None,
    answer: Annotated[str | None, typer.Option(help="The answer to show; the model answer by default.")] = None,
    examples: Examples = None,
    as_json: Annotated[bool, typer.Option("--json", help="The request bodies, as they go over the wire.")] = False,
) -> None:
    """Print exactly what a judge is sent about an answer. Nothing is sent; no key is needed.

    On stderr: how much of it is the same for every answer to this question.
    """
    from examiner.service.judges import with_examples
    from examiner.service.trust.shown import shown_prompt

    examiner = open_examiner(judge=judge)
    name = examiner.settings.judge
    name = with_examples(name if "/" in name else "openai/MODEL", examples)
    shown = shown_prompt(examiner, name, question, answer)
    if as_json:
        emit(shown.bodies)
    else:
        sys.stdout.write(shown.text)
    say(
        f"{len(shown.bodies)} call(s); {shown.static} of {shown.total} bytes ({shown.share:.1%}) are the same for every answer"
    )


@app.command("answer")
def judge_answer(
    question: Question,
    answer: Annotated[str, typer.Option(help="The answer; - reads stdin.")] = "-",
    judge: Annotated[str | None, typer.Option(help="embedded, openai/MODEL, ...; A+B for a panel.")] = None,
    record: Annotated[Path | None, typer.Option(help="Record every reply in this folder.")] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Play a recording; stale or unplayed replies are errors (exit 6).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge one answer and show every point with its evidence. No session, nothing released."""
    from examiner.service.batch.one import judged

    if replay is not None and (judge is not None or record is not None):
        raise Invalid("--replay names the judge itself", hint="leave --judge and --record out")
    examiner = open_examiner(judge=f"replay:{replay}" if replay is not None else judge)
    text = sys.stdin.read() if answer == "-" else answer
    found = judged(examiner, question, text, record=record)
    if as_json:
        emit(found)
        return
    _show_judged(found, {m.id: m.means for m in examiner.instance(question).mistakes})
    for flag in found["flags"]:
        say(f"flag: {flag['kind']}: {flag['detail']}")
    say(f"state: {found['state']}; fingerprint {found['observed_fingerprint']}")


def _show_judged(found: dict[str, Any], means: dict[str, str]) -> None:
    """Print points with their evidence, then what became of each number that was said."""
    from rich.table import Table

    from examiner.reports.words import NUMBERS, VERDICTS, number

    out = console()
    out.print(f"[bold]{found['question']}[/bold]  {found['judge']}  quality {found['quality']} of 3")
    for name, criterion in found["criteria"].items():
        out.print(f"{name}: {criterion['quality']}")
        points = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
        points.add_column(width=14)
        for point in criterion["points"]:
            points.add_row(" ".join(VERDICTS[point["verdict"]]), escape(point["claim"]))
            if point["quote"]:
                points.add_row("", f"[italic]“{escape(point['quote'])}”[/italic]")
        out.print(points)
    for said in (n for n in found["numbers"] if n["stated"] and n["verdict"] != "right"):
        why = (
            f" ({means[said['mistake']]})" if said["mistake"] in means else f" ({said['note']})" if said["note"] else ""
        )
        out.print(
            f"{said['stated']}: {NUMBERS[said['verdict']]}{why}; the key is {number(said['key'])} {said['key_unit']}",
            markup=False,
        )


@app.command()
def quantities(text: Annotated[str, typer.Argument(help="The text; - reads stdin.")], as_json: Json = False) -> None:
    """Show the numbers found in a text and the one taken as its answer."""
    from examiner.judge.quantities import answer_of, find

    text = sys.stdin.read() if text == "-" else text
    found = find(text)
    answer = answer_of(found)
    if as_json:
        emit(
            {
                "text": text,
                "quantities": [f.as_dict() for f in found],
                "answer": answer.as_dict() if answer else None,
            }
        )
        return
    if not found:
        console().print("no quantities found")
        return
    rows = []
    for f in found:
        notes = [
            n
            for n, on in (
                ("answer", f is answer),
                ("result", f.is_result),
                ("about", f.approx),
                ("retracted", f.retracted),
            )
            if on
        ]
        if f.ambiguous:
            notes.append("or " + " or ".join(f"{a:g}" for a in f.ambiguous[1:]))
        base = f.base_value if isinstance(f.base_value, tuple) else (f.base_value,)
        value = f.value if isinstance(f.value, tuple) else (f.value,)
        rows.append(
            (
                f.text,
                " to ".join(f"{v:g}" for v in value),
                f.unit,
                f"{' to '.join(f'{b:g}' for b in base)} {f.base_unit}",
                ", ".join((*notes, *f.bound, *f.warnings)),
            )
        )
    table(("text", "value", "unit", "in base units", "notes"), rows)
