"""Units: a case-sensitive whitelist with a small dimension algebra.

Two kinds of dimension. HARD ones must balance in a formula: byte, s, FLOP, USD, EUR, J, m, K, A, g. SOFT ones
count things (token, GPU, request): they are labels, kept for display, and weigh nothing in the algebra, so
that `GiB / (MiB/sequence)` is a number of sequences and needs no bookkeeping.

Case matters because it carries meaning: `Gb` is a gigabit and `GB` a gigabyte, `ms` is not `Ms`. Spelled-out
words (`bytes`, `hours`) may be written in the plural.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from examiner.domain.errors import Invalid

Dims = tuple[tuple[str, int], ...]

HOURS_PER_MONTH = 730.0  # a billing convention: 365 * 24 / 12; no calendar month has it
DAYS_PER_YEAR = 365.0  # availability tables use 365 days, not 365.25
_MAX_LENGTH = 80
_MAX_POWER = 9

_SI = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}
_SMALL = {"m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12}
_COUNT = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12}
_PHYSICAL = {**_SI, **_SMALL}
_SPELT = {"kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "exa": "E"} | {
    "kibi": "Ki", "mebi": "Mi", "gibi": "Gi", "tebi": "Ti", "pebi": "Pi",
    "milli": "m", "micro": "u", "nano": "n", "pico": "p",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `value * factor + offset` is the value in the hard base units.

    Attributes:
        symbol: normalised spelling; `parse_unit` reads it back.
        factor: size in hard base units (byte, s, FLOP, USD, EUR, J, m, K, A, g).
        hard: dimensions that must balance, as sorted (name, power) pairs.
        soft: counted things, likewise.
        base_symbol: the base unit to display. It keeps bit apart from byte and leaves months and years alone.
        base_factor: `value * base_factor + offset` is the value in `base_symbol`.
        offset: 273.15 for degrees Celsius, else 0.

    """

    symbol: str
    factor: float
    hard: Dims
    soft: Dims
    base_symbol: str
    base_factor: float
    offset: float = 0.0

    def __str__(self) -> str:
        return self.symbol

    def compatible(self, other: "Unit") -> bool:
        """Whether a quantity in this unit can be expressed in the other: their hard dimensions agree."""
        return self.hard == other.hard

    def to_base(self, value: float) -> float:
        """Return a value of this unit in hard base units."""
        return value * self.factor + self.offset

    def from_base(self, base: float) -> float:
        """Return a value in hard base units in this unit."""
        return (base - self.offset) / self.factor


@dataclass(frozen=True, slots=True)
class _Atom:
    symbol: str
    factor: float
    hard: Dims
    soft: Dims
    base: str
    base_factor: float
    offset: float = 0.0


def _atom(symbol: str, factor: float, hard: str, base: str, base_factor: float, soft: str = "") -> _Atom:
    return _Atom(symbol, factor, _dims(hard), _dims(soft), base, base_factor)


def _dims(text: str) -> Dims:
    made: dict[str, int] = {}
    for part in text.split():
        name, _, power = part.partition("^")
        made[name] = int(power or 1)
    return tuple(sorted(made.items()))


_HOUR, _DAY = 3600.0, 86400.0
_MONTH, _YEAR = HOURS_PER_MONTH * _HOUR, DAYS_PER_YEAR * _DAY

# symbol: (spellings, factor to the hard base, hard dimensions, display base, factor to it, prefixes)
_TABLE: tuple[tuple[str, str, float, str, str, float, dict[str, float]], ...] = (
    ("B", "byte bytes", 1.0, "byte", "byte", 1.0, _SI | _BINARY),
    ("bit", "b bits", 0.125, "byte", "bit", 1.0, _SI | _BINARY),
    ("bps", "", 0.125, "byte s^-1", "bit/s", 1.0, _SI),
    ("Bps", "", 1.0, "byte s^-1", "byte/s", 1.0, _SI),
    ("s", "sec secs second seconds", 1.0, "s", "s", 1.0, _SMALL | {"M": 1e6}),
    ("min", "mins minute minutes", 60.0, "s", "s", 60.0, {}),
    ("h", "hr hrs hour hours", _HOUR, "s", "s", _HOUR, {}),
    ("day", "d days", _DAY, "s", "s", _DAY, {}),
    ("week", "weeks", 7 * _DAY, "s", "s", 7 * _DAY, {}),
    ("month", "mo months", _MONTH, "s", "month", 1.0, {}),
    ("year", "yr yrs years", _YEAR, "s", "year", 1.0, {}),
    ("FLOP", "FLOPs flop flops", 1.0, "FLOP", "FLOP", 1.0, _SI | {"Z": 1e21}),
    ("FLOPS", "", 1.0, "FLOP s^-1", "FLOP/s", 1.0, _SI | {"Z": 1e21}),
    ("USD", "$ dollar dollars", 1.0, "USD", "USD", 1.0, _COUNT),
    ("EUR", "€ euro euros", 1.0, "EUR", "EUR", 1.0, _COUNT),
    ("cent", "cents ¢", 0.01, "USD", "USD", 0.01, {}),
    ("W", "watt watts", 1.0, "J s^-1", "W", 1.0, _PHYSICAL),
    ("Wh", "", _HOUR, "J", "J", _HOUR, _PHYSICAL),
    ("J", "joule joules", 1.0, "J", "J", 1.0, _PHYSICAL),
    ("m", "meter meters metre metres", 1.0, "m", "m", 1.0, _SMALL | {"k": 1e3}),
    ("cm", "", 1e-2, "m", "m", 1e-2, {}),
    ("K", "kelvin", 1.0, "K", "K", 1.0, {"m": 1e-3}),
    ("A", "ampere amperes amp amps", 1.0, "A", "A", 1.0, _PHYSICAL),
    ("Ah", "", _HOUR, "A s", "A*s", _HOUR, _PHYSICAL),
    ("V", "volt volts", 1.0, "J A^-1 s^-1", "V", 1.0, _PHYSICAL),
    ("g", "gram grams", 1.0, "g", "g", 1.0, {"k": 1e3, "m": 1e-3}),
    ("ton", "tonne tons tonnes", 1e6, "g", "g", 1e6, {}),
    ("Hz", "hertz", 1.0, "s^-1", "Hz", 1.0, _PHYSICAL),
    ("%", "percent", 0.01, "", "ratio", 0.01, {}),
    ("ratio", "", 1.0, "", "ratio", 1.0, {}),
    ("fraction", "", 1.0, "", "ratio", 1.0, {}),
    ("x", "× times", 1.0, "", "x", 1.0, {}),
    ("ppm", "", 1e-6, "", "ratio", 1e-6, {}),
)  # fmt: skip

# symbol: other spellings. Plurals in -s are made by the code; irregular ones stand here.
_SOFT: dict[str, str] = {
    "token": "tok toks", "request": "req reqs", "query": "queries", "operation": "op ops OP OPs",
    "sequence": "seq seqs", "param": "parameter parameters weight weights",
    "GPU": "gpu gpus GPUS accelerator accelerators chip chips", "batch": "batches", "entry": "entries",
    "microbatch": "microbatches micro-batch micro-batches", "miss": "misses", "people": "person persons",
    "message": "msg msgs", "document": "doc docs", "iteration": "iter iters", "dimension": "dim dims",
    "character": "char chars", "copy": "copies", "launch": "launches", "patch": "patches",
}  # fmt: skip
_NOUNS = """
    step node server machine host replica image user page layer sample block head expert rank stage value
    element vector row worker core thread cycle instance slot epoch packet transfer item link NIC rack
    shard bucket file event call job task write read hit failure error session conversation turn channel
    hop pod partition connection frame transaction object collective kernel SM example bin group record
    device card draft cell multiplication word zone region cluster adapter answer question label chunk
    stream tenant
"""  # counted things whose plural is regular
_SOFT_BASE = {"param": "parameter"}  # how a count is written out; the symbol stays short
_PREFIXABLE = frozenset({"b", "bits", "byte", "bytes", "FLOPs", "flop"})  # other spellings that take a prefix


def _whitelist() -> dict[str, _Atom]:
    atoms: dict[str, _Atom] = {}
    for row in _TABLE:
        _add_measure(atoms, *row)
    for symbol, spellings in (_SOFT | dict.fromkeys(_NOUNS.split(), "")).items():
        _add_count(atoms, symbol, (symbol, symbol + "s", *spellings.split()))
    atoms |= _RATES
    for name in ("degC", "°C", "℃"):
        atoms[name] = _Atom("degC", 1.0, (("K", 1),), (), "K", 1.0, 273.15)
    return atoms


def _add_measure(
    atoms: dict[str, _Atom],
    symbol: str,
    spellings: str,
    factor: float,
    hard: str,
    base: str,
    base_factor: float,
    prefixes: dict[str, float],
) -> None:
    names = spellings.split()
    plain = _atom(symbol, factor, hard, base, base_factor)
    atoms |= dict.fromkeys((symbol, *names), plain)
    for prefix, size in prefixes.items():
        made = _atom(_ascii(prefix) + symbol, factor * size, hard, base, base_factor * size)
        for name in (symbol, *(n for n in names if n in _PREFIXABLE)):
            atoms.setdefault(prefix + name, made)
    for word, prefix in _SPELT.items():
        if prefix in prefixes:
            for name in names:
                if len(name) > 2:
                    atoms.setdefault(word + name, atoms[prefix + symbol])


def _add_count(atoms: dict[str, _Atom], symbol: str, names: tuple[str, ...]) -> None:
    base = _SOFT_BASE.get(symbol, symbol)
    for name in names:
        atoms.setdefault(name, _atom(symbol, 1.0, "", base, 1.0, symbol))
        for prefix, size in _COUNT.items():
            for dash in ("", "-"):  # Mtoken, B-param
                spelt = _atom(f"{prefix}{dash}{symbol}", size, "", base, size, symbol)
                atoms.setdefault(f"{prefix}{dash}{name}", spelt)


def _ascii(prefix: str) -> str:
    return "u" if prefix in {"µ", "μ"} else prefix


_RATES = {
    "RPS": _atom("request/s", 1.0, "s^-1", "request/s", 1.0, "request"),
    "rps": _atom("request/s", 1.0, "s^-1", "request/s", 1.0, "request"),
    "QPS": _atom("query/s", 1.0, "s^-1", "query/s", 1.0, "query"),
    "qps": _atom("query/s", 1.0, "s^-1", "query/s", 1.0, "query"),
    "IOPS": _atom("IOPS", 1.0, "s^-1", "operation/s", 1.0, "operation"),
    "OPS": _atom("OPS", 1.0, "s^-1", "operation/s", 1.0, "operation"),
    "GOPS": _atom("GOPS", 1e9, "s^-1", "operation/s", 1e9, "operation"),
    "TOPS": _atom("TOPS", 1e12, "s^-1", "operation/s", 1e12, "operation"),
    "context": _atom("context", 1.0, "", "token", 1.0, "token"),
    "K-context": _atom("K-context", 1e3, "", "token", 1e3, "token"),
    "M-context": _atom("M-context", 1e6, "", "token", 1e6, "token"),
}
_ATOMS = _whitelist()
_TOKEN = re.compile(
    r"\s*(?:(?P<name>°C|[A-Za-zµμ℃$€¢%×]+(?:-[A-Za-z]+)*)|(?P<one>1(?![\d.]))|(?P<op>\*\*?|·|/|\(|\)|\^)"
    r"|(?P<power>-?\d+)|(?P<sup>[⁻]?[¹²³⁴⁵⁶⁷⁸⁹]))"
)
_SUPERSCRIPT = str.maketrans("⁻¹²³⁴⁵⁶⁷⁸⁹", "-123456789")


def known(name: str) -> bool:
    """Whether a single unit name (prefix included, no product or power) is on the whitelist."""
    return name in _ATOMS


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """Return the unit that a text like `KiB/token`, `USD/GPU/h`, `W*h`, `m/s^2` or `1` names.

    Division reads from left to right, so that `USD/GPU/h` is USD per GPU and per hour.

    Raises:
        Invalid: a name is not on the whitelist, or the text is no product of units.

    """
    if len(text) > _MAX_LENGTH:
        raise Invalid(f"unit of {len(text)} characters: the limit is {_MAX_LENGTH}")
    factors = _Reader(text).read()
    if len(factors) > 1 and any(atom.offset for atom, _ in factors):
        raise Invalid(f"unit '{text}': degC stands alone; use K for differences")
    factor = base_factor = 1.0
    for atom, power in factors:
        factor *= atom.factor**power
        base_factor *= atom.base_factor**power
    return Unit(
        symbol=_spell((atom.symbol, power) for atom, power in factors),
        factor=factor,
        hard=_sum((atom.hard, power) for atom, power in factors),
        soft=_sum((atom.soft, power) for atom, power in factors),
        base_symbol=_spell((atom.base, power) for atom, power in factors),
        base_factor=base_factor,
        offset=factors[0][0].offset if factors else 0.0,
    )


@lru_cache(maxsize=4096)
def base_unit(hard: Dims, soft: Dims = ()) -> Unit:
    """Return the unit of factor 1 with these dimensions."""
    return parse_unit(_spell((*soft, *hard)))


@lru_cache(maxsize=16384)
def combine(left: Dims, right: Dims, sign: int) -> Dims:
    """Return the dimensions of a product (sign 1) or quotient (sign -1)."""
    return _sum(((left, 1), (right, sign)))


def _sum(parts: Iterable[tuple[Dims, int]]) -> Dims:
    total: dict[str, int] = {}
    for dims, power in parts:
        for name, exponent in dims:
            total[name] = total.get(name, 0) + exponent * power
    return tuple(sorted((name, power) for name, power in total.items() if power))


def _spell(factors: Iterable[tuple[str, int]]) -> str:
    """Write numerator factors first, so that what is read back divides what was meant."""
    above: list[str] = []
    below: list[str] = []
    for symbol, power in factors:
        parts = symbol.split("/")  # a rate such as request/s contributes to both sides
        for side, part in ((power > 0, parts[0]), *((power < 0, p) for p in parts[1:])):
            if part != "1":
                (above if side else below).append(part if abs(power) == 1 else f"{part}^{abs(power)}")
    return "/".join(["*".join(above) or "1", *below])


class _Reader:
    """Recursive descent over `unit := factor (('*' | '·' | '/' | ' ') factor)*`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        place = 0
        stripped = text.rstrip()
        while place < len(stripped):
            match = _TOKEN.match(stripped, place)
            if match is None:
                raise Invalid(f"unit '{text}': cannot read '{stripped[place:].strip()}'")
            self.tokens.append((match.lastgroup or "", match[match.lastgroup or 0]))
            place = match.end()
        self.place = 0

    def read(self) -> list[tuple[_Atom, int]]:
        """Return (atom, power) pairs in the order of the text."""
        if not self.tokens:
            raise Invalid("unit is empty", hint="write 1 for a plain number")
        factors = self._product()
        if self.place < len(self.tokens):
            raise Invalid(f"unit '{self.text}': '{self.tokens[self.place][1]}' is out of place")
        return factors

    def _product(self) -> list[tuple[_Atom, int]]:
        factors = self._factor()
        while self.place < len(self.tokens) and self.tokens[self.place][1] != ")":
            sign = 1
            if self.tokens[self.place][1] in {"*", "·", "/"}:
                sign = -1 if self.tokens[self.place][1] == "/" else 1
                self.place += 1
            factors += [(atom, power * sign) for atom, power in self._factor()]
        return factors

    def _factor(self) -> list[tuple[_Atom, int]]:
        kind, word = self.tokens[self.place] if self.place < len(self.tokens) else ("", "the end")
        self.place += 1
        if word == "(":
            factors = self._product()
            if self.place >= len(self.tokens):
                raise Invalid(f"unit '{self.text}': a parenthesis is not closed")
            self.place += 1
        elif kind == "name":
            if word not in _ATOMS:
                says = f"unit '{self.text}': '{word}' is not a known unit"
                raise Invalid(says, hint="case matters: GB is bytes, Gb is bits")
            factors = [(_ATOMS[word], 1)]
        elif kind == "one":
            factors = []
        else:
            raise Invalid(f"unit '{self.text}': a unit is missing before '{word}'")
        power = self._power()
        return [(atom, p * power) for atom, p in factors]

    def _power(self) -> int:
        kind, word = self.tokens[self.place] if self.place < len(self.tokens) else ("", "")
        if kind == "sup":
            self.place += 1
            return int(word.translate(_SUPERSCRIPT))
        if word not in {"^", "**"}:
            return 1
        kind, word = self.tokens[self.place + 1] if self.place + 1 < len(self.tokens) else ("", "")
        if kind not in {"one", "power"} or not 0 < abs(int(word)) <= _MAX_POWER:
            raise Invalid(f"unit '{self.text}': a power is a whole number from -{_MAX_POWER} to {_MAX_POWER}")
        self.place += 2
        return int(word)
