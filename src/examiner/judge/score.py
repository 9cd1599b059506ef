"""Points become criterion qualities, those a quality, and caps make it a score. Pure arithmetic.

No judge is ever asked for a figure; this file makes all of them, from `rubrics/*.yaml`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.domain.score import Cap, CriterionScore, Judgement, PointVerdict, Score, Turn

_WRONG = frozenset({"mistake", "wrong", "wrong_unit", "wrong_power", "missing_factor"})
_SAID, _LEAST, _MOST = 0, 1, 2  # places in `_Row.credit`
FOLLOW_UP = "follow-up"  # the criterion of the invited follow-up's own point: it survives, it does not weigh


def compute(judgement: Judgement, instance: Instance, turns: Sequence[Turn], rubric: Rubric) -> Score:
    """Return the score of one row.

    Args:
        judgement: what the judge said, evidence enforced.
        instance: the question as asked.
        turns: what the candidate said; index 0 is the main answer.
        rubric: the criterion definitions for this kind of question.

    """
    rows = _rows(judgement, instance, rubric)
    share, low, high = (_share(rows, rubric, which) for which in (_SAID, _LEAST, _MOST))
    unprompted = _share(rows, rubric, _SAID, prompted=False)
    wrong = _wrong_numbers(judgement, instance)
    criteria = tuple(_criterion(name, rows[name], rubric, wrong) for name in rubric.criteria if name in rows)
    quality = _quality(share, judgement, instance, rubric)
    caps = caps_for(judgement, instance, turns, rubric)
    ceiling = min((int(c.ceiling) for c in caps if c.criterion is None), default=3)
    bounds = (rubric.level(low), max(rubric.level(high), quality))
    return Score(
        question=instance.ref,
        quality=quality,
        score=min(quality, ceiling),
        share=round(share, 4),
        unprompted_share=round(unprompted, 4),
        interval=(min(*bounds, quality, ceiling), min(max(bounds), ceiling)),
        criteria=criteria,
        caps=tuple(c for c in caps if c.criterion is not None or c.ceiling < quality or c.rule == "peek"),
        judgement=judgement,
    )


def caps_for(judgement: Judgement, instance: Instance, turns: Sequence[Turn], rubric: Rubric) -> tuple[Cap, ...]:
    """Return every cap that applies, each with its reason, whether or not it bites."""
    hits = {
        "peek": any(turn.peeked for turn in turns),
        "no_arithmetic": skipped_arithmetic(judgement, instance),
        "no_follow_up": not survived(judgement, instance, turns),
        "right_number_wrong_derivation": _lucky(judgement),
        "infeasible": any(f.kind == "infeasible" for f in judgement.flags),
        "hedge": any(f.kind == "hedge" for f in judgement.flags),
    }
    made = []
    for rule, hit in hits.items():
        definition = rubric.caps.get(rule)
        if hit and definition is not None:
            detail = next((f.detail for f in judgement.flags if f.kind == rule and f.detail), "")
            reason = f"{definition.reason}: {detail}" if detail else definition.reason
            made.append(Cap(rule=rule, ceiling=definition.ceiling, criterion=definition.criterion, reason=reason))
    return tuple(made)


def skipped_arithmetic(judgement: Judgement, instance: Instance) -> bool:
    """Tell whether there was arithmetic to say and no final number was even attempted."""
    finals = [n for n in judgement.numbers if n.role == "final"]
    return instance.has_arithmetic and all(n.verdict == "absent" for n in finals)


def survived(judgement: Judgement, instance: Instance, turns: Sequence[Turn]) -> bool:
    """Tell whether a follow-up was survived without a peek.

    Survived: a point that the probe aimed at is met by what was said from that turn on, or the
    mistake it aimed at is gone. A self-posed follow-up counts when any point is met in its turn.
    """
    probes = {f.id: f for f in instance.follow_ups}
    by_id = {p.point: p for p in judgement.points}
    for number, turn in enumerate(turns):
        if number == 0 or turn.probe is None or turn.peeked:
            continue
        probe = probes.get(turn.probe)
        aimed = probe.points if probe else tuple(by_id)
        if any(_met_from(by_id[p], number) for p in aimed if p in by_id):
            return True
        if probe and any(_corrected(m, judgement, instance, number) for m in probe.mistakes):
            return True
    return False


def _met_from(point: PointVerdict, turn: int) -> bool:
    # The invited follow-up has one free answer and no variants: part of it, in own words, survives.
    enough = ("met", "partly") if point.criterion == FOLLOW_UP else ("met",)
    return point.verdict in enough and point.span is not None and point.span.turn >= turn


def _corrected(mistake: str, judgement: Judgement, instance: Instance, turn: int) -> bool:
    spoiled = {s.quantity for s in instance.signatures if s.mistake == mistake}
    return mistake not in judgement.mistakes and any(
        n.quantity in spoiled and n.verdict == "right" and n.span is not None and n.span.turn >= turn
        for n in judgement.numbers
    )


def _lucky(judgement: Judgement) -> bool:
    """A right final number beside a step that code found wrong, or a contradicted mechanism."""
    right = any(n.role == "final" and n.verdict == "right" for n in judgement.numbers)
    bad_step = any(n.role == "step" and n.verdict in ("mistake", "wrong") for n in judgement.numbers)
    denied = any(p.criterion == "mechanism" and p.verdict == "contradicted" for p in judgement.points)
    return right and (bad_step or denied)


def _quality(share: float, judgement: Judgement, instance: Instance, rubric: Rubric) -> int:
    if judgement.trivial:
        return 0
    level = rubric.level(share)
    critical = {p.id for p in instance.points if p.critical}
    missed = any(p.point in critical and p.verdict in ("not_met", "contradicted") for p in judgement.points)
    return min(level, rubric.critical_ceiling) if missed else level


@dataclass(frozen=True, slots=True)
class _Row:
    """A decided point: its weight, and its credit (0 to 1) as judged, at the least and at the most."""

    verdict: PointVerdict
    weight: float
    credit: tuple[float, float, float]
    open: bool  # people decide it: it is left out of what is expected, in credit and weight


def _rows(judgement: Judgement, instance: Instance, rubric: Rubric) -> dict[str, list[_Row]]:
    """Return the decided points by criterion."""
    points = {p.id: p for p in instance.points}
    rows: dict[str, list[_Row]] = {}
    for verdict in judgement.points:
        if (
            verdict.criterion in rubric.criteria
        ):  # the invited follow-up's own point is in none: it survives, it does not weigh
            point = points[verdict.point]
            worth = point.prompted_credit if verdict.prompted else 1.0
            credit = _credit(verdict.verdict, worth, rubric.partly)
            row = _Row(verdict, point.weight, credit, verdict.verdict == "disputed")
            rows.setdefault(verdict.criterion, []).append(row)
    return rows


def _credit(verdict: str, worth: float, partly: float) -> tuple[float, float, float]:
    """Return a point's credit, expected, least and most: what is said counts; what the judge could not tell spans 0 to 1."""
    if verdict == "met":
        return worth, worth, worth
    if verdict == "partly":
        return worth * partly, 0.0, worth
    if verdict == "unclear":
        return worth * partly / 2, 0.0, worth
    return (0.0, 0.0, 1.0) if verdict == "disputed" else (0.0, 0.0, 0.0)


def _criterion(name: str, rows: Sequence[_Row], rubric: Rubric, wrong: frozenset[str]) -> CriterionScore:
    share = _weighted(rows)
    level = rubric.level(share)
    if any(r.verdict.point in wrong for r in rows):
        level = min(level, rubric.critical_ceiling)  # nobody derived it cold who stated a wrong number on the way
    return CriterionScore(criterion=name, quality=level, share=round(share, 4), points=tuple(r.verdict for r in rows))


def _wrong_numbers(judgement: Judgement, instance: Instance) -> frozenset[str]:
    """Return the points whose number was stated, and wrong."""
    bad = {n.quantity for n in judgement.numbers if n.verdict in _WRONG}
    return frozenset(p.id for p in instance.points if p.quantity in bad)


def _share(rows: Mapping[str, Sequence[_Row]], rubric: Rubric, which: int, *, prompted: bool = True) -> float:
    """Return the weighted share of points earned, criteria weighed as the rubric says; what was `prompted` counts or not."""
    total = got = 0.0
    for name, definition in rubric.criteria.items():
        mine = rows.get(name, ())
        weight = sum(r.weight for r in mine if which != _SAID or not r.open)
        if weight:
            earned = sum(r.weight * r.credit[which] for r in mine if prompted or not r.verdict.prompted)
            total += definition.weight
            got += definition.weight * (earned / weight)
    return got / total if total else 0.0


def _weighted(rows: Sequence[_Row]) -> float:
    total = sum(r.weight for r in rows if not r.open)
    return sum(r.weight * r.credit[_SAID] for r in rows) / total if total else 0.0
