"""Do the bounds hold what they promise? Seeded simulation, all tables at once."""

import numpy as np
import pytest

from examiner.stats.bootstrap import resample
from examiner.stats.cells import cells_of
from examiner.stats.latent import BALANCED, correlation_for, probabilities
from examiner.stats.measures import qwk
from examiner.stats.power import draw, lower_bound, qwk_with_se
from examiner.stats.special import normal_quantile

TRUTH = 0.80


def test_the_closed_bound_covers():
    rng = np.random.default_rng(20)
    tables = draw(probabilities(correlation_for(TRUTH, BALANCED), BALANCED), 100, 40_000, rng)
    lower = lower_bound(*qwk_with_se(tables), normal_quantile(0.95))
    assert np.mean(lower <= TRUTH) == pytest.approx(0.94, abs=0.015)


@pytest.mark.slow
def test_the_bootstrap_bound_covers():
    rng = np.random.default_rng(21)
    cells = cells_of(np.repeat(np.arange(4), 4), np.tile(np.arange(4), 4), (0, 3))
    times, covered = 1500, 0
    for truth in (0.6, 0.7, 0.8):
        table = probabilities(correlation_for(truth, BALANCED), BALANCED)
        for counts in draw(table, 100, times, rng).reshape(times, 16):
            member = np.repeat(np.arange(16), counts.astype(int))
            draws = qwk(cells, resample(member, 16, rng, 399))
            covered += np.partition(draws, 19)[19] <= truth
    assert covered / (3 * times) == pytest.approx(0.94, abs=0.015)


@pytest.mark.slow
def test_a_judge_of_sixty_passes_a_bound_of_sixty_once_in_twenty():
    rng = np.random.default_rng(22)
    tables = draw(probabilities(correlation_for(0.60, BALANCED), BALANCED), 200, 40_000, rng)
    lower = lower_bound(*qwk_with_se(tables), normal_quantile(0.95))
    assert np.mean(lower >= 0.60) == pytest.approx(0.05, abs=0.01)


@pytest.mark.slow
def test_resampling_questions_is_honest_where_resampling_answers_is_not():
    """40 questions with 5 answers each; the judge has an effect of its own on each question."""
    rng = np.random.default_rng(23)
    cuts = np.array([-0.84, 0.0, 0.84])

    def study(questions):
        truth = rng.normal(size=(questions, 5))
        own = truth + 0.5 * rng.normal(size=(questions, 1)) + 0.35 * rng.normal(size=(questions, 5))
        return np.searchsorted(cuts, truth).ravel(), np.searchsorted(cuts, own / 1.17).ravel()

    whole = cells_of(*study(40_000), (0, 3))
    true = float(qwk(whole, whole.counts))
    groups, plain, clustered, times = np.repeat(np.arange(40), 5), 0, 0, 400
    for _ in range(times):
        cells = cells_of(*study(40), (0, 3))
        for by in (None, groups):
            draws = qwk(cells, resample(cells.member, len(cells.counts), rng, 300, by))
            held = np.quantile(draws, 0.05) <= true
            plain, clustered = plain + (by is None and held), clustered + (by is not None and held)
    assert clustered / times > 0.91
    assert clustered > plain
