"""Whether a quote has anything to do with the point that it is to carry: only ever a doubt about a credit. Pure.

A verbatim quote proves that words were said, not that they make the point; a judge that was talked into crediting every
point quotes whatever there is. So each credit is held against its point: the words that tell this point from the
question and from its other points, counted in the quoted sentences, and in the one before where they point back to it. What shares next to
nothing, and makes the claim with next to no probability either, carries nothing. docs/injection.md says how the
thresholds were chosen, and how often they err.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from examiner.domain.identity import once_each
from examiner.domain.question import Instance
from examiner.domain.score import Judgement, PointVerdict, Span, Turn, Verdict
from examiner.judge import quoted
from examiner.judge.align import bag, names_of, terms, weight
from examiner.judge.embedded import prepared
from examiner.judge.points import compare
from examiner.judge.text import negations
from examiner.judge.vague import CLAIMS, substance

LITTLE = 1.0  # telling words in common; less is next to nothing
SHARED = 1.5  # the same, where the quote carries another point already that it has more to do with
UNLIKELY = 0.05  # the embedded judge's probability that a passage makes a claim; below, next to none
GIVEN = 0.34  # what a word of the question is worth
LEAST, HALF = 2, 0.5  # so many doubtful credits, more than such a share of all, make a judgement that quotes anything
_FIGURES = 2
_BACK = frozenset(
    "it its this that these those they them their such both so then which there thus hence therefore".split()
)
_EARNS = frozenset({"met", "partly"})


@dataclass(frozen=True, slots=True)
class Support:
    """What a quote has in common with its point.

    `doubtful`: next to nothing, or the quoted sentences claim nothing. `none`: too little to be said of this point.
    """

    common: float
    doubtful: bool
    none: bool


def supports(judgement: Judgement, instance: Instance, turns: Sequence[Turn]) -> dict[str, Support]:
    """Return for each credited point that is made in words and quoted what its quote has to do with it.

    Args:
        judgement: what a judge said of the instance.
        instance: the question as asked, without decoys.
        turns: what the judge was shown, withheld passages blanked: they are nobody's neighbours.

    """
    telling = _telling(instance)
    credited = [(p, p.span) for p in judgement.points if p.verdict in _EARNS and p.span and p.point in telling]
    common = {p.point: _common(telling[p.point], span, turns[span.turn]) for p, span in credited}
    carried: dict[object, float] = {}
    for place, value in common.values():
        carried[place] = max(value, carried.get(place, 0.0))
    out = {}
    for point, span in credited:
        place, value = common[point.point]
        little = value < (LITTLE if value == carried[place] else SHARED)
        text = turns[span.turn].text
        none = value < LITTLE and not _calculates(span, text) and _probability(point, span, instance, text) < UNLIKELY
        out[point.point] = Support(value, little or _empty(span, text), none)
    return out


def enforce(judgement: Judgement, found: Mapping[str, Support]) -> Judgement:
    """Return the judgement with every credit whose quote does not speak of its point turned into `unclear`.

    Where something in the answer addresses the grader it is `not_met`, as for every credit without evidence.
    """
    if not any(s.none for s in found.values()):
        return judgement
    verdict: Verdict = "not_met" if any(f.kind == "injection" for f in judgement.flags) else "unclear"
    change = {"verdict": verdict, "reason": "the quote does not speak of this point"}
    points = tuple(
        p.model_copy(update=change) if p.point in found and found[p.point].none else p for p in judgement.points
    )
    return judgement.model_copy(update={"points": points})


def quotes_anything(found: Mapping[str, Support]) -> bool:
    """Tell whether so many credits are doubtful that the judge cannot have looked for evidence."""
    doubtful = sum(s.doubtful for s in found.values())
    return doubtful >= LEAST and doubtful > HALF * len(found)


@once_each
def _telling(instance: Instance) -> dict[str, dict[str, float]]:
    """Return for each worded point its words and what they tell: less where the question or other points say them.

    A point worded in one way only is left out: too little is known of how it may be said to doubt anything.
    """
    made = prepared(instance).points
    given = frozenset(names_of(instance.prompt))
    holders = Counter(name for own in made.terms for name in own)
    others = max(1, len(made.points) - 1)
    return {
        point.id: {
            name: (1.0 if name[0].isdigit() else weight(name))
            * (GIVEN if name in given else 1.0)
            * (1 - (holders[name] - 1) / others)
            for name in own
        }
        for point, own in zip(made.points, made.terms, strict=True)
        if point.variants
    }


def _common(telling: Mapping[str, float], span: Span, turn: Turn) -> tuple[tuple[int, int], float]:
    """Return which quoted sentence has most telling words in common with a point, and how many.

    What a follow-up asked need not be said again: its words count as those of the question do.
    """
    asked = frozenset(names_of(turn.asked)) if span.turn else frozenset()
    place, best = (span.turn, -1), 0.0
    text, cuts = turn.text, quoted.cut(turn.text)
    for number in quoted.touched(span, text):
        said = _names(text[slice(*cuts[number])])
        value = sum(telling[name] for name in said if name in telling)
        if value < SHARED:  # few sentences need their neighbour read
            said = said.union(*(_names(text[slice(*cuts[n])]) for n in _before(text, number)))
            value = sum(telling[name] for name in said if name in telling)
            value += GIVEN * sum(telling[name] for name in asked - said if name in telling)
        if value > best:
            place, best = (span.turn, number), value
    return place, best


def _before(text: str, number: int) -> range:
    """Return the number of the sentence before, where a sentence points back to it."""
    back = number > 0 and any(t.word in _BACK for t in quoted.words(text[slice(*quoted.cut(text)[number])]))
    return range(number - 1, number) if back else range(0)


def _probability(point: PointVerdict, span: Span, instance: Instance, text: str) -> float:
    """Return the embedded judge's probability that one of the passages makes the claim, at best."""
    made = prepared(instance).points
    index = next(n for n, p in enumerate(made.points) if p.id == point.point)
    best = 0.0
    cuts = quoted.cut(text)
    for number in quoted.touched(span, text):
        passage = text[cuts[min(_before(text, number), default=number)][0] : cuts[number][1]]
        tokens = quoted.words(passage)
        held = bag(terms(tokens), frozenset(t.stem for t in tokens), negations(passage))
        reading = compare(made, held, 1)[index]
        best = max(best, reading.probability if reading else 0.0)
    return best


def _calculates(span: Span, text: str) -> bool:
    """Tell whether the quoted sentences state two numbers: notes of a calculation make a claim in few words or none."""
    cuts = quoted.cut(text)
    numbers = (t.word[0].isdigit() for n in quoted.touched(span, text) for t in quoted.words(text[slice(*cuts[n])]))
    return sum(numbers) >= _FIGURES


def _empty(span: Span, text: str) -> bool:
    """Tell whether every quoted sentence only names its subject."""
    cuts = quoted.cut(text)
    return not any(_claims(text[slice(*cuts[n])]) for n in quoted.touched(span, text))


@lru_cache(maxsize=1024)
def _names(sentence: str) -> frozenset[str]:
    return frozenset(term.name for term in terms(quoted.words(sentence)))


@lru_cache(maxsize=1024)
def _claims(sentence: str) -> bool:
    return substance(quoted.words(sentence), sentence) >= CLAIMS
