"""Find every quantity in free text, with its unit, and the one that is the text's answer. Pure.

Own grammar, case-sensitive: `70B` is a count, `400 Gb/s` are bits, `H100` and `p99` are names. Spans refer to
the original text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from examiner.judge.plain import lowered, undressed
from examiner.judge.quantity_words import (
    COUNTED,
    MAGNITUDES,
    NUMBER_WORD,
    ONES,
    PHRASES,
    TENS,
    UNIT_WORD,
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
_HARDWARE = frozenset({"card", "GPU", "node", "device", "chip", "accelerator", "host", "machine"})
_GAP = r"[ \u00a0\u202f]{0,9}"
_UNIT_AT = re.compile(rf"{_GAP}-?(?P<unit>{UNIT_WORD})")
_BARE_POWER = re.compile(rf"{_GAP}(?P<mag>bn|mn|[kKMBGT])(?![A-Za-z/])")
_WORD_POWER = re.compile(rf"{_GAP}(?P<mag>hundred|thousand|million|billion|trillion)\b")
_PER = re.compile(
    r"\s*(?:/|(?P<per>\bper\b)|\b(?:a|each)\b(?=\s+(?:second|minute|hour|day|month|year)))\s*"
    rf"(?P<count>(?(per)\d+(?:\.\d+)?|1(?=\s*[kKMBm])))?\s*(?P<mag>million|billion|thousand|[kKMB](?=[ \u00a0]?[a-z]))?{_GAP}(?P<unit>{UNIT_WORD})"
)
_OF_WHAT = re.compile(r"\s+of\s+(?:\w+\s+)?(?=per\b)")
_RANGE = re.compile(r"\s*(?:–|—|-|\bto\b|\.\.)\s*(?=[-−]?\d)")
_AND = re.compile(r"\s+and\s+(?=\d)")
_BETWEEN = re.compile(r"\bbetween\s+[$€]?$", re.IGNORECASE)
_PLUS_MINUS = re.compile(rf"\s*(?:±|\+/-|\\pm)\s*{_MANTISSA}")
_DURATION = re.compile(r"(?<![\w.])(?:(\d+)\s*h)\s*(\d+)\s*(?:min|m)\b(?:\s*(\d+)\s*s\b)?")


class _Before:
    """Words that say something of the number right behind them; `between` may stand between."""

    def __init__(self, *words: str, between: str = r"\s*[$€]?") -> None:
        self._words = words
        edged = (rf"\b{re.escape(w)}" if w[0].isalpha() else re.escape(w) for w in words)
        self._pattern = re.compile(rf"(?:{'|'.join(edged)}){between}$")

    def stands(self, before: str, bare: str) -> bool:
        """Tell whether they end a text in small letters; `bare` is that text without what may stand between."""
        return bare.endswith(self._words) and self._pattern.search(before) is not None


_APPROX = _Before(
    "~", "≈", "\\approx", "about", "roughly", "approximately", "around", "nearly", "some", "circa", "ca.",
    between=r"[\s\\,$€]*",
)  # fmt: skip
_BOUNDS = {
    "<=": _Before("≤", "<=", "at most", "up to", "no more than", "\\le", "\\leq"),
    ">=": _Before("≥", ">=", "at least", "no less than", "\\ge", "\\geq"),
    "<": _Before("<", "less than", "under", "below", "fewer than"),
    ">": _Before(">", "more than", "over", "above", "greater than"),
}
_RESULT = re.compile(r"(?:=|≈|\\approx|:=|->|→|⇒)\s*(?:~|about|roughly|[$€])?\s*$")
_RETRACT_BEFORE = re.compile(
    r"(?:\bnot|\binstead of|\brather than|\bfirst I thought|\bI thought|n't)\s+(?:\w+\s+){0,1}[~$€]?$", re.I
)
_RETRACTS = re.compile(r"not|n't|instead|rather|thought")  # one of them is in all that takes a number back
_CURRENCY = {"$": "USD", "€": "EUR", "USD ": "USD", "EUR ": "EUR"}
_MONEY_BEFORE = re.compile(r"(\$|€|\bUSD |\bEUR )\s*$")
_K_CONTEXT = re.compile(r"\s*(?:context|ctx)\b")
_SLOW = {"month", "year"}
_CHIP = re.compile(r"\s*[xX×]\s*(?=[AHLVB]\d)")


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
    return _UNIT_AT.match(text, end) is not None


def _phrase(text: str, match: re.Match[str]) -> tuple[Found | None, int]:
    value, base = PHRASES[match["phrase"].lower()]
    end = match.end()
    if not base:
        unit = _UNIT_AT.match(text, end)
        symbol, _, base = UNITS[unit["unit"]] if unit else ("1", 1.0, "1")
        end = unit.end() if unit else end
        return _make(text, match.start(), end, value, symbol, value, base, "word"), end
    symbol = "fraction" if base == "ratio" else base
    return _make(text, match.start(), end, value, symbol, value, base, "word"), end


def _with_range(text: str, start: int, end: int, value: float, kind: str) -> tuple[Found | None, int]:
    first = _unit(text, start, end, kind)
    separator = _RANGE.match(text, first.end) or (
        _AND.match(text, first.end) if _BETWEEN.search(text[max(0, start - 20) : start]) else None
    )
    if separator is not None and kind == "plain":
        second = _SECOND.match(text, separator.end())
        if second is not None:
            high, second_kind = _value(second)
            unit = _unit(text, second.start(), second.end(), second_kind)
            if (first.symbol in ("1", unit.symbol)) and value < high and unit.symbol != "1":
                base = (unit.to_base(value), unit.to_base(high))
                made = _make(text, start, unit.end, (value, high), unit.symbol, base, unit.base, "range")
                return made, unit.end
    quantity = _make(
        text, start, first.end, value * first.scale, first.symbol, first.to_base(value), first.base, kind,
        ambiguous=first.other(value), warnings=first.warnings,
    )  # fmt: skip
    return quantity, max(first.end, start + 1)


@dataclass(frozen=True)
class _Unit:
    """What follows a number: symbol, factor to base, and where it ends. `scale` is a magnitude kept in the value."""

    symbol: str
    factor: float
    base: str
    end: int
    scale: float = 1.0
    offset: float = 0.0
    ambiguous: float | None = None
    warnings: tuple[str, ...] = ()

    def to_base(self, value: float) -> float:
        return value * self.factor + self.offset

    def other(self, value: float) -> tuple[float, ...]:
        return () if self.ambiguous is None else (value * self.factor, value * self.ambiguous)


def _unit(text: str, start: int, end: int, kind: str) -> _Unit:
    money = _MONEY_BEFORE.search(text, max(0, start - 6), start)
    if money is not None:
        return _money(text, end, _CURRENCY[money[1]])
    chip = _CHIP.match(text, end)
    if chip is not None:
        return _Unit("GPU", 1.0, "GPU", end + 1)
    unit = _UNIT_AT.match(text, end)
    if unit is None or (unit["unit"] == "B" and re.match(r"\s*(?:param|model|dense|weights)", text[unit.end() :])):
        return _counted(text, end, kind)
    if (
        unit["unit"] == "B"
        and unit.start("unit") == end
        and kind == "plain"
        and re.match(r"\d+(?:\.\d+)?$", text[start:end])
    ):
        return _counted(text, end, kind)  # 70B is a count; bytes are written with a space, or as kB, GB, bytes
    symbol, factor, base = UNITS[unit["unit"]]
    if symbol == "degC":
        return _Unit("degC", 1.0, "K", unit.end(), offset=273.15)
    ambiguous = {"KB": 1024.0, "kB": 1024.0, "MB": 2.0**20, "GB": 2.0**30, "TB": 2.0**40}.get(symbol)
    warnings: tuple[str, ...] = ()
    if symbol == "Ms":
        ambiguous, warnings = 1e-3, ("Ms is megaseconds; ms was probably meant",)
    made = _Unit(
        symbol,
        factor,
        base,
        unit.end(),
        ambiguous=ambiguous if symbol in ("KB", "kB", "Ms") else None,
        warnings=warnings,
    )
    return _denominators(text, made)


def _counted(text: str, end: int, kind: str) -> _Unit:
    power = _BARE_POWER.match(text, end) or _WORD_POWER.match(text, end)
    if power is None:
        return (
            _Unit("1", 1.0, "ratio" if kind == "fraction" else "1", end)
            if kind != "fraction"
            else _Unit("fraction", 1.0, "ratio", end)
        )
    magnitude = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}.get(
        power["mag"], MAGNITUDES.get(power["mag"], 1.0)
    )
    context = _K_CONTEXT.match(text, power.end())
    if context is not None and power["mag"] in "kK":
        return _Unit("K-context", 1e3, "token", power.end(), ambiguous=1024.0)
    unit = _UNIT_AT.match(text, power.end())
    if unit is None:
        return _Unit("1", magnitude, "1", power.end(), scale=magnitude)
    symbol, factor, base = UNITS[unit["unit"]]
    if base == "parameter" and power["mag"] == "B":
        return _denominators(text, _Unit("B-param", magnitude * factor, base, unit.end()))
    return _denominators(text, _Unit(symbol, magnitude * factor, base, unit.end(), scale=magnitude))


def _money(text: str, end: int, currency: str) -> _Unit:
    power = (
        _BARE_POWER.match(text, end)
        or re.compile(r"(?P<mag>[kKMB])(?=/)").match(text, end)
        or _WORD_POWER.match(text, end)
    )
    scale = 1.0
    if power is not None:
        scale = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}.get(
            power["mag"], MAGNITUDES.get(power["mag"], 1.0)
        )
        end = power.end()
    return _denominators(text, _Unit(currency, scale, currency, end, scale=scale))


def _denominators(text: str, unit: _Unit) -> _Unit:
    """Read `/s`, `per token`, `per 1M tokens` behind a unit."""
    symbol, factor, base, end, other = unit.symbol, unit.factor, unit.base, unit.end, unit.ambiguous
    while True:
        skip = _OF_WHAT.match(text, end)
        match = _PER.match(text, skip.end() if skip else end)
        if match is None:
            break
        name, scale, below = UNITS[match["unit"]]
        count = float(match["count"] or 1)
        power = {"million": 1e6, "billion": 1e9, "thousand": 1e3}.get(
            match["mag"] or "", MAGNITUDES.get(match["mag"] or "", 1.0)
        )
        if base.endswith("/s") or (below in _HARDWARE and base in ("W", "byte", "FLOP", "bit")):
            break  # `400 Gb/s per NIC`, `700 W per card`: the rest says whose it is
        keeps = name in _SLOW and base in ("USD", "EUR", "s")
        divisor = count * power * (1.0 if keeps else scale)
        factor /= divisor
        other = None if other is None else other / divisor
        letter = {1e6: "M", 1e9: "B", 1e3: "k"}.get(count * power, "")
        name = "byte" if name == "B" else name
        symbol, base, end = f"{symbol}/{letter}{name}", f"{base}/{name if keeps else below}", match.end()
    return _Unit(
        symbol,
        factor,
        base,
        end,
        scale=unit.scale,
        offset=unit.offset,
        ambiguous=other,
        warnings=unit.warnings,
    )


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
    before = text[max(0, start - 40) : start]
    low = before.lower()
    bare = low.rstrip().rstrip("\\,$€ ").rstrip()
    bound = next((sign for sign, words in _BOUNDS.items() if words.stands(low, bare)), "")
    retracted = _RETRACTS.search(low) is not None and _RETRACT_BEFORE.search(before) is not None
    return Found(
        value=value,
        unit=symbol,
        base_value=base_value,
        base_unit=base,
        start=start,
        end=end,
        text=text[start:end],
        approx=_APPROX.stands(low, bare),
        bound=bound,
        is_result=_RESULT.search(before) is not None,
        retracted=retracted and base not in COUNTED - {"token"},
        ambiguous=ambiguous,
        kind=kind,
        warnings=warnings,
    )
