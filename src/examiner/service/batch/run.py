"""Grade a stream of answers, many at once: bounded memory, nothing lost, nothing done or paid for twice.

A result is one line, written whole when it is there. What is done is known by a hash of the line's id and its request
fingerprint, so that the same input, judge, prompts and rubric go on where they stopped, and a changed answer is graded
anew. Raw replies are in the journal before they are read; a run that was killed finds them there.
"""

import asyncio
import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from examiner.domain.errors import ExaminerError, Exhausted, Invalid, Upstream
from examiner.domain.score import Score
from examiner.judge.bench import assess, finish, request_fingerprint, with_invited
from examiner.llm.call import CallFailed, NoCredentials, Usage
from examiner.llm.cassette import digest
from examiner.service.batch.rows import Row, failed, result, row_of
from examiner.service.examiner import Examiner
from examiner.service.trust.certifying import Known, known_of

_FRESH = 1.0  # seconds
_RECENT = 256  # judgements kept for identical answers further down


@dataclass
class Tally:
    """Where a run stands."""

    graded: int = 0
    failed: int = 0
    skipped: int = 0
    calls: int = 0
    usd: float = 0.0
    unpriced: int = 0
    usage: Usage = field(default_factory=Usage)
    read_bytes: int = 0
    stopped: ExaminerError | None = None
    first_failure: str = ""


class Output:
    """The results file: one write for each line, a torn last line ended, what it holds known by hashes.

    Args:
        path: the file; None writes through `echo`.
        echo: takes a line where there is no file.

    """

    def __init__(self, path: Path | None, echo: Callable[[str], Any]) -> None:
        self.done: set[int] = set()
        self.spent = 0.0
        self._echo = echo
        self._out: int | None = None
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        torn = self._known(path) if path.is_file() else False
        self._out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        if torn:
            os.write(self._out, b"\n")

    def _known(self, path: Path) -> bool:
        line = b"\n"
        with path.open("rb") as lines:
            for line in lines:
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if isinstance(entry, dict):
                    self.spent += entry.get("cost_usd") or 0.0
                    if "error" not in entry:
                        self.done.add(mark(entry.get("id"), str(entry.get("request_fingerprint"))))
        return not line.endswith(b"\n")

    def write(self, entry: dict[str, Any]) -> None:
        """Append one line in one write."""
        text = json.dumps(entry, ensure_ascii=False) + "\n"
        if self._out is None:
            self._echo(text)
        else:
            os.write(self._out, text.encode())

    def close(self) -> None:
        """Close the file."""
        if self._out is not None:
            os.close(self._out)
            self._out = None


def mark(identity: Any, request: str) -> int:
    """Return the hash under which a result is known to be done."""
    return digest(f"{identity}\0{request}")


class Run:
    """One pass over an input.

    Args:
        examiner: gives questions, rubrics and policy.
        judge: one that decides at once (`judge`) or while others wait (`decide`).
        output: where results go.
        concurrency: how many rows are judged at a time.
        alarm: after so many provider failures in a row the run stops.

    """

    def __init__(
        self, examiner: Examiner, judge: Any, output: Output, *, concurrency: int = 16, alarm: int = 40
    ) -> None:
        self.tally = Tally()
        self._examiner = examiner
        self._judge = judge
        self._output = output
        self._concurrency = concurrency if hasattr(judge, "decide") else 1
        self._alarm = max(alarm, concurrency)
        self._row = 0
        self._known: dict[tuple[str, str], tuple[float, Known]] = {}
        self._recent: OrderedDict[str, asyncio.Future[Score]] = OrderedDict()

    async def over(self, lines: Iterable[str], tick: Callable[[Tally], Any], every: float = 1.0) -> Tally:
        """Grade every line; `tick` is told how it stands. `Tally.stopped` says why it ended early, if it did."""
        rows = self._read(lines)
        beat = asyncio.ensure_future(self._beat(tick, every))
        try:
            await asyncio.gather(*(self._work(rows) for _ in range(self._concurrency)))
        finally:
            beat.cancel()
        return self.tally

    def stop(self, why: ExaminerError) -> None:
        """Take no further line; what is in flight is finished."""
        self.tally.stopped = self.tally.stopped or why

    async def _beat(self, tick: Callable[[Tally], Any], every: float) -> None:
        while True:
            await asyncio.sleep(every)
            tick(self.tally)

    def _read(self, lines: Iterable[str]) -> Iterator[Any]:
        for number, text in enumerate(lines, start=1):
            self.tally.read_bytes += len(text)
            if not text.strip():
                continue
            try:
                yield json.loads(text)
            except ValueError as error:
                self._fail({"id": None}, Invalid(f"line {number} is not JSON: {error}"))

    async def _work(self, rows: Iterator[Any]) -> None:
        for line in rows:
            if self.tally.stopped is not None:
                return
            try:
                await self._grade(line)
                self._row = 0
            except (Exhausted, NoCredentials) as error:
                self.stop(error)
            except CallFailed as error:
                self._fail(line, error)
                self._row += error.passing or error.kind in ("circuit_open", "rejected")
                if self._row >= self._alarm:
                    self.stop(
                        Upstream(f"the last {self._row} answers failed at the provider", hint="run it again to go on")
                    )
            except ExaminerError as error:
                self._fail(line, error)
            if self._concurrency == 1:
                await asyncio.sleep(0)

    async def _grade(self, line: Any) -> None:
        row = row_of(self._examiner, line)
        request = request_fingerprint(self._judge, row.instance, row.turns, row.rubric)
        key = mark(row.job.id, request)
        if key in self._output.done:
            self.tally.skipped += 1
            return
        self._output.done.add(key)  # before the wait: the same line twice in the input is one result
        try:
            score, usd, usage = await self._once(row, request)
        except BaseException:
            self._output.done.discard(key)
            raise
        self.tally.usd += usd or 0.0
        self.tally.unpriced += usd is None
        self.tally.usage = self.tally.usage + usage
        known = self._standing(score)
        self._output.write(result(self._examiner, row, score, usd=usd, usage=usage, known=known))
        self.tally.graded += 1

    def _standing(self, score: Score) -> Known:
        """Return what is known of the judge's certificates, looked up once a second and not once an answer."""
        key, now = (score.judgement.judge, score.judgement.observed_fingerprint), time.monotonic()
        held = self._known.get(key)
        if held is None or now - held[0] > _FRESH:
            held = self._known[key] = (now, known_of(self._examiner, *key))
        return held[1]

    async def _once(self, row: Row, request: str) -> tuple[Score, float | None, Usage]:
        """Judge a row, or share the judgement of an identical one."""
        twin = self._recent.get(request)
        if twin is not None:
            return await asyncio.shield(twin), 0.0, Usage()
        promise: asyncio.Future[Score] = asyncio.get_running_loop().create_future()
        self._recent[request] = promise
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)
        try:
            score, usd, usage = await self._judged(row, request)
        except BaseException as error:
            self._recent.pop(request, None)
            promise.set_exception(error)
            promise.exception()  # looked at: nobody may be waiting
            raise
        promise.set_result(score)
        return score, usd, usage

    async def _judged(self, row: Row, request: str) -> tuple[Score, float | None, Usage]:
        if not hasattr(self._judge, "decide"):
            return assess(self._judge, row.instance, row.turns, row.rubric), 0.0, Usage()
        decided = await self._judge.decide(with_invited(row.instance, row.turns), row.turns)
        self.tally.calls += decided.calls
        score = finish(self._judge, decided.judgement, row.instance, row.turns, row.rubric, request)
        return score, decided.cost_usd, decided.usage

    def _fail(self, line: Any, error: ExaminerError) -> None:
        self.tally.failed += 1
        entry = failed(line, error)
        self.tally.first_failure = self.tally.first_failure or f"{entry['id'] or 'a line'}: {entry['error']}"
        reply = getattr(error, "reply", None)
        if reply is not None:  # it is paid for although it is of no use
            entry["cost_usd"] = reply.cost_usd
            self.tally.usd += reply.cost_usd or 0.0
            self.tally.usage = self.tally.usage + reply.usage
        self._output.write(entry)


class Progress:
    """One line on stderr: how many, how fast, what it cost, how long yet.

    Args:
        size: bytes of the input, 0 where it is not known.
        show: takes the line.
        clock: gives seconds.

    """

    def __init__(self, size: int, show: Callable[[str], Any], clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._show = show
        self._clock = clock
        self._started = clock()

    def __call__(self, tally: Tally) -> None:
        """Show where the run stands."""
        seconds = max(1e-9, self._clock() - self._started)
        parts = [f"{tally.graded} graded"]
        parts += [f"{n} {word}" for n, word in ((tally.failed, "failed"), (tally.skipped, "done before")) if n]
        parts.append(f"{(tally.graded + tally.failed) / seconds:.1f}/s")
        parts.append(money(tally))
        if self._size and 0 < tally.read_bytes < self._size:
            left = seconds * (self._size - tally.read_bytes) / tally.read_bytes
            parts.append(f"{100 * tally.read_bytes / self._size:.0f} %, about {_clock_face(left)} left")
        self._show(", ".join(parts))


def money(tally: Tally) -> str:
    """Return what a run cost, in words; an unknown price is said, never counted as nothing."""
    known = f"{tally.usd:.4f} USD"
    return f"{known} and {tally.unpriced} of unknown price" if tally.unpriced else known


def _clock_face(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
