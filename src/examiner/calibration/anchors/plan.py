"""What a calibration round takes: how many anchors, of which questions and levels, and what that costs. Pure.

Targets are those of the gate: questions are clusters, so at least 20 of them; a balanced set over levels tells most per
label (with 60 % of answers on one level about 1.8 times as many are needed). Every assumption is in the result.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from examiner.domain.anchor import Anchor
from examiner.domain.base import Frozen

# Shares of the levels 0 to 3: the balanced margins under which the operating characteristics were simulated.
BALANCE: Mapping[int, float] = {0: 0.2, 1: 0.3, 2: 0.3, 3: 0.2}
PER_LEVEL = 5  # a gate needs at least so many human anchors of each level of each criterion
DOUBLE = 30  # and so many answers that two people scored, to know how reliable the labels are
QUESTIONS = 20  # below some 20 questions no interval by resampling is honest


Prices = Mapping[str, tuple[float, float]]


class Need(Frozen):
    """A question as the plan sees it."""

    id: str
    area: str
    level: str
    criteria: tuple[str, ...]
    characters: int


class Assumptions(Frozen):
    """What the estimate rests on; each can be set on the command line.

    Times are a person's; `prompt_tokens` is what a model judge reads besides question, rubric and answer.
    """

    raters: int = 2
    minutes_per_answer: float = 1.5
    minutes_per_label: float = 0.4
    minutes_per_decision: float = 1.5
    disagreement: float = 0.35
    usd_per_hour: float = 60.0
    answers_per_question: int = 5
    replicates: int = 3
    prompt_tokens: int = 900
    reply_tokens: int = 350
    answer_characters: int = 600
    characters_per_token: float = 4.0


def choose(needs: Sequence[Need], count: int) -> list[Need]:
    """Return `count` questions spread over areas and levels: areas in turn, within an area the rarest level first."""
    left: dict[str, list[Need]] = {}
    for need in sorted(needs, key=lambda n: n.id):
        left.setdefault(need.area, []).append(need)
    seen: Counter[str] = Counter()
    chosen: list[Need] = []
    while len(chosen) < count and any(left.values()):
        for area in sorted(left):
            if left[area] and len(chosen) < count:
                pick = min(left[area], key=lambda n: (seen[n.level], n.id))
                left[area].remove(pick)
                seen[pick.level] += 1
                chosen.append(pick)
    return chosen


def estimate(needs: Sequence[Need], n: int, assume: Assumptions, prices: Prices | None = None) -> dict[str, Any]:
    """Return questions, levels, labels, calls, time and money of `n` anchors.

    Args:
        needs: the questions there are.
        n: how many anchors.
        assume: what the estimate rests on.
        prices: by model, USD per million tokens read and written; a model without one is not free but left out.

    """
    questions = choose(needs, max(QUESTIONS, math.ceil(n / assume.answers_per_question)))
    per_question = n / len(questions) if questions else 0.0
    criteria = Counter(c for q in questions for c in q.criteria)
    per_criterion = {c: round(k * per_question) for c, k in criteria.items()}
    labels = sum(per_criterion.values()) * assume.raters
    decisions = round(sum(per_criterion.values()) * assume.disagreement) if assume.raters > 1 else 0
    minutes = (
        n * assume.raters * assume.minutes_per_answer
        + labels * assume.minutes_per_label
        + decisions * assume.minutes_per_decision
    )
    return {
        "anchors": n,
        "questions": [q.id for q in questions],
        "answers_per_question": round(per_question, 1),
        "levels": levels(n),
        "per_criterion": {c: {"anchors": k, "levels": levels(k)} for c, k in per_criterion.items()},
        "labels": labels,
        "decisions": decisions,
        "minutes": round(minutes),
        "hours": round(minutes / 60, 1),
        "hours_per_rater": round((minutes - decisions * assume.minutes_per_decision) / 60 / assume.raters, 1),
        "usd_people": round(minutes / 60 * assume.usd_per_hour, 2),
        "judge": _judge_cost(questions, n, assume, prices or {}),
    }


def levels(n: int) -> dict[int, int]:
    """Return how many anchors of each level `n` should have: the balanced shares, largest remainders first."""
    exact = {level: n * share for level, share in BALANCE.items()}
    out = {level: math.floor(x + 1e-9) for level, x in exact.items()}
    for level in sorted(exact, key=lambda k: out[k] - exact[k])[: n - sum(out.values())]:
        out[level] += 1
    return out


def _judge_cost(questions: Sequence[Need], n: int, assume: Assumptions, prices: Prices) -> dict[str, Any]:
    criteria = sum(len(q.criteria) for q in questions) / len(questions) if questions else 0.0
    text = sum(q.characters for q in questions) / len(questions) if questions else 0.0
    calls = round(n * criteria * assume.replicates)
    each = assume.prompt_tokens + (text + assume.answer_characters) / assume.characters_per_token
    tokens_in, tokens_out = round(calls * each), calls * assume.reply_tokens
    usd = {name: round((tokens_in * low + tokens_out * high) / 1e6, 2) for name, (low, high) in prices.items()}
    return {
        "embedded": {"calls": 0, "usd": 0.0},
        "model": {
            "calls": calls,
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            "usd": usd,
            "why": "" if usd else "no price is known: pass --usd-in and --usd-out",
        },
    }


def missing(anchors: Sequence[Anchor], criteria: Sequence[str], need: int = 100) -> dict[str, Any]:
    """Return for each criterion what a gate still lacks: human anchors, questions, double scores, levels.

    Only gate anchors with labels by people count; canaries do not.
    """
    out: dict[str, Any] = {}
    for criterion in criteria:
        scored = [
            (a, level)
            for a in anchors
            if a.split == "gate" and not a.canary and a.provenance(criterion) == "human"
            if (level := a.level(criterion)) is not None
        ]
        have = Counter(level for _, level in scored)
        out[criterion] = {
            "anchors": len(scored),
            "more_anchors": max(0, need - len(scored)),
            "more_questions": max(0, QUESTIONS - len({a.family for a, _ in scored})),
            "more_double": max(0, DOUBLE - sum(len(a.scores(criterion)) >= 2 for a, _ in scored)),
            "more_of_level": {level: max(0, PER_LEVEL - have[level]) for level in BALANCE},
        }
    return out
