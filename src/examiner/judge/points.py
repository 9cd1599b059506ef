"""How likely a passage makes a rubric point: features of the match, and a logistic model over them. Pure.

The model is fitted once, over all questions, by `evals/fit/points.py` on texts whose truth is known by construction: a
wording of a point with that wording taken out of the rubric, scripted answers in other words, and against them the same
texts negated or shuffled, texts that make other points, and fluent emptiness. No human label is in it, so its figures
are ranks, not grades. docs/judging.md gives the error rates on families that the fit did not see.
"""

import itertools
import json
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from examiner.domain.question import Point
from examiner.judge.align import Bag, Group, Wording, group, says, weight
from examiner.judge.align import wording as worded
from examiner.judge.polarity import flipped, opposed, opposed_clause, repeats

FEATURES = (
    "one", "recall", "root_recall", "every_need", "needs", "three_needs", "order", "count", "rival", "lead", "precision", "longer", "opposed",
)  # fmt: skip
_VERBATIM, _IN_ORDER, _SURE = 0.8, 0.6, 0.9
_PART = 0.3  # of a wording that a sentence must hold to be its denial
_NONE: frozenset[str] = frozenset()
# A claim that something is missing may be made with "no" as well: neither polarity of its words denies it.
_LACKS = re.compile(
    r"\b(?:missing|lacks?|lacking|absent|absence|gone|lost|loses?|disappears?|vanish\w*|fails?|nothing|nobody|zero|idle|empty"
    r"|unable|unused|instead|rather|neither|prevents?|avoids?|stops?|rules? out|forbids?)\b",
    re.IGNORECASE,
)
_LEAST = 2  # of a point's terms that a passage must say, fewer only where the point has no more
_FLOOR = 0.08  # a passage that has less in common, and less than half of the needs, is not looked at


@dataclass(frozen=True, slots=True)
class Reading:
    """What one passage has in common with one point: the probability that it makes it, and the reasons.

    `opposed` is the share of the common words that it negates, `clause` the same for the clause that negates most.
    `verbatim`: the passage says one of the point's wordings almost in full, in order. `about`: the probability that it
    speaks of what the point says, whichever way; `turned` are the words of a wording, or of a part of one, that it repeats
    with the other polarity; `differs`: some word of the nearest wording has the other polarity.
    """

    probability: float
    recall: float
    opposed: float
    row: tuple[float, ...]
    verbatim: bool
    about: float
    turned: frozenset[str]
    differs: bool
    clause: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question's worded points, ready for matching.

    `postings` leads from a term to the wordings that hold it: (wording, weight, place in it). `owner` gives the point of
    a wording, `polarity` the terms that a point's own wordings negate.
    """

    points: tuple[Point, ...]
    wordings: tuple[Wording, ...]
    owner: tuple[int, ...]
    postings: dict[str, tuple[tuple[int, float, int], ...]]
    groups: tuple[tuple[Group, ...], ...]
    terms: tuple[dict[str, float], ...]
    denied: tuple[frozenset[str], ...]


def prepare(points: Sequence[Point], given: frozenset[str]) -> Prepared:
    """Prepare points that are made in words; `given` are the terms of the question, which tell little."""
    wordings: list[Wording] = []
    owner: list[int] = []
    postings: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
    terms: list[dict[str, float]] = []
    denied = []
    groups = []
    for index, point in enumerate(points):
        own: dict[str, float] = {}
        negative = set()
        for text in (point.claim, *point.variants):
            made = worded(text, given)
            lacks = _LACKS.search(text) is not None
            for place, (name, value, negated) in enumerate(made.items):
                postings[name].append((len(wordings), value, place))
                own[name] = max(own.get(name, 0.0), value)
                if negated or lacks:
                    negative.add(name)
            wordings.append(made)
            owner.append(index)
        needs = tuple(group(g) for g in point.needs)
        for one in needs:
            for name in one.single:
                own.setdefault(name, 1.0)
        groups.append(needs)
        terms.append(own)
        denied.append(frozenset(negative))
    return Prepared(
        tuple(points), tuple(wordings), tuple(owner), {k: tuple(v) for k, v in postings.items()}, tuple(groups), tuple(terms), tuple(denied)
    )  # fmt: skip


def compare(prepared: Prepared, passage: Bag, size: int) -> list[Reading | None]:
    """Return for each point what the passage has in common with it; None where that is nothing to speak of."""
    recalls = _recalls(prepared, passage)
    best = [(0.0, 0)] * len(prepared.points)
    for number, value in recalls.items():
        index = prepared.owner[number]
        if value > best[index][0]:
            best[index] = (value, number)
    ranked = sorted((value for value, _ in best), reverse=True)
    whole = sum(weight(n) for n in passage.at) or 1.0
    out: list[Reading | None] = []
    for index, (recall, number) in enumerate(best):
        needs = [says(g, passage) for g in prepared.groups[index]]
        share = sum(needs) / len(needs) if needs else 0.0
        if recall < _FLOOR and share < 0.5:
            out.append(None)
            continue
        rival = ranked[1] if len(ranked) > 1 and recall == ranked[0] else ranked[0] if len(ranked) > 1 else 0.0
        out.append(_reading(prepared, index, number, passage, recall, rival, needs, size, whole))
    return out


def features(
    recall: float, needs: Sequence[bool], order: float, count: int, rival: float, precision: float, size: int, opposed: float
) -> tuple[float, ...]:  # fmt: skip
    """Return the model's inputs, in the order of `FEATURES`."""
    share = sum(needs) / len(needs) if needs else 0.0
    every = float(bool(needs) and share == 1.0)
    return (
        1.0, recall, math.sqrt(recall), every, share, every * (len(needs) >= 3), order, min(count, 6) / 6, rival, recall - rival, precision,
        size - 1.0, opposed,
    )  # fmt: skip


def _recalls(prepared: Prepared, passage: Bag) -> dict[int, float]:
    """Return the weighted share of each wording's terms that the passage says; wordings without any are left out."""
    hit: dict[int, float] = {}
    for name in passage.at:
        for number, value, _ in prepared.postings.get(name, ()):
            hit[number] = hit.get(number, 0.0) + value
    return {number: value / prepared.wordings[number].total for number, value in hit.items()}


def _reading(
    prepared: Prepared,
    index: int,
    number: int,
    passage: Bag,
    recall: float,
    rival: float,
    needs: Sequence[bool],
    size: int,
    whole: float,
) -> Reading:
    places = [passage.at[n] for n, _, _ in prepared.wordings[number].items if n in passage.at] if recall else []
    steps = len(places) - 1
    order = sum(0 < b - a <= 12 for a, b in itertools.pairwise(places)) / steps if steps > 0 else 0.5
    own, denied = prepared.terms[index], prepared.denied[index]
    shared = [n for n in passage.at if n in own]
    common = sum(weight(n) for n in shared)
    against = opposed(own, denied, passage)
    row = features(recall, needs, order, len(places), rival, common / whole, size, against)
    weights = _weights(bool(needs))
    z = sum(w * x for w, x in zip(weights, row, strict=True))
    probability, about = _logistic(z), _logistic(z - weights[-1] * against)
    told = recall >= _VERBATIM and order >= _IN_ORDER
    wording = prepared.wordings[number]
    other = flipped(wording, passage) if size == 1 and recall else _NONE
    turned = other if order >= _IN_ORDER and recall >= _PART and repeats(wording, passage, whole) else _NONE
    if turned:
        against = 1.0
    clause = opposed_clause(own, denied, passage) if size == 1 else 0.0
    verbatim = told and against == 0
    if len(shared) < min(_LEAST, len(own)) and not verbatim:
        probability = about = 0.0  # one word makes no claim, however much of the passage it is
    if told:
        about = max(about, _SURE)
    probability = max(probability, _SURE) if verbatim else probability
    return Reading(probability, recall, against, row, verbatim, about, turned, bool(other), clause)


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z))


@lru_cache(maxsize=2)
def _weights(with_needs: bool) -> tuple[float, ...]:
    data = json.loads(files("examiner.judge").joinpath("points.json").read_text("utf-8"))
    return tuple(data["with_needs" if with_needs else "without_needs"])
