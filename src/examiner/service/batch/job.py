"""A grading run from the outside: judge, budget, journal and signals around `batch_run.Run`; and its estimate."""

import asyncio
import contextlib
import gc
import json
import signal
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from examiner.domain.errors import ExaminerError, Invalid, Refused
from examiner.judge.bench import asks_a_model, with_invited
from examiner.llm.budget import Budget, Ceiling
from examiner.llm.call import Call, Usage
from examiner.llm.cassette import NAME, Cassette
from examiner.llm.prices import Prices
from examiner.service.batch.rows import row_of
from examiner.service.batch.run import Output, Progress, Run, Tally, money
from examiner.service.capabilities import forms_of
from examiner.service.examiner import Examiner
from examiner.service.judges import open_guarded, salt
from examiner.service.recording import play, write_label

_YOUNG = 20_000  # objects between two collections of the young ones
_TOKENS_A_POINT = 70  # of a reply: a reason, a verdict and a quote


class Interrupted(Refused):
    """Asked to stop; what is done is done. Exit code 7."""

    exit_code = 7


@dataclass(frozen=True, slots=True)
class Job:
    """What to grade with.

    Args:
        judge: its name.
        out: the results file, or None for stdout.
        max_usd: the most that this output may cost, what it cost before included.
        max_calls: the most calls of this run.
        concurrency: rows judged at a time.
        record: a folder for a recording that `replay:DIR` plays.
        every: seconds between lines of progress.

    """

    judge: str
    out: Path | None = None
    max_usd: float | None = None
    max_calls: int | None = None
    concurrency: int = 16
    record: Path | None = None
    every: float = 1.0


def run(
    examiner: Examiner,
    job: Job,
    lines: Iterable[str],
    size: int,
    show: Callable[[str, bool], Any],
    echo: Callable[[str], Any],
) -> Tally:
    """Grade a stream.

    Args:
        examiner: the house.
        job: what to grade with.
        lines: the input.
        size: its bytes, 0 where not known.
        show: takes a line of progress, and whether it is the last.
        echo: takes result lines where there is no file.

    Returns:
        The tally; `stopped` holds Exhausted, NoCredentials, Upstream or Interrupted where it ended early.

    """
    output = Output(job.out, echo)
    # The vault and the libraries outlive the run: without this each full collection scans them again, an eighth of the CPU.
    # What a run makes lives until its answer is written, so that young objects need not be looked through every few hundred.
    gc.freeze()
    known = gc.get_threshold()
    gc.set_threshold(_YOUNG, *known[1:])
    try:
        with examiner.purse.gathering():
            return asyncio.run(_run(examiner, job, lines, Progress(size, lambda text: show(text, False)), output, show))
    finally:
        gc.set_threshold(*known)
        gc.unfreeze()
        output.close()
        examiner.spending.close()


async def _run(
    examiner: Examiner,
    job: Job,
    lines: Iterable[str],
    progress: Progress,
    output: Output,
    show: Callable[[str, bool], Any],
) -> Tally:
    budget = Budget(
        Ceiling(usd=job.max_usd, calls=job.max_calls),
        name="batch",
        parent=examiner.purse,
        spent_usd=output.spent,
    )
    judge, journal = _judge(examiner, job, budget)
    running = Run(examiner, judge, output, concurrency=job.concurrency)
    stop = Interrupted("asked to stop", hint="run the same command again to go on")
    with contextlib.suppress(NotImplementedError, ValueError):  # no signals on this system, or not the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.stop, stop)
    try:
        tally = await running.over(lines, progress, job.every)
    finally:
        if hasattr(judge, "close"):
            await judge.close()
    if journal is not None and tally.stopped is None:
        journal.finish()
    done = f"{tally.graded} graded, {tally.failed} failed"
    show(done + (f", {tally.skipped} were done before" if tally.skipped else "") + f", {money(tally)}", True)
    return tally


def _judge(examiner: Examiner, job: Job, budget: Budget) -> tuple[Any, Cassette | None]:
    if not asks_a_model(job.judge):
        return examiner.judge_named(job.judge), None
    home = examiner.settings.home_path
    played = play(job.judge)
    if played is not None:
        if job.record is not None:
            raise Invalid("a recording is played, not recorded again", hint="name the model's judge with --record")
        return open_guarded(examiner, played.judge, run=asyncio.run, budget=budget, **played.more), played.cassette
    journal = _journal(examiner, job, home)
    return open_guarded(examiner, job.judge, run=asyncio.run, budget=budget, cassette=journal), journal


def _journal(examiner: Examiner, job: Job, home: Path) -> Cassette:
    """Return where replies are written before they are read."""
    if job.record is not None:
        write_label(job.record, job.judge, salt(home), forms_of(examiner, job.judge))
        return Cassette(job.record / NAME, "resume")
    if job.out is not None:
        return Cassette(job.out.with_name(f"{job.out.name}.{NAME}"), "resume")
    return Cassette(home / NAME, "record")


def estimate(examiner: Examiner, name: str, lines: Iterable[str]) -> dict[str, Any]:
    """Return what grading a stream would take: answers, calls, tokens, USD; no model is reached and no key needed."""
    prices = Prices(examiner.vault.tables["prices"])
    judge: Any = None
    if asks_a_model(name):
        judge = open_guarded(examiner, name, run=asyncio.run, offline=not name.startswith("replay:"))
    answers = calls = bad = 0
    usage, usd, seen = Usage(), 0.0, set[int]()
    unknown: set[str] = set()
    for text in lines:
        if not text.strip():
            continue
        try:
            row = row_of(examiner, json.loads(text))
        except (ExaminerError, ValueError):
            bad += 1
            continue
        answers += 1
        asked = judge.calls(with_invited(row.instance, row.turns), row.turns) if judge else []
        for call in asked * replicates(judge):
            calls += 1
            took = _expected(call, seen)
            usage = usage + took
            cost = prices.cost(call.model, took)
            usd += cost or 0.0
            if cost is None:
                unknown.add(call.model)
    return {
        "judge": name,
        "answers": answers,
        "failed": bad,
        "calls": calls,
        "tokens": asdict(usage),
        "cost_usd": None if unknown else round(usd, 4),
        "unknown_prices": sorted(unknown),
    }


def replicates(judge: Any) -> int:
    """Return how often each call is made."""
    options = getattr(getattr(judge, "within", None), "options", None)
    return int(options.replicates) if options else 1


def _expected(call: Call, seen: set[int]) -> Usage:
    """Estimate a call's tokens at four bytes each, the static part read from the cache once it was sent."""
    prefix = sum(map(len, call.system)) // 4
    fresh = sum(len(m.text) for m in call.messages) // 4
    points = len(call.shape.model.model_fields) if call.shape else 1
    known = hash(call.system) in seen
    seen.add(hash(call.system))
    return Usage(
        input=fresh,
        cache_write=0 if known else prefix,
        cache_read=prefix if known else 0,
        output=points * _TOKENS_A_POINT,
    )
