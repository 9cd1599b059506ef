"""Formulas with units: a whitelist over `ast`, dimensional analysis, no `eval`.

A formula is an expression over names, numbers and `q(6, "FLOP")`, with + - * / // % **, and the functions
floor ceil round sqrt log log2 log10 exp min max abs comb. Values are carried in base units; adding bytes
to seconds, or taking the floor of bytes, is an error. Counted things (token, GPU) are labels and need not
balance.
"""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from examiner.domain.errors import Invalid
from examiner.domain.units import Dims, Unit, base_unit, combine, parse_unit

_MAX_LENGTH = 1000
_MAX_DEPTH = 40
_MAX_EXPONENT = 1024.0
_MAX_COMB = 10_000
_MAX_VALUE = 1e200
_NOISE = 1e-9  # relative float error that agreement and floor/ceil forgive


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a unit."""

    value: float
    unit: Unit


class _Value(NamedTuple):
    """A number in base units with its dimensions; what evaluation carries."""

    number: float
    hard: Dims = ()
    soft: Dims = ()


Names = Mapping[str, Quantity]
_Step = Callable[[Names], _Value]


class _Parsed(NamedTuple):
    run: _Step
    names: frozenset[str]


def evaluate(formula: str, names: Names) -> Quantity:
    """Return the value of a formula, in the base units of its dimensions.

    Args:
        formula: for example `2 * model.layers * q(2, "byte")`; at most 1000 characters.
        names: what each name stands for; dotted names are looked up whole, as "model.layers".

    Raises:
        Invalid: names the formula and what in it does not parse, balance or stay within bounds.

    """
    try:
        result = _parse(formula).run(names)
    except Invalid as error:
        raise Invalid(f"formula '{formula}': {error.message}", hint=error.hint) from None
    except (ArithmeticError, ValueError, RecursionError) as error:
        raise Invalid(f"formula '{formula}': {error}") from None
    if not abs(result.number) <= _MAX_VALUE:
        raise Invalid(f"formula '{formula}': the result is beyond {_MAX_VALUE:g}")
    return Quantity(result.number, base_unit(result.hard, result.soft))


def express(quantity: Quantity, unit: Unit) -> float:
    """Return the quantity's value in another unit. Raises Invalid where the dimensions differ."""
    if quantity.unit.hard != unit.hard:
        raise Invalid(f"{_said(quantity.unit.hard)} cannot be expressed in {unit} ({_said(unit.hard)})")
    return unit.from_base(quantity.unit.to_base(quantity.value))


def names_in(formula: str) -> set[str]:
    """Return the names a formula uses, dotted ones whole. Raises Invalid where it does not parse."""
    try:
        return set(_parse(formula).names)
    except Invalid as error:
        raise Invalid(f"formula '{formula}': {error.message}", hint=error.hint) from None


def agrees(a: float, b: float, tolerance: float) -> bool:
    """Whether two numbers agree by log ratio: |ln(a / b)| <= ln(1 + tolerance).

    Symmetric in a and b. Numbers of opposite sign never agree, zero agrees with zero only, and a tolerance
    of 0 still forgives float error (1e-9 relative).
    """
    if a == b:
        return math.isfinite(a)
    if not (math.isfinite(a) and math.isfinite(b)) or a == 0 or b == 0 or (a > 0) != (b > 0):
        return False
    tolerance = max(tolerance, 0.0)
    ratio, far = a / b, 2 * (1 + tolerance)
    if ratio > far or ratio * far < 1:
        return False  # most pairs: no need of logarithms
    return abs(math.log(abs(a)) - math.log(abs(b))) <= math.log1p(tolerance) + _NOISE


# --- parsing ----------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _parse(formula: str) -> _Parsed:
    if len(formula) > _MAX_LENGTH:
        raise Invalid(f"{len(formula)} characters; the limit is {_MAX_LENGTH}")
    try:
        tree = ast.parse(formula.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        place = f" at character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise Invalid(f"is not an expression{place}") from None
    names: set[str] = set()
    return _Parsed(_build(tree.body, names, 0), frozenset(names))


def _build(node: ast.expr, names: set[str], depth: int) -> _Step:
    if depth > _MAX_DEPTH:
        raise Invalid(f"is nested more than {_MAX_DEPTH} deep")
    match node:
        case ast.Constant(value=bool() | str() | bytes() | None | complex()):
            raise Invalid(f"'{ast.unparse(node)}' is not a number")
        case ast.Constant(value=int() | float() as value):
            constant = _Value(_number(value))
            return lambda _: constant
        case ast.Name() | ast.Attribute():
            return _lookup(_dotted(node), names)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _build(operand, names, depth + 1)
            return lambda given: _negated(inner(given))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _build(operand, names, depth + 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            work, a, b = _BINARY[type(op)], _build(left, names, depth + 1), _build(right, names, depth + 1)
            return lambda given: work(a(given), b(given))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _call(name, args, names, depth)
    says = f"'{ast.unparse(node)[:60]}' is not allowed"
    raise Invalid(says, hint="numbers, names, + - * / // % ** and functions")


def _number(value: float) -> float:
    if abs(value) > _MAX_VALUE:
        raise Invalid(f"a number beyond {_MAX_VALUE:g}")
    return float(value)


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{_dotted(value)}.{attr}"
    raise Invalid(f"'{ast.unparse(node)[:60]}' is not a name")


def _lookup(name: str, names: set[str]) -> _Step:
    names.add(name)

    def look(given: Names) -> _Value:
        quantity = given.get(name)
        if quantity is None:
            raise Invalid(f"'{name}' is unknown", hint="known: " + ", ".join(sorted(given)[:20]))
        unit = quantity.unit
        return _Value(unit.to_base(quantity.value), unit.hard, unit.soft)

    return look


def _call(name: str, args: list[ast.expr], names: set[str], depth: int) -> _Step:
    if name == "q":
        match args:
            case [number, ast.Constant(value=str() as text)]:
                unit = parse_unit(text)
                inner = _build(number, names, depth + 1)
                return lambda given: _in_unit(inner(given), unit)
        raise Invalid('q takes a number and a unit: q(6, "FLOP")')
    if name not in _FUNCTIONS:
        raise Invalid(f"there is no function '{name}'", hint="functions: q, " + ", ".join(sorted(_FUNCTIONS)))
    least, most, work = _FUNCTIONS[name]
    if not least <= len(args) <= most or any(isinstance(arg, ast.Starred) for arg in args):
        raise Invalid(f"{name} takes {least}{'' if least == most else ' or more'} arguments, not {len(args)}")
    steps = [_build(arg, names, depth + 1) for arg in args]
    return lambda given: work(*(step(given) for step in steps))


# --- operations -------------------------------------------------------------------------------


def _said(dims: Dims) -> str:
    return str(base_unit(dims)) if dims else "a plain number"


def _negated(a: _Value) -> _Value:
    return _Value(-a.number, a.hard, a.soft)


def _in_unit(a: _Value, unit: Unit) -> _Value:
    return _Value(unit.to_base(_plain(a, "q")), unit.hard, unit.soft)


def _plain(a: _Value, what: str) -> float:
    if a.hard:
        raise Invalid(f"{what} needs a plain number, not {_said(a.hard)}")
    return a.number


def _same(a: _Value, b: _Value, verb: str) -> Dims:
    """Return the common label of two values that are added or compared; labels that differ are dropped."""
    if a.hard != b.hard:
        raise Invalid(f"cannot {verb} {_said(a.hard)} and {_said(b.hard)}")
    return a.soft if a.soft == b.soft else ()


def _add(a: _Value, b: _Value) -> _Value:
    return _Value(a.number + b.number, a.hard, _same(a, b, "add"))


def _subtract(a: _Value, b: _Value) -> _Value:
    return _Value(a.number - b.number, a.hard, _same(a, b, "subtract"))


def _multiply(a: _Value, b: _Value) -> _Value:
    return _Value(a.number * b.number, combine(a.hard, b.hard, 1), combine(a.soft, b.soft, 1))


def _divide(a: _Value, b: _Value) -> _Value:
    if b.number == 0:
        raise Invalid("division by zero")
    return _Value(a.number / b.number, combine(a.hard, b.hard, -1), combine(a.soft, b.soft, -1))


def _floor_divide(a: _Value, b: _Value) -> _Value:
    return _floor(_divide(a, b))


def _modulo(a: _Value, b: _Value) -> _Value:
    label = _same(a, b, "take the remainder of")
    if b.number == 0:
        raise Invalid("division by zero")
    rest = math.fmod(a.number, b.number)
    if rest and (rest < 0) != (b.number < 0):
        rest += b.number
    # What is within float error of a whole divisor is no remainder: 1 % 0.1 is 0.
    if abs(b.number) - abs(rest) <= _NOISE * abs(b.number):
        rest = 0.0
    return _Value(rest, a.hard, label)


def _power(a: _Value, b: _Value) -> _Value:
    exponent = _plain(b, "an exponent")
    if abs(exponent) > _MAX_EXPONENT:
        raise Invalid(f"the exponent {exponent:g} is beyond {_MAX_EXPONENT:g}")
    if a.number == 0 and exponent < 0:
        raise Invalid("division by zero")
    if a.number < 0 and exponent != int(exponent):
        raise Invalid("a negative number has no fractional power")
    hard, soft = _raised(a.hard, exponent), _raised(a.soft, exponent, strict=False)
    return _Value(a.number**exponent, hard, soft)


def _raised(dims: Dims, exponent: float, *, strict: bool = True) -> Dims:
    made = []
    for name, power in dims:
        raised = power * exponent
        if raised != int(raised) or abs(raised) > 9:
            if strict:
                raise Invalid(f"{_said(dims)} to the power {exponent:g} has no unit")
            return ()
        if raised:
            made.append((name, int(raised)))
    return tuple(made)


def _noise(x: float) -> float:
    return min(_NOISE * max(1.0, abs(x)), 1e-6)


def _floor(a: _Value) -> _Value:
    """Floor, where a value within float error below a whole number counts as that number: 0.3 / 0.1 is 3."""
    x = _plain(a, "floor")
    return _Value(float(math.floor(x + _noise(x))), (), a.soft)


def _ceil(a: _Value) -> _Value:
    x = _plain(a, "ceil")
    return _Value(float(math.ceil(x - _noise(x))), (), a.soft)


def _round(a: _Value, digits: _Value | None = None) -> _Value:
    places = int(_plain(digits, "round")) if digits else 0
    return _Value(float(round(_plain(a, "round"), places)), (), a.soft)


def _sqrt(a: _Value) -> _Value:
    return _power(a, _Value(0.5))


def _abs(a: _Value) -> _Value:
    return _Value(abs(a.number), a.hard, a.soft)


def _least(first: _Value, *rest: _Value) -> _Value:
    return _pick(min, first, *rest)


def _most(first: _Value, *rest: _Value) -> _Value:
    return _pick(max, first, *rest)


def _pick(choose: Callable[..., float], first: _Value, *rest: _Value) -> _Value:
    label = first.soft
    for other in rest:
        label = _same(first, other, "compare") and label
    return _Value(choose(first.number, *(other.number for other in rest)), first.hard, label)


def _of_plain(name: str, work: Callable[[float], float]) -> Callable[[_Value], _Value]:
    return lambda a: _Value(work(_plain(a, name)))


def _log(a: _Value, base: _Value | None = None) -> _Value:
    x = math.log(_plain(a, "log"))
    return _Value(x / math.log(_plain(base, "log")) if base else x)


def _comb(n: _Value, k: _Value) -> _Value:
    top, bottom = _plain(n, "comb"), _plain(k, "comb")
    if top != int(top) or bottom != int(bottom) or bottom < 0 or not 0 <= top <= _MAX_COMB:
        raise Invalid(f"comb takes whole numbers up to {_MAX_COMB}")
    return _Value(float(math.comb(int(top), int(bottom))))


_BINARY: dict[type[ast.operator], Callable[[_Value, _Value], _Value]] = {
    ast.Add: _add, ast.Sub: _subtract, ast.Mult: _multiply, ast.Div: _divide,
    ast.FloorDiv: _floor_divide, ast.Mod: _modulo, ast.Pow: _power,
}  # fmt: skip
_FUNCTIONS: dict[str, tuple[int, int, Callable[..., _Value]]] = {
    "floor": (1, 1, _floor), "ceil": (1, 1, _ceil), "round": (1, 2, _round), "sqrt": (1, 1, _sqrt),
    "log": (1, 2, _log), "log2": (1, 1, _of_plain("log2", math.log2)),
    "log10": (1, 1, _of_plain("log10", math.log10)), "exp": (1, 1, _of_plain("exp", math.exp)),
    "min": (2, 20, _least), "max": (2, 20, _most), "abs": (1, 1, _abs), "comb": (2, 2, _comb),
}  # fmt: skip
