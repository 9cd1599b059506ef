"""Passages that address the grader instead of the question. They are flagged and carry no evidence; never punished.

Disguises are undone before anything is searched: invisible characters, lookalikes, spaced or turned letters, encodings.
A passage is flagged for what it demands, not for its words.
"""

import base64
import binascii
import codecs
import html
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import unquote

from examiner.domain.score import Flag, Span, Turn
from examiner.judge.cleaning import Cleaned, clean, skeleton
from examiner.judge.injection_patterns import AFTER, BESIDE, CONDENSED, DEMANDS, FOREIGN, HINT, STRUCTURE
from examiner.judge.literals import Screened
from examiner.judge.plain import Table, lowered

_Range = tuple[int, int]
_DEMANDS = Screened(DEMANDS)
_FOREIGN = Screened(FOREIGN)
_STRUCTURE = Screened([STRUCTURE])
_AFTER = Screened([AFTER])
_HINT = Screened([HINT.pattern])
_CONDENSED = Screened([CONDENSED.pattern])
_BESIDE = re.compile(BESIDE)
_SENTENCE_END = re.compile(r"[.!?](?=\s|[\"'”’)\]]|$)|\n|$")
_BLOCK_END = re.compile(r"\n[ \t]*\n|-->|$")
_MENTION = re.compile(
    r"\b(?:attack\w*|inject\w*|jailbreak\w*|malicious|adversar\w*|users? (?:who|may|might|can|could|types?|typing|sends?|writes?|that)|someone (?:types?|writes?)|filter\w*|detect\w*|guard\w*|sanitis\w*|sanitiz\w*|e\.g\.|for example|such as|phrases? like|strings? like|things like|documents? (?:that|which|may|might|can)|retrieved)\b"
)
_PRIZED = re.compile(r"\b(?:marks?|scores?|credit|grades?|points|verdict|award|rubric|grader|pass)\b")
# How a code looks, and what must stand in the text, or in its signs, for it to be there at all: few texts have that.
_ENCODED = (
    (re.compile(r"(?:[A-Za-z0-9+/_-]{4}[ \t]*\n?){4,}(?:[A-Za-z0-9+/_-]{2,3}={0,2})?"), ""),
    (re.compile(r"(?:(?:\\x|0x|%)?[0-9a-f]{2}[\s:,]{0,2}){8,}", re.IGNORECASE), "h" * 16),
    (re.compile(r"(?:[01]{8}\s?){6,}"), "h" * 48),
    (re.compile(r"(?:\\u00?[0-9a-f]{2,4}\s?){6,}", re.IGNORECASE), "\\"),
    (re.compile(r"(?:&#x?[0-9a-f]{2,4};?\s?){6,}", re.IGNORECASE), "&"),
    (re.compile(r"(?:\b\d{2,3}\b[\s,;]{1,2}){8,}\d{2,3}"), "h" * 18),
    (re.compile(r"(?:[.\-/·−–]{1,6}[ \t]+|/ ){12,}[.\-·]{1,6}"), "m" * 13),
    (re.compile(r"(?:%[0-9a-f]{2}[\w.,:;!?'-]{0,24}){3,}", re.IGNORECASE), "%"),
)
_MORSE = dict(zip(
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..".split(),
    "abcdefghijklmnopqrstuvwxyz", strict=True,
))  # fmt: skip
_LETTER = re.compile(r"[a-z]")
_PROSE = re.compile(r"[A-Za-z][a-z]*(?:\s+[A-Za-z][a-z]*)*\s*")  # sixteen letters of base64 are not all small within
_LEETED = re.compile(r"(?<!\S)[^\s013457@$!]*[013457@$!]\S*")
_SCRAP = 16  # characters; what is shorter and stands between two flagged passages belongs to them
_TAIL = 80  # letters at the end of a turn that a later one may complete
_LEET = str.maketrans("013457@$!", "oieastasi")
_ROT13 = str.maketrans("abcdefghijklmnopqrstuvwxyz", codecs.encode("abcdefghijklmnopqrstuvwxyz", "rot13"))
_ATBASH = str.maketrans("abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")


def _sign(char: str) -> str | None:
    """Return which sign of a code a character is: `h` a digit, also of hex, `m` one of Morse, None what may part them."""
    if char.isspace() or char in "\\xX%:,;":
        return None
    return "h" if char.isdecimal() or char in "abcdefABCDEF" else "m" if char in ".-/·−–" else "_"


_SIGNS = Table(_sign)
_TIGHT = Table(lambda char: char if char.isalnum() else None)


def spans(text: str, turn: int) -> tuple[Span, ...]:
    """Return the passages of a turn that address the grader, each to the end of its sentence or block."""
    return _spans(text, turn)


def find(turns: Sequence[Turn]) -> tuple[Span, ...]:
    """Return the passages of all turns, with those that only the turns together spell out."""
    found = [span for number, turn in enumerate(turns) for span in spans(turn.text, number)]
    if len(turns) > 1:
        found += _across(turns)
    return tuple(sorted(dict.fromkeys(found), key=lambda s: (s.turn, s.start)))


def flags(turns: Sequence[Turn]) -> tuple[Flag, ...]:
    """Return a flag for every passage that `find` finds."""
    return tuple(
        Flag(kind="injection", detail=turns[s.turn].text[s.start : s.end].strip()[:160], span=s) for s in find(turns)
    )


@lru_cache(maxsize=4096)
def _spans(text: str, turn: int) -> tuple[Span, ...]:
    cleaned = clean(text)
    ranges = [cleaned.original(start, end) for start, end in _grown(cleaned.text, _joined(_ranges(cleaned.text)))]
    ranges += [(n.start, n.end) for n in cleaned.notes if n.spells.strip() and n.kind in ("tag", "variation")]
    return tuple(Span(turn=turn, start=_begun(text, start, end), end=end) for start, end in _joined(ranges))


def _begun(text: str, start: int, end: int) -> int:
    """Return where a passage begins once the end of the sentence before it is left to that sentence."""
    while start < end and text[start] in " \t\n.!?;,":
        start += 1
    return start


def _ranges(text: str) -> list[_Range]:
    """Return the flagged ranges of clean text, disguises undone one after the other."""
    flat = skeleton(text)
    found = list(_plain(flat))
    found += list(_foreign(text))
    found += list(_encoded(text))
    for turned in (flat.translate(_ROT13), flat.translate(_ATBASH), _unleet(flat)):
        if turned != flat and _HINT.found(turned):
            found += [r for r in _plain(turned) if r not in found]
    if _HINT.found(flat[::-1]):
        found += [_sentence(flat, len(flat) - end, len(flat) - start) for start, end in _plain(flat[::-1])]
    found += list(_condensed(flat))
    return found


def _plain(flat: str) -> Iterator[_Range]:
    """Yield what is said openly: demands, and forged structure that is after something."""
    for match in _DEMANDS.matches(flat):
        start, end = _sentence(flat, match.start(), match.end())
        if not _mentioned(flat, match.start(), match.end(), start, end):
            yield start, end
    wanted = [match.start() for match in _AFTER.matches(flat)]
    ends = [match.end() for match in _BLOCK_END.finditer(flat)] if wanted else []
    for match in _STRUCTURE.matches(flat) if wanted else ():
        limit = _limit(flat, match.end(), ends)
        at = bisect_left(wanted, match.start())
        if at < len(wanted) and wanted[at] < limit:
            yield match.start(), limit


def _limit(flat: str, end: int, ends: Sequence[int]) -> int:
    """Return the end of the block that forged structure opens; a tag on a line of its own opens the block after it."""
    number = min(bisect_left(ends, end), len(ends) - 1)
    if not flat[end : ends[number]].strip() and number + 1 < len(ends):
        number += 1
    return ends[number]


def _foreign(text: str) -> Iterator[_Range]:
    """Yield demands in other languages; lookalikes are left as they are, since there they are letters."""
    low = lowered(text)
    for match in _FOREIGN.matches(low):
        yield _sentence(low, match.start(), match.end())


def _grown(text: str, ranges: Sequence[_Range]) -> list[_Range]:
    """Return the ranges with what belongs to them: the rest of a quotation, neighbours that speak of grading too."""
    flat = skeleton(text)
    return [(_grown_back(flat, first), _grown_on(flat, first, last)) for first, last in ranges]


def _grown_on(flat: str, first: int, last: int) -> int:
    """Return where a passage ends, the rest of a quotation and later sentences about grading taken in."""
    end = last
    while end < len(flat):
        close = flat.find('"', end) if flat.count('"', first, end) % 2 else -1
        if close >= 0 and "\n\n" not in flat[end:close]:
            end = _sentence(flat, close, close + 1)[1]
            continue
        at = end
        while at < len(flat) and flat[at].isspace():
            at += 1
        if at == len(flat):
            break
        after = _sentence(flat, at, at + 1)[1]
        if after <= end or not _BESIDE.search(flat, at, after):
            break
        end = after
    return end


def _grown_back(flat: str, first: int) -> int:
    """Return where a passage begins, earlier sentences about grading taken in."""
    start = first
    while start > 0:
        # The end mark belongs to the sentence before it.
        body = flat[:start].rstrip().rstrip(".!?\"')")
        if not body:
            break
        before = _sentence(flat, len(body) - 1, len(body))[0]
        if before >= start or not _BESIDE.search(flat, before, start):
            break
        start = before
    return start


def _mentioned(flat: str, start: int, end: int, first: int, last: int) -> bool:
    """Tell whether a phrase is quoted as an example of an attack, in a sentence that is after no marks."""
    sentence = flat[first:last]
    quoted = any(q in flat[max(first, start - 2) : start + 2] for q in "\"'“‘`«") and any(
        q in flat[end : end + 40] for q in "\"'”’`»"
    )
    return quoted and _MENTION.search(sentence) is not None and _PRIZED.search(sentence) is None


def _encoded(text: str) -> Iterator[_Range]:
    """Yield passages in a code whose plain text addresses the grader."""
    signs = text.translate(_SIGNS)
    for pattern, needs in _ENCODED:
        for match in pattern.finditer(text) if needs in signs or needs in text else ():
            if not _PROSE.fullmatch(match[0]) and _speaks(match[0]):
                yield _sentence(text, match.start(), match.end())


def _speaks(code: str, depth: int = 2) -> bool:
    """Tell whether a passage in code, or in code within code, addresses the grader."""
    for plain in _decoded(code):
        if HINT.search(skeleton(plain)) or any(_plain(skeleton(plain))):
            return True
        if depth and re.fullmatch(r"[\w+/=\s-]{16,}", plain) and _speaks(plain, depth - 1):
            return True
    return False


def _decoded(code: str) -> Iterator[str]:
    """Yield the readings of a passage as base64, bytes in hex, binary or decimal, escapes, entities or Morse."""
    tight = re.sub(r"\s", "", code)
    readings: list[bytes | str] = []
    if re.fullmatch(r"[A-Za-z0-9+/_=-]+", tight):
        for cut in range(4):
            bare = tight[cut:].rstrip("=").replace("-", "+").replace("_", "/")
            try:
                readings.append(base64.b64decode(bare[: len(bare) - (len(bare) % 4 == 1)] + "=" * (-len(bare) % 4)))
            except (binascii.Error, ValueError):
                continue
    digits = re.sub(r"\\x|0x|[%\s:,]", "", code.lower())
    if len(digits) % 2 == 0 and re.fullmatch(r"[0-9a-f]+", digits):
        readings.append(bytes.fromhex(digits))
    if re.fullmatch(r"[01]+", tight) and len(tight) % 8 == 0:
        readings.append(bytes(int(tight[i : i + 8], 2) for i in range(0, len(tight), 8)))
    numbers = [int(n) for n in re.findall(r"\d+", code)] if re.fullmatch(r"[\d\s,;]+", code) else []
    if numbers and max(numbers) < 256:
        readings.append(bytes(numbers))
    readings.append(re.sub(r"\\u([0-9a-fA-F]{4})\s?", lambda m: chr(int(m[1], 16)), code))
    readings.append(html.unescape(re.sub(r";\s", ";", code)))
    readings.append(unquote(code))
    readings.append("".join(_MORSE.get(s, " ") for s in re.sub(r"[·]", ".", re.sub(r"[−–]", "-", code)).split()))
    for reading in readings:
        plain = reading.decode("utf-8", "ignore") if isinstance(reading, bytes) else reading
        if plain != code and len(plain) >= 8 and sum(c.isprintable() or c in "\n\t" for c in plain) >= 0.9 * len(plain):
            yield plain
            yield plain[::-1]
            yield codecs.encode(plain, "rot13")


def _condensed(flat: str) -> Iterator[_Range]:
    """Yield demands whose letters stand apart: spaced, dotted, hyphenated, broken over lines or put together from pieces."""
    matches = list(_CONDENSED.matches(flat.translate(_TIGHT)))
    places = [i for i, c in enumerate(flat) if c.isalnum()] if matches else []
    for match in matches:
        start, end = places[match.start()], places[match.end() - 1] + 1
        first, last = _sentence(flat, start, start)[0], _sentence(flat, end, end)[1]
        if not _mentioned(flat, start, end, first, last):
            yield first, last


def _unleet(flat: str) -> str:
    """Return the text with digits and signs that stand for letters turned back, within words that have letters."""
    return _LEETED.sub(lambda m: m[0].translate(_LEET) if _LETTER.search(m[0]) else m[0], flat)


def _sentence(flat: str, start: int, end: int) -> _Range:
    """Return the sentence or line around a range."""
    start = min(start + (len(flat[start:end]) - len(flat[start:end].lstrip(".!?;:,\n \t"))), max(start, end - 1))
    before = [m.end() for m in _SENTENCE_END.finditer(flat, 0, start) if m.end() <= start and m[0]]
    first = before[-1] if before else 0
    while first < start and flat[first].isspace():
        first += 1
    after = _SENTENCE_END.search(flat, max(start, end - 1) if end > start and flat[end - 1] in ".!?\n" else end)
    return first, after.end() if after else len(flat)


def _joined(ranges: Sequence[_Range]) -> list[_Range]:
    """Return ranges in order, those that overlap, touch or leave but a scrap between them made one."""
    out: list[_Range] = []
    for start, end in sorted(r for r in ranges if r[0] < r[1]):
        if out and start <= out[-1][1] + _SCRAP:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _across(turns: Sequence[Turn]) -> Iterator[Span]:
    """Yield the parts of a demand that begins at the end of one turn and goes on in a sentence of the next."""
    cleaned: list[Cleaned] = [clean(turn.text) for turn in turns]
    flats = [skeleton(c.text) for c in cleaned]
    for number in range(1, len(flats)):
        before, after = flats[number - 1], flats[number]
        tail = [i for i, c in enumerate(before) if c.isalnum()][-_TAIL:]
        at = 0
        while at < len(after):
            last = _sentence(after, at, at + 1)[1]
            tight = "".join(before[i] for i in tail) + "".join(c for c in after[at:last] if c.isalnum())
            for match in CONDENSED.finditer(tight):
                if match.start() < len(tail) < match.end():
                    start, end = _sentence(before, tail[match.start()], len(before))
                    start = _grown_back(before, start)
                    yield Span(
                        turn=number - 1, start=cleaned[number - 1].starts[start], end=cleaned[number - 1].ends[end - 1]
                    )
                    yield Span(turn=number, start=cleaned[number].starts[at], end=cleaned[number].ends[last - 1])
            at = max(last, at + 1)
