"""Whether a sentence claims anything, or only names its subject: the bluffer's sentence is fluent and says nothing.

Two word lists (`vague.json`): words that talk about a subject (interplay, crucial, consider), and words that claim
something of it (because, twice, reads, waits). A logistic model over their counts, fitted by `evals/fit/vague.py`
on the vault's claims and on sentence frames that hold for any subject, gives the probability of a claim. Pure.
"""

import json
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from examiner.judge.text import Token, tokenise

CLAIMS = 0.35  # below this probability a sentence is no evidence; docs/judging.md gives the error rates
_LISTED = re.compile(r",\s+(?:and |or )?\w+(?:[ -]\w+)?(?=,| and )")

Phrases = dict[str, list[tuple[str, ...]]]


def substance(tokens: Sequence[Token], text: str) -> float:
    """Return the probability that a sentence claims something, from its words and its text."""
    weights = _weights()
    z = sum(w * x for w, x in zip(weights, features(tokens, text), strict=True))
    return 1 / (1 + math.exp(-z))


def features(tokens: Sequence[Token], text: str) -> tuple[float, ...]:
    """Return what the model looks at: counts of both kinds of words, shares, a list of nouns, a figure, length."""
    vague, claims = (_count(tokens, table) for table in _tables())
    size = len(tokens) or 1
    return (
        1.0,
        min(vague, 4),
        min(claims, 5),
        vague / (vague + claims + 1),
        10 * vague / size,
        10 * claims / size,
        min(len(_LISTED.findall(text)), 3),
        float(any(map(str.isdigit, text))),
        min(size, 40) / 20,
    )


def _count(tokens: Sequence[Token], table: Phrases) -> int:
    stems = [t.stem for t in tokens]
    found = at = 0
    while at < len(stems):
        group = table.get(stems[at])
        phrase = next((p for p in group if tuple(stems[at : at + len(p)]) == p), None) if group else None
        found += phrase is not None
        at += len(phrase) if phrase else 1
    return found


@lru_cache(maxsize=1)
def _tables() -> tuple[Phrases, Phrases]:
    return _phrases(_data()["vague"]), _phrases(_data()["claims"])


@lru_cache(maxsize=1)
def _weights() -> tuple[float, ...]:
    return tuple(float(w) for w in _data()["weights"])


@lru_cache(maxsize=1)
def _data() -> dict[str, list[str] | list[float]]:
    data: dict[str, list[str] | list[float]] = json.loads(
        files("examiner.judge").joinpath("vague.json").read_text("utf-8")
    )
    return data


def _phrases(words: Sequence[object]) -> Phrases:
    """Return phrases by their first stem, the longest first."""
    table: Phrases = {}
    for word in words:
        stems = tuple(t.stem for t in tokenise(str(word)))
        table.setdefault(stems[0], []).append(stems)
    return {first: sorted(set(group), key=len, reverse=True) for first, group in table.items()}
