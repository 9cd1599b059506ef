"""Features of an answer against a reference text, for questions that have no rubric points. Pure.

None of them is the answer's length. Fitted weights belong to whoever fits them (`evals/human_graded.py`).
"""

import math
from collections import Counter
from collections.abc import Mapping

from examiner.judge.align import bag, match, names_of, terms, wording
from examiner.judge.text import sentences, tokenise

FEATURES = ("new_recall", "grams", "best_sentence", "root_new_recall", "root_best_sentence")


def idf(texts: list[str]) -> dict[str, float]:
    """Return the inverse document frequency of every term of these texts (no labels involved)."""
    counts = Counter(name for text in texts for name in set(names_of(text)))
    return {name: math.log((1 + len(texts)) / (1 + n)) + 1 for name, n in counts.items()}


def features(question: str, reference: str, answer: str, weights: Mapping[str, float]) -> tuple[float, ...]:
    """Return the features named in `FEATURES`, each between 0 and 1."""
    asked, wanted, said = set(names_of(question)), set(names_of(reference)), set(names_of(answer))
    new = _weighed((wanted - asked) & said, wanted - asked, weights)
    claim = wording(reference, frozenset(asked))
    best = max((match(claim, bag(terms(s.tokens), frozenset())).recall for s in sentences(answer)), default=0.0)
    # Half of the credit comes with the first words that fit: the roots let the fit bend that way.
    return new, _cosine(_grams(reference), _grams(answer)), best, math.sqrt(new), math.sqrt(best)


def suspicions(question: str, reference: str, answer: str) -> tuple[str, ...]:
    """Return why a person may want to look: words out of order, polarity turned round, or nothing in common."""
    claim = wording(reference, frozenset())
    found = match(claim, bag(terms(tokenise(answer)), frozenset()))
    said = names_of(answer)
    out = []
    if (
        len(said) >= 6
        and len(claim.items) >= 5
        and found.recall >= 0.75
        and _overlap(_pairs(reference), _pairs(answer)) < 0.05
    ):
        out.append("keyword-list")
    if found.recall >= 0.75 and found.opposed >= 0.12:
        out.append("contradiction")
    if len(said) >= 12 and not set(said) & (set(names_of(question)) | set(names_of(reference))):
        out.append("off-topic")
    return tuple(out)


def _weighed(part: set[str], whole: set[str], weights: Mapping[str, float]) -> float:
    total = sum(weights.get(w, 8.0) for w in whole)
    return sum(weights.get(w, 8.0) for w in part) / total if total else 0.0


def _pairs(text: str) -> set[tuple[str, str]]:
    names = names_of(text)
    return {(a, b) for i, a in enumerate(names) for b in names[i + 1 : i + 4]}


def _overlap(wanted: set[tuple[str, str]], said: set[tuple[str, str]]) -> float:
    return len(wanted & said) / len(wanted) if wanted else 0.0


def _grams(text: str) -> Counter[str]:
    folded = " ".join(text.lower().split())
    return Counter(folded[i : i + 4] for i in range(max(0, len(folded) - 3)))


def _cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    dot = sum(v * b.get(k, 0.0) for k, v in a.items())
    size = math.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))
    return dot / size if size else 0.0
