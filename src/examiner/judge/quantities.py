"""Find every quantity in free text, with its unit, and the one that is the text's answer. Pure.

Own grammar, case-sensitive: `70B` is a count, `400 Gb/s` are bits, `H100` and `p99` are names. Spans refer to
the original text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from examiner.judge.plain import lowered, undressed
from examiner.judge.quantity_context import before
from examiner.judge.quantity_units import UNIT_AT, unit_after
from examiner.judge.quantity_words import (
    COUNTED,
    NUMBER_WORD,
    ONES,
    PHRASES,
    TENS,
    UNITS,
    first_letters,
    words_to_number,
)

Number = float | tuple[float, float]


@dataclass(frozen=True)
class Found:
    """A quantity as it stands in a text.

    `value` is in `unit`, `base_value` in `base_unit`; a range has a pair for both. `ambiguous` lists other
    readings in base units (4 KB is 4,000 or 4,096). `is_result` tells that it follows `=` or `≈`.
    """

    value: Number
    unit: str
    base_value: Number
    base_unit: str
    start: int
    end: int
    text: str
    approx: bool = False
    bound: str = ""
    is_result: bool = False
    retracted: bool = False
    ambiguous: tuple[float, ...] = ()
    kind: str = "plain"
    warnings: tuple[str, ...] = field(default=())

    def readings(self) -> tuple[float, ...]:
        """Return every value in base units that the text may mean."""
        values = self.base_value if isinstance(self.base_value, tuple) else (self.base_value,)
        return (*values, *(a for a in self.ambiguous if a not in values))

    def as_dict(self) -> dict[str, Any]:
        """Return the quantity as plain data; empty fields are left out."""
        out: dict[str, Any] = {
            "text": self.text,
            "value": list(self.value) if isinstance(self.value, tuple) else self.value,
            "unit": self.unit,
            "base_value": list(self.base_value) if isinstance(self.base_value, tuple) else self.base_value,
            "base_unit": self.base_unit,
            "span": [self.start, self.end],
        }
        for name in ("approx", "bound", "is_result", "retracted", "ambiguous", "warnings"):
            value = getattr(self, name)
            if value:
                out[name] = list(value) if isinstance(value, tuple) else value
        if isinstance(self.value, tuple):
            out["range"] = True
        if self.kind != "plain":
            out["kind"] = self.kind
        return out


_SUP = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_MANTISSA = r"\d+(?:\.\d+)?"
_GROUPED = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d{1,3}(?:\.\d{3}){2,}(?!\d)|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.])"
_DIGITS = (
    r"(?P<hex>0x[0-9A-Fa-f]+)"
    rf"|(?P<sci>{_MANTISSA}\s*(?:[x×*·]|\\times|\\cdot)\s*10(?:\^\{{?-?\d+\}}?|\*\*-?\d+|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))"
    r"|(?P<pow>\d+(?:\^\{?-?\d+\}?|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))"
    rf"|(?P<exp>{_MANTISSA}[eE][+-]?\d+)"
    r"|\\d?frac\{(?P<top>\d+)\}\{(?P<bottom>\d+)\}"
    rf"|(?P<grouped>{_GROUPED})"
    r"|(?P<comma>\d+,\d{1,2}(?![\d,]))"
    r"|(?P<ratio>\d+/\d+)(?=\s*(?:of\b|th\b))"
    rf"|(?P<plain>{_MANTISSA}|\.\d+)"
)
_SIGN = r"(?P<sign>(?<![\w)\]}])[-−](?=\d|0x))?"
_NUMBER = re.compile(
    rf"(?<![A-Za-z_\d.])(?<![A-Za-z\d]-){_SIGN}(?:{_DIGITS})"
    rf"|\b(?P<phrase>{'|'.join(sorted(PHRASES, key=len, reverse=True))})\b"
    rf"|\b(?P<word>{NUMBER_WORD})\b(?!-)",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[-−.\d\\]")
_COUNTING = first_letters((*PHRASES, *ONES, *TENS))
_SECOND = re.compile(rf"{_SIGN}(?:{_DIGITS})(?P<phrase>(?!))?(?P<word>(?!))?")
_RANGE = re.compile(r"\s*(?:–|—|-|\bto\b|\.\.)\s*(?=[-−]?\d)")
_AND = re.compile(r"\s+and\s+(?=\d)")
_BETWEEN = re.compile(r"\bbetween\s+[$€]?$", re.IGNORECASE)
_PLUS_MINUS = re.compile(rf"\s*(?:±|\+/-|\\pm)\s*{_MANTISSA}")
_DURATION = re.compile(r"(?<![\w.])(?:(\d+)\s*h)\s*(\d+)\s*(?:min|m)\b(?:\s*(\d+)\s*s\b)?")


def find(text: str) -> tuple[Found, ...]:
    """Return every quantity of a text, in order."""
    plain = undressed(text)
    found: list[Found] = []
    position = 0
    for start in _starts(plain):
        match = _NUMBER.match(plain, start) if start >= position else None
        if match is not None:
            quantity, position = _read(plain, match)
            if quantity is not None:
                found.append(quantity)
    return tuple(found)


def _starts(text: str) -> list[int]:
    """Return where a number may begin: at a figure, its sign, or the first letters of a word that counts."""
    low = lowered(text)
    found = {match.start() for match in _FIGURE.finditer(text)}
    for word in _COUNTING:
        at = low.find(word)
        while at >= 0:
            found.add(at)
            at = low.find(word, at + 1)
    return sorted(found)


def answer_of(found: Sequence[Found]) -> Found | None:
    """Return the quantity that a text gives as its answer, or None.

    The last one that is not retracted; in a chain `a = b = c` of the same value the first form counts, and
    where a result stands behind `=` or `≈`, plain mentions after it do not replace it unless they correct it.
    """
    standing = [f for f in found if not f.retracted]
    if not standing:
        return None
    results = [f for f in standing if f.is_result]
    if not results:
        return standing[-1]
    last = results[-1]
    for earlier in reversed(results[:-1]):
        if earlier.base_unit == last.base_unit and _close(earlier, last):
            last = earlier
        else:
            break
    return last


def _close(one: Found, other: Found) -> bool:
    a, b = one.readings()[0], other.readings()[0]
    return a == b or (a * b > 0 and abs(a / b - 1) < 0.02)


def _read(text: str, match: re.Match[str]) -> tuple[Found | None, int]:
    """Return the quantity that begins with a number, None where the word counts nothing, and where it ends."""
    duration = _DURATION.match(text, match.start())
    if duration is not None:
        h, m, s = (int(g or 0) for g in duration.groups())
        seconds = float(h * 3600 + m * 60 + s)
        return _make(text, duration.start(), duration.end(), seconds, "s", seconds, "s", "duration"), duration.end()
    value, kind = _value(match)
    if kind == "phrase":
        return _phrase(text, match)
    start, end = match.start(), match.end()
    if kind == "word" and not _counts_something(text, end):
        return None, end
    tolerance = _PLUS_MINUS.match(text, end)
    if tolerance:
        end = tolerance.end()
    return _with_range(text, start, end, value, kind)


def _value(match: re.Match[str]) -> tuple[float, str]:
    groups = match.groupdict()
    sign = -1.0 if groups["sign"] else 1.0
    if groups["phrase"]:
        return PHRASES[groups["phrase"].lower()][0], "phrase"
    if groups["word"]:
        return words_to_number(groups["word"]), "word"
    if groups["hex"]:
        return sign * int(groups["hex"], 16), "hex"
    if groups["top"]:
        return int(groups["top"]) / (int(groups["bottom"]) or 1), "fraction"
    if groups["ratio"]:
        top, bottom = groups["ratio"].split("/")
        return int(top) / (int(bottom) or 1), "fraction"
    if groups["sci"]:
        return sign * _scientific(groups["sci"]), "power"
    if groups["pow"]:
        return sign * _power(groups["pow"]), "power"
    if groups["comma"]:
        return sign * float(groups["comma"].replace(",", ".")), "plain"
    if groups["grouped"]:
        raw = groups["grouped"]
        if "," in raw:
            return sign * float(raw.replace(",", "")), "plain"
        return sign * float(re.sub(r"[.\s\u00a0\u202f]", "", raw)), "plain"
    return sign * float(groups["exp"] or groups["plain"]), "plain"


def _scientific(text: str) -> float:
    mantissa, rest = re.split(r"\s*(?:[x×*·]|\\times|\\cdot)\s*(?=10)", text, maxsplit=1)
    return float(mantissa) * float(10.0 ** _exponent(rest[2:]))


def _power(text: str) -> float:
    base = re.match(r"\d+", text)
    assert base is not None  # noqa: S101 - the grammar gave it digits
    exponent = _exponent(text[base.end() :])
    return float(int(base[0])) ** exponent if abs(exponent) <= 64 else float("inf")


def _exponent(text: str) -> int:
    return int(re.sub(r"[^\d-]", "", text.translate(_SUP)) or 0)


def _counts_something(text: str, end: int) -> bool:
    return UNIT_AT.match(text, end) is not None


def _phrase(text: str, match: re.Match[str]) -> tuple[Found | None, int]:
    value, base = PHRASES[match["phrase"].lower()]
    end = match.end()
    if not base:
        unit = UNIT_AT.match(text, end)
        symbol, _, base = UNITS[unit["unit"]] if unit else ("1", 1.0, "1")
        end = unit.end() if unit else end
        return _make(text, match.start(), end, value, symbol, value, base, "word"), end
    symbol = "fraction" if base == "ratio" else base
    return _make(text, match.start(), end, value, symbol, value, base, "word"), end


def _with_range(text: str, start: int, end: int, value: float, kind: str) -> tuple[Found | None, int]:
    first = unit_after(text, start, end, kind)
    separator = _RANGE.match(text, first.end) or (
        _AND.match(text, first.end) if _BETWEEN.search(text[max(0, start - 20) : start]) else None
    )
    if separator is not None and kind == "plain":
        second = _SECOND.match(text, separator.end())
        if second is not None:
            high, second_kind = _value(second)
            unit = unit_after(text, second.start(), second.end(), second_kind)
            if (first.symbol in ("1", unit.symbol)) and value < high and unit.symbol != "1":
                base = (unit.to_base(value), unit.to_base(high))
                made = _make(text, start, unit.end, (value, high), unit.symbol, base, unit.base, "range")
                return made, unit.end
    quantity = _make(
        text, start, first.end, value * first.scale, first.symbol, first.to_base(value), first.base, kind,
        ambiguous=first.other(value), warnings=first.warnings,
    )  # fmt: skip
    return quantity, max(first.end, start + 1)


def _make(
    text: str,
    start: int,
    end: int,
    value: Number,
    symbol: str,
    base_value: Number,
    base: str,
    kind: str,
    *,
    ambiguous: tuple[float, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Found:
    said = before(text, start)
    return Found(
        value=value,
        unit=symbol,
        base_value=base_value,
        base_unit=base,
        start=start,
        end=end,
        text=text[start:end],
        approx=said.approx,
        bound=said.bound,
        is_result=said.is_result,
        retracted=said.retracted and base not in COUNTED - {"token"},
        ambiguous=ambiguous,
        kind=kind,
        warnings=warnings,
    )
