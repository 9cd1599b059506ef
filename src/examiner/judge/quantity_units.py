"""What follows a number: its magnitude, its unit and what it is per. Pure."""

import re
from dataclasses import dataclass

from examiner.judge.quantity_words import MAGNITUDES, SCALES, UNIT_WORD, UNITS

_HARDWARE = frozenset({"card", "GPU", "node", "device", "chip", "accelerator", "host", "machine"})
_GAP = r"[ \u00a0\u202f]{0,9}"
UNIT_AT = re.compile(rf"{_GAP}-?(?P<unit>{UNIT_WORD})")
_BARE_POWER = re.compile(rf"{_GAP}(?P<mag>bn|mn|[kKMBGT])(?![A-Za-z/])")
_POWER_PER = re.compile(r"(?P<mag>[kKMB])(?=/)")
_WORD_POWER = re.compile(rf"{_GAP}(?P<mag>hundred|thousand|million|billion|trillion)\b")
_PER = re.compile(
    r"\s*(?:/|(?P<per>\bper\b)|\b(?:a|each)\b(?=\s+(?:second|minute|hour|day|month|year)))\s*"
    rf"(?P<count>(?(per)\d+(?:\.\d+)?|1(?=\s*[kKMBm])))?\s*(?P<mag>million|billion|thousand|[kKMB](?=[ \u00a0]?[a-z]))?{_GAP}(?P<unit>{UNIT_WORD})"
)
_OF_WHAT = re.compile(r"\s+of\s+(?:\w+\s+)?(?=per\b)")
_CURRENCY = {"$": "USD", "€": "EUR", "USD ": "USD", "EUR ": "EUR"}
_MONEY_BEFORE = re.compile(r"(\$|€|\bUSD |\bEUR )\s*$")
_K_CONTEXT = re.compile(r"\s*(?:context|ctx)\b")
_SLOW = {"month", "year"}
_CHIP = re.compile(r"\s*[xX×]\s*(?=[AHLVB]\d)")


@dataclass(frozen=True)
class UnitFound:
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
        """Return a number with this unit in base units."""
        return value * self.factor + self.offset

    def other(self, value: float) -> tuple[float, ...]:
        """Return both readings in base units where there are two, else none."""
        return () if self.ambiguous is None else (value * self.factor, value * self.ambiguous)


def unit_after(text: str, start: int, end: int, kind: str) -> UnitFound:
    """Return the unit of the number that stands from `start` to `end`; the plain `1` where there is none.

    `kind` tells how the number is written: `plain`, `word`, `fraction`, `power`, ...
    """
    money = _MONEY_BEFORE.search(text, max(0, start - 6), start)
    if money is not None:
        return _money(text, end, _CURRENCY[money[1]])
    chip = _CHIP.match(text, end)
    if chip is not None:
        return UnitFound("GPU", 1.0, "GPU", end + 1)
    unit = UNIT_AT.match(text, end)
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
        return UnitFound("degC", 1.0, "K", unit.end(), offset=273.15)
    ambiguous = {"KB": 1024.0, "kB": 1024.0, "MB": 2.0**20, "GB": 2.0**30, "TB": 2.0**40}.get(symbol)
    warnings: tuple[str, ...] = ()
    if symbol == "Ms":
        ambiguous, warnings = 1e-3, ("Ms is megaseconds; ms was probably meant",)
    made = UnitFound(
        symbol,
        factor,
        base,
        unit.end(),
        ambiguous=ambiguous if symbol in ("KB", "kB", "Ms") else None,
        warnings=warnings,
    )
    return _denominators(text, made)


def _counted(text: str, end: int, kind: str) -> UnitFound:
    power = _BARE_POWER.match(text, end) or _WORD_POWER.match(text, end)
    if power is None:
        return UnitFound("fraction", 1.0, "ratio", end) if kind == "fraction" else UnitFound("1", 1.0, "1", end)
    magnitude = _magnitude(power)
    context = _K_CONTEXT.match(text, power.end())
    if context is not None and power["mag"] in "kK":
        return UnitFound("K-context", 1e3, "token", power.end(), ambiguous=1024.0)
    unit = UNIT_AT.match(text, power.end())
    if unit is None:
        return UnitFound("1", magnitude, "1", power.end(), scale=magnitude)
    symbol, factor, base = UNITS[unit["unit"]]
    if base == "parameter" and power["mag"] == "B":
        return _denominators(text, UnitFound("B-param", magnitude * factor, base, unit.end()))
    return _denominators(text, UnitFound(symbol, magnitude * factor, base, unit.end(), scale=magnitude))


def _money(text: str, end: int, currency: str) -> UnitFound:
    power = _BARE_POWER.match(text, end) or _POWER_PER.match(text, end) or _WORD_POWER.match(text, end)
    scale = 1.0
    if power is not None:
        scale = _magnitude(power)
        end = power.end()
    return _denominators(text, UnitFound(currency, scale, currency, end, scale=scale))


def _magnitude(match: re.Match[str]) -> float:
    name = match["mag"] or ""
    return SCALES.get(name, MAGNITUDES.get(name, 1.0))


def _denominators(text: str, unit: UnitFound) -> UnitFound:
    """Read `/s`, `per token`, `per 1M tokens` behind a unit."""
    symbol, factor, base, end, other = unit.symbol, unit.factor, unit.base, unit.end, unit.ambiguous
    while True:
        skip = _OF_WHAT.match(text, end)
        match = _PER.match(text, skip.end() if skip else end)
        if match is None:
            break
        name, scale, below = UNITS[match["unit"]]
        count = float(match["count"] or 1)
        power = _magnitude(match)
        if base.endswith("/s") or (below in _HARDWARE and base in ("W", "byte", "FLOP", "bit")):
            break  # `400 Gb/s per NIC`, `700 W per card`: the rest says whose it is
        keeps = name in _SLOW and base in ("USD", "EUR", "s")
        divisor = count * power * (1.0 if keeps else scale)
        factor /= divisor
        other = None if other is None else other / divisor
        letter = {1e6: "M", 1e9: "B", 1e3: "k"}.get(count * power, "")
        name = "byte" if name == "B" else name
        symbol, base, end = f"{symbol}/{letter}{name}", f"{base}/{name if keeps else below}", match.end()
    return UnitFound(
        symbol,
        factor,
        base,
        end,
        scale=unit.scale,
        offset=unit.offset,
        ambiguous=other,
        warnings=unit.warnings,
    )
