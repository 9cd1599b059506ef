"""Grade answers that were written elsewhere, one at a time, against the vault or an inline question."""

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from pydantic import Field, ValidationError

from examiner.calibration import gate
from examiner.domain.base import Frozen
from examiner.domain.errors import ExaminerError, Invalid
from examiner.domain.events import MAX_ANSWER
from examiner.domain.identity import fingerprint
from examiner.domain.question import Instance, Invitation, Point
from examiner.domain.rubric import Rubric
from examiner.domain.score import Flag, PointVerdict, Score, Turn
from examiner.judge import reference
from examiner.judge.bench import assess
from examiner.llm.call import Usage
from examiner.service.budgets import OverBudget
from examiner.service.examiner import Examiner
from examiner.service.trust.certifying import Known, backing_of


class InlineClaim(Frozen):
    """A rubric line of an inline question."""

    criterion: str = "mechanism"
    claim: str
    points: float = Field(default=1.0, gt=0)


class InlineQuestion(Frozen):
    """A question that is not in the vault: a course's own."""

    prompt: str
    reference: str
    rubric: str | tuple[InlineClaim, ...] | None = None
    levels: tuple[int, int] = (0, 3)


class Job(Frozen):
    """One line of the input."""

    id: str
    question: str | InlineQuestion
    answer: str = Field(max_length=MAX_ANSWER)
    transcript: tuple[Turn, ...] = ()


def grade_line(examiner: Examiner, line: dict[str, Any]) -> dict[str, Any]:
    """Return the result of one job; a failed one has `error` and no score. Raises OverBudget."""
    try:
        row = row_of(examiner, line)
        return result(examiner, row, assess(examiner.judge, row.instance, row.turns, row.rubric))
    except OverBudget:
        raise
    except ExaminerError as error:
        return failed(line, error)


@dataclass(frozen=True, slots=True)
class Row:
    """A job ready for judging."""

    job: Job
    instance: Instance
    turns: tuple[Turn, ...]
    rubric: Rubric


def row_of(examiner: Examiner, line: Any) -> Row:
    """Return the row that a line of the input asks for. Raises Invalid, NotFound; says which field."""
    try:
        job = Job.model_validate(line)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    instance = examiner.instance(job.question) if isinstance(job.question, str) else inline(job.question)
    turns = (Turn(text=job.answer, asked=instance.prompt), *job.transcript)
    return Row(job, instance, turns, examiner.rubric(instance))


def failed(line: Any, error: ExaminerError) -> dict[str, Any]:
    """Return the typed result of a job that has no score."""
    identity = line.get("id") if isinstance(line, dict) else None
    kind = getattr(error, "kind", "") or type(error).__name__.lower()
    return {"id": identity, "error": str(error), "error_kind": kind}


def result(
    examiner: Examiner,
    row: Row,
    score: Score,
    *,
    usd: float | None = 0.0,
    usage: Usage | None = None,
    known: Known | None = None,
) -> dict[str, Any]:
    """Return the line of the output for a graded row; `usd` None is a price that is not known."""
    job, usage = row.job, usage or Usage()
    release = gate.release(score, backing_of(examiner, score, known), examiner.policy)
    levels = job.question.levels if isinstance(job.question, InlineQuestion) else (0, 3)
    with_transcript = bool(job.transcript)
    quality, doubts = _whole(examiner, job, score, levels)
    return {
        "id": job.id,
        "score": score.score if with_transcript else None,
        "levels": list(levels),
        "state": release.state,
        "released": release.released is not None,
        "label": release.label,
        "reason": release.reason,
        "quality": quality,
        "criteria": {
            c.criterion: {"quality": c.quality, "points": [_point(p) for p in c.points]} for c in score.criteria
        },
        "numbers": [n.model_dump(mode="json") for n in score.judgement.numbers],
        "caps": [c.model_dump(mode="json") for c in score.caps] if with_transcript else [],
        "flags": [f.model_dump(mode="json") for f in (*score.judgement.flags, *doubts)],
        "interval": list(score.interval),
        "request_fingerprint": score.judgement.request_fingerprint,
        "observed_fingerprint": score.judgement.observed_fingerprint,
        "cost_usd": None if usd is None else round(usd, 8),
        "tokens": asdict(usage),
    }


def _point(point: PointVerdict) -> dict[str, Any]:
    span = point.span
    return {
        "claim": point.claim,
        "verdict": point.verdict,
        "quote": point.quote,
        "span": [span.turn, span.start, span.end] if span else None,
    }


def _whole(examiner: Examiner, job: Job, score: Score, levels: tuple[int, int]) -> tuple[int, list[Flag]]:
    """Return the quality on the question's range, and flags; a bare reference text is matched whole by the embedded judge."""
    question = job.question
    if isinstance(question, str) or question.rubric or examiner.judge.name != "embedded" or score.judgement.trivial:
        return rescale(score, levels), []
    answer = " ".join([job.answer, *(said.text for said in job.transcript)])
    part = reference.share(question.prompt, question.reference, answer)
    doubts = reference.suspicions(question.prompt, question.reference, answer)
    return levels[0] + math.floor(part * (levels[1] - levels[0]) + 0.5), [Flag(kind=kind) for kind in doubts]


def rescale(score: Score, levels: tuple[int, int]) -> int:
    """Return the quality on the question's own range, by share of points."""
    low, high = levels
    if (low, high) == (0, 3):
        return score.quality
    return low if score.judgement.trivial else low + round(score.share * (high - low))


@lru_cache(maxsize=1024)
def inline(question: InlineQuestion) -> Instance:
    """Return an instance made from an inline question; a free-text reference is split into claims."""
    if question.levels[0] >= question.levels[1]:
        raise Invalid(f"levels {list(question.levels)}: the second must be above the first")
    if isinstance(question.rubric, tuple):
        claims = [(c.criterion, c.claim, c.points) for c in question.rubric]
    else:
        text = question.rubric or question.reference
        claims = [("mechanism", piece.strip(), 1.0) for piece in _sentences(text)]
    if not claims:
        raise Invalid("question.reference: there is nothing to grade against")
    return Instance(
        ref=f"inline-{fingerprint(question)[7:19]}@0",
        family="inline",
        seed=0,
        title=question.prompt[:60],
        topic="inline",
        track="global",
        zone="recall",
        level="L1",
        phase=0,
        areas=("inline",),
        minutes=5,
        prompt=question.prompt,
        points=tuple(
            Point(
                id=f"p{n}",
                criterion=criterion if criterion in _CRITERIA else "mechanism",
                claim=claim,
                weight=points,
            )
            for n, (criterion, claim, points) in enumerate(claims, start=1)
        ),
        invites=Invitation(ask="", answer=""),
        model_answer=question.reference,
        rubric_hash=fingerprint(question),
    )


_CRITERIA = ("mechanism", "invariant", "arithmetic", "consequence")


def _sentences(text: str) -> list[str]:
    from examiner.judge.text import sentences  # noqa: PLC0415 - one path

    return [text[s.start : s.end] for s in sentences(text)]
