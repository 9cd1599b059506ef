"""Units: case carries meaning, conversion is exact, and what is not on the list is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.domain.errors import Invalid
from examiner.domain.units import base_unit, known, parse_unit

# Factors to byte, s, FLOP, USD, J, m, A: from the definitions of the SI and of IEC 80000-13.
FACTORS = {
    "KiB/token": 1024.0,
    "GiB": 2.0**30,
    "GB": 1e9,
    "Gb": 1e9 / 8,
    "Gbit/s": 1.25e8,
    "Gbps": 1.25e8,
    "TFLOP/s": 1e12,
    "TFLOPS": 1e12,
    "ms": 1e-3,
    "Ms": 1e6,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "min": 60.0,
    "h": 3600.0,
    "year": 31_536_000.0,
    "month": 2_628_000.0,
    "USD/Mtoken": 1e-6,
    "USD/GPU/h": 1 / 3600,
    "W*h": 3600.0,
    "kWh": 3.6e6,
    "mA*h": 3.6,
    "mAh": 3.6,
    "%": 0.01,
    "GHz": 1e9,
    "nm": 1e-9,
    "B-param": 1e9,
    "m/s^2": 1.0,
}


@pytest.mark.parametrize(("text", "factor"), FACTORS.items())
def test_factor(text: str, factor: float) -> None:
    assert parse_unit(text).factor == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("FLOPS", "FLOP/s"),
        ("W*h", "kWh"),
        ("V*A", "W"),
        ("Hz", "1/s"),
        ("GB/s", "Gbit/s"),
        ("bit", "byte"),
        ("GB/token", "GB"),
        ("sequence", "GPU"),
        ("mA*h*V", "J"),
    ],
)
def test_compatible(one: str, other: str) -> None:
    assert parse_unit(one).compatible(parse_unit(other))
    assert parse_unit(other).compatible(parse_unit(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [("GB", "GB/s"), ("FLOP", "FLOPS"), ("USD", "EUR"), ("s", "Hz"), ("W", "J"), ("token", "byte")],
)
def test_incompatible(one: str, other: str) -> None:
    assert not parse_unit(one).compatible(parse_unit(other))


def test_soft_units_are_labels() -> None:
    assert parse_unit("KiB/token").soft == (("token", -1),)
    assert parse_unit("KiB/token").hard == (("byte", 1),)


@pytest.mark.parametrize(
    ("text", "base", "factor"),
    [
        ("Gb/s", "bit/s", 1e9),
        ("GB/s", "byte/s", 1e9),
        ("request/day", "request/s", 1 / 86400),
        ("USD/month", "USD/month", 1.0),
        ("h/year", "s/year", 3600.0),
        ("B-param", "parameter", 1e9),
        ("%", "ratio", 0.01),
    ],
)
def test_display_base(text: str, base: str, factor: float) -> None:
    unit = parse_unit(text)
    assert unit.base_symbol == base
    assert unit.base_factor == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    ["", "gb", "MBB", "1/", "/s", "m/s^x", "GB)", "(GB", "2", "m^99", "degC/s", "GB/" * 40 + "s", "x'; drop"],
)
def test_refused_in_one_line(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_unit(text)
    assert "\n" not in str(caught.value)


def test_celsius_has_an_offset() -> None:
    assert parse_unit("degC").to_base(-40.0) == pytest.approx(233.15)
    assert parse_unit("degC").from_base(358.15) == pytest.approx(85.0)


@pytest.mark.parametrize("text", ["adapter", "answer", "stream", "card", "launches", "accelerators", "GPUs", "queries"])
def test_counted_nouns_are_known(text: str) -> None:
    assert known(text)
    assert parse_unit(text).hard == ()
    assert parse_unit(text).soft != ()


ATOMS = st.sampled_from(["KiB", "Gbit", "ms", "h", "TFLOP", "USD", "token", "GPU", "W", "mA", "V", "request", "K"])
FACTOR = st.tuples(ATOMS, st.integers(-2, 2).filter(bool))


@given(st.lists(FACTOR, min_size=1, max_size=4), st.floats(-1e12, 1e12))
def test_what_is_printed_reads_back_and_converts_back(parts: list[tuple[str, int]], value: float) -> None:
    text = "*".join(f"{name}^{power}" for name, power in parts)
    unit = parse_unit(text)
    again = parse_unit(str(unit))
    assert (again.hard, again.soft) == (unit.hard, unit.soft)
    assert math.isclose(again.factor, unit.factor, rel_tol=1e-9)
    assert math.isclose(unit.from_base(unit.to_base(value)), value, rel_tol=1e-9, abs_tol=1e-300)
    base = base_unit(unit.hard, unit.soft)
    assert base.compatible(unit)
    assert math.isclose(base.factor, 1.0, rel_tol=1e-12)
