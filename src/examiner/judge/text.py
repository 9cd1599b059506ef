"""Text as the embedded judge sees it: sentences, stems, function words, negation; offsets stay true. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:['’][a-z]+)?|\d[\d.,]*[A-Za-z%]*|%")
# A full stop within a word ends nothing, nor does the end of a line that goes on in small letters.
_INSIDE = r"[.](?=\S)|(?<=[\w,) ])\n[ \t]*(?=[a-z])"
_SENTENCE = re.compile(rf"[^.!?;\n]*(?:(?:{_INSIDE})[^.!?;\n]*)*(?:[.!?;\n]+|$)")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")

DETERMINERS = frozenset(
    ["a", "an", "the", "this", "that", "these", "those", "its", "their", "our", "your", "every", "each", "any", "some"]
)
PREPOSITIONS = frozenset(
    [
        "of",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "from",
        "to",
        "into",
        "over",
        "under",
        "between",
        "through",
        "per",
        "as",
        "than",
    ]
)
CONJUNCTIONS = frozenset(["and", "or", "but", "because", "so", "if", "while", "when", "then", "although"])
PRONOUNS = frozenset(["it", "they", "we", "you", "i", "he", "she", "them", "us", "which", "who", "what", "there"])
AUXILIARIES = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "shall",
        "should",
        "may",
        "might",
        "must",
    ]
)
FUNCTION = DETERMINERS | PREPOSITIONS | CONJUNCTIONS | PRONOUNS | AUXILIARIES
NEGATORS = frozenset(
    [
        "not",
        "never",
        "no",
        "none",
        "neither",
        "nor",
        "cannot",
        "without",
        "hardly",
        "nothing",
        "nobody",
        "nowhere",
        "n't",
        "don't",
        "doesn't",
        "isn't",
        "can't",
        "won't",
    ]
)
STOP = FUNCTION | frozenset(
    [
        "also",
        "just",
        "only",
        "very",
        "more",
        "most",
        "much",
        "many",
        "such",
        "well",
        "like",
        "thing",
        "things",
        "way",
        "get",
        "gets",
        "got",
        "one",
        "ones",
        "here",
        "now",
        "still",
        "yet",
        "really",
        "basically",
        "essentially",
        "actually",
        "simply",
        "about",
        "roughly",
        "again",
        "too",
        "out",
        "up",
        "down",
        "off",
        "own",
        "same",
        "other",
    ]
)
_OF_NOUN = frozenset(["no", "none", "neither", "nor", "without", "hardly"])
_CLAUSE = frozenset(
    [
        "but",
        "because",
        "so",
        "since",
        "while",
        "although",
        "though",
        "whereas",
        "which",
        "if",
        "when",
        "unless",
        "until",
        "instead",
        "than",
    ]
)
# "Loses nothing and gains": a noun's denial is not carried on to the next verb.
_PRONOUNS_OF_NONE = frozenset(["nothing", "nobody", "nowhere"])
_BREAK = re.compile("[,:;()\u2013\u2014]")
_MERELY = re.compile(r"\s+(?:only|just|merely|simply|necessarily)\b", re.IGNORECASE)
_NOT_ONLY = re.compile(r"(?:\bnot|\bnever|n't)\s+(?:only|just|merely)\b", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:true|case|correct|wrong|false|incorrect|mistaken|untrue|doubt|myth|nonsense|deny)\b", re.IGNORECASE
)
_DENIAL = re.compile(
    r"(?:\b(?:not|never|hardly)|n't)\s+(?:\w+\s+)?(?:true|the case|correct|right)(?:\s+to\s+\w+)?\s+that\b[^.!?;\n]*"
    r"|\b(?:wrong|false|incorrect|mistaken|untrue|nonsense|a myth)(?:\s+to\s+\w+)?\s+that\b[^.!?;\n]*|\b(?:doubt|deny)\s+that\b[^.!?;\n]*"
    r"|\bthat\b[^.!?;\n]*\b(?:is|are|be)\s+(?:(?:simply|just|plainly|clearly)\s+)?(?:not true|not the case|false|untrue|wrong|incorrect|a myth|nonsense)\b",
    re.IGNORECASE,
)
_NOUN_REACH, _CLAUSE_REACH = 3, 9  # words
_SUFFIXES = (
    "ational", "ization", "isation", "fulness", "ousness", "iveness", "izing", "ising", "ations", "ation", "ments", "ment", "ingly",
    "edly", "ities", "ity", "ness", "able", "ible", "ized", "ised", "izes", "ises", "ings", "ing", "ies", "ied", "ers", "er",
    "ed", "es", "ly", "s", "e",
)  # fmt: skip
_IRREGULAR = {
    "halves": "half", "halved": "half", "halving": "half", "halve": "half", "doubled": "doubl", "doubles": "doubl",
    "doubling": "doubl", "double": "doubl", "twice": "doubl", "held": "hold", "kept": "keep", "sent": "send", "ran": "run",
    "running": "run", "fetches": "fetch", "grew": "grow", "grown": "grow", "fell": "fall", "took": "take", "taken": "take",
    "less": "less", "paid": "pay", "bought": "buy", "stalls": "stall", "batches": "batch", "batching": "batch", "read": "read",
    "lower": "low", "lowers": "low", "fewer": "less", "higher": "high", "larger": "larg", "bigger": "larg", "big": "larg",
    "smaller": "small", "caches": "cach", "cached": "cach", "caching": "cach", "cache": "cach",
}  # fmt: skip


class Token(NamedTuple):
    """A word of a text: its stem, where it stands, whether in the scope of a negation, and in which clause."""

    word: str
    stem: str
    start: int
    end: int
    negated: bool = False
    clause: int = 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or clause of a text."""

    start: int
    end: int
    tokens: tuple[Token, ...]


def normalise(text: str) -> tuple[str, list[int], bool]:
    """Return NFC text without invisible controls, each character's offset in the original, and whether any were removed."""
    if text.isascii():
        return text, [], False
    out: list[str] = []
    offsets: list[int] = []
    removed = False
    for position, char in enumerate(text):
        if _INVISIBLE.match(char):
            removed = True
            continue
        for piece in unicodedata.normalize("NFC", char):
            out.append(piece)
            offsets.append(position)
    return "".join(out), offsets, removed


@lru_cache(maxsize=32768)
def stem(word: str) -> str:
    """Return a light stem: enough to join reads/reading/read, never shorter than three letters."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if not word.isalpha() or len(word) <= 3:
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 3 and word.endswith("y") else word


def _negates(word: str) -> bool:
    return word in NEGATORS or word.endswith("n't")


def tokenise(text: str, offset: int = 0) -> tuple[Token, ...]:
    """Return the words of a text with stems, offsets and polarity.

    A verb's negation (not, never, cannot) reaches to the end of its clause, a noun's (no, without) over the noun, and
    a denial of the whole ("it is not true that") to the end of the sentence. "Not only" negates nothing.
    """
    tokens: list[Token] = []
    reach = 0
    clause = 0
    of_noun = False
    last_end = 0
    denied = [m.span() for m in _DENIAL.finditer(text)] if _DENIES.search(text) else []
    for match in _WORD.finditer(text):
        word = match[0].lower().replace("’", "'")
        start, end = match.span()
        parted = text[last_end:start] != " " and _BREAK.search(text, last_end, start) is not None
        if parted or word in _CLAUSE:
            reach = 0
            clause += 1
        elif of_noun and word == "and":
            reach = 0
        whole = bool(denied) and any(first <= start < last for first, last in denied)
        negator = _negates(word)
        negated = whole != (reach > 0 and not negator)
        tokens.append(Token(word, stem(word), offset + start, offset + end, negated, clause))
        reach = max(0, reach - 1)
        if negator and not whole and not _MERELY.match(text, end):
            reach = _NOUN_REACH if word in _OF_NOUN else _CLAUSE_REACH
            of_noun = word in _PRONOUNS_OF_NONE
        last_end = end
    return tuple(tokens)


def negations(text: str) -> int:
    """Return how many words of a text negate something; "not only" negates nothing, "without" no statement."""
    words = ((m[0].lower().replace("’", "'"), m.end()) for m in _WORD.finditer(text))
    return sum(_negates(w) and w != "without" and not _MERELY.match(text, end) for w, end in words)


def unlimited(text: str) -> bool:
    """Tell whether a text denies that something is the only one: "not only", "not just"."""
    return _NOT_ONLY.search(text) is not None


def denied(text: str) -> bool:
    """Tell whether a sentence denies a whole statement: "it is not true that", "the claim that ... is a myth"."""
    return _DENIES.search(text) is not None and _DENIAL.search(text) is not None


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each sentence of a text begins and ends; some hold no word."""
    for match in _SENTENCE.finditer(text):
        raw = match[0]
        stripped = raw.strip()
        if stripped:
            start = match.start() + raw.index(stripped[0])
            yield start, start + len(stripped)


def sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a text, empty ones left out."""
    found = ((start, end, tokenise(text[start:end], start)) for start, end in pieces(text))
    return tuple(Sentence(start, end, tokens) for start, end, tokens in found if tokens)
