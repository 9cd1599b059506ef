"""Choose what to practise: what is due, something new, the question of the day, the next step of a chain."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid
from examiner.domain.ladder import MASTERED, nearest, wanted
from examiner.domain.question import Card
from examiner.practice.schedule import Due, due
from examiner.vault.chains import order as _hash

_WAYS = {"up": "on to what is not mastered yet", "stay": "once more in another form", "down": "one step back"}


class Filter(Frozen):
    """A drill: only families of this area, track, level, zone or phase; empty means any."""

    area: str = ""
    track: str = ""
    level: str = ""
    zone: str = ""
    phase: int | None = None

    def fits(self, family: Card) -> bool:
        """Whether a family belongs to the drill."""
        return (
            (not self.area or self.area in family.areas)
            and (not self.track or family.track == self.track)
            and (not self.level or family.level == self.level)
            and (not self.zone or family.zone == self.zone)
            and (self.phase is None or family.phase == self.phase)
        )


def following(
    families: Iterable[Card],
    deck: Mapping[str, Due],
    now: datetime,
    drill: Filter,
    levels: Sequence[str],
    who: str = "",
) -> Card:
    """Return what to ask next: the longest overdue, else something new, from the area practised least and easiest first.

    Raises:
        Invalid: the drill fits no family, or everything it fits is known and not due yet.

    """
    families = list(families)
    fitting = {f.id: f for f in families if drill.fits(f)}
    if not fitting:
        raise _unfit(families, drill)
    overdue = [d for d in due(dict(deck), now) if d.family in fitting]
    if overdue:
        return fitting[overdue[0].family]
    new = [f for f in fitting.values() if f.id not in deck]
    if not new:
        soonest = min(deck[f].due for f in fitting)
        raise Invalid(
            f"nothing of this drill is due before {soonest:%Y-%m-%d %H:%M}", hint="see `examiner practice due`"
        )
    practised: Counter[str] = Counter(a for f in families if f.id in deck for a in f.areas)
    order = {level: n for n, level in enumerate(levels)}
    return min(new, key=lambda f: (practised[f.areas[0]], order.get(f.level, 99), _hash(f"{who}/{f.id}")))


def _unfit(families: Sequence[Card], drill: Filter) -> Invalid:
    """Return what is wrong with a drill that fits nothing: a value that no question has, else the combination."""
    for axis, value in drill.model_dump(exclude_defaults=True).items():
        if not any(Filter(**{axis: value}).fits(f) for f in families):
            held = {a for f in families for a in f.areas} if axis == "area" else {getattr(f, axis) for f in families}
            return Invalid(
                f"no question has the {axis} '{value}'", hint=f"there are: {', '.join(map(str, sorted(held)))}"
            )
    return Invalid("no question fits this drill", hint="each of its options fits some; take one away")


def daily(families: Iterable[Card], day: date) -> tuple[Card, int]:
    """Return the question of a day and its seed: the same for everybody with the same vault.

    The family with the highest hash of (day, family) wins, so that adding a family changes few days.

    Raises:
        Invalid: the vault has no questions.

    """
    plain = [f for f in families if f.kind == "question"]
    if not plain:
        raise Invalid("the vault has no questions")
    chosen = max(plain, key=lambda f: _hash(f"{day.isoformat()}/{f.id}"))
    return chosen, _hash(f"{day.isoformat()}/seed") % 1_000_000


def parallel_form(family: str, times: int, who: str = "") -> int:
    """Return the seed of the next form of a family: other constants than the last times, the same difficulty."""
    return _hash(f"{who}/{family}/{times}") % 1_000_000


def chain_step(steps: Sequence[str], deck: Mapping[str, Due]) -> tuple[str | None, str]:
    """Return the step of a chain to ask next, and why; None where all steps are mastered.

    The last answer given along the chain decides: one step up, the same question in another form, or one down. Going up
    passes over what is mastered already; at the top it turns to what was left behind.
    """
    answered = [s for s in steps if s in deck]
    open_ = [s for s in steps if s not in deck or deck[s].quality < MASTERED]
    if not open_:
        return None, "all steps are mastered"
    if not answered:
        return steps[0], "the chain begins here"
    last = max(answered, key=lambda s: (deck[s].last, steps.index(s)))
    move = wanted(deck[last].quality)
    free = {"up": [steps.index(s) for s in open_], "stay": [steps.index(last)], "down": range(len(steps))}[move]
    at = nearest(move, steps.index(last), free)
    step = steps[at if at is not None else 0]
    way = _WAYS["stay" if step == last else move]
    return step, f"the last answer, to {last}, was estimated at {deck[last].quality}: {way}"
