"""A case-sensitive whitelist of units with a tiny dimension algebra.

Hard dimensions (byte, s, FLOP, USD, EUR, kg m s for watts and joules, K) must balance. Soft units count
things (token, sequence, request, GPU, param ...): they label a number and never have to balance. A general
unit library is not used here: it reads Gb as gilbert and 10k as a Boltzmann constant, and knows no tokens.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from examiner.domain.errors import Invalid

MONTH = 730 * 3600.0  # seconds: a month of 730 h, the convention of cloud bills
YEAR = 365 * 86400.0

_SI = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}
_SMALL = {"m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12}
SOFT = frozenset(
    "token sequence request query param parameter GPU node server replica image operation user page layer sample step "
    "context conversation session head block expert adapter device chip call item label answer question row vector "
    "document chunk event slot stage message turn frame patch channel core worker tenant batch launch kernel".split()
)
_ENERGY = {"kg": 1, "m": 2, "s": -2}
_POWER = {"kg": 1, "m": 2, "s": -3}


@dataclass(frozen=True)
class Unit:
    """A unit: `factor` to the base, `hard` dimensions, `soft` labels, and its text."""

    symbol: str
    factor: float
    hard: tuple[tuple[str, int], ...]
    soft: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return self.symbol

    def compatible(self, other: "Unit") -> bool:
        """Tell whether both measure the same hard dimension."""
        return self.hard == other.hard


def _atoms() -> dict[str, tuple[float, Mapping[str, int]]]:
    table: dict[str, tuple[float, Mapping[str, int]]] = {"1": (1.0, {}), "%": (0.01, {}), "x": (1.0, {}), "ratio": (1.0, {})}
    for name in ("byte", "bytes", "B"):
        table[name] = (1.0, {"byte": 1})
    for name in ("bit", "bits", "b"):
        table[name] = (0.125, {"byte": 1})
    for prefix, scale in {**_SI, **_BINARY}.items():
        table[f"{prefix}B"] = (scale, {"byte": 1})
        table[f"{prefix}b"] = table[f"{prefix}bit"] = (scale / 8, {"byte": 1})
    for prefix, scale in _SI.items():
        table[f"{prefix}FLOP"] = (scale, {"FLOP": 1})
        table[f"{prefix}FLOPs"] = (scale, {"FLOP": 1})
        table[f"{prefix}FLOPS"] = (scale, {"FLOP": 1, "s": -1})
        table[f"{prefix}Hz"] = (scale, {"s": -1})
        table[f"{prefix}W"] = (scale, _POWER)
        table[f"{prefix}J"] = (scale, _ENERGY)
        table[f"{prefix}USD"] = (scale, {"USD": 1})
        table[f"{prefix}EUR"] = (scale, {"EUR": 1})
        if prefix:
            for noun in ("token", "tokens", "param", "params", "operation"):
                table[f"{prefix}{noun}"] = (scale, {noun.removesuffix("s"): 1})
    for prefix, scale in {"": 1.0, **_SMALL}.items():
        table[f"{prefix}s"] = (scale, {"s": 1})
        table[f"{prefix}m"] = (scale, {"m": 1})
    for prefix, scale in {"m": 1e-3, "u": 1e-6}.items():
        table[f"{prefix}W"] = (scale, _POWER)
        table[f"{prefix}J"] = (scale, _ENERGY)
    table["km"] = (1e3, {"m": 1})
    for name, seconds in (("min", 60.0), ("h", 3600.0), ("hour", 3600.0), ("day", 86400.0), ("month", MONTH), ("year", YEAR)):
        table[name] = (seconds, {"s": 1})
    table["Wh"] = (3600.0, _ENERGY)
    table["kWh"] = (3.6e6, _ENERGY)
    table["mWh"] = (3.6, _ENERGY)
    table["Ah"], table["mAh"], table["A"], table["mA"] = (3600.0, {"A": 1, "s": 1}), (3.6, {"A": 1, "s": 1}), (1.0, {"A": 1}), (1e-3, {"A": 1})
    table["V"] = (1.0, {"kg": 1, "m": 2, "s": -3, "A": -1})
    table["K"] = table["degC"] = (1.0, {"K": 1})
    for noun in SOFT:
        table[noun] = (1.0, {noun: 1})
        table[f"{noun}s"] = (1.0, {noun: 1})
    table["gpu"] = table["gpus"] = (1.0, {"GPU": 1})
    return table


ATOMS = _atoms()
_PART = re.compile(r"([*/])?\s*([A-Za-zµμ%]+|1)(?:\^(-?\d))?")


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """Return the unit of a text like `KiB/token` or `USD/GPU/h`. Raises Invalid with the unknown part."""
    compact = text.strip().replace(" ", "")
    position, factor = 0, 1.0
    dims: dict[str, int] = {}
    while position < len(compact):
        match = _PART.match(compact, position)
        if match is None or (position > 0 and match[1] is None):
            raise Invalid(f"unit '{text}' cannot be read at '{compact[position:]}'", hint="such as KiB/token or USD/GPU/h")
        if match[2] not in ATOMS:
            raise Invalid(f"unit '{text}': '{match[2]}' is not known", hint="units are case-sensitive: GB is bytes, Gb is bits")
        power = int(match[3] or 1) * (-1 if match[1] == "/" else 1)
        scale, parts = ATOMS[match[2]]
        factor *= scale**power
        for name, count in parts.items():
            dims[name] = dims.get(name, 0) + count * power
        position = match.end()
    return make_unit(text.strip() or "1", factor, dims)


def make_unit(symbol: str, factor: float, dims: Mapping[str, int]) -> Unit:
    """Build a unit from its factor and dimensions, hard and soft ones told apart."""
    items = sorted((name, power) for name, power in dims.items() if power)
    return Unit(
        symbol=symbol,
        factor=factor,
        hard=tuple(i for i in items if i[0] not in SOFT),
        soft=tuple(i for i in items if i[0] in SOFT),
    )
