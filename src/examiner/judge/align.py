"""How far a passage makes a claim: stems and phrases in common, in order, of the same polarity. Pure.

Words that the question gives are no evidence. A domain lexicon joins what practitioners use for the same thing.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from examiner.judge.text import STOP, Token, negations, stem, tokenise, unlimited

_COMMON = frozenset(
    stem(w) for w in ["use", "make", "need", "take", "give", "go", "come", "do", "work", "mean", "happen", "become", "want", "see", "say", "let", "put", "keep", "time", "number", "model", "system", "case", "way", "part", "token"]
)  # fmt: skip


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[tuple[str, ...], str], dict[str, int]]:
    """Return the name of each phrase, and how long the phrases are that begin with a stem."""
    groups = json.loads(files("examiner.judge").joinpath("lexicon.json").read_text(encoding="utf-8"))
    table: dict[tuple[str, ...], str] = {}
    for group in groups:
        name = "+" + "-".join(stem(w.word) for w in tokenise(group[0]))
        for phrase in group:
            table.setdefault(tuple(t.stem for t in tokenise(phrase)), name)
    longest: dict[str, int] = {}
    for phrase_stems in table:
        longest[phrase_stems[0]] = max(len(phrase_stems), longest.get(phrase_stems[0], 0))
    return table, longest


class Term(NamedTuple):
    """A content term: its canonical stem, its position among the words, its negation, its clause."""

    name: str
    at: int
    negated: bool
    clause: int = 0


def terms(tokens: Sequence[Token], *, keep_stop: bool = False) -> list[Term]:
    """Return the content terms of a token run, phrases of the lexicon joined to one term."""
    table, longest = _lexicon()
    stems = [t.stem for t in tokens]
    out: list[Term] = []
    index = 0
    while index < len(tokens):
        token, step = tokens[index], 1
        name = token.stem if keep_stop or token.word not in STOP else None
        for size in range(min(longest.get(token.stem, 0), len(tokens) - index), 0, -1):
            phrase = table.get(tuple(stems[index : index + size]))
            if phrase is not None:
                name, step = phrase, size
                break
        if name is not None:
            out.append(Term(name, index, token.negated, token.clause))
        index += step
    return out


@lru_cache(maxsize=32768)
def names_of(text: str, *, keep_stop: bool = False) -> tuple[str, ...]:
    """Return the canonical terms of a text."""
    return tuple(t.name for t in terms(tokenise(text), keep_stop=keep_stop))


def weight(name: str) -> float:
    """Return how much a term tells: numbers little (code grades them), generic verbs half, the rest one."""
    if name[0].isdigit():
        return 0.25
    return 0.5 if name in _COMMON else 1.0


@dataclass(frozen=True, slots=True)
class Wording:
    """A claim or variant, ready for matching: term, weight and polarity, in order; `total` is the sum of weights.

    `both` are the terms that it asserts and negates ("in space, but not in time"); `limits`: it says that something is
    the only one.
    """

    items: tuple[tuple[str, float, bool], ...]
    total: float
    negations: int = 0
    both: frozenset[str] = frozenset()
    limits: bool = False


@dataclass(frozen=True, slots=True)
class Bag:
    """A passage, ready for matching: where each term stands first, and whether all its mentions are negated.

    `both` are the terms that it mentions both ways; `unlimited`: it denies that something is the only one.
    """

    at: dict[str, int]
    negated: dict[str, bool]
    names: tuple[str, ...]
    stems: frozenset[str]
    negations: int = 0
    both: frozenset[str] = frozenset()
    unlimited: bool = False
    clause: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """How well a passage makes one wording: weighted recall, order kept, share of polarity that differs."""

    recall: float
    order: float
    opposed: float
    count: int


NONE = Match(0.0, 1.0, 0.0, 0)


def wording(text: str, given: frozenset[str]) -> Wording:
    """Prepare a claim; terms that the question gives count a third."""
    items: dict[str, tuple[str, float, bool]] = {}
    said = terms(tokenise(text))
    for term in said:
        value = weight(term.name) * (0.34 if term.name in given else 1.0)
        negated = term.negated or items.get(term.name, ("", 0.0, False))[2]
        items[term.name] = (term.name, value, negated)
    limits = "only" in text.lower() and not unlimited(text)
    return Wording(tuple(items.values()), sum(v for _, v, _ in items.values()), negations(text), _both(said), limits)


def bag(passage: Sequence[Term], stems: frozenset[str], negations: int = 0, *, unlimited: bool = False) -> Bag:
    """Prepare a passage that holds so many negating words; `unlimited` where it says "not only"."""
    at: dict[str, int] = {}
    negated: dict[str, bool] = {}
    clause: dict[str, int] = {}
    for term in passage:
        at.setdefault(term.name, term.at)
        clause.setdefault(term.name, term.clause)
        negated[term.name] = negated.get(term.name, True) and term.negated
    return Bag(at, negated, tuple(t.name for t in passage), stems, negations, _both(passage), unlimited, clause)


def _both(said: Sequence[Term]) -> frozenset[str]:
    """Return the terms of which one mention is negated and another is not."""
    denied = {t.name for t in said if t.negated}
    return frozenset(t.name for t in said if not t.negated and t.name in denied) if denied else frozenset()


def match(claim: Wording, passage: Bag) -> Match:
    """Return how well a passage makes a wording: shares from 0 to 1 of its weighted terms, their order and polarity."""
    at, denied = passage.at, passage.negated
    hit = 0.0
    places: list[int] = []
    opposed = 0
    for name, value, negated in claim.items:
        if name in at:
            hit += value
            places.append(at[name])
            opposed += denied[name] != negated
    if not places:
        return NONE
    steps = len(places) - 1
    order = sum(0 < b - a <= 12 for a, b in itertools.pairwise(places)) / steps if steps else 1.0
    return Match(hit / claim.total, order, opposed / len(places), len(places))


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives of which one must be said: single terms, and phrases whose terms stand close together."""

    single: frozenset[str]
    phrases: tuple[tuple[str, ...], ...]
    plain: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=16384)
def group(alternatives: tuple[str, ...]) -> Group:
    """Prepare a `needs` group."""
    single, phrases, plain = set(), [], []
    for alternative in alternatives:
        wanted = names_of(alternative)
        if not wanted:
            plain.append(names_of(alternative, keep_stop=True))
        elif len(wanted) == 1:
            single.add(wanted[0])
        else:
            phrases.append(wanted)
    return Group(frozenset(single), tuple(phrases), tuple(p for p in plain if p))


def says(wanted: Group, passage: Bag) -> bool:
    """Tell whether a passage says one alternative of a group."""
    if not wanted.single.isdisjoint(passage.at):
        return True
    for phrase in wanted.phrases:
        if all(w in passage.at for w in phrase) and _near(phrase, passage.names):
            return True
    return any(all(w in passage.stems for w in p) for p in wanted.plain)


def _near(wanted: Sequence[str], names: Sequence[str]) -> bool:
    reach = len(wanted) + 3
    return any(
        all(w in names[max(0, i - 3) : i + reach] for w in wanted) for i, n in enumerate(names) if n == wanted[0]
    )
