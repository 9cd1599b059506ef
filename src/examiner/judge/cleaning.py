"""Unicode that hides or disguises words: removed for judges, noted for people, offsets mapped to the original. Pure.

The original is kept and quoted; what is cleaned is only what a judge reads.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from examiner.judge.plain import Table

Kind = Literal["zero-width", "bidi", "tag", "variation", "control", "homoglyph"]

_ZERO_WIDTH = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\uffa0"
)
_BIDI = frozenset(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f"
)
# Letters of other scripts that pass for Latin ones. A word is only disguised where it mixes scripts; µs and Δt do not.
LOOKALIKES = str.maketrans(
    "авеіјкмнорсѕтухһԁԛԝзӏАВЕІЈКМНОРСЅТУХԌ" + "οϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "ɑɡɩı" + "օսոցԼ",
    "abeijkmhopcstyxhdqw3lABEIJKMHOPCSTYXG" + "ocjABEZHIKMNOPTYX" + "agii" + "ounqL",
)
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Note:
    """Something hidden or disguised: its kind, the original's characters, and what it spells, if anything."""

    kind: Kind
    start: int
    end: int
    spells: str = ""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a judge may read. Character i stands at `starts[i]` to `ends[i]` of the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    notes: tuple[Note, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return where `text[start:end]`, which holds a character or more, stands in the original."""
        return self.starts[start], self.ends[end - 1]


def clean(text: str) -> Cleaned:
    """Return NFC text without invisible characters, its way back to the original, and what was found.

    Composition joins a base letter with its combining marks, so one character may stand for several.
    """
    if all(map(_harmless, set(text))):
        return Cleaned(text, range(len(text)), range(1, len(text) + 1), ())
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    notes: list[Note] = []
    index = 0
    while index < len(text):
        kind = hidden_kind(text[index])
        if kind is not None:
            index = _hidden(text, index, kind, notes)
            continue
        end = index + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        composed = unicodedata.normalize("NFC", text[index:end])
        out.append(composed)
        starts += [index] * len(composed)
        ends += [end] * len(composed)
        index = end
    cleaned = Cleaned("".join(out), tuple(starts), tuple(ends), tuple(notes))
    disguised = _disguised(cleaned)
    return Cleaned(cleaned.text, cleaned.starts, cleaned.ends, (*notes, *disguised)) if disguised else cleaned


@lru_cache(maxsize=4096)
def _harmless(char: str) -> bool:
    """Tell whether a character stands for itself alone, whatever is around it."""
    alone = hidden_kind(char) is None and not unicodedata.combining(char) and ord(char) not in LOOKALIKES
    return alone and unicodedata.normalize("NFC", char) == char


def hidden_kind(char: str) -> Kind | None:
    """Return how a character hides, or None for one that is seen."""
    point = ord(char)
    if 0x20 <= point < 0x7F or char in "\n\t\r":
        return None
    if char in _ZERO_WIDTH:
        return "zero-width"
    if char in _BIDI:
        return "bidi"
    if 0xE0000 <= point <= 0xE007F:
        return "tag"
    if 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF:
        return "variation"
    return "control" if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs") else None


def skeleton(text: str) -> str:
    """Return a lower-case text of the same length in which disguises are undone: what a reader takes it for.

    Compatibility forms (full-width, mathematical, circled letters) and lookalikes become plain letters; a character
    whose plain form is longer keeps its place as the first letter of that form.
    """
    return text.lower() if text.isascii() else text.translate(_SKELETON)


def _plain(char: str) -> str:
    if char.isascii():
        return char.lower()
    folded = unicodedata.normalize("NFKD", char)
    base = next((c for c in folded if not unicodedata.combining(c)), char)
    return (base.translate(LOOKALIKES).lower() or base)[0]


_SKELETON = Table(_plain)


def _hidden(text: str, index: int, kind: Kind, notes: list[Note]) -> int:
    """Note a run of characters that hide in one way; return where it ends."""
    end = index + 1
    while end < len(text) and hidden_kind(text[end]) == kind:
        end += 1
    spells = ""
    if kind == "tag":
        spells = "".join(chr(ord(c) - 0xE0000) for c in text[index:end] if 0xE0020 <= ord(c) <= 0xE007E)
    elif kind == "variation":
        spells = _smuggled(text[index:end])
    notes.append(Note(kind, index, end, spells))
    return end


def _smuggled(run: str) -> str:
    """Return the bytes that a run of variation selectors spells, where they are text (one selector is an emoji's)."""
    if len(run) < 4:
        return ""
    values = bytes(ord(c) - 0xFE00 if ord(c) < 0xE0000 else ord(c) - 0xE0100 + 16 for c in run)
    try:
        return values.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _disguised(cleaned: Cleaned) -> list[Note]:
    """Return the words that mix Latin letters with lookalikes of another script."""
    notes: list[Note] = []
    if cleaned.text.isascii():
        return notes
    for match in _WORD.finditer(cleaned.text):
        word = match[0]
        if word.isascii() or not any(c.isascii() for c in word):
            continue
        plain = word.translate(LOOKALIKES)
        if plain != word and plain.isascii():
            start, end = cleaned.original(match.start(), match.end())
            notes.append(Note("homoglyph", start, end, plain))
    return notes
