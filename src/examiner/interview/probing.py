"""Which follow-up to ask: the one that serves what the answer lacked. Pure."""

import re
from collections.abc import Collection, Sequence

from examiner.domain.base import Frozen
from examiner.domain.question import Fact, FollowUp, Instance
from examiner.domain.score import Judgement

INVITED = "invited"
NUMBERS = "numbers"
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
    """Return the next probe, or None when nothing is left.

    In this order: a probe bound to a recognised mistake; the probe whose open points weigh most, critical ones
    first; the numbers, where arithmetic was skipped; the follow-up that a full answer invites.
    """
    left = [f for f in instance.follow_ups if f.id not in asked]
    for mistake in judgement.mistakes:
        bound = _bound(instance, mistake, left)
        if bound is not None:
            means = next((m.means for m in instance.mistakes if m.id == mistake), mistake)
            return _choice(bound, f"recognised mistake: {means}")
    scored = [(gain, f) for f in left if (gain := _gain(f, instance, judgement)) > 0]
    if scored:
        gain, best = max(scored, key=lambda pair: pair[0])
        missing = [p.claim for p in judgement.points if p.point in best.points and p.verdict in _OPEN]
        return _choice(best, f"missing: {missing[0] if missing else 'a point'}")
    finals = [n for n in judgement.numbers if n.role == "final"]
    if finals and all(n.verdict == "absent" for n in finals) and NUMBERS not in asked:
        say = next(k.say for k in instance.keys if k.role == "final")
        return Choice(
            probe=NUMBERS,
            ask=f"Put a number on it: {say}. Show what it comes from.",
            points=tuple(p.id for p in instance.points if p.quantity == finals[0].quantity),
            reason="the arithmetic was skipped",
        )
    if instance.invites is not None and INVITED not in asked:
        return Choice(
            probe=INVITED,
            ask=instance.invites.ask,
            reason="nothing is missing: the follow-up this answer invites",
        )
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


def _gain(follow_up: FollowUp, instance: Instance, judgement: Judgement) -> float:
    gain = 0.0
    for verdict in judgement.points:
        if verdict.point in follow_up.points and verdict.verdict in _OPEN:
            point = instance.point(verdict.point)
            gain += point.weight * _OPEN[verdict.verdict] * (2.0 if point.critical else 1.0)
    return gain


def _choice(follow_up: FollowUp, reason: str) -> Choice:
    return Choice(
        probe=follow_up.id,
        ask=follow_up.ask,
        points=follow_up.points,
        mistakes=follow_up.mistakes,
        reason=reason,
    )
