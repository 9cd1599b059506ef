"""Text as the embedded judge sees it: sentences, stems, function words, negation; offsets stay true. Pure."""

import itertools
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:['’][a-z]+)?|\d[\d.,]*[A-Za-z%]*|%")
_SENTENCE = re.compile(r"[^.!?;\n]*(?:[.](?=\S)[^.!?;\n]*)*(?:[.!?;\n]+|$)")
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


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: its stem, where it stands, and whether it stands in the scope of a negation."""

    word: str
    stem: str
    start: int
    end: int
    negated: bool = False


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


def tokenise(text: str, offset: int = 0) -> tuple[Token, ...]:
    """Return the words of a text with stems, offsets and negation scope (four words, to the next comma)."""
    tokens: list[Token] = []
    scope = 0
    last_end = 0
    for match in _WORD.finditer(text):
        word = match[0].lower().replace("’", "'")
        if scope and "," in text[last_end : match.start()]:
            scope = 0
        negator = word in NEGATORS or word.endswith("n't")
        tokens.append(Token(word, stem(word), offset + match.start(), offset + match.end(), scope > 0 and not negator))
        if negator:
            scope = 5
        scope = max(0, scope - 1)
        last_end = match.end()
    return tuple(tokens)


def sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a text, empty ones left out."""
    found = []
    for match in _SENTENCE.finditer(text):
        raw = match[0]
        stripped = raw.strip()
        if not stripped:
            continue
        start = match.start() + raw.index(stripped[0])
        end = start + len(stripped)
        tokens = tokenise(text[start:end], start)
        if tokens:
            found.append(Sentence(start, end, tokens))
    return tuple(found)


def scrambled(tokens: tuple[Token, ...]) -> bool:
    """Tell whether words stand without grammar: keywords only, or function words in impossible order."""
    words = [t.word for t in tokens if t.word.isalpha()]
    if len(words) < 7:
        return False
    functional = [w in FUNCTION for w in words]
    if len(words) >= 9 and sum(functional) / len(words) < 0.06:
        return True
    impossible = sum(_impossible(a, b) for a, b in itertools.pairwise(words))
    impossible += words[-1] in DETERMINERS or (words[-1] in CONJUNCTIONS and words[-1] != "so")
    # On human answers this share flags 1.6 % and finds half of the shuffled ones; see docs/judging.md.
    return impossible >= 1 and len(words) >= 9 and impossible / max(1, sum(functional)) >= 0.18


def _impossible(a: str, b: str) -> bool:
    if a in ("that", "this", "these", "those", "each", "any", "some", "so", "there", "which", "what"):
        return False
    if a in DETERMINERS:
        return b in DETERMINERS or b in CONJUNCTIONS or b in AUXILIARIES or b in PREPOSITIONS or b in PRONOUNS
    if a in PREPOSITIONS:
        return b in CONJUNCTIONS - {"when", "if", "while"} or b in AUXILIARIES
    if a in AUXILIARIES:
        return b in CONJUNCTIONS - {"so", "because", "when", "if", "then", "while"}
    return False
