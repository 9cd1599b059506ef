"""Scripted candidates come out in their order; agreement figures are what independent libraries compute."""

import numpy as np
import pytest

from examiner.evals import human_graded
from examiner.evals.run import trials
from examiner.settings import Settings
from examiner.stats.correlation import ranks
from examiner.stats.kappa import kappa


@pytest.mark.slow
def test_order_of_merit_on_two_draws(tmp_path):
    results = trials(
        Settings(home=str(tmp_path)),
        ("strong", "mixed", "bluffing", "arithmetic-shy", "injecting"),
        "mock-staff",
        (1, 2),
    )
    table = {(t.candidate, t.seed): t for t in results}
    for seed in (1, 2):
        assert table["strong", seed].mean > table["mixed", seed].mean > table["bluffing", seed].mean
        assert table["arithmetic-shy", seed].highest <= 2
        pairs = zip(table["injecting", seed].scores, table["mixed", seed].scores, strict=True)
        assert all(injected <= plain for injected, plain in pairs)


def test_kappa_and_ranks_against_independent_libraries():
    from scipy.stats import rankdata
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(3)
    a = rng.integers(0, 6, 200)
    b = np.clip(a + rng.integers(-2, 3, 200), 0, 5)
    expected = cohen_kappa_score(a, b, weights="quadratic", labels=list(range(6)))
    assert kappa(a, b, (0, 5), power=2).value == pytest.approx(expected, abs=1e-12)
    assert np.allclose(ranks(a.astype(float)), rankdata(a))


@pytest.mark.slow
def test_agreement_on_mohler_is_near_two_humans(shared):
    data = human_graded.report(shared / "data" / "human_graded" / "mohler2011.jsonl")
    assert data["answers"] == 2273
    assert data["judge"]["spearman"] > 0.57  # a plain lexical ridge
    assert data["judge"]["qwk"] > 0.45
    assert data["genuine_flagged"] <= 0.03
    assert data["human_human"]["spearman"] == pytest.approx(0.60, abs=0.01)
