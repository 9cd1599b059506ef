"""`examiner grade`: answers from a JSONL file."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.common import emit, open_examiner, say
from examiner.cli.options import Examples, Judge, Policy
from examiner.domain.errors import Exhausted, Invalid, NotFound


def grade(
    file: Annotated[
        Path,
        typer.Argument(help="JSONL, one answer a line: id, question, answer, transcript?; - reads stdin."),
    ],
    judge: Judge = None,
    policy: Policy = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write here instead of stdout; goes on where it stopped."),
    ] = None,
    max_usd: Annotated[float | None, typer.Option(help="Stop before this much is spent on this output.")] = None,
    max_calls: Annotated[int | None, typer.Option(help="Stop after so many calls to the model.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=1024, help="Answers judged at a time.")] = 16,
    examples: Examples = None,
    record: Annotated[Path | None, typer.Option(help="Record every reply here, for --judge replay:DIR.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count and estimate; grade nothing. One JSON object on stdout.")
    ] = False,
) -> None:
    """Grade answers; a line that cannot be graded gets an error and no score. Exit 6 where any failed.

    Run it again to go on: what is in the output and unchanged is not judged again. Exit 5 where a budget stopped it,
    7 where it was asked to stop.
    """
    from examiner.service.batch.job import Job, estimate, run
    from examiner.service.judges import with_examples

    examiner = open_examiner(judge=judge, policy=policy)
    examiner.policy  # noqa: B018 - an unknown policy is refused before anything is judged
    if str(file) != "-" and not file.is_file():
        raise NotFound(f"no file {file}")
    name = with_examples(examiner.settings.judge, examples)
    stream: Any = sys.stdin if str(file) == "-" else file.open(encoding="utf-8")
    if dry_run:
        with stream:
            found = estimate(examiner, name, stream)
        emit(found)
        cost = "cost unknown" if found["cost_usd"] is None else f"cost {found['cost_usd']:.2f} USD"
        say(f"{found['answers']} would be graded, {found['calls']} calls, {cost}")
        raise typer.Exit(6 if found["failed"] else 0)
    if max_usd is not None and max_usd < 0:
        raise Invalid(f"--max-usd {max_usd:g} is below zero")
    every = 1.0 if sys.stderr.isatty() else 30.0
    job = Job(name, out, max_usd=max_usd, max_calls=max_calls, concurrency=concurrency, record=record, every=every)
    with stream:
        tally = run(examiner, job, stream, 0 if stream is sys.stdin else file.stat().st_size, _show, _echo)
    if tally.first_failure:
        say(f"the first that failed is {tally.first_failure}")
    if tally.stopped is not None:
        if isinstance(tally.stopped, Exhausted) and out is None:
            raise Exhausted(tally.stopped.message, hint="with -o it could go on where it stopped")
        raise tally.stopped
    raise typer.Exit(6 if tally.failed else 0)


def _echo(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _show(text: str, last: bool) -> None:
    """Rewrite one line on a terminal; elsewhere write it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}" + ("\n" if last else ""))
        sys.stderr.flush()
    else:
        say(text)
