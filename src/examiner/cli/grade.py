"""`examiner grade`: answers from a JSONL file."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from examiner.cli.common import open_examiner, say
from examiner.domain.errors import NotFound


def grade(
    file: Annotated[
        Path,
        typer.Argument(help="JSONL, one answer a line: id, question, answer, transcript?; - reads stdin."),
    ],
    judge: Annotated[str | None, typer.Option(help="The judge; see `examiner judge list`.")] = None,
    policy: Annotated[str | None, typer.Option(help="practice, hiring or high-stakes.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write here instead of stdout; goes on where it stopped."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count and estimate; grade nothing.")] = False,
) -> None:
    """Grade answers; a line that cannot be graded gets an error and no score. Exit 6 where any failed."""
    from examiner.service.batch import grade_line

    examiner = open_examiner(judge=judge, policy=policy)
    if str(file) != "-" and not file.is_file():
        raise NotFound(f"no file {file}")
    done = _done(out)
    graded = failed = skipped = 0
    stream = sys.stdin if str(file) == "-" else file.open(encoding="utf-8")
    sink = out.open("a", encoding="utf-8") if out and not dry_run else sys.stdout
    try:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                job = json.loads(line)
            except ValueError as error:
                job = {"id": None, "error": f"line {number} is not JSON: {error}"}
            if isinstance(job, dict) and str(job.get("id")) in done:
                skipped += 1
                continue
            if dry_run:
                graded += 1
                continue
            result = job if isinstance(job, dict) and "error" in job else grade_line(examiner, job)
            graded += 1
            failed += "error" in result
            sink.write(json.dumps(result, ensure_ascii=False) + "\n")
            sink.flush()
    finally:
        if sink is not sys.stdout:
            sink.close()
    verb = "would be graded, cost 0.00 USD" if dry_run else "graded"
    say(f"{graded} {verb}, {failed} failed" + (f", {skipped} were done before" if skipped else ""))
    raise typer.Exit(6 if failed else 0)


def _done(out: Path | None) -> set[str]:
    """Return the ids that an earlier run finished; a torn last line is graded again."""
    if out is None or not out.is_file():
        return set()
    done = set()
    with out.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and "error" not in entry:
                done.add(str(entry.get("id")))
    return done
