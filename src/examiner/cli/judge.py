"""`examiner judge`: which judges there are, and the numbers found in a text."""

import sys
from typing import Annotated

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List and show judges; the numbers found in a text."
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
    """Show one judge: what it certifies under, and how far it may be trusted."""
    from examiner.calibration.gate import STATE_WORDS

    examiner = open_examiner()
    found = examiner.judge_named(judge)
    data = {
        "judge": found.name,
        "about": _ABOUT.get(found.name, ""),
        "observed_fingerprint": found.observed_fingerprint,
        "state": "uncalibrated",
        "meaning": STATE_WORDS["uncalibrated"],
    }
    if as_json:
        emit(data)
    else:
        for name, value in data.items():
            console().print(f"{name.replace('_', ' ')}: {value}")


@app.command()
def fingerprint(judge: Annotated[str, typer.Argument()] = "embedded") -> None:
    """Print the observed fingerprint of a judge."""
    typer.echo(open_examiner().judge_named(judge).observed_fingerprint)


@app.command()
def prompt(
    question: Annotated[str, typer.Argument(help="A question of the vault, `id` or `id@variant`.")],
    judge: Annotated[str | None, typer.Option(help="openai/MODEL, anthropic/MODEL, ...; options after commas.")] = None,
    answer: Annotated[str | None, typer.Option(help="The answer to show; the model answer by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The request bodies, as they go over the wire.")] = False,
) -> None:
    """Print exactly what a judge is sent about an answer. Nothing is sent; no key is needed.

    On stderr: how much of it is the same for every answer to this question.
    """
    from examiner.service.trust.shown import shown_prompt

    examiner = open_examiner(judge=judge)
    name = examiner.settings.judge
    shown = shown_prompt(examiner, name if "/" in name else "openai/MODEL", question, answer)
    if as_json:
        emit(shown.bodies)
    else:
        sys.stdout.write(shown.text)
    say(
        f"{len(shown.bodies)} call(s); {shown.static} of {shown.total} bytes ({shown.share:.1%}) are the same for every answer"
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
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("text", "value", "unit", "in base units", "notes"):
        table.add_column(column)
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
        table.add_row(
            f.text,
            " to ".join(f"{v:g}" for v in value),
            f.unit,
            f"{' to '.join(f'{b:g}' for b in base)} {f.base_unit}",
            ", ".join((*notes, *f.bound, *f.warnings)),
        )
    console().print(table if found else "no quantities found")
