"""How a judge without a fault reads a constructed answer: it knows every wording and undoes what must not matter.

A `Way` of reading says what is undone; leaving one thing out makes a judge with that one fault (`planted.py`).
No real judge can read like this: it works because the wordings of an answer are known beforehand.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from examiner.calibration.probes.transforms import NEGATIONS, SYNONYMS
from examiner.domain.question import Instance, Point
from examiner.domain.score import Verdict

_END = re.compile(r"(?<=[.!?])\s+|\n+")
_MARKUP = re.compile(r"(?<!\w)[*_]+|[*_]+(?!\w)|#+|^\s*-\s", re.MULTILINE)
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?|[^\W\d]+(?:['’][^\W\d]+)?|%", re.IGNORECASE)
_MARKED = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?|[*_]*[^\W\d]+[*_]*|%", re.IGNORECASE)
_SAME = {word: pair[0] for pair in SYNONYMS for word in pair}


@dataclass(frozen=True)
class Way:
    """How an answer is read; the defaults are right, each other value is a fault.

    Attributes:
        synonyms: exchanged everyday words count as the same.
        spelling: swapped letters count as the same word.
        case: upper and lower case count as the same.
        markup: list marks and emphasis are no part of a word.
        blanks: a tab separates words.
        order: a claim's words must come in order and close together.
        gaps: words in between do not hurt.
        polarity: a denied claim is not the claim.
        values: numbers must have the claim's values.
        units: numbers must have the claim's units.
        forms: 1,000 and 1000 and 1000.0 are one number.
        variants: other wordings of the same claim count.
        share: the share of a claim's words that must be there.

    """

    synonyms: bool = True
    spelling: bool = True
    case: bool = True
    markup: bool = True
    blanks: bool = True
    order: bool = True
    gaps: bool = True
    polarity: bool = True
    values: bool = True
    units: bool = True
    forms: bool = True
    variants: bool = True
    share: float = 0.8


RIGHT = Way()


def verdict(point: Point, instance: Instance, text: str, way: Way = RIGHT) -> Verdict:
    """Return whether an answer makes a point: "met", "contradicted", else "not_met".

    Args:
        point: the rubric's point.
        instance: the question, whose numbers the point's wordings may hold.
        text: the answer.
        way: how the oracle reads; a planted fault reads in another.

    """
    pieces = split(text, way)
    found: set[str] = {
        _made(wording, pieces, point.quantity is not None, way) for wording in wordings(point, instance, way)
    }
    return "met" if "met" in found else "contradicted" if "contradicted" in found else "not_met"


def place(point: Point, instance: Instance, text: str) -> int | None:
    """Return the number of the first sentence that makes a point; None where none does."""
    pieces = split(text, RIGHT)
    for n in range(len(pieces)):
        if any(
            _made(w, pieces[n : n + 1], point.quantity is not None, RIGHT) == "met"
            for w in wordings(point, instance, RIGHT)
        ):
            return n
    return None


@lru_cache(maxsize=65536)
def split(text: str, way: Way = RIGHT) -> tuple[str, ...]:
    """Return the sentences of a text."""
    if way.markup:
        text = _MARKUP.sub(" ", text)
    return tuple(piece for piece in _END.split(text) if piece.strip())


def wordings(point: Point, instance: Instance, way: Way) -> tuple[str, ...]:
    """Return the ways in which a point is known to be said: its claim, its variants, the model answer's sentence."""
    if not way.variants:
        return (point.claim,)
    return (point.claim, *point.variants, *_from_model(point.claim, instance.model_answer, point.quantity is not None))


@lru_cache(maxsize=4096)
def _from_model(claim: str, model_answer: str, keyed: bool) -> tuple[str, ...]:
    """Return the model answer's sentence that says most of a claim."""
    wanted = set(tokens(claim, RIGHT))
    values = {value for value, _ in _figures(claim, RIGHT)}
    pieces = split(" ".join(model_answer.split()))
    if keyed:
        pieces = tuple(p for p in pieces if values <= {value for value, _ in _figures(p, RIGHT)})
    return (max(pieces, key=lambda p: len(wanted & set(tokens(p, RIGHT)))),) if pieces else ()


@lru_cache(maxsize=65536)
def tokens(text: str, way: Way) -> tuple[str, ...]:
    """Return a text's words in the form in which they are compared."""
    pattern = _TOKEN if way.markup else _MARKED
    found = pattern.findall(text if way.blanks else text.replace("\t", "t"))
    return tuple(_form(token, way) for token in found)


def _form(token: str, way: Way) -> str:
    if token[:1].isdigit():
        return _value(token) if way.forms else token
    if way.case:
        token = token.lower()
    if way.synonyms:
        token = _SAME.get(token, token)
    if way.spelling and len(token) >= 6:
        token = "".join(sorted(token))
    return token


def _value(token: str) -> str:
    try:
        return f"{float(token.replace(',', '').rstrip('.')):.6g}"
    except ValueError:
        return token


@lru_cache(maxsize=262144)
def _made(wording: str, pieces: Sequence[str], keyed: bool, way: Way) -> str:
    size = max(1, len(split(wording)))
    if not way.order:
        whole = " ".join(pieces)
        return "met" if _says(wording, whole, keyed, way) else ""
    found = {_one(wording, " ".join(pieces[n : n + size]), keyed, way) for n in range(len(pieces) - size + 1)}
    return "met" if "met" in found else "contradicted" if "contradicted" in found else ""


@lru_cache(maxsize=262144)
def _one(wording: str, piece: str, keyed: bool, way: Way) -> str:
    if not _says(wording, piece, keyed, way):
        return ""
    return "met" if not way.polarity or _denials(wording) % 2 == _denials(piece) % 2 else "contradicted"


def _says(wording: str, piece: str, keyed: bool, way: Way) -> bool:
    wanted, said = tokens(wording, way), tokens(piece, way)
    if not wanted or not _aligned(wanted, said, way, way.share if not keyed else min(way.share, 0.7)):
        return False
    if not keyed or not way.values:
        return True
    have, need = _figures(piece, way), _figures(wording, way)
    return need <= have


def _aligned(wanted: tuple[str, ...], said: tuple[str, ...], way: Way, share: float) -> bool:
    need = share * len(wanted)
    present = set(said)
    if sum(token in present for token in wanted) < need:
        return False
    if not way.order:
        return True
    if not way.gaps:
        return any(said[n : n + len(wanted)] == wanted for n in range(len(said) - len(wanted) + 1))
    width = 2 * len(wanted) + 6
    starts = range(0, max(1, len(said) - width + 1), max(1, len(wanted) // 2)) if len(said) > width else (0,)
    return any(_common(wanted, said[s : s + width]) >= need for s in starts)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for token in one:
        last = 0
        for n, candidate in enumerate(other, 1):
            last, row[n] = row[n], last + 1 if token == candidate else max(row[n], row[n - 1])
    return row[-1]


@lru_cache(maxsize=65536)
def _figures(text: str, way: Way) -> frozenset[tuple[str, str]]:
    """Return the numbers of a text, each with the word behind it, which is its unit where it has one."""
    pairs: list[tuple[str, str]] = []
    for piece in split(text, way):
        found = tokens(piece, way)
        pairs += zip(found, (*found[1:], ""), strict=True)
    return frozenset((a, b if way.units else "") for a, b in pairs if a[:1].isdigit())


def _denials(text: str) -> int:
    return sum(
        token in NEGATIONS or token.endswith("n't") for token in tokens(text, Way(spelling=False, synonyms=False))
    )
