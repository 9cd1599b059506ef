"""Published and independently recomputed figures, to the precision in which they are given."""

import json
import math

import numpy as np
import pytest

from examiner.stats.alpha import METRICS, krippendorff_alpha
from examiner.stats.cells import cells_of
from examiner.stats.chance import gwet
from examiner.stats.correlation import kendall, spearman
from examiner.stats.icc import icc
from examiner.stats.kappa import kappa, kappa_by_disagreement, kappa_of_table
from examiner.stats.levels import weights
from examiner.stats.measures import qwk


@pytest.fixture(scope="module")
def known(shared):
    return json.loads((shared / "data/known_values/agreement_statistics.json").read_text())


def close(a, b):
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)


def rated(table):
    """Return the two raters' scores of a table of counts."""
    counts = np.array(table)
    rows, columns = np.indices(counts.shape)
    return np.repeat(rows.ravel(), counts.ravel()), np.repeat(columns.ravel(), counts.ravel())


@pytest.mark.parametrize("case", ["krippendorff_4coder_12unit", "krippendorff_wikipedia_3coder_15unit"])
def test_krippendorff(known, case):
    rows = known[case]["raters_rows"]
    ratings = np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=float).T
    for metric in METRICS:
        value = krippendorff_alpha(ratings, metric).value
        if metric in known[case]["recomputed"]:
            assert close(value, known[case]["recomputed"][metric])
        if metric in known[case]["published"]:
            assert round(value, 3) == known[case]["published"][metric]


def test_fleiss_diagnoses(known):
    case = known["fleiss_100_psychiatric_3x3"]
    a, b = rated(case["table"])
    want = case["recomputed"]
    for power, name in enumerate(("kappa", "linear", "quadratic")):
        found = kappa(a, b, (0, 2), power=power)
        assert close(found.value, want[name])
        assert close(found.se, want[f"ase_{name}"])
    for power, name in enumerate(("ac1", "ac2_linear", "ac2_quadratic")):
        assert close(gwet(np.column_stack([a, b]), (0, 2), power=power).value, want[name])


def test_cohen_1968(known):
    case = known["cohen_1968_weighted"]
    table = np.array(case["proportions"])
    weighted = kappa_by_disagreement(table, np.array(case["disagreement_weights"], dtype=float))
    plain = kappa_of_table(table, weights(3, 0))
    assert close(weighted.value, case["recomputed"]["weighted_kappa"])
    assert close(plain.value, case["recomputed"]["unweighted_kappa"])
    assert round(weighted.value, 3) == case["published"]["weighted_kappa"]
    assert weighted.lower is None and weighted.why


@pytest.mark.parametrize("name", ["A", "B", "C"])
def test_kappa_paradox(known, name):
    case = known["kappa_paradox"][name]
    a, b = rated(case["table"])
    assert math.isclose(kappa(a, b, (0, 1)).value, case["kappa"], abs_tol=5e-14)
    assert math.isclose(gwet(np.column_stack([a, b]), (0, 1)).value, case["ac1"], abs_tol=5e-14)
    assert round(float(np.mean(a == b)), 3) == case["po"]


def test_spearman(known):
    cases = known["spearman"]
    assert close(spearman(cases["no_ties"]["x"], cases["no_ties"]["y"]).value, cases["no_ties"]["rho"])
    ties = cases["ties"]
    assert close(spearman(ties["x"], ties["y"]).value, ties["rho"])
    assert not math.isclose(spearman(ties["x"], ties["y"]).value, ties["wrong_6d2_formula"], abs_tol=1e-3)
    assert close(kendall(ties["x"], ties["y"]).value, ties["kendall_tau_b"])
    flat = spearman(cases["constant"]["x"], cases["constant"]["y"])
    assert flat.value is None and flat.why


def test_degenerate(known):
    case = known["degenerate"]
    both = kappa([2, 2, 2], [2, 2, 2], (0, 3), power=2)
    assert both.value is None and both.lower is None and both.why
    assert kappa([0, 1, 2, 3], [1, 1, 1, 1], (0, 3), power=2).value == case["judge_constant_qwk"]
    trap = case["label_set_trap"]
    declared = kappa(trap["h"], trap["j"], (0, 3), power=2).value
    assert close(declared, trap["qwk_labels_0_3"])
    squeezed = {0: 0, 1: 1, 3: 2}  # what inferring the labels from the data makes of a scale whose level 2 is unused
    inferred = kappa([squeezed[x] for x in trap["h"]], [squeezed[x] for x in trap["j"]], (0, 2), power=2).value
    assert close(inferred, trap["qwk_labels_inferred"])


# Shrout and Fleiss (1979), table 2: six targets, four judges; coefficients as printed in their table 4, and the
# intervals that several packages print for this example.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
PRINTED = {
    "1,1": (0.17, -0.13, 0.72),
    "2,1": (0.29, 0.02, 0.76),
    "3,1": (0.71, 0.34, 0.95),
    "1,k": (0.44, -0.88, 0.91),
    "2,k": (0.62, 0.07, 0.93),
    "3,k": (0.91, 0.68, 0.99),
}


@pytest.mark.parametrize("form", PRINTED)
def test_icc(form):
    found = icc(SHROUT_FLEISS, level=0.025)[form]
    assert tuple(round(x, 2) for x in (found.value, found.lower, found.upper)) == PRINTED[form]


def test_cells_agree_with_the_table():
    h, j = [0, 3, 0, 3, 1], [0, 3, 3, 3, 1]
    cells = cells_of(h, j, (0, 3))
    assert close(float(qwk(cells, cells.counts)), kappa(h, j, (0, 3), power=2).value)
