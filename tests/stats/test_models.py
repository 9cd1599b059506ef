"""Cohort estimates, Dawid-Skene, severities, the length baseline: truth that was put in comes out."""

import math

import numpy as np
import pytest

from examiner.stats.cohort import prediction_powered_mean, rogan_gladen
from examiner.stats.dawid_skene import dawid_skene
from examiner.stats.latent import BALANCED, correlation_for, probabilities
from examiner.stats.length import length_only
from examiner.stats.power import Limits, anchors_needed, draw, ever_passes, passes, rate
from examiner.stats.severity import severities


def scored(prevalence, confusion, n, rng):
    truth = rng.choice(len(prevalence), size=n, p=prevalence)
    table = np.stack([[rng.choice(len(prevalence), p=c[t]) for t in truth] for c in confusion], axis=1)
    return truth, table.astype(float)


def test_dawid_skene_recovers_habits():
    rng = np.random.default_rng(0)
    careful = np.array([[0.9, 0.08, 0.02], [0.08, 0.84, 0.08], [0.02, 0.08, 0.9]])
    harsh = np.array([[0.95, 0.04, 0.01], [0.45, 0.5, 0.05], [0.1, 0.4, 0.5]])
    confusion = [careful, careful, harsh, careful]
    _, table = scored([0.3, 0.4, 0.3], confusion, 800, rng)
    table[rng.random(table.shape) < 0.15] = np.nan
    table = table[np.isfinite(table).any(axis=1)]
    found = dawid_skene(table, (0, 2))
    assert found.converged
    assert np.abs(found.confusion - np.array(confusion)).max() < 0.12
    assert found.prevalence == pytest.approx([0.3, 0.4, 0.3], abs=0.06)
    assert found.posterior.sum(axis=1) == pytest.approx(np.ones(len(table)))


def test_dawid_skene_beats_the_majority_where_one_rater_is_harsh():
    rng = np.random.default_rng(1)
    good = np.array([[0.95, 0.05], [0.05, 0.95]])
    poor = np.array([[0.97, 0.03], [0.75, 0.25]])
    truth, table = scored([0.5, 0.5], [good, poor, poor], 1000, rng)
    guess = dawid_skene(table, (0, 1)).posterior.argmax(axis=1)
    majority = (table.mean(axis=1) > 0.5).astype(int)
    assert np.mean(guess == truth) > np.mean(majority == truth) + 0.05


def test_dawid_skene_climbs():
    table = np.random.default_rng(2).integers(0, 3, size=(40, 4)).astype(float)
    steps = [dawid_skene(table, (0, 2), steps=s, smoothing=1e-9).log_likelihood for s in (1, 3, 10, 50)]
    assert steps == sorted(steps)


def test_dawid_skene_refuses_what_it_cannot_tell():
    with pytest.raises(ValueError, match="three raters"):
        dawid_skene([[0, 1], [1, 1]], (0, 1))
    with pytest.raises(ValueError, match="no score"):
        dawid_skene([[0, 1, 1], [math.nan] * 3], (0, 1))


def cohort(rng, n, sensitivity, specificity, truth=0.6, more=2000):
    y = (rng.random(n + more) < truth).astype(float)
    f = np.where(y == 1, rng.random(n + more) < sensitivity, rng.random(n + more) >= specificity).astype(float)
    return y[:n], f[:n], f[n:]


def test_prediction_powered_mean_by_hand():
    rng = np.random.default_rng(3)
    y, f, rest = cohort(rng, 100, 0.9, 0.85)
    n, more = len(y), len(rest)
    w = np.cov(y, f)[0, 1] / (np.r_[f, rest].var(ddof=1) * (1 + n / more))
    found = prediction_powered_mean(y, f, rest)
    assert found.value == pytest.approx(y.mean() + w * (rest.mean() - f.mean()))
    assert found.se < y.std(ddof=1) / math.sqrt(n)
    useless = prediction_powered_mean(y, np.zeros(n), np.zeros(more))
    assert useless.value == pytest.approx(y.mean())


def test_cohort_estimates_are_centred_and_cover():
    rng = np.random.default_rng(4)
    draws = [cohort(rng, 100, 0.9, 0.9) for _ in range(600)]
    for function in (prediction_powered_mean, rogan_gladen):
        found = [function(*d) for d in draws]
        known = [f for f in found if f.value is not None]
        assert len(known) > 550
        assert np.mean([f.value for f in known]) == pytest.approx(0.6, abs=0.006)
        covered = np.mean([f.lower <= 0.6 <= f.upper for f in known])
        assert 0.86 <= covered <= 0.94  # nominal .90, Monte-Carlo error .012


def test_corrections_refuse():
    rng = np.random.default_rng(5)
    weak = rogan_gladen(*cohort(rng, 200, 0.7, 0.6))
    assert weak.value is None and "too weak" in weak.why
    assert rogan_gladen(*cohort(rng, 20, 0.95, 0.95)).value is None
    assert prediction_powered_mean(*cohort(rng, 29, 0.95, 0.95)).value is None
    assert rogan_gladen(np.ones(50), np.ones(50), np.ones(50)).value is None
    with pytest.raises(ValueError, match="0 and 1"):
        rogan_gladen([0.5] * 40, [1] * 40, [1] * 40)


def rasch(rng, severity, n, thresholds=(-1.2, 0.0, 1.2)):
    ability = rng.normal(0, 1.5, size=n)
    logits = (ability[:, None] - severity)[..., None] * np.arange(4) - np.r_[0, np.cumsum(thresholds)]
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return (rng.random(p.shape[:2])[..., None] > np.cumsum(p, axis=-1)).sum(axis=-1).astype(float)


def test_severities_are_recovered_and_covered():
    rng = np.random.default_rng(6)
    truth = np.array([-0.8, -0.2, 0.3, 0.7])
    found = []
    for _ in range(25):
        table = rasch(rng, truth, 250)
        table[rng.random(table.shape) < 0.2] = np.nan
        found.append(severities(table, (0, 3)))
    middle = np.mean([[r.severity.value for r in one] for one in found], axis=0)
    assert middle == pytest.approx(truth, abs=0.08)
    covered = np.mean(
        [[r.severity.lower <= t <= r.severity.upper for r, t in zip(one, truth, strict=True)] for one in found]
    )
    assert 0.8 <= covered <= 0.99
    assert all(0.7 < r.infit.value < 1.3 for r in found[0])


def test_an_erratic_rater_does_not_fit():
    rng = np.random.default_rng(7)
    table = rasch(rng, np.zeros(4), 300)
    table[:, 3] = rng.integers(0, 4, size=300)
    found = severities(table, (0, 3))
    assert found[3].outfit.value > 1.5 > max(r.outfit.value for r in found[:3])


def test_unlinked_raters_have_no_common_scale():
    rng = np.random.default_rng(8)
    table = rasch(rng, np.zeros(4), 40)
    table[:20, 2:] = np.nan
    table[20:, :2] = np.nan
    assert all(r.severity.value is None and "linked" in r.severity.why for r in severities(table, (0, 3)))
    table = rasch(rng, np.zeros(3), 40)
    table[:, 0] = 3
    assert all(r.severity.value is None for r in severities(table, (0, 3)))


def test_the_length_baseline_sees_length_and_nothing_else():
    rng = np.random.default_rng(9)
    questions = np.repeat(np.arange(30), 5)
    lengths = rng.integers(5, 200, size=150)
    by_length = np.clip(np.round((np.log1p(lengths) - 2) / 1.1), 0, 3)
    assert length_only(lengths, by_length, questions, (0, 3), rng)["qwk"].value > 0.8
    unrelated = rng.integers(0, 4, size=150)
    assert abs(length_only(lengths, unrelated, questions, (0, 3), rng)["qwk"].value) < 0.25
    with pytest.raises(ValueError, match="two questions"):
        length_only(lengths, by_length, np.zeros(150), (0, 3), rng)


def test_more_is_needed_of_a_lesser_judge():
    limits = Limits(qwk_lower=0.70, level=0.025)
    needed = [anchors_needed(q, BALANCED, limits, 1000, 1) for q in (0.90, 0.85, 0.80)]
    assert needed == sorted(needed) and needed[0] < 40 < needed[1] < 80 < needed[2]
    assert anchors_needed(0.70, BALANCED, limits, 500, 1, most=500) is None


def test_rules_refuse_the_worthless():
    rng = np.random.default_rng(10)
    shares = np.array(BALANCED)
    everything = Limits(
        qwk=0.7, qwk_lower=0.6, spearman=0.7, spearman_lower=0.6, smd_interval=0.3, sd_ratio=(0.8, 1.25)
    )
    constant = np.outer(shares, [0, 0, 1, 0])
    assert rate(constant, 100, everything, 500, rng) == 0
    assert rate(np.outer(shares, shares), 100, everything, 500, rng) == 0
    assert rate(np.diag(shares), 100, everything, 500, rng) == 1
    one_level = np.zeros((1, 4, 4))
    one_level[0, 2, 2] = 100
    assert not passes(one_level, Limits(qwk=-1)).any()


def test_trying_again_helps_whom_it_should_not():
    rng = np.random.default_rng(11)
    table = probabilities(correlation_for(0.6, BALANCED), BALANCED)
    once, often = (ever_passes(table, 50, k, Limits(qwk=0.7), 2000, rng) for k in (1, 10))
    assert often > 3 * once
    assert draw(table, 50, 3, rng).sum(axis=(1, 2)).tolist() == [50, 50, 50]
