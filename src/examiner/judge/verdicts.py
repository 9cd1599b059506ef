"""The form of a model judge's reply and what is made of it. Pure.

One declaration gives the JSON schema and the check: one required field for each point, so that a point cannot be left
out, answered twice or invented.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, create_model

from examiner.domain.question import Instance, Mistake, Point
from examiner.domain.score import Flag, NumberVerdict, PointVerdict, Span, Turn
from examiner.judge.fence import Shown
from examiner.judge.numbers import numeric
from examiner.judge.prompt import clean
from examiner.llm.call import Shape

_EARNS = frozenset({"met", "partly"})
_QUOTES = re.compile(r"^[\s\"'“”‘’«»]+|[\s\"'“”‘’«»]+$")


class PointReply(BaseModel):
    """One decided point, in the order in which a model should think."""

    model_config = ConfigDict(extra="forbid")

    reason: str
    verdict: Literal["met", "partly", "not_met", "contradicted", "unclear"]
    quote: str


class MistakeReply(BaseModel):
    """Whether the answer makes a recognised mistake."""

    model_config = ConfigDict(extra="forbid")

    made: bool
    quote: str


@lru_cache(maxsize=512)
def shape(points: int, mistakes: int = 0) -> Shape:
    """Return the form of a reply with so many points and mistakes, compiled once."""
    fields: dict[str, Any] = {f"p{n}": (PointReply, ...) for n in range(1, points + 1)}
    fields |= {f"m{n}": (MistakeReply, ...) for n in range(1, mistakes + 1)}
    made: type[BaseModel] = create_model("Verdicts", __config__=ConfigDict(extra="forbid"), **fields)
    return Shape(made)


@dataclass(frozen=True)
class Read:
    """A reply held against the answer: decided points, mistakes made, and the names whose quote was not found."""

    points: tuple[PointVerdict, ...]
    mistakes: tuple[str, ...]
    missing: tuple[str, ...]


def read(value: Any, points: Sequence[Point], mistakes: Sequence[Mistake], turns: Sequence[Turn]) -> Read:
    """Return what a parsed reply says, each quote found in the original words of the candidate."""
    cleaned = [clean(turn.text) for turn in turns]
    decided, missing = [], []
    for number, point in enumerate(points, start=1):
        line: PointReply = getattr(value, f"p{number}")
        span = find(line.quote, cleaned)
        if span is None and line.verdict in _EARNS:
            missing.append(f"p{number}")
        decided.append(_decided(point, line, span, turns))
    made = []
    for number, mistake in enumerate(mistakes, start=1):
        reply: MistakeReply = getattr(value, f"m{number}")
        if reply.made and find(reply.quote, cleaned) is not None:
            made.append(mistake.id)
    return Read(tuple(decided), tuple(made), tuple(missing))


def _decided(point: Point, line: PointReply, span: Span | None, turns: Sequence[Turn]) -> PointVerdict:
    return PointVerdict(
        point=point.id,
        criterion=point.criterion,
        claim=point.claim,
        verdict=line.verdict,
        quote=turns[span.turn].text[span.start : span.end] if span else "",
        span=span,
        confidence=0.5 if line.verdict == "unclear" else 0.9,
        prompted=span is not None and span.turn > 0,
        reason=line.reason.strip()[:600],
    )


def find(quote: str, cleaned: Sequence[Shown]) -> Span | None:
    """Return where a quote stands in the original, white space and case folded, surrounding quotation marks dropped.

    The model saw the cleaned text, so that is where its quote is sought, delimiters replaced or not.
    """
    bare = _QUOTES.sub("", quote)
    found = (shown.locate(bare, number) for number, shown in enumerate(cleaned))
    return next((span for span in found if span is not None), None)


def nothing(point: Point, reason: str) -> PointVerdict:
    """Return the verdict of a point where nothing was said."""
    return PointVerdict(
        point=point.id, criterion=point.criterion, claim=point.claim, verdict="not_met", confidence=0.99, reason=reason
    )


def worded(instance: Instance, numbers: Sequence[NumberVerdict]) -> tuple[Point, ...]:
    """Return the points that are made in words: the ones a model is asked about."""
    keyed = {n.quantity for n in numbers}
    return tuple(p for p in instance.points if p.quantity not in keyed)


def spoken(instance: Instance) -> tuple[Mistake, ...]:
    """Return the recognised mistakes that words betray; those with a number are found by code."""
    return tuple(m for m in instance.mistakes if m.wording)


def by_code(instance: Instance, numbers: Sequence[NumberVerdict], turns: Sequence[Turn]) -> tuple[PointVerdict, ...]:
    """Return the verdicts of a question whose points are all numbers."""
    by_name = {n.quantity: n for n in numbers}
    return tuple(numeric(p, by_name[p.quantity], turns) for p in instance.points if p.quantity in by_name)


def contradictions(points: Sequence[PointVerdict]) -> list[Flag]:
    """Return a flag for each contradicted point."""
    return [Flag(kind="contradiction", detail=p.claim, span=p.span) for p in points if p.verdict == "contradicted"]
