"""Formulas with units, evaluated over a whitelist of syntax; never `eval`.

`evaluate("2 * model.layers * q(2, 'byte')", names)` walks the parsed expression once; adding bytes to seconds
is an error, and so is any name, call or size that a question has no use for.
"""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from examiner.domain.errors import Invalid
from examiner.domain.units import Unit, make_unit, parse_unit

MAX_LENGTH = 400
MAX_NODES = 120
MAX_EXPONENT = 200.0
MAX_VALUE = 1e60


@dataclass(frozen=True)
class Quantity:
    """A number in a unit."""

    value: float
    unit: Unit


@dataclass(frozen=True)
class _Base:
    """A number in base units with its hard dimensions; what the walk computes with."""

    value: float
    hard: tuple[tuple[str, int], ...] = ()


def evaluate(formula: str, names: Mapping[str, Quantity]) -> Quantity:
    """Return the value of a formula, in base units.

    Args:
        formula: arithmetic over names, `q(number, "unit")`, and the functions of `FUNCTIONS`.
        names: what the names mean; `model.layers` is looked up under that text.

    Raises:
        Invalid: syntax, an unknown name, dimensions that do not balance, or a result out of bounds.

    """
    result = _walk(_parse(formula), names, formula)
    if not math.isfinite(result.value) or abs(result.value) > MAX_VALUE:
        raise Invalid(f"formula '{formula}': the result {result.value} is out of bounds")
    return Quantity(result.value, make_unit("", 1.0, dict(result.hard)))


def express(quantity: Quantity, unit: Unit) -> float:
    """Return the number that a quantity has in `unit`. Raises Invalid where dimensions differ."""
    if quantity.unit.hard != unit.hard:
        raise Invalid(f"has the dimension {_dims(quantity.unit.hard)}, but '{unit}' is {_dims(unit.hard)}")
    return quantity.value * quantity.unit.factor / unit.factor


def names_in(formula: str) -> set[str]:
    """Return the names that a formula uses, dotted ones whole."""
    return set(_names(_parse(formula)))


def agrees(a: float, b: float, tolerance: float) -> bool:
    """Tell whether two numbers agree: |ln(a/b)| <= ln(1 + tolerance); same sign, or both zero."""
    if a == b:
        return True
    if a * b <= 0:
        return False
    return abs(math.log(a / b)) <= math.log1p(tolerance) + 1e-9


@lru_cache(maxsize=8192)
def _parse(formula: str) -> ast.expr:
    if len(formula) > MAX_LENGTH:
        raise Invalid(f"formula of {len(formula)} characters is too long; {MAX_LENGTH} at most")
    try:
        tree = ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Invalid(f"formula '{formula}' is not arithmetic") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise Invalid(f"formula '{formula[:40]}...' has too many parts")
    return tree


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [_dotted(node)]
    if isinstance(node, ast.Call):
        return [n for argument in node.args for n in _names(argument)]
    return [n for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr) for n in _names(child)]


def _dotted(node: ast.Attribute) -> str:
    return f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else "?"


def _walk(node: ast.expr, names: Mapping[str, Quantity], formula: str) -> _Base:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return _Base(float(node.value))
    if isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else _dotted(node)
        if name not in names:
            raise Invalid(f"formula '{formula}': there is no '{name}'")
        quantity = names[name]
        return _Base(quantity.value * quantity.unit.factor, quantity.unit.hard)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _walk(node.operand, names, formula)
        return _Base(-inner.value if isinstance(node.op, ast.USub) else inner.value, inner.hard)
    if isinstance(node, ast.BinOp):
        return _binary(node, _walk(node.left, names, formula), _walk(node.right, names, formula), formula)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, node.args, names, formula)
    raise Invalid(f"formula '{formula}': {type(node).__name__} is not allowed")


def _binary(node: ast.BinOp, left: _Base, right: _Base, formula: str) -> _Base:
    op = node.op
    try:
        if isinstance(op, ast.Mult):
            return _Base(left.value * right.value, _combine(left.hard, right.hard, 1))
        if isinstance(op, ast.Div):
            return _Base(left.value / right.value, _combine(left.hard, right.hard, -1))
        if isinstance(op, ast.FloorDiv):
            return _Base(float(left.value // right.value), _combine(left.hard, right.hard, -1))
        if isinstance(op, ast.Pow):
            return _power(left, right, formula)
    except (ZeroDivisionError, OverflowError):
        raise Invalid(f"formula '{formula}': division by zero or overflow") from None
    if isinstance(op, ast.Add | ast.Sub | ast.Mod):
        _same(left, right, formula)
        if isinstance(op, ast.Add):
            return _Base(left.value + right.value, left.hard)
        if isinstance(op, ast.Sub):
            return _Base(left.value - right.value, left.hard)
        if right.value:
            return _Base(math.fmod(left.value, right.value), left.hard)
    raise Invalid(f"formula '{formula}': this operation is not allowed")


def _power(left: _Base, right: _Base, formula: str) -> _Base:
    if right.hard or abs(right.value) > MAX_EXPONENT:
        raise Invalid(f"formula '{formula}': an exponent is a plain number up to {MAX_EXPONENT:g}")
    if left.hard and right.value != int(right.value):
        raise Invalid(f"formula '{formula}': a fractional power of a unit")
    value = left.value**right.value
    if isinstance(value, complex):
        raise Invalid(f"formula '{formula}': a fractional power of a negative number")
    return _Base(value, tuple((n, p * int(right.value)) for n, p in left.hard) if right.value else ())


FUNCTIONS: dict[str, tuple[int, Callable[..., float]]] = {
    "floor": (1, math.floor),
    "ceil": (1, math.ceil),
    "round": (1, round),
    "log": (1, math.log),
    "log2": (1, math.log2),
    "log10": (1, math.log10),
    "exp": (1, math.exp),
    "comb": (2, lambda n, k: float(math.comb(int(n), int(k)))),
}  # of plain numbers; sqrt, abs, min and max keep units


def _call(name: str, arguments: list[ast.expr], names: Mapping[str, Quantity], formula: str) -> _Base:
    if name == "q":
        return _literal(arguments, formula)
    values = [_walk(argument, names, formula) for argument in arguments]
    if name in ("min", "max") and values:
        for value in values:
            _same(values[0], value, formula)
        return _Base((min if name == "min" else max)(v.value for v in values), values[0].hard)
    if name == "abs" and len(values) == 1:
        return _Base(abs(values[0].value), values[0].hard)
    if name == "sqrt" and len(values) == 1 and values[0].value >= 0 and all(p % 2 == 0 for _, p in values[0].hard):
        return _Base(math.sqrt(values[0].value), tuple((n, p // 2) for n, p in values[0].hard))
    if name not in FUNCTIONS or len(values) != FUNCTIONS[name][0]:
        raise Invalid(f"formula '{formula}': no function '{name}' of {len(values)}")
    if any(v.hard for v in values):
        raise Invalid(f"formula '{formula}': {name} takes plain numbers, divide by a unit first")
    try:
        return _Base(float(FUNCTIONS[name][1](*(v.value for v in values))))
    except (ValueError, OverflowError):
        raise Invalid(f"formula '{formula}': {name} of {', '.join(f'{v.value:g}' for v in values)}") from None


def _literal(arguments: list[ast.expr], formula: str) -> _Base:
    values: list[Any] = [a.value for a in arguments if isinstance(a, ast.Constant)]
    if len(values) != 2 or not isinstance(values[0], int | float) or not isinstance(values[1], str):
        raise Invalid(f"formula '{formula}': write q(number, \"unit\")")
    unit = parse_unit(values[1])
    return _Base(float(values[0]) * unit.factor, unit.hard)


def _combine(
    left: tuple[tuple[str, int], ...], right: tuple[tuple[str, int], ...], sign: int
) -> tuple[tuple[str, int], ...]:
    if not left and not right:
        return ()
    dims = dict(left)
    for name, power in right:
        dims[name] = dims.get(name, 0) + sign * power
    return tuple(sorted((n, p) for n, p in dims.items() if p))


def _same(left: _Base, right: _Base, formula: str) -> None:
    if left.hard != right.hard:
        raise Invalid(f"formula '{formula}': {_dims(left.hard)} and {_dims(right.hard)} do not add up")


def _dims(hard: tuple[tuple[str, int], ...]) -> str:
    return "·".join(n if p == 1 else f"{n}^{p}" for n, p in hard) or "a plain number"
