"""`examiner batch`: judgements as provider batch files."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from examiner.cli.common import open_examiner, say
from examiner.cli.lazy import Group
from examiner.cli.options import Out, Policy
from examiner.domain.errors import NotFound

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Judge through provider batch files: OpenAI Batch JSONL, Anthropic Message Batches.",
)
Answers = Annotated[Path, typer.Argument(help="JSONL as `grade` reads it; - reads stdin.")]
Judge = Annotated[str | None, typer.Option(help="openai/MODEL, anthropic/MODEL or litellm/MODEL.")]


@app.command()
def export(
    file: Answers,
    judge: Judge = None,
    out: Out = None,
    style: Annotated[
        Literal["openai", "anthropic"] | None, typer.Option("--format", help="By default the judge's own.")
    ] = None,
) -> None:
    """Write the requests that judging these answers takes, one a line. Nothing is sent; no key is needed.

    Anthropic's API takes the lines as the list `requests`; OpenAI's takes the file.
    """
    from examiner.service.batch.files import export as lines_of

    examiner = open_examiner(judge=judge)
    name = examiner.settings.judge
    style = style or ("anthropic" if name.startswith("anthropic/") else "openai")
    written = 0
    with _input(file) as lines, _output(out) as sink:
        for line in lines_of(examiner, name, lines, style):
            sink.write(line)
            written += 1
    say(f"{written} requests in the format of {style}")


@app.command("import")
def import_(
    file: Answers,
    results: Annotated[Path, typer.Argument(help="The provider's results file, in any order.")],
    judge: Judge = None,
    policy: Policy = None,
    out: Out = None,
) -> None:
    """Make results as `grade` does from a provider's batch results. Exit 6 where an answer has none that fits."""
    import json

    from examiner.service.batch.files import import_ as results_of

    examiner = open_examiner(judge=judge, policy=policy)
    with _input(file) as lines, _output(out) as sink:
        graded, bad = results_of(
            examiner,
            examiner.settings.judge,
            lines,
            results,
            lambda entry: sink.write(json.dumps(entry, ensure_ascii=False) + "\n"),
        )
    say(f"{graded} graded, {bad} failed")
    raise typer.Exit(6 if bad else 0)


def _input(file: Path) -> Any:
    from contextlib import nullcontext

    if str(file) == "-":
        return nullcontext(sys.stdin)
    if not file.is_file():
        raise NotFound(f"no file {file}")
    return file.open(encoding="utf-8")


def _output(out: Path | None) -> Any:
    from contextlib import nullcontext

    return nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8")
