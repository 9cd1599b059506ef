"""Whether words stand in an order that language has: a bigram model over word classes. Pure.

Function words stand for themselves, all others for their ending, so that the model knows grammar and no subject.
Counts come from the vault's own prose (`evals/fit/grammar.py` makes `grammar.json`). A sentence whose words were
shuffled falls well below zero; prose, terse notes and learners' English stay above.
"""

import itertools
import json
import math
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from examiner.judge.text import FUNCTION, NEGATORS, STOP, Token

_CLOSED = FUNCTION | STOP | NEGATORS | frozenset(
    "because since after before until where how why once both all each half twice less fewer another few several within against "
    "during across behind above below beyond let s".split()
)  # fmt: skip
_ENDINGS = (
    "ing",
    "ed",
    "ly",
    "tion",
    "sion",
    "ment",
    "ness",
    "ity",
    "est",
    "er",
    "al",
    "ive",
    "able",
    "ous",
    "es",
    "s",
)
_START, _END = "<", ">"
MIN_WORDS = 8  # below this the order of words proves nothing
_UNSEEN = 300  # classes that a first word may yet have; Laplace's estimate for unigrams


def word_class(word: str) -> str:
    """Return a word's class: itself where it is a function word, `#` for a figure, else its ending."""
    if word[0].isdigit() or word == "%":
        return "#"
    if word in _CLOSED:
        return word
    return next(("-" + e for e in _ENDINGS if word.endswith(e) and len(word) > len(e) + 2), "-")


def classes(words: Sequence[str]) -> list[str]:
    """Return the classes of a sentence's words, with its start and its end."""
    return [_START, *(word_class(w) for w in words), _END]


def gain(tokens: Sequence[Token]) -> float:
    """Return how much better the order predicts the words than their frequency alone does, in nats over the sentence.

    Bigram against unigram log-likelihood, Witten-Bell smoothing (Witten and Bell 1991, method C).
    """
    sequence = classes([t.word for t in tokens])
    return sum(_gain_of(a, b) for a, b in itertools.pairwise(sequence))


def disordered(gains: float, words: int) -> bool:
    """Tell whether a run of `words` words with this total gain is out of order; longer runs need less of a deficit."""
    return words >= MIN_WORDS and gains / words < -0.25 - 1.6 / words


def keywords(tokens: Sequence[Token], gains: float) -> bool:
    """Tell whether a sentence is keywords strung together: few function words, and an order worth less than none."""
    words = [t.word for t in tokens if t.word[0].isalpha()]
    closed = sum(w in _CLOSED for w in words)
    return len(words) > MIN_WORDS and closed < 0.3 * len(words) and gains < -0.17 * len(tokens)


@lru_cache(maxsize=65536)
def _gain_of(a: str, b: str) -> float:
    unigrams, total, pairs, follows, kinds = _counts()
    single = (unigrams.get(b, 0) + 1) / (total + _UNSEEN)
    seen, different = follows.get(a, 0), kinds.get(a, 0) + 1
    pair = (pairs.get((a, b), 0) + different * single) / (seen + different)
    return math.log(pair / single)


Counts = tuple[dict[str, int], int, dict[tuple[str, str], int], dict[str, int], dict[str, int]]


@lru_cache(maxsize=1)
def _counts() -> Counts:
    raw: dict[str, dict[str, int]] = json.loads(files("examiner.judge").joinpath("grammar.json").read_text("utf-8"))
    unigrams: dict[str, int] = {}
    follows: dict[str, int] = {}
    kinds: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    for first, row in raw.items():
        for second, count in row.items():
            pairs[first, second] = count
            follows[first] = follows.get(first, 0) + count
            kinds[first] = kinds.get(first, 0) + 1
            unigrams[second] = unigrams.get(second, 0) + count
    return unigrams, sum(unigrams.values()), pairs, follows, kinds
