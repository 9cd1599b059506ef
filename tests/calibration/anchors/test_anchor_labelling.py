"""Blind labelling: an order of one's own, resumable; disagreements decided with a reason, raw labels untouched."""

import random

import pytest

from examiner.calibration.anchors.agreement import agreement
from examiner.calibration.anchors.labelling import decide, may_adjudicate, order, record, tasks, undecided
from examiner.calibration.anchors.sets import read_set, write_set
from examiner.domain.anchor import Anchor, Decision, Label
from examiner.domain.errors import Invalid, NotFound, Refused
from examiner.domain.score import Turn

CRITERIA = ("mechanism", "arithmetic")


def anchors(n, labels=lambda _: ()):
    return [
        Anchor(
            id=f"a-{k}",
            question=f"q{k % 7}",
            question_hash="h",
            prompt="Why?",
            turns=(Turn(text=f"answer {k}"),),
            labels=tuple(labels(k)),
        )
        for k in range(n)
    ]


@pytest.fixture
def pilot(tmp_path):
    return write_set(tmp_path / "pilot", anchors(6), about="")


def again(found):
    return read_set(found.folder)


def criteria_of(found):
    return {a.id: CRITERIA for a in found.anchors}


def test_each_rater_has_an_order_that_stays():
    items = anchors(30)
    ana, ben = order(items, "ana", 0), order(items, "ben", 0)
    assert [a.id for a in ana] == [a.id for a in order(items, "ana", 0)]
    assert ana != ben
    assert order(items, "ana", 1) != ana
    assert sorted(a.id for a in ana) == sorted(a.id for a in items)


def test_positions_of_two_raters_are_unrelated():
    items = anchors(200)
    place = [{a.id: n for n, a in enumerate(order(items, rater, 0))} for rater in ("ana", "ben")]
    mean = 99.5
    dot = sum((place[0][a.id] - mean) * (place[1][a.id] - mean) for a in items)
    assert abs(dot / (200 * (200**2 - 1) / 12)) < 0.2  # four standard errors of a correlation are .28


def test_labelling_is_taken_up_where_it_stopped(pilot):
    left, given = tasks(pilot.anchors, "ana", criteria_of(pilot))
    assert (len(left), given) == (12, 0)
    for task in left[:5]:
        record(pilot, "ana", task.anchor.id, task.criterion, 2, "2026-03-02T09:00:00+00:00")
    rest, given = tasks(again(pilot).anchors, "ana", criteria_of(pilot))
    assert given == 5
    assert [(t.anchor.id, t.criterion, t.number) for t in rest] == [
        (t.anchor.id, t.criterion, t.number) for t in left[5:]
    ]
    assert tasks(again(pilot).anchors, "ben", criteria_of(pilot))[1] == 0


def test_cannot_say_counts_as_given(pilot):
    record(pilot, "ana", "a-0", "mechanism", None, "")
    found = again(pilot)
    assert found.anchor("a-0").scores("mechanism") == {}
    assert tasks(found.anchors, "ana", criteria_of(found))[1] == 1


def test_what_is_recorded_is_a_persons_and_bound_to_the_set(pilot):
    record(pilot, "ana", "a-0", "mechanism", 3, "2026-03-02")
    (made,) = again(pilot).anchor("a-0").labels
    assert made == Label(rater="ana", criterion="mechanism", score=3, at="2026-03-02", by="human")
    assert again(pilot).items_hash == pilot.items_hash


@pytest.mark.parametrize(("rater", "score"), [("Ana Lee", 1), ("../ana", 1), ("ana", 4), ("ana", -1)])
def test_names_and_scores_that_do_not_fit(pilot, rater, score):
    with pytest.raises(Invalid):
        record(pilot, rater, "a-0", "mechanism", score, "")


def test_an_unknown_answer(pilot):
    with pytest.raises(NotFound):
        record(pilot, "ana", "a-99", "mechanism", 1, "")


def test_only_disagreements_are_decided(pilot):
    for rater, scores in (("ana", (1, 2, None)), ("ben", (1, 0, 2))):
        for k, score in enumerate(scores):
            record(pilot, rater, f"a-{k}", "mechanism", score, "")
    found = again(pilot)
    assert [(a.id, c) for a, c in undecided(found)] == [("a-1", "mechanism"), ("a-2", "mechanism")]
    decide(found, "a-1", Decision(criterion="mechanism", score=2, by="cy", why="the claim is made, in other words"))
    with pytest.raises(Refused, match="do not disagree"):
        decide(found, "a-0", Decision(criterion="mechanism", score=2, by="cy", why="x"))
    later = again(found)
    assert [(a.id, c) for a, c in undecided(later)] == [("a-2", "mechanism")]
    assert later.anchor("a-1").scores("mechanism") == {"ana": 2, "ben": 0}
    assert later.anchor("a-1").level("mechanism") == 2


def test_nobody_sees_others_labels_before_giving_their_own(pilot):
    record(pilot, "ana", "a-0", "mechanism", 1, "")
    found = again(pilot)
    left = len(tasks(found.anchors, "ana", criteria_of(found))[0])
    with pytest.raises(Refused, match="11 labels still to give"):
        may_adjudicate(found, "ana", left)
    may_adjudicate(found, "cy", 12)
    may_adjudicate(found, "ana", 0)


def test_who_adjudicated_can_no_longer_label(pilot):
    record(pilot, "ana", "a-0", "mechanism", 1, "")
    record(pilot, "ben", "a-0", "mechanism", 2, "")
    decide(again(pilot), "a-0", Decision(criterion="mechanism", score=1, by="cy", why="half of it"))
    with pytest.raises(Refused, match="must be blind"):
        record(again(pilot), "cy", "a-1", "mechanism", 1, "")


def test_agreement_counts_only_what_both_people_scored():
    rng = random.Random(3)
    truth = [rng.randrange(4) for _ in range(60)]

    def labels(k):
        ana = Label(rater="ana", criterion="m", score=truth[k], by="human")
        ben = Label(rater="ben", criterion="m", score=None if k < 10 else min(3, truth[k] + (k % 3 == 0)), by="human")
        return ana, ben, Label(rater="gpt", criterion="m", score=0, by="model")

    found = agreement(anchors(60, labels), "ana", "ben", (0, 3))["m"]
    same = sum(min(3, truth[k] + (k % 3 == 0)) == truth[k] for k in range(10, 60))
    assert found["answers"] == 50
    assert found["questions"] == 7
    assert found["exact"]["value"] == pytest.approx(same / 50)
    assert found["adjacent"]["value"] == 1
    assert found["qwk"]["lower"] < found["qwk"]["value"] < found["qwk"]["upper"]
    assert found["cannot_say"] == [0, 10]


def test_agreement_that_does_not_exist_is_undefined():
    same = [Label(rater=r, criterion="m", score=2, by="human") for r in ("ana", "ben")]
    found = agreement(anchors(8, lambda _: same), "ana", "ben", (0, 3))["m"]
    assert found["exact"]["value"] == 1
    assert found["qwk"]["value"] is None
    assert found["qwk"]["why"]
