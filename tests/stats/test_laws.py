"""What must hold of every table of scores."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.stats.agreement import measure
from examiner.stats.alpha import METRICS, krippendorff_alpha
from examiner.stats.bias import smd
from examiner.stats.catalogue import STATISTICS
from examiner.stats.chance import fleiss_kappa, gwet
from examiner.stats.correlation import kendall, pearson, spearman
from examiner.stats.icc import icc
from examiner.stats.kappa import kappa
from examiner.stats.levels import crosstab, half_up
from examiner.stats.raters import human_agreement
from examiner.stats.statistic import Statistic

SCALE = (0, 3)
scores = st.integers(0, 3)
pairs = st.lists(st.tuples(scores, scores), min_size=1, max_size=40)
half_marks = st.lists(st.tuples(st.integers(0, 6).map(lambda x: x / 2), scores), min_size=1, max_size=25)
tables = st.integers(2, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.one_of(scores.map(float), st.just(math.nan)), min_size=raters, max_size=raters),
        min_size=1,
        max_size=20,
    )
)


def every(a, b):
    return [kappa(a, b, SCALE, power=p) for p in (0, 1, 2)] + [f(a, b) for f in (spearman, pearson, kendall)]


def same(x, y):
    return (x.value is None and y.value is None) or math.isclose(x.value, y.value, abs_tol=1e-9)


@given(pairs)
def test_symmetric(rows):
    a, b = zip(*rows, strict=True)
    assert all(same(x, y) for x, y in zip(every(a, b), every(b, a), strict=True))
    forwards, backwards = smd(a, b), smd(b, a)
    assert forwards.value is None or math.isclose(forwards.value, -backwards.value, abs_tol=1e-9)


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(rows, chance):
    shuffled = list(rows)
    chance.shuffle(shuffled)
    a, b = zip(*rows, strict=True)
    c, d = zip(*shuffled, strict=True)
    assert all(same(x, y) for x, y in zip(every(a, b), every(c, d), strict=True))


@given(pairs)
def test_turning_the_scale_round_changes_nothing(rows):
    a, b = (np.array(x) for x in zip(*rows, strict=True))
    assert all(same(x, y) for x, y in zip(every(a, b), every(3 - a, 3 - b), strict=True))


@given(pairs)
def test_bounds_and_order(rows):
    a, b = zip(*rows, strict=True)
    for found in every(a, b):
        assert found.value is None or -1 - 1e-9 <= found.value <= 1 + 1e-9
        if found.lower is not None:
            assert -1 <= found.lower <= found.value <= found.upper <= 1


@given(pairs)
def test_agreement_with_oneself_is_complete_or_undefined(rows):
    a = [x for x, _ in rows]
    assert all(found.value is None or math.isclose(found.value, 1) for found in every(a, a))


def clean(one):
    """A value is a finite float or there is none and it is said why."""
    assert isinstance(one, Statistic)
    for x in (one.value, one.lower, one.upper, one.se):
        assert x is None or (isinstance(x, float) and math.isfinite(x))
    assert one.value is not None or one.why


@given(half_marks)
def test_never_nan(rows):
    human, judge = zip(*rows, strict=True)
    found = measure(human, judge, SCALE, np.random.default_rng(0), resamples=50)
    assert list(found) == list(STATISTICS)
    for one in found.values():
        clean(one)
    for one in every(half_up(human), judge):
        clean(one)


@given(tables)
def test_several_raters_never_nan(rows):
    table = np.array(rows)
    found = [krippendorff_alpha(table, m) for m in METRICS]
    found += [gwet(table, SCALE), gwet(table, SCALE, power=2), fleiss_kappa(table, SCALE), *icc(table).values()]
    found += human_agreement(table, np.random.default_rng(0), resamples=50)
    for one in found:
        clean(one)


@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_raters_does_not_matter(rows, chance):
    table = np.array(rows)
    columns = list(range(table.shape[1]))
    chance.shuffle(columns)
    for metric in METRICS:
        assert same(krippendorff_alpha(table, metric), krippendorff_alpha(table[:, columns], metric))
    assert same(gwet(table, SCALE), gwet(table[:, columns], SCALE))
    assert same(fleiss_kappa(table, SCALE), fleiss_kappa(table[:, columns], SCALE))


@given(st.integers(-40, 40), st.integers(1, 8))
def test_half_up_is_exact(whole, parts):
    value = Fraction(whole, parts)
    assert half_up([float(value)])[0] == math.floor(value + Fraction(1, 2))


def test_perfect_agreement_has_a_bound_below_one():
    human = np.tile([0, 1, 2, 3], 25)
    found = measure(human, human, SCALE, np.random.default_rng(0))
    assert found["qwk"].value == 1.0
    assert 0.95 < found["qwk"].lower < 1.0
    assert found["exact"].lower == pytest.approx(0.05 ** (1 / 100), abs=1e-9)
    few = measure(human[:8], human[:8], SCALE, np.random.default_rng(0))
    assert few["qwk"].lower < found["qwk"].lower
    assert found["smd"].value == 0.0 and found["sd_ratio"].value == 1.0


def test_a_scale_of_one_level_says_nothing():
    found = measure([2, 2, 2], [2, 2, 2], (2, 2), np.random.default_rng(0))
    assert {name for name, one in found.items() if one.value is not None} == {"exact", "adjacent"}


def test_continuous_scores_have_intervals_too():
    rng = np.random.default_rng(4)
    truth = rng.normal(1.5, 0.7, size=2000)
    human, judge = (np.clip(truth + 0.3 * rng.normal(size=2000), 0, 3) for _ in range(2))
    plain = measure(human, judge, SCALE, rng, resamples=300)
    clustered = measure(human, judge, SCALE, rng, resamples=300, clusters=np.arange(2000) // 20)
    for found in (plain, clustered):
        assert found["spearman"].lower < found["spearman"].value < found["spearman"].upper
        assert found["qwk"].lower < found["qwk"].value < found["qwk"].upper
    assert plain["spearman"].value == clustered["spearman"].value
    assert clustered["spearman"].se == pytest.approx(plain["spearman"].se, rel=0.5)


def test_a_score_outside_the_scale_is_refused():
    with pytest.raises(ValueError, match=r"outside the levels 0\.\.3"):
        crosstab([0, 4], [0, 1], SCALE)
    with pytest.raises(ValueError, match="differ in number"):
        crosstab([0, 1], [0], SCALE)
