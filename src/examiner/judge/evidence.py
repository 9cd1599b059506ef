"""Evidence or no credit: a verdict that gives points must quote the candidate's own words.

Applied to every judge alike, after it has spoken and before anything is scored.
"""

import re
from collections.abc import Sequence

from examiner.domain.score import Flag, Judgement, PointVerdict, Span, Turn, Verdict
from examiner.judge import injection

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

    A credit is proven by a span whose text is the quote, in a candidate's turn, outside every passage that addresses
    the grader; such passages are found here, whatever the judge flagged. Where there are any, an unproven credit is
    `not_met`: a judge that may have been talked to gets no benefit of the doubt.
    """
    flagged = list(dict.fromkeys((*injection_flags(judgement.flags), *injection.find(turns))))
    return judgement.model_copy(update={"points": tuple(_proven(p, turns, flagged) for p in judgement.points)})


def _proven(point: PointVerdict, turns: Sequence[Turn], flagged: Sequence[Span]) -> PointVerdict:
    if point.verdict not in _EARNS:
        return point
    span = point.span or locate(point.quote, turns)
    if span is None or not point.quote.strip():
        return _unproven(point, "no quote from the answer carries it", flagged)
    said = turns[span.turn].text[span.start : span.end]
    if said != point.quote and _folded(said) != _folded(point.quote):
        span = locate(point.quote, turns)
        if span is None:
            return _unproven(point, "the quote does not stand in the answer", flagged)
    if any(overlap(span, bad) for bad in flagged):
        return _unproven(point, "the quote stands in a passage that addresses the grader", flagged)
    if (point.span, point.prompted) == (span, span.turn > 0):
        return point
    return point.model_copy(update={"span": span, "prompted": span.turn > 0})


def _folded(text: str) -> str:
    return _WHITE.sub(" ", text).strip().lower()


def _unproven(point: PointVerdict, reason: str, flagged: Sequence[Span]) -> PointVerdict:
    verdict: Verdict = "not_met" if flagged else "unclear"
    return point.model_copy(update={"verdict": verdict, "reason": reason, "quote": "", "span": None})


def overlap(one: Span, other: Span) -> bool:
    """Tell whether two spans share a character."""
    return one.turn == other.turn and one.start < other.end and other.start < one.end


def injection_flags(flags: Sequence[Flag]) -> list[Span]:
    """Return the spans of flagged injections."""
    return [f.span for f in flags if f.kind == "injection" and f.span is not None]
