"""Several judgements of one answer made into one: the middle verdict of each point, disagreement kept. Pure."""

import statistics
from collections import Counter
from collections.abc import Sequence

from examiner.domain.score import Flag, Judgement, PointVerdict

RULE = "median-1"  # named in the fingerprint; raise when the rule changes
_ORDER = {"contradicted": 0, "not_met": 1, "unclear": 2, "partly": 3, "met": 4}


def combine(judgements: Sequence[Judgement], *, judge: str, observed_fingerprint: str) -> Judgement:
    """Return one judgement from replicates of one judge or from judges of several families.

    Of each point the median verdict stands (of an even number, the lower middle one: doubt earns nothing), with the
    quote of a judge that gave it. Points of numbers are code's and the same in all. Where judges differ by more than one
    step, a flag says so and a person may look.

    Raises:
        ValueError: there is no judgement, or they are not about the same points.

    """
    first = judgements[0]
    names = [p.point for p in first.points]
    if any([p.point for p in j.points] != names for j in judgements):
        raise ValueError("the judgements are not about the same points")
    points, flags = [], list(dict.fromkeys(flag for j in judgements for flag in j.flags))
    for votes in zip(*(j.points for j in judgements), strict=True):
        chosen = _middle(votes)
        points.append(chosen)
        said = Counter(vote.verdict for vote in votes)
        places = [_ORDER[v.verdict] for v in votes if v.verdict in _ORDER]
        if places and max(places) - min(places) > 1:
            detail = f"{chosen.point}: " + ", ".join(f"{n} {verdict}" for verdict, n in said.most_common())
            flags.append(Flag(kind="disagreement", detail=detail, span=chosen.span))
    half = len(judgements) / 2
    made = Counter(m for j in judgements for m in j.mistakes)
    return first.model_copy(
        update={
            "judge": judge,
            "observed_fingerprint": observed_fingerprint,
            "points": tuple(points),
            "mistakes": tuple(m for m, n in made.items() if n > half),
            "flags": tuple(flags),
        }
    )


def _middle(votes: Sequence[PointVerdict]) -> PointVerdict:
    places = [_ORDER.get(v.verdict) for v in votes]
    if any(p is None for p in places):
        return votes[0]  # disputed: code's word, the same in all
    middle = statistics.median_low([p for p in places if p is not None])
    chosen = next(v for v, p in zip(votes, places, strict=True) if p == middle)
    agreeing = sum(p == middle for p in places) / len(votes)
    return chosen.model_copy(update={"confidence": round(min(chosen.confidence, agreeing), 2)})
