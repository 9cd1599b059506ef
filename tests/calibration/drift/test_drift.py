"""Drift: the monitors against hand-computed evidence and exact laws, the standing against what was recorded."""

import math
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.calibration.drift import power as drift_power
from examiner.calibration.drift.power import simulate
from examiner.calibration.drift.sequential import ALPHA, CUSUM_LIMIT, GRID, P0, Cusum, Mixture, evidence, watch
from examiner.calibration.drift.standing import charts, current, standing
from examiner.domain.drift import Audit, Tally
from examiner.reports.control_chart import control_chart, page

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINE, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def audited(week, flips=0, n=50, changed=(), frozen=(MINE,), sentinels="set-1", errors=(), **others):
    tallies = {"mechanism": Tally(n=n, flips=flips)} | {k: Tally(n=n, flips=v) for k, v in others.items()}
    return Audit(
        at=START + timedelta(weeks=week),
        judge="j",
        frozen=frozen,
        changed=changed,
        sentinels=sentinels,
        tallies=tallies if n else {},
        errors=errors,
    )


# --- the monitors ---------------------------------------------------------------------------------


def test_evidence_of_one_flip_and_of_none():
    assert evidence(1, 1, 0.12) == pytest.approx(math.log(0.12 / 0.05))
    assert evidence(0, 1, 0.12) == pytest.approx(math.log(0.88 / 0.95))
    assert evidence(6, 50, 0.12) == pytest.approx(6 * 0.8754687 + 44 * -0.0765402, abs=1e-5)


def test_cusum_by_hand():
    # One flip in ten adds .8755 and takes 9 x .0765; ten without a flip cannot push it below 0.
    one = Cusum().step(1, 10)
    assert one.level == pytest.approx(0.8754687 - 9 * 0.0765402, abs=1e-5)
    assert one.step(0, 10).level == 0.0
    assert pytest.approx(math.log(100) + 2) == CUSUM_LIMIT


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(20, 20)), max_size=30))
def test_cusum_is_the_largest_rise_of_the_evidence(audits):
    # The known identity: the recursion equals the last value minus the lowest so far.
    walk = np.cumsum([0.0, *(evidence(k, n, 0.12) for k, n in audits)])
    level = Cusum()
    for flips, n in audits:
        level = level.step(flips, n)
    assert level.level == pytest.approx(walk[-1] - walk.min(), abs=1e-9)


@pytest.mark.parametrize("p", [0.0, 0.01, 0.05])
def test_the_mixture_is_a_supermartingale_at_and_below_the_null(p):
    # Exactly, over all outcomes of two audits of three sentinels.
    def chance(k):
        return math.comb(3, k) * p**k * (1 - p) ** (3 - k)

    mean = sum(
        chance(a) * chance(b) * math.exp(Mixture().step(a, 3).step(b, 3).log_value)
        for a, b in product(range(4), repeat=2)
    )
    assert mean <= 1 + 1e-12
    if p == P0:
        assert mean == pytest.approx(1.0)
    assert all(rate > P0 for rate in GRID)


def test_an_alarm_stays_after_quiet_audits():
    states = watch([(20, 50)] + [(0, 50)] * 10)
    assert states[0].detected and states[0].claimed
    assert states[-1].detected and states[-1].claimed and states[-1].cusum.level == 0


def test_a_steady_judge_never_alarms():
    assert not any(s.detected or s.claimed for s in watch([(0, 50)] * 520))


def test_simulated_paths_are_those_of_the_monitors():
    flips = np.random.default_rng(3).binomial(50, 0.08, (5, 12))
    for row, c, e in zip(flips, drift_power.cusum_paths(flips, 50), drift_power.mixture_paths(flips, 50), strict=True):
        states = watch([(int(k), 50) for k in row])
        assert [s.cusum.level for s in states] == pytest.approx(list(c))
        assert [s.mixture.log_value for s in states] == pytest.approx(list(e))


def test_operating_characteristics_agree_with_those_specified():
    """As specified: 50 sentinels, weekly audits, null rate .05 (naive .15, CUSUM .012, e-process .003)."""
    found = {(p.monitor, p.sentinels): p for p in simulate((20, 50), seed=8, runs=3000)}
    naive, cusum, e = (found[m, 50] for m in ("naive", "cusum", "e-process"))
    assert naive.false_alarms == pytest.approx(0.15, abs=0.02)
    assert cusum.false_alarms == pytest.approx(0.012, abs=0.006)
    assert e.false_alarms <= ALPHA
    for m, rate, want in (
        ("naive", "0.10", 6), ("naive", "0.15", 2), ("cusum", "0.10", 7), ("cusum", "0.15", 2), ("e-process", "0.10", 6),
        ("e-process", "0.15", 2),
    ):  # fmt: skip
        assert abs(found[m, 50].to_detect[rate] - want) <= 1, (m, rate)
    for m, rate, want in (
        ("naive", "0.10", 16), ("naive", "0.15", 4), ("cusum", "0.10", 14), ("cusum", "0.15", 5), ("e-process", "0.10", 13),
        ("e-process", "0.15", 4),
    ):  # fmt: skip
        assert abs(found[m, 20].to_detect[rate] - want) <= 1, (m, rate)
    # After 20 quiet weeks the CUSUM is as quick as ever, the e-process has lost wealth.
    assert cusum.after_quiet["0.15"] == 2 and e.after_quiet["0.15"] > 2 * cusum.after_quiet["0.15"]


def test_a_change_that_is_never_found_has_no_median():
    power = simulate((5,), seed=1, runs=200, rates=(0.05,))
    assert {p.monitor: p.to_detect["0.05"] for p in power}["e-process"] is None


# --- what the audits say --------------------------------------------------------------------------


def stands(*records, fingerprint=MINE, weeks=0):
    at = (records[-1].at if records else START) + timedelta(weeks=weeks, hours=1)
    return standing(records, fingerprint, at)


def test_quiet_audits_stand():
    found = stands(*(audited(w, flips=1, invariant=0) for w in range(6)))
    assert found.state == "ok" and found.audits == 6 and found.criteria == ()


def test_nothing_audited_is_no_pass():
    assert stands().state == "unwatched"
    assert stands(audited(0, n=0)).state == "unwatched"
    assert stands(audited(0), weeks=5).state == "unwatched"
    assert stands(audited(0, errors=("a", "b"))).state == "unwatched"
    assert stands(audited(0, errors=("a",))).state == "ok"


def test_drift_names_the_criterion_that_moved():
    found = stands(audited(0), audited(1, flips=15, invariant=2), audited(2))
    assert found.state == "drifted" and found.criteria == ("mechanism",) and found.claimed == ("mechanism",)


def test_slow_drift_is_detected_before_it_is_claimed():
    weeks = [audited(w, flips=1) for w in range(30)] + [audited(w, flips=7) for w in range(30, 33)]
    found = stands(*weeks)
    assert found.state == "drifted" and found.claimed == ()


def test_another_fingerprint_voids_at_once_whatever_the_levels_say():
    assert stands(audited(0), audited(1, changed=(OTHER,))).state == "void"
    assert stands(audited(0), fingerprint=OTHER).state == "void"
    assert stands(audited(0, frozen=(OTHER,))).state == "void"
    assert "b" * 12 in stands(audited(0, changed=(OTHER,))).reason


def test_a_judge_with_a_fingerprint_for_each_kind_of_question_stands_for_each():
    both = audited(0, frozen=(MINE, OTHER))
    assert stands(both).state == stands(both, fingerprint=OTHER).state == "ok"
    assert stands(audited(0, flips=30, frozen=(MINE, OTHER)), fingerprint=OTHER).state == "drifted"


def test_flips_of_another_judge_are_no_drift_of_this_one():
    records = (audited(0), audited(1, flips=40, changed=(OTHER,)), audited(2))
    assert stands(*records).state == "ok"
    assert [r.at for r in current(records)] == [records[0].at, records[2].at]


def test_freezing_anew_begins_a_new_course():
    records = (audited(0, flips=30), audited(1, sentinels="set-2"))
    assert stands(records[0]).state == "drifted"
    assert stands(*records).state == "ok" and stands(*records).audits == 1


# --- the charts -----------------------------------------------------------------------------------


def test_charts_follow_each_criterion():
    drawn = charts([audited(0, flips=1, invariant=3), audited(1, flips=0)])
    assert [c.criterion for c in drawn] == ["mechanism", "invariant"]
    assert [s.flips for s in drawn[0].steps] == [1, 0] and len(drawn[1].steps) == 1
    assert drawn[0].usual_rate == P0 and drawn[0].log_e_limit == pytest.approx(math.log(100))


def test_the_page_is_self_contained_and_escaped():
    records = [audited(0, flips=1), audited(1, flips=20), audited(2, flips=2)]
    drawn = charts(records)
    text = page("<j>", MINE, stands(*records), drawn)
    assert "&lt;j&gt;" in text and "<j>" not in text
    assert "prefers-color-scheme:dark" in text and "http" not in text.replace("http-equiv", "")
    assert "Drifted." in text and "mechanism" in text
    assert "Nothing was audited yet." in page("j", MINE, stands(), ())


def test_bars_and_points_beyond_a_limit_are_marked():
    (drawn,) = charts([audited(0, flips=1), audited(1, flips=20)])
    marked = [e.tag for e in ET.fromstring(control_chart(drawn)).iter() if e.get("class") == "over"]
    # 20 of 50 exceeds the usual 5 %, and both monitors reach their limit with it; 1 of 50 does none of these.
    assert marked == ["rect", "circle", "circle"]


def test_everything_is_drawn_inside_the_picture():
    for flips in ([0], [50] * 3, [0] * 60, [3, 0, 12, 50, 0]):
        (drawn,) = charts([audited(w, flips=k) for w, k in enumerate(flips)])
        tree = ET.fromstring(control_chart(drawn).split("</figcaption>")[1].removesuffix("</figure>"))
        _, _, width, height = map(float, tree.get("viewBox").split())
        for e in tree.iter():
            x, y = float(e.get("cx", e.get("x", 0))), float(e.get("cy", e.get("y", 0)))
            assert 0 <= x <= width and 0 <= y <= height, (e.tag, x, y)
            if e.tag == "rect":
                assert y + float(e.get("height")) <= height and x + float(e.get("width")) <= width
        assert len([e for e in tree.iter() if e.tag == "circle"]) == 2 * len(flips)
