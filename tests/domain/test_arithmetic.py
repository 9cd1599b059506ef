"""Formulas: the same numbers as Python, dimensions that must balance, and nothing but arithmetic."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from examiner.domain.arithmetic import Quantity, agrees, evaluate, express, names_in
from examiner.domain.errors import Invalid
from examiner.domain.units import parse_unit


def given_names(**values: tuple[float, str]) -> Mapping[str, Quantity]:
    return {name.replace("__", "."): Quantity(v, parse_unit(u)) for name, (v, u) in values.items()}


NAMES = given_names(
    model__layers=(32, "1"), free=(24, "GiB"), kv=(256, "MiB/sequence"), speed=(2, "TB/s"), hot=(25, "degC")
)


@pytest.mark.parametrize(
    ("formula", "unit", "expected"),
    [
        # 2 tensors x 32 layers x 8 heads x 128 values x 2 bytes = 131,072 bytes = 128 KiB
        ('2 * model.layers * 8 * 128 * q(2, "byte")', "KiB/token", 128.0),
        ("floor(free / kv)", "sequence", 96.0),
        ('q(140, "GB") / speed', "ms", 70.0),
        ('q(3.5, "USD/GPU/h") * 8 * q(1, "day")', "USD", 672.0),
        ('q(80, "Gbit/s") * q(2, "s")', "GB", 20.0),
        ('sqrt(q(9, "m") * q(4, "m"))', "m", 6.0),
        ("hot", "K", 298.15),
        ("comb(5, 2)", "1", 10.0),
        ("log2(1024) + log10(1000) + log(8, 2)", "1", 16.0),
        ("min(3, 2, 5) + max(1, 4) - abs(-1)", "1", 5.0),
        ("floor(0.3 / 0.1)", "1", 3.0),  # 0.3 / 0.1 is 2.999... in floats and 3 on paper
        ("ceil(0.1 * 3 / 0.1)", "1", 3.0),
        ('q(10, "GB") // q(3, "GB")', "1", 3.0),
        ('q(10, "GB") % q(3, "GB")', "GB", 1.0),
    ],
)
def test_value(formula: str, unit: str, expected: float) -> None:
    assert express(evaluate(formula, NAMES), parse_unit(unit)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    "formula",
    [
        "free + speed", "free - 1", "floor(free)", "exp(free)", "2 ** free", "free ** 0.5",
        "min(free, speed)",
        'q(free, "GB")', "comb(free, 1)",
    ],
)  # fmt: skip
def test_dimensions_must_balance(formula: str) -> None:
    with pytest.raises(Invalid, match="formula"):
        evaluate(formula, NAMES)


@pytest.mark.parametrize(
    "formula",
    [
        "", "1 +", "1 / 0", "0 ** -1", "(-8) ** 0.5", "log(0)", "sqrt(-1)", "comb(5, 2.5)", "comb(1e9, 2)",
        "unknown",
        "9 ** 9 ** 9", "1e999", "exp(1000)", "1 == 1", "1 if 1 else 2", "[1][0]", "'a' * 3", "True", "1j",
        "__import__('os')", "(1).real", "free.__class__", "lambda: 1", "(x := 1)", "f'{1}'", "max(*[1, 2])",
        "round(1, ndigits=1)", "q(1)", "q(1, 'gb')", "sum(1)", "-" * 60 + "1", "(" * 300, "1" * 2000, "1 < 2",
        "\0",
    ],
)  # fmt: skip
def test_refused(formula: str) -> None:
    with pytest.raises(Invalid) as caught:
        evaluate(formula, NAMES)
    assert caught.value.message.startswith("formula '")


def test_error_names_formula_and_place() -> None:
    with pytest.raises(Invalid, match=r"formula 'free \+ speed': cannot add B and B/s"):
        evaluate("free + speed", NAMES)


def test_names_in() -> None:
    assert names_in('floor(free / (kv * model.layers)) + q(1, "GB") * a.b.c') == {
        "free",
        "kv",
        "model.layers",
        "a.b.c",
    }


def test_express_refuses_another_dimension() -> None:
    with pytest.raises(Invalid):
        express(Quantity(1.0, parse_unit("GB")), parse_unit("s"))


def test_result_can_be_stored_and_read_back() -> None:
    result = evaluate("free / kv * speed", NAMES)
    assert parse_unit(str(result.unit)) == result.unit


LEAF = st.one_of(st.integers(1, 50).map(str), st.sampled_from(["0.5", "2.25", "7.5"]))
EXPRESSION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda e: f"(-{e})"),
        inner.map(lambda e: f"abs({e})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
        st.tuples(inner, st.integers(0, 3)).map(lambda t: f"({t[0]} ** {t[1]})"),
    ),
    max_leaves=8,
)


@given(EXPRESSION)
def test_equals_python(formula: str) -> None:
    try:
        expected = float(eval(formula))
    except (ZeroDivisionError, OverflowError):
        assume(False)
    assume(abs(expected) < 1e150)
    assert math.isclose(evaluate(formula, {}).value, expected, rel_tol=1e-9, abs_tol=1e-9)


@given(st.integers(-10_000, 10_000), st.integers(-200, 200).filter(bool))
def test_whole_division_equals_python(a: int, b: int) -> None:
    assert evaluate(f"({a}) // ({b})", {}).value == a // b
    assert evaluate(f"({a}) % ({b})", {}).value == a % b


POSITIVE = st.floats(1e-12, 1e12)


@given(POSITIVE, POSITIVE, st.floats(0, 1))
def test_agreement_is_symmetric_and_keeps_sign(a: float, b: float, tolerance: float) -> None:
    assert agrees(a, b, tolerance) == agrees(b, a, tolerance) == agrees(-a, -b, tolerance)
    assert not agrees(a, -b, tolerance)
    assert agrees(a, a, 0)


@given(POSITIVE, st.floats(0.001, 1))
def test_agreement_ends_at_the_tolerance(a: float, tolerance: float) -> None:
    assert agrees(a * (1 + tolerance * 0.99), a, tolerance)
    assert agrees(a / (1 + tolerance * 0.99), a, tolerance)
    assert not agrees(a * (1 + tolerance * 1.01), a, tolerance)
    assert not agrees(a / (1 + tolerance * 1.01), a, tolerance)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (0, 0, True),
        (0, 1e-300, False),
        (math.inf, math.inf, False),
        (math.nan, 1, False),
        (1, 1 + 1e-12, True),
    ],
)
def test_agreement_at_the_edges(a: float, b: float, expected: bool) -> None:
    assert agrees(a, b, 0) is expected


@given(st.floats(-1e9, 1e9), st.sampled_from([("GB", "KiB"), ("Gbit/s", "MB/s"), ("h", "ms"), ("degC", "K")]))
def test_conversion_round_trip(value: float, pair: tuple[str, str]) -> None:
    one, other = (parse_unit(p) for p in pair)
    there = express(Quantity(value, one), other)
    assert math.isclose(express(Quantity(there, other), one), value, rel_tol=1e-9, abs_tol=1e-6)
