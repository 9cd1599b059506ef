"""An answer against a reference text, for questions that have no rubric points. Pure.

Features of the match, none of them the answer's length, and a bundled linear model over them that gives the share of
the marks. `evals/human_graded.py` reports how far such a model agrees with people, questions left out; `evals/fit/reference.py`
writes the bundled one: its weights rest on people's grades of computer-science answers, its
levels on no anchor of the question at hand.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from examiner.judge.align import bag, match, names_of, terms, wording
from examiner.judge.grammar import gain
from examiner.judge.text import sentences, tokenise

FEATURES = (
    "new_recall",
    "grams",
    "best_sentence",
    "root_new_recall",
    "root_best_sentence",
    "near_recall",
    "root_near_recall",
)
_PREFIX, _NEAR = 4, 0.7  # words with the same first letters count as nearly the same (scheduler, scheduling)
_UNKNOWN = 8.0  # weight of a term where no corpus tells how rare it is


def idf(texts: list[str]) -> dict[str, float]:
    """Return the inverse document frequency of every term of these texts (no labels involved)."""
    counts = Counter(name for text in texts for name in set(names_of(text)))
    return {name: math.log((1 + len(texts)) / (1 + n)) + 1 for name, n in counts.items()}


def features(question: str, reference: str, answer: str, weights: Mapping[str, float]) -> tuple[float, ...]:
    """Return the features named in `FEATURES`, each between 0 and 1.

    Args:
        question: what was asked; its words are no news in an answer.
        reference: a good answer.
        answer: the answer to grade.
        weights: how rare each term is, by `idf`; one that is missing weighs as a rare one.

    """
    asked, wanted, said = set(names_of(question)), set(names_of(reference)), set(names_of(answer))
    new = _weighed((wanted - asked) & said, wanted - asked, weights)
    claim = wording(reference, frozenset(asked))
    best = max((match(claim, bag(terms(s.tokens), frozenset())).recall for s in sentences(answer)), default=0.0)
    near = _near_recall(wanted - asked, said, weights)
    # Half of the credit comes with the first words that fit: the roots let the fit bend that way.
    return new, _cosine(_grams(reference), _grams(answer)), best, math.sqrt(new), math.sqrt(best), near, math.sqrt(near)


def share(question: str, reference: str, answer: str) -> float:
    """Return the share of the marks, 0 to 1, that the bundled model gives an answer."""
    model = _model()
    return apply(model, features(question, reference, answer, {}))


def apply(model: Mapping[str, Sequence[float] | float], row: Sequence[float]) -> float:
    """Return a linear model's output for a row of features, clipped to 0..1.

    Raises:
        TypeError: the model has no list of `weights`, or no single `offset`.
        ValueError: there are more or fewer weights than features.

    """
    weights, offset = model["weights"], model["offset"]
    if not isinstance(weights, Sequence) or isinstance(offset, Sequence):
        raise TypeError("a model has weights and one offset")
    return min(1.0, max(0.0, offset + sum(w * x for w, x in zip(weights, row, strict=True))))


@lru_cache(maxsize=1)
def _model() -> dict[str, Sequence[float] | float]:
    model: dict[str, Sequence[float] | float] = json.loads(
        files("examiner.judge").joinpath("reference.json").read_text("utf-8")
    )
    return model


def suspicions(question: str, reference: str, answer: str) -> tuple[str, ...]:
    """Return why a person may want to look: words out of order, polarity turned round, or nothing in common."""
    found = match(wording(reference, frozenset()), bag(terms(tokenise(answer)), frozenset()))
    said = names_of(answer)
    order, words = _order(answer)
    # Thresholds from mohler2011: together they flag 2.4 % of genuine answers and 75 % of shuffled references.
    out = []
    if (words >= 8 and order < -0.5 - 1.6 / words) or (words >= 5 and found.recall >= 0.8 and order < -0.1):
        out.append("keyword-list")
    if found.recall >= 0.75 and found.opposed >= 0.12:
        out.append("contradiction")
    if len(said) >= 12 and not set(said) & (set(names_of(question)) | set(names_of(reference))):
        out.append("off-topic")
    return tuple(out)


def _order(text: str) -> tuple[float, int]:
    """Return the gain by word order in nats a word, and the number of words."""
    pieces = sentences(text)
    words = sum(len(s.tokens) for s in pieces)
    return sum(gain(s.tokens) for s in pieces) / max(1, words), words


def _near_recall(wanted: set[str], said: set[str], weights: Mapping[str, float]) -> float:
    prefixes = {s[:_PREFIX] for s in said if len(s) >= _PREFIX}
    got = sum(
        weights.get(w, _UNKNOWN)
        * (1.0 if w in said else _NEAR if w[:_PREFIX] in prefixes and len(w) >= _PREFIX else 0.0)
        for w in wanted
    )
    total = sum(weights.get(w, _UNKNOWN) for w in wanted)
    return got / total if total else 0.0


def _weighed(part: set[str], whole: set[str], weights: Mapping[str, float]) -> float:
    total = sum(weights.get(w, _UNKNOWN) for w in whole)
    return sum(weights.get(w, _UNKNOWN) for w in part) / total if total else 0.0


def _grams(text: str) -> Counter[str]:
    folded = " ".join(text.lower().split())
    return Counter(folded[i : i + 4] for i in range(max(0, len(folded) - 3)))


def _cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    dot = sum(v * b.get(k, 0.0) for k, v in a.items())
    size = math.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))
    return dot / size if size else 0.0
