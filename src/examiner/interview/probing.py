"""Which follow-up to ask: the one that serves what the answer lacked. Pure."""

import re
from collections.abc import Collection, Sequence

from examiner.domain.base import Frozen
from examiner.domain.question import Fact, FollowUp, Instance
from examiner.domain.score import Judgement

INVITED = "invited"
NUMBERS = "numbers"
SKIPPED = "the arithmetic was skipped"
NO_FACT = "That is not known; go on with what you have."
_OPEN = {"not_met": 1.0, "contradicted": 1.1, "unclear": 0.8, "partly": 0.7}


class Choice(Frozen):
    """A probe to ask, what it aims at, and why it was chosen."""

    probe: str
    ask: str
    points: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    reason: str


def choose(instance: Instance, judgement: Judgement, asked: Collection[str]) -> Choice | None:
    """Return the next probe, or None when nothing is left. No probe is asked twice.

    In this order: a probe bound to a recognised mistake; the probe with the most open weight, that of critical
    points first; the numbers, where arithmetic was skipped; the follow-up that a full answer invites. An answer
    that lacks nothing, to a question that invites nothing, is probed all the same where no probe has been asked:
    without a survived follow-up there is no 3.
    """
    left = [f for f in instance.follow_ups if f.id not in asked]
    for mistake in judgement.mistakes:
        bound = _bound(instance, mistake, left)
        if bound is not None:
            means = next((m.means for m in instance.mistakes if m.id == mistake), mistake)
            return _choice(bound, f"recognised mistake: {means}")
    numbers = _numbers(instance, judgement, asked)
    # The generic request for numbers stands in line only where no probe of the question's own aims at them.
    stand_in = [numbers] if numbers and not _aimed_at(instance, numbers.points) else []
    scored = [(gain, f) for f in [*left, *stand_in] if (gain := _gain(f, instance, judgement)) > (0.0, 0.0)]
    if scored:
        _, best = max(scored, key=lambda pair: pair[0])
        if best is numbers:
            return _choice(best, SKIPPED)
        missing = [p.claim for p in judgement.points if p.point in best.points and p.verdict in _OPEN]
        return _choice(best, f"missing: {missing[0] if missing else 'a point'}")
    if numbers is not None:
        return _choice(numbers, SKIPPED)
    if instance.invites is not None and INVITED not in asked:
        return Choice(
            probe=INVITED,
            ask=instance.invites.ask,
            reason="nothing is missing: the follow-up this answer invites",
        )
    if left and not asked:
        heaviest = max(left, key=lambda f: sum(instance.point(p).weight for p in f.points))
        return _choice(heaviest, "nothing is missing: does the answer survive a follow-up?")
    return None


def hint(instance: Instance, probe: str | None) -> str:
    """Return the hint of a probe, or of the question's first probe for the main turn."""
    for follow_up in instance.follow_ups:
        if follow_up.hint and (probe is None or follow_up.id == probe):
            return follow_up.hint
    return "There is no hint for this one. (Asking for it counts all the same.)"


def find_fact(instance: Instance, ask: str, known: Collection[str | None] = ()) -> Fact | None:
    """Return the fact that a candidate's question asks for, new ones before known ones; None where none fits."""
    words = " " + re.sub(r"[^a-z0-9%-]+", " ", ask.lower()) + " "
    best: tuple[int, int, Fact] | None = None
    for fact in instance.facts:
        hits = max((len(cue) for cue in fact.asks if re.search(rf"\b{re.escape(cue.lower())}", words)), default=0)
        rank = (int(fact.id not in known), hits)
        if hits and (best is None or rank > best[:2]):
            best = (*rank, fact)
    return best[2] if best else None


def _bound(instance: Instance, mistake: str, left: Sequence[FollowUp]) -> FollowUp | None:
    wanted = {m.follow_up for m in instance.mistakes if m.id == mistake}
    return next((f for f in left if mistake in f.mistakes or f.id in wanted), None)


def _numbers(instance: Instance, judgement: Judgement, asked: Collection[str]) -> FollowUp | None:
    """Return the request to put a number on it, where no final quantity was stated; it never says the value."""
    finals = [n for n in judgement.numbers if n.role == "final"]
    if not finals or NUMBERS in asked or any(n.verdict != "absent" for n in finals):
        return None
    key = next((k for k in instance.keys if k.name == finals[0].quantity), None)
    if key is None:
        return None
    return FollowUp(
        id=NUMBERS,
        ask=f"Put a number on it: {key.say}. Show what it comes from.",
        points=tuple(p.id for p in instance.points if p.quantity == key.name),
    )


def _aimed_at(instance: Instance, points: Collection[str]) -> bool:
    return any(set(f.points) & set(points) for f in instance.follow_ups)


def _gain(follow_up: FollowUp, instance: Instance, judgement: Judgement) -> tuple[float, float]:
    """Return the open weight that a probe may earn: of critical points, and of all."""
    critical = total = 0.0
    for verdict in judgement.points:
        if verdict.point in follow_up.points and verdict.verdict in _OPEN:
            point = instance.point(verdict.point)
            weight = point.weight * _OPEN[verdict.verdict]
            total += weight
            critical += weight if point.critical else 0.0
    return critical, total


def _choice(follow_up: FollowUp, reason: str) -> Choice:
    return Choice(
        probe=follow_up.id,
        ask=follow_up.ask,
        points=follow_up.points,
        mistakes=follow_up.mistakes,
        reason=reason,
    )
