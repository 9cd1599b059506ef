"""Answers against a bare reference text: laws of the features, and the agreement that docs/judging.md reports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.evals.human_graded import report
from examiner.judge.reference import FEATURES, features, share, suspicions

QUESTION = "What is a stack?"
REFERENCE = "A stack is a list in which the element inserted last is the first to be removed."


@given(st.text(max_size=80))
def test_features_lie_between_zero_and_one(answer):
    row = features(QUESTION, REFERENCE, answer, {})
    assert len(row) == len(FEATURES)
    assert all(0 <= x <= 1 + 1e-9 for x in row)
    assert 0 <= share(QUESTION, REFERENCE, answer) <= 1


def test_order_of_merit():
    full = share(QUESTION, REFERENCE, "The element that was inserted last is removed first, it is a kind of list")
    part = share(QUESTION, REFERENCE, "you insert things there")
    none = share(QUESTION, REFERENCE, "the weather was mild")
    assert full > part > none


def test_suspicions():
    assert suspicions(QUESTION, REFERENCE, REFERENCE) == ()
    assert "contradiction" in suspicions(QUESTION, REFERENCE, "It is not true that " + REFERENCE)
    mixed = "last element the is which in stack a the list first inserted removed be to is a"
    assert "keyword-list" in suspicions(QUESTION, REFERENCE, mixed)


@pytest.mark.slow
def test_agreement_with_human_graders(shared):
    found = report(shared / "data" / "human_graded" / "mohler2011.jsonl")
    assert found["judge"]["spearman"] >= 0.60
    assert found["judge"]["qwk"] >= 0.50
    assert found["genuine_flagged"] <= 0.03
    assert found["judge"]["qwk"] > found["length_only"]["qwk"]


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(Exception, match="no file"):
        report(tmp_path / "absent.jsonl")
