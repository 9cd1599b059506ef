"""Repair text whose UTF-8 bytes were once read in a Windows code page: run by run, all or nothing.

A run of non-ASCII characters is turned back into the bytes it came from and decoded strictly as UTF-8. Where that
fails the run is left alone, so that characters which were right already (curly quotes) survive. A blind re-decode of
the whole file would destroy them.
"""

import re
from collections import Counter
from collections.abc import Sequence

from examiner.domain.base import Frozen

_RUN = re.compile(r"[^\x00-\x7f]+")
CODE_PAGES = ("cp874", "cp1253", "cp1252")  # Thai, Greek, Latin; 0x80-0x9f is read as in cp1252 in all of them

# Runs that lost a byte (0x81, 0x8d, 0x8f, 0x90 and 0x9d have no character in the code page), so that no decoding
# can be exact. Each was told from what its sentences mean.
MENDED = {"โ†": "←", "ฯ": "ρ", "ฮฒโ‚": "β₁", "ฮฒโ‚ยท": "β₁·", "ยนโถ": "¹⁶"}
# Single characters that are plainly themselves, not the remains of others.
_SOUND = frozenset("“”‘’—–…×·°±≈≤≥→←\xa0")


class Repair(Frozen):
    """How the runs of a text fared; `left` are the runs that stayed broken, with their counts."""

    runs: int = 0
    repaired: int = 0
    mended: int = 0
    sound: int = 0
    left: dict[str, int] = {}


def repair(text: str, pages: Sequence[str] = CODE_PAGES) -> tuple[str, Repair]:
    """Return the text with every repairable run repaired, and the counts."""
    counts: Counter[str] = Counter()
    left: Counter[str] = Counter()

    def mend(match: re.Match[str]) -> str:
        run = match.group()
        decoded = _decoded(run, pages)
        if decoded is not None:
            counts["repaired"] += 1
            return decoded
        if run in MENDED:
            counts["mended"] += 1
            return MENDED[run]
        if set(run) <= _SOUND or not _looks_broken(run):
            counts["sound"] += 1
        else:
            left[run] += 1
        return run

    fixed = _RUN.sub(mend, text)
    total = counts["repaired"] + counts["mended"] + counts["sound"] + left.total()
    return fixed, Repair(
        runs=total,
        repaired=counts["repaired"],
        mended=counts["mended"],
        sound=counts["sound"],
        left=dict(left.most_common()),
    )


def _decoded(run: str, pages: Sequence[str]) -> str | None:
    for page in pages:
        raw = _bytes(run, page)
        if raw is None:
            continue
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return None


def _bytes(run: str, page: str) -> bytes | None:
    made = bytearray()
    for character in run:
        byte = _byte(character, "cp1252", 0x80, 0x9F) or _byte(character, page, 0xA0, 0xFF)
        if byte is None:
            return None
        made += byte
    return bytes(made)


def _byte(character: str, page: str, low: int, high: int) -> bytes | None:
    try:
        raw = character.encode(page)
    except UnicodeEncodeError:
        return None
    return raw if low <= raw[0] <= high else None


def _looks_broken(run: str) -> bool:
    # Thai and Greek lead bytes of UTF-8 (0xc3-0xf4) never stand in front of punctuation in a real text.
    return any("\u0e00" <= c <= "\u0e7f" for c in run) or (
        any("\u0370" <= c <= "\u03ff" for c in run[:1]) and len(run) > 1
    )
