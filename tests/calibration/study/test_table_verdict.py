"""From scores to a verdict: each limit bites by itself, and what cannot be known is never a pass."""

import json
from pathlib import Path

import numpy as np
import pytest

from examiner.calibration.policies import Thresholds, read_policy, read_thresholds
from examiner.calibration.study.characteristics import characteristics, limits_of
from examiner.calibration.study.measure import study
from examiner.calibration.study.table import Ratings, Table
from examiner.domain.errors import Invalid, NotFound
from examiner.stats.catalogue import STATISTICS

ROOT = Path(__file__).resolve().parents[3]
POLICIES = ("practice", "research", "hiring", "high-stakes")
CUTS = np.array([-0.84, 0.0, 0.84])


def people(n=200, raters=2, noise=0.25, seed=1):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    scores = np.searchsorted(CUTS, truth[:, None] + noise * rng.normal(size=(n, raters)))
    return truth, scores.astype(float), rng


def verdict(human, judge, *, policy="hiring", levels=(0, 3), questions=40, unscored=0, **options):
    n = len(human)
    codes = None if questions is None else np.arange(n) % questions
    names = () if questions is None else tuple(f"q{i}" for i in range(questions))
    ratings = Ratings(
        tuple(f"a{i}" for i in range(n)), codes, names, tuple(f"p{i}" for i in range(human.shape[1])), human,
        {"j": np.asarray(judge, dtype=float)}, {"j": unscored},
    )  # fmt: skip
    name, limits = read_thresholds(ROOT, policy)
    data = study(Table(levels, {"c": ratings}), name, limits, resamples=400, **options)
    return data["judges"]["j"]["c"], data


def missed(found):
    return {c["name"] for c in found["checks"] if c["ok"] is False}


def test_a_good_judge_passes_every_policy():
    truth, human, rng = people(400)
    judge = np.searchsorted(CUTS, truth + 0.2 * rng.normal(size=400))
    for policy in POLICIES:
        found, _ = verdict(human, judge, policy=policy)
        assert (found["verdict"], missed(found)) == ("pass", set())


def test_a_lenient_judge_is_caught_by_bias_though_its_ranks_are_right():
    truth, human, rng = people()
    judge = np.searchsorted(CUTS, truth + 0.2 * rng.normal(size=200) + 0.5)
    found, _ = verdict(human, judge)
    assert found["verdict"] == "fail"
    assert "smd" in missed(found)
    assert not {"spearman", "spearman_lower"} & missed(found)


def test_a_compressing_judge_is_caught_by_spread():
    _, human, _ = people()
    judge = np.clip(human[:, 0], 1, 2)
    found, _ = verdict(human, judge)
    assert found["verdict"] == "fail"
    assert {"sd_ratio", "judge_levels"} <= missed(found)


def test_a_constant_judge_is_undefined_not_zero():
    _, human, _ = people()
    found, _ = verdict(human, np.full(200, 2))
    assert found["verdict"] == "undefined"
    assert found["spearman"]["value"] is None and found["spearman"]["why"]
    assert found["qwk"]["value"] == 0.0
    both, _ = verdict(np.full((200, 2), 2.0), np.full(200, 2))
    assert both["verdict"] == "undefined" and both["qwk"]["value"] is None


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"n": 60}, "anchors"),
        ({"questions": 10}, "questions"),
        ({"levels": (0, 4)}, "levels"),
        ({"raters": 1}, "double_scored"),
    ],
)
def test_too_little_is_insufficient_however_good(change, name):
    truth, human, rng = people(change.get("n", 200), change.get("raters", 2))
    judge = np.searchsorted(CUTS, truth + 0.15 * rng.normal(size=len(truth)))
    found, _ = verdict(human, judge, levels=change.get("levels", (0, 3)), questions=change.get("questions", 40))
    assert found["verdict"] == "insufficient"
    assert name in missed(found)


def test_unreliable_labels_fail_whoever_the_judge_is():
    truth, human, _ = people(noise=1.6)
    found, data = verdict(human, np.searchsorted(CUTS, truth))
    assert data["humans"]["c"]["label_reliability"]["value"] < 0.7
    assert {"label_reliability", "label_reliability_lower"} <= missed(found)


def test_answers_left_without_a_score_count():
    truth, human, _ = people()
    found, _ = verdict(human, np.searchsorted(CUTS, truth), unscored=5)
    assert found["verdict"] == "fail" and missed(found) == {"unscored"}


def test_more_attempts_ask_for_a_wider_bound():
    truth, human, rng = people(120)
    judge = np.searchsorted(CUTS, truth + 0.5 * rng.normal(size=120))
    once, _ = verdict(human, judge)
    often, data = verdict(human, judge, attempts=10)
    assert often["qwk"]["lower"] < once["qwk"]["lower"]
    assert data["attempts"] == 10


def test_the_object_has_the_keys_of_the_contract():
    truth, human, _ = people(60, 3)
    found, data = verdict(human, np.searchsorted(CUTS, truth))
    assert list(data) == ["policy", "levels", "attempts", "humans", "judges"]
    assert (data["policy"], data["levels"], data["attempts"]) == ("hiring", [0, 3], 1)
    block = data["humans"]["c"]
    assert set(block) == {"raters", "items", "qwk", "alpha", "fleiss_kappa", "ac1", "ac2", "icc", "label_reliability"}
    assert set(block["alpha"]) == {"nominal", "ordinal", "interval", "ratio"}
    assert set(block["icc"]) == {"1,1", "2,1", "3,1", "1,k", "2,k", "3,k"}
    assert set(found) == {
        "n", "questions", *STATISTICS, "degradation", "within_question_qwk", "alt_test", "confusion", "checks", "verdict",
    }  # fmt: skip
    assert set(found["alt_test"]) == {"winning_rate", "advantage_probability", "passed"}
    assert all(set(c) == {"name", "need", "got", "ok"} for c in found["checks"])
    assert np.array(found["confusion"]).sum() == found["n"] == 60
    for one in [found[name] for name in STATISTICS] + [block["qwk"], *block["icc"].values()]:
        assert {"value", "lower", "upper"} <= set(one) <= {"value", "lower", "upper", "se", "why"}
    json.dumps(data, allow_nan=False)


def test_labels_are_rounded_for_levels_and_whole_for_means():
    human = np.array([[0, 1], [1, 2], [2, 3], [3, 3], [0, 0], [1, 1]], dtype=float)
    judge = np.array([1, 2, 3, 3, 0, 1], dtype=float)
    found, _ = verdict(human, judge, questions=None)
    assert found["qwk"]["value"] == 1.0 and found["exact"]["value"] == 1.0
    label = human.mean(axis=1)
    want = (judge.mean() - label.mean()) / np.sqrt((judge.var(ddof=1) + label.var(ddof=1)) / 2)
    assert found["smd"]["value"] == pytest.approx(want)
    assert found["questions"] == 6
    assert found["within_question_qwk"]["value"] is None


def test_a_judge_nobody_can_compare_is_undefined():
    _, human, _ = people(50)
    found, _ = verdict(np.full_like(human, np.nan), np.ones(50))
    assert (found["n"], found["verdict"]) == (0, "undefined")


def test_figures_by_question():
    truth, human, _ = people(80)
    found, _ = verdict(human, np.searchsorted(CUTS, truth), questions=4, by_question=True)
    assert sum(one["n"] for one in found["by_question"].values()) == 80
    assert set(found["by_question"]["q0"]) == {"n", "qwk", "exact", "smd"}


def test_the_same_seed_gives_the_same_figures():
    truth, human, _ = people(80)
    judge = np.searchsorted(CUTS, truth)
    assert verdict(human, judge, seed=3)[1] == verdict(human, judge, seed=3)[1]
    assert verdict(human, judge, seed=3)[1] != verdict(human, judge, seed=4)[1]


@pytest.mark.parametrize("name", POLICIES)
def test_policies_release_and_demand(name):
    assert read_policy(ROOT, name).name == name
    found, limits = read_thresholds(ROOT, name)
    assert found == name and isinstance(limits, Thresholds)


def test_stricter_policies_demand_no_less():
    practice, hiring, high = (read_thresholds(ROOT, n)[1] for n in ("practice", "hiring", "high-stakes"))
    for field in (
        "anchors",
        "questions",
        "anchors_per_level",
        "qwk",
        "qwk_lower",
        "spearman",
        "spearman_lower",
        "critical_items",
    ):
        assert getattr(practice, field) <= getattr(hiring, field) <= getattr(high, field), field
    assert hiring.cover_new_questions and not high.cover_new_questions


def test_a_policy_of_ones_own(tmp_path):
    text = (ROOT / "calibration/policies/hiring.toml").read_text()
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace('name = "hiring"', 'name = "mine"').replace("anchors = 100", "anchors = 40"))
    name, limits = read_thresholds(ROOT, str(mine))
    assert (name, limits.anchors) == ("mine", 40)
    mine.write_text(text.replace("qwk = 0.70", "qwk = 7"))
    with pytest.raises(Invalid, match="qwk"):
        read_thresholds(ROOT, str(mine))
    mine.write_text('name = "mine"\n')
    with pytest.raises(Invalid, match=r"\[gate\]"):
        read_thresholds(ROOT, str(mine))
    with pytest.raises(NotFound, match="no policy 'none'"):
        read_thresholds(ROOT, "none")


@pytest.mark.slow
def test_operating_characteristics():
    """Shares that pass, against figures simulated elsewhere with a bootstrap in place of the closed bound."""
    name, hiring = read_thresholds(ROOT, "hiring")
    data = characteristics(name, hiring, simulations=2000, seed=1)
    passing = {r["judge"]: r["composite"] for r in data["gate"]}
    for judge, n, want in [
        ("unbiased, QWK 0.83", "50", 0.91), ("unbiased, QWK 0.77", "100", 0.92), ("unbiased, QWK 0.70", "200", 0.48),
        ("unbiased, QWK 0.60", "50", 0.045), ("good but lenient by .4 SD", "50", 0.010), ("good but compressed to .6", "100", 0.86),
        ("random", "50", 0.0), ("constant", "200", 0.0),
    ]:  # fmt: skip
        assert passing[judge][n] == pytest.approx(want, abs=0.04), (judge, n)
    whole = {r["judge"]: r["pass"] for r in data["gate"]}
    assert whole["good but compressed to .6"]["200"] < 0.05
    assert whole["perfect"]["100"] > 0.98
    assert all(whole[j][n] <= passing[j][n] + 0.02 for j in whole for n in ("100", "200"))


def test_bias_is_judged_by_its_interval_until_there_are_enough_anchors():
    _, hiring = read_thresholds(ROOT, "hiring")
    assert (limits_of(hiring, 199).smd_interval, limits_of(hiring, 199).smd_point) == (0.30, None)
    assert (limits_of(hiring, 200).smd_interval, limits_of(hiring, 200).smd_point) == (None, 0.15)
    assert limits_of(hiring, 100, attempts=5).level == pytest.approx(0.01)
