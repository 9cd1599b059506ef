"""Evidence or no credit: a verdict that gives points must quote the candidate's own words.

Applied to every judge alike, after it has spoken and before anything is scored.
"""

import re
from collections.abc import Sequence

from examiner.domain.score import Flag, Judgement, PointVerdict, Span, Turn

_EARNS = frozenset({"met", "partly"})
_WHITE = re.compile(r"\s+")


def locate(quote: str, turns: Sequence[Turn], *, first: int = 0) -> Span | None:
    """Return where `quote` stands in the candidate's turns, white space folded, or None.

    Offsets refer to the original text. Turns from `first` on are searched in order.
    """
    words = _WHITE.split(quote.strip())
    if not any(words):
        return None
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words), re.IGNORECASE)
    for number in range(first, len(turns)):
        match = pattern.search(turns[number].text)
        if match:
            return Span(turn=number, start=match.start(), end=match.end())
    return None


def enforce(judgement: Judgement, turns: Sequence[Turn]) -> Judgement:
    """Return the judgement with every unproven credit turned into `unclear`.

    A credit is proven by a span whose text is the quote, in a candidate's turn, outside every flagged injection.
    """
    flagged = [f.span for f in judgement.flags if f.kind == "injection" and f.span is not None]
    return judgement.model_copy(update={"points": tuple(_proven(p, turns, flagged) for p in judgement.points)})


def _proven(point: PointVerdict, turns: Sequence[Turn], flagged: Sequence[Span]) -> PointVerdict:
    if point.verdict not in _EARNS:
        return point
    span = point.span or locate(point.quote, turns)
    if span is None or not point.quote.strip():
        return _unclear(point, "no quote from the answer carries it")
    said = turns[span.turn].text[span.start : span.end]
    if _WHITE.sub(" ", said).strip().lower() != _WHITE.sub(" ", point.quote).strip().lower():
        span = locate(point.quote, turns)
        if span is None:
            return _unclear(point, "the quote does not stand in the answer")
    if any(overlap(span, bad) for bad in flagged):
        return _unclear(point, "the quote stands in a passage that addresses the grader")
    return point.model_copy(update={"span": span, "prompted": span.turn > 0})


def _unclear(point: PointVerdict, reason: str) -> PointVerdict:
    return point.model_copy(update={"verdict": "unclear", "reason": reason, "quote": "", "span": None})


def overlap(one: Span, other: Span) -> bool:
    """Tell whether two spans share a character."""
    return one.turn == other.turn and one.start < other.end and other.start < one.end


def injection_flags(flags: Sequence[Flag]) -> list[Span]:
    """Return the spans of flagged injections."""
    return [f.span for f in flags if f.kind == "injection" and f.span is not None]
