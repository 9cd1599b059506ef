"""From figures to a state: what blocks, what only advises, what earns; and a whole round on the reference anchors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.calibration.certificates.certify import Conduct, conduct_checks, decide
from examiner.calibration.policies import read_thresholds
from examiner.domain.errors import Refused
from examiner.domain.identity import fingerprint
from examiner.service.trust import calibrating, certifying
from examiner.vault.content import content_root

GOOD = {
    "critical_probes": (),
    "probes": 20,
    "bad_items": 300,
    "credited": 0,
    "repeated": 120,
    "flipped": 0,
    "attempts": 1,
}


def conduct(policy="hiring", **changes):
    return conduct_checks(Conduct(**(GOOD | changes)), read_thresholds(content_root(None), policy)[1])


def test_human_labels_and_a_pass_calibrate():
    assert decide("pass", "pass", (), conduct(), "calibrated").state == "calibrated"


def test_constructed_labels_give_reference_at_most():
    assert decide("pass", "pass", (), conduct(), "reference").state == "reference"


def test_too_few_labels_are_provisional_where_the_advisory_limits_hold():
    assert decide("insufficient", "pass", (), conduct(), "calibrated").state == "provisional"
    assert decide("insufficient", "fail", (), conduct(), "calibrated").state == "blocked"


@pytest.mark.parametrize("verdict", ["fail", "undefined"])
def test_no_other_verdict_earns_anything(verdict):
    assert decide(verdict, "pass", (), conduct(), "calibrated").state == "blocked"


@pytest.mark.parametrize(
    "broken",
    [{"critical_probes": ("injection",)}, {"critical_probes": None}, {"credited": 1}, {"bad_items": 20},
     {"flipped": 20}, {"repeated": 0}],
)  # fmt: skip
def test_misconduct_blocks_whatever_the_agreement(broken):
    decision = decide("pass", "pass", (), conduct(**broken), "calibrated")
    assert decision.state == "blocked"
    assert decision.reasons


def test_a_second_attempt_blocks_where_one_is_allowed():
    assert decide("pass", "pass", (), conduct("high-stakes", attempts=2), "calibrated").state == "blocked"
    assert decide("pass", "pass", (), conduct("hiring", attempts=2), "calibrated").state == "calibrated"


@given(st.sampled_from(["pass", "fail", "insufficient", "undefined"]), st.booleans(), st.integers(0, 3))
def test_nothing_but_human_labels_is_ever_calibrated(verdict, probed, credited):
    lines = conduct(critical_probes=() if probed else None, credited=credited)
    for best in ("reference", "uncalibrated"):
        assert decide(verdict, "pass", (), lines, best).state != "calibrated"


@pytest.mark.slow
def test_a_round_on_the_reference_anchors(house, monkeypatch):
    monkeypatch.setattr(calibrating, "_PROBED", 2)
    report = calibrating.calibrate(house, "embedded", "reference", "practice")
    assert report["anchors"]["human"] is False and report["anchors"]["gate"] >= 120
    assert {"mechanism", "invariant", "arithmetic", "consequence", "overall"} <= set(report["criteria"])
    assert all(f["state"] in ("reference", "blocked") for f in report["criteria"].values())
    assert report["conduct"]["flipped"] == 0, "the embedded judge says the same thing every time"
    states = {c.criterion: c.state for c, _ in certifying.certificates(house)}
    assert states == {n: "reference" for n, f in report["criteria"].items() if f["certificates"]}
    again = calibrating.calibrate(house, "embedded", "reference", "practice")
    assert again["attempts"] == report["attempts"], "a fixed judge tried again as it was is no new try"


@pytest.mark.slow
def test_every_changed_judge_is_a_new_try(house, monkeypatch):
    judge = house.judge_named("embedded")
    monkeypatch.setattr(type(house), "judge_named", lambda self, name: judge)
    monkeypatch.setattr(calibrating, "_PROBED", 1)
    for number in (1, 2, 3):
        judge.observed_fingerprint = fingerprint(number)
        report = calibrating.calibrate(house, "embedded", "reference", "hiring")
        assert report["attempts"] == number
    judge.observed_fingerprint = fingerprint(4)
    with pytest.raises(Refused, match="allows one attempt"):
        calibrating.calibrate(house, "embedded", "reference", "high-stakes")


def test_a_judge_tuned_on_gate_anchors_is_refused(house, monkeypatch):
    judge = house.judge_named("embedded")
    from examiner.calibration.anchors.sets import read_set

    gate_half = read_set(content_root(None) / "calibration" / "anchors" / "reference").part("gate")
    judge.tuned_on = frozenset([fingerprint(gate_half[0].text)])
    monkeypatch.setattr(type(house), "judge_named", lambda self, name: judge)
    with pytest.raises(Refused, match="tuned on 1 gate anchors"):
        calibrating.calibrate(house, "embedded", "reference", "hiring")
