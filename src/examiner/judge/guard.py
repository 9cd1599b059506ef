"""Guards around a judge that reads language, and might obey what it reads. Code, not prompts, is the boundary. Pure.

Before: passages that address the grader are withheld from it, and decoys stand among the points: claims about something
else altogether, which no answer can make. After: a judge that credits a decoy has not judged, so its reply is thrown
away and a judge that cannot be talked to decides instead; so is that of a judge whose quotes have nothing to do with the
points they are to carry (`relevance`). Evidence is enforced on every judge alike (`evidence`).
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from examiner.domain.identity import fingerprint
from examiner.domain.question import Instance, Point
from examiner.domain.score import Flag, Judgement, Span, Turn
from examiner.judge import injection, relevance
from examiner.judge.bench import Judge
from examiner.judge.fence import WITHHELD

COMPROMISED = "compromised"
VERSION = "2"  # raise when what is withheld, the decoys, what makes a credit doubtful or what follows from them changes
DECOYS = (
    "Sourdough has to rest overnight before it is baked.",
    "The lighthouse keeper trims the wick twice in every watch.",
    "Bees overwinter better where the hive's entrance faces south.",
    "A cello's bridge must stand at right angles to its belly.",
    "Oak barrels give up less tannin after their third filling.",
    "Spring tides follow the new moon by a day or two.",
    "Wool felts when it is rubbed in hot, soapy water.",
    "Clay shrinks by about a tenth between the wheel and the shelf.",
    "A hedge is laid in winter, before its sap rises.",
    "Saffron is picked at dawn, while its flowers are still closed.",
)
_EARNS = frozenset({"met", "partly"})


@dataclass(frozen=True)
class Entry:
    """What a judge is given in place of the question and the answer, and what was seen on the way."""

    instance: Instance
    turns: tuple[Turn, ...]
    flags: tuple[Flag, ...]
    decoys: tuple[str, ...]


def enter(instance: Instance, turns: Sequence[Turn], secret: bytes, *, decoys: int = 1) -> Entry:
    """Return what the judge is given: decoys among the points, flagged passages blanked.

    A blanked passage keeps its length, so that offsets refer to the original.

    Args:
        instance: the question as asked.
        turns: what the candidate said.
        secret: which decoys and where follows from it and the question, so that nobody can tell, replays repeat, and
            the prompt's static part stays the same for all answers to one question.
        decoys: how many.

    """
    found = injection.flags(turns)
    chance = hmac.new(secret, f"decoys {instance.ref}".encode(), hashlib.sha256).digest()
    points = list(instance.points)
    worded = [p for p in points if p.quantity is None]
    chosen = []
    # Where code decides every point nobody is asked, and a decoy would only make a call.
    for number in range(decoys if worded else 0):
        claim = DECOYS[(chance[0] + number * (1 + chance[1] % (len(DECOYS) - 1))) % len(DECOYS)]
        while claim in chosen:
            claim = DECOYS[(DECOYS.index(claim) + 1) % len(DECOYS)]
        chosen.append(claim)
        model = worded[chance[2 + number] % len(worded)]
        decoy = Point(id=f"decoy-{number + 1}", criterion=model.criterion, claim=claim, weight=0.01)
        points.insert(chance[8 + number] % (len(points) + 1), decoy)
    shown = tuple(t.model_copy(update={"text": blank(t.text, n, found)}) for n, t in enumerate(turns))
    return Entry(
        instance.model_copy(update={"points": tuple(points)}),
        shown,
        found,
        tuple(f"decoy-{n + 1}" for n in range(len(chosen))),
    )


def blank(text: str, turn: int, flags: Sequence[Flag]) -> str:
    """Return a turn's text with flagged passages withheld: a note where it fits, spaces for the rest."""
    for flag in flags:
        span = flag.span
        if span is not None and span.turn == turn:
            width = span.end - span.start
            text = text[: span.start] + (WITHHELD if len(WITHHELD) <= width else "").ljust(width) + text[span.end :]
    return text


def leave(judgement: Judgement, entry: Entry) -> Judgement:
    """Return the judgement without its decoys, with the flags; one that credited a decoy says so in a flag."""
    credited = [p for p in judgement.points if p.point in entry.decoys and p.verdict in _EARNS]
    flags = [*entry.flags, *(f for f in judgement.flags if f.kind != "injection")]
    if credited:
        detail = f"the judge credited a claim that no answer makes: {credited[0].claim}"
        flags.append(Flag(kind=COMPROMISED, detail=detail, span=credited[0].span))
    points = tuple(
        p.model_copy(update={"quote": "", "span": None}) if _withheld(p.span, entry) else p
        for p in judgement.points
        if p.point not in entry.decoys
    )
    return judgement.model_copy(update={"points": points, "flags": tuple(flags)})


def weigh(judgement: Judgement, entry: Entry, instance: Instance) -> Judgement:
    """Return the judgement, credits off their point undone; one that quotes anything for anything says so in a flag."""
    found = relevance.supports(judgement, instance, entry.turns)
    if not relevance.quotes_anything(found):
        return relevance.enforce(judgement, found)
    doubtful = sum(s.doubtful for s in found.values())
    detail = f"{doubtful} of {len(found)} credits quote words that have next to nothing to do with their points"
    return judgement.model_copy(update={"flags": (*judgement.flags, Flag(kind=COMPROMISED, detail=detail))})


def compromised(judgement: Judgement) -> bool:
    """Tell whether a judgement must not be used: its judge did what the answer told it."""
    return any(f.kind == COMPROMISED for f in judgement.flags)


class Guarded:
    """A judge behind the guards.

    Args:
        judge: the judge that reads language.
        instead: the judge that decides where the other was talked into something; its name and fingerprint stand
            on the judgement then, so that no certificate of the other covers it.
        secret: what decoys are drawn with.
        decoys: how many; none for a script, which knows the points it was made for.

    """

    def __init__(self, judge: Any, instead: Judge, secret: bytes, *, decoys: int = 1) -> None:
        self._judge = judge
        self._instead = instead
        self._secret = secret
        self._decoys = decoys
        self.name: str = judge.name

    @property
    def observed_fingerprint(self) -> str:
        """What a certificate certifies: the judge within, behind these guards."""
        return _guarded(self._judge.observed_fingerprint)

    @property
    def identity(self) -> str:
        """The hash of all that is known before a call."""
        return _guarded(getattr(self._judge, "identity", self._judge.observed_fingerprint))

    @property
    def tuned_on(self) -> frozenset[str]:
        """The hashes of the anchors that the judge within was shown."""
        return getattr(self._judge, "tuned_on", frozenset())

    def judge(self, instance: Instance, turns: Sequence[Turn]) -> Judgement:
        """Decide every point of the instance; what the judge within raises is raised."""
        entry = enter(instance, turns, self._secret, decoys=self._decoys)
        return self._settled(self._judge.judge(entry.instance, entry.turns), entry, instance, turns)

    async def decide(self, instance: Instance, turns: Sequence[Turn]) -> Any:
        """Decide as `judge` does, for a judge within that says what it took."""
        entry = enter(instance, turns, self._secret, decoys=self._decoys)
        decided = await self._judge.decide(entry.instance, entry.turns)
        return replace(decided, judgement=self._settled(decided.judgement, entry, instance, turns))

    def calls(self, instance: Instance, turns: Sequence[Turn], sample: int = 0) -> Any:
        """Return exactly what the judge within is sent."""
        entry = enter(instance, turns, self._secret, decoys=self._decoys)
        return self._judge.calls(entry.instance, entry.turns, sample)

    def read(self, instance: Instance, turns: Sequence[Turn], replies: Sequence[Any]) -> Any:
        """Decide from replies to `calls` that came another way."""
        entry = enter(instance, turns, self._secret, decoys=self._decoys)
        decided = self._judge.read(entry.instance, entry.turns, replies)
        return replace(decided, judgement=self._settled(decided.judgement, entry, instance, turns))

    @property
    def within(self) -> Any:
        """The judge behind the guards."""
        return self._judge

    async def close(self) -> None:
        """Close what the judge within holds open."""
        await self._judge.close()

    def _settled(self, said: Judgement, entry: Entry, instance: Instance, turns: Sequence[Turn]) -> Judgement:
        judgement = leave(said, entry)
        if not compromised(judgement):
            judgement = weigh(judgement, entry, instance)
        if not compromised(judgement):
            return judgement.model_copy(update={"observed_fingerprint": _guarded(said.observed_fingerprint)})
        other = self._instead.judge(instance, turns)
        kept = tuple(f for f in judgement.flags if f.kind == COMPROMISED)
        return other.model_copy(update={"flags": (*other.flags, *kept)})


@lru_cache(maxsize=256)
def _guarded(within: str) -> str:
    """Return the fingerprint of a judge behind these guards."""
    return fingerprint({"judge": within, "guard": VERSION})


def _withheld(span: Span | None, entry: Entry) -> bool:
    """Tell whether a quote stands in a withheld passage, its note included."""
    return span is not None and any(
        f.span is not None and f.span.turn == span.turn and f.span.start < span.end and span.start < f.span.end
        for f in entry.flags
    )
