"""What a calibration round takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.calibration.anchors.plan import BALANCE, Assumptions, Need, choose, estimate, levels, missing
from examiner.domain.anchor import Anchor, Label
from examiner.domain.score import Turn

NEEDS = [
    Need(
        id=f"q{n:02d}",
        area=f"area-{n % 5}",
        level=f"L{1 + n % 4}",
        criteria=("mechanism", "arithmetic") if n % 4 else ("mechanism",),
        characters=1200,
    )
    for n in range(60)
]


@given(st.integers(0, 5000))
def test_levels_add_up_and_are_balanced(n):
    found = levels(n)
    assert sum(found.values()) == n
    assert all(abs(found[k] - n * share) < 1 for k, share in BALANCE.items())


@given(st.integers(1, 80))
def test_questions_spread_over_areas(count):
    chosen = choose(NEEDS, count)
    assert len(chosen) == min(count, 60) == len({q.id for q in chosen})
    sizes = [sum(q.area == f"area-{k}" for q in chosen) for k in range(5)]
    assert max(sizes) - min(sizes) <= 1


def test_the_arithmetic_of_a_round():
    every = [n.model_copy(update={"criteria": ("m", "a")}) for n in NEEDS]
    assume = Assumptions(
        raters=2,
        minutes_per_answer=1,
        minutes_per_label=0.5,
        minutes_per_decision=2,
        disagreement=0.25,
        usd_per_hour=30,
        replicates=3,
        prompt_tokens=1000,
        reply_tokens=100,
        answer_characters=800,
    )
    found = estimate(every, 100, assume, {"some-model": (2.0, 10.0)})
    assert len(found["questions"]) == 20
    assert found["labels"] == 400
    assert found["decisions"] == 50
    assert found["minutes"] == 100 * 2 + 200 + 100
    assert found["usd_people"] == pytest.approx(500 / 60 * 30, abs=0.01)
    model = found["judge"]["model"]
    assert model["calls"] == 600
    assert model["tokens_in"] == 600 * (1000 + 500)
    assert model["usd"] == {"some-model": pytest.approx((900_000 * 2 + 60_000 * 10) / 1e6)}
    assert found["judge"]["embedded"] == {"calls": 0, "usd": 0.0}


def test_a_model_without_a_price_is_not_free():
    model = estimate(NEEDS, 100, Assumptions())["judge"]["model"]
    assert model["usd"] == {}
    assert "no price" in model["why"]


def test_few_anchors_still_need_twenty_questions():
    assert len(estimate(NEEDS, 50, Assumptions())["questions"]) == 20
    assert len(estimate(NEEDS, 200, Assumptions())["questions"]) == 40


def test_what_a_set_still_lacks():
    def anchor(n, **more):
        by = more.pop("by", "human")
        scores = more.pop("scores", (n % 4, n % 4))
        return Anchor(
            id=f"a{n}",
            question=f"q{n % 10}",
            question_hash="h",
            prompt="?",
            turns=(Turn(text="x"),),
            labels=tuple(Label(rater=f"r{k}", criterion="m", score=s, by=by) for k, s in enumerate(scores)),
            **more,
        )

    people = [anchor(n) for n in range(40)]
    useless = [
        anchor(90, by="constructed"),
        anchor(91, split="tuning"),
        anchor(92, canary=True),
        anchor(93, scores=(None, None)),
    ]
    lack = missing([*people, *useless], ["m", "other"], need=100)
    assert lack["m"] == {
        "anchors": 40,
        "more_anchors": 60,
        "more_questions": 10,
        "more_double": 0,
        "more_of_level": {0: 0, 1: 0, 2: 0, 3: 0},
    }
    assert lack["other"]["more_of_level"] == {0: 5, 1: 5, 2: 5, 3: 5}
