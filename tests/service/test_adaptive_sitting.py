"""An adaptive sitting: each answer decides the next question's level, the log says why, and the candidate sees none of it."""

import json

import pytest

from examiner.domain.errors import Refused
from examiner.domain.events import Predicted, SectionStarted, Skipped, parse_event
from examiner.interview import machine
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import feed, sessions, thinking
from examiner.service.sitting.room import room

LEVELS = ["L1", "L2", "L3", "L4", "L5", "L6+"]


def sit(house, answer, seed=5, sitting=""):
    """Sit the whole loop; `answer(instance, probe)` gives each answer, or None to pass."""
    state = sittings.start(house, "drill-ladder", seed=seed, sitting=sitting)
    state = sittings.handle(house, state.id, SectionStarted(section="ladders")).state
    while state.status == "running":
        item = state.items[state.item]
        if item.stage == "predicting":
            state = sittings.handle(house, state.id, Predicted(item=state.item)).state
            continue
        said = answer(house.instance(item.planned.ref), item.turns[-1].probe)
        turn = state.turn.id
        event = Skipped(turn=turn) if said is None else None
        state = (
            sittings.handle(house, state.id, event) if event else sittings.answer(house, state.id, turn, said)
        ).state
    return state


def levels(house, state):
    return [house.instance(i.planned.ref).level for i in state.items]


def moves(house, state):
    return [r.body["move"] for r in house.ledger.read(f"sitting/{state.id}") if r.kind == "step_chosen"]


def test_who_answers_in_full_goes_up_and_who_passes_goes_down(house):
    strong = sit(house, lambda instance, probe: instance.model_answer)
    weak = sit(house, lambda instance, probe: None)
    assert moves(house, strong) == ["up"] * 4 and moves(house, weak) == ["down"] * 4
    assert strong.items[0].planned.ref == weak.items[0].planned.ref
    high, low = ([LEVELS.index(x) for x in levels(house, s)] for s in (strong, weak))
    assert sum(high) > sum(low) and high[0] < high[1] and low[0] > low[1]
    refs = [i.planned.ref for i in weak.items]
    assert len(set(refs)) == len(refs) == 6


def test_the_log_alone_gives_the_same_questions_again(house):
    state = sit(house, lambda instance, probe: instance.model_answer if len(instance.prompt) % 2 else "No idea.")
    records = [(parse_event(r.body), r.at) for r in house.ledger.read(f"sitting/{state.id}")]
    again = machine.replay(records)
    assert again == state
    again = sit(house, lambda instance, probe: instance.model_answer if len(instance.prompt) % 2 else "No idea.")
    assert [i.planned.ref for i in again.items] == [i.planned.ref for i in state.items]


def test_the_step_follows_from_the_embedded_judge_whatever_the_sittings_judge_is(house):
    class Whim:
        name = "whim"

        def judge(self, instance, turns):
            raise AssertionError("a level was left to a model")

    state = sittings.start(house, "drill-ladder", seed=5)
    state = sittings.handle(house, state.id, SectionStarted(section="ladders")).state
    state = sittings.handle(house, state.id, Skipped(turn="0.0")).state
    vars(house)["judge"] = Whim()
    state = sittings.handle(house, state.id, Predicted(item=0)).state if state.item == 0 else state
    assert state.item == 1 and moves(house, state) == ["down"]


def test_a_step_that_was_not_chosen_when_the_process_died_is_chosen_later(house, clock, monkeypatch):
    state = sittings.start(house, "drill-ladder", seed=5)
    sittings.handle(house, state.id, SectionStarted(section="ladders"))
    with monkeypatch.context() as patch:
        patch.setattr(thinking, "climb", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            sittings.handle(house, state.id, Skipped(turn="0.0"))
    state, _ = sittings.load(house, state.id)
    assert state.item == 1 and not state.items[1].turns
    shown = sessions.shown(house, state)
    assert shown.status == "choosing" and shown.number == 2 and shown.question is None
    assert room(house, state.id).thread == ()
    clock.pass_(30)
    assert sittings.tick(house, state.id).turn.id == "1.0"


def test_the_candidate_sees_nothing_of_it(house):
    state = sit(house, lambda instance, probe: instance.model_answer)
    seen = json.dumps([(kind, body) for _, kind, body in feed.events(house, state.id, 0)])
    reasons = [r.body["reason"] for r in house.ledger.read(f"sitting/{state.id}") if r.kind == "step_chosen"]
    assert reasons and all("earned" in r for r in reasons)
    assert "earned" not in seen and "L4" not in seen and '"up"' not in seen


@pytest.mark.parametrize("policy", ["hiring", "high-stakes"])
def test_where_scores_are_released_every_candidate_gets_a_comparable_form(house, policy):
    vars(house)["policy"] = house.policy_named(policy)
    with pytest.raises(Refused, match="comparable forms"):
        sittings.start(house, "drill-ladder")
    assert sittings.start(house, "drill-rapid").created.plan.ladders == ()
