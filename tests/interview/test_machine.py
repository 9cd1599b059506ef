"""The sitting's rules, and its laws over random event sequences."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.domain.loop import Blueprint, Draw, Plan, PlannedItem, SectionPlan
from examiner.domain.session import (
    Abandoned,
    Answered,
    Ask,
    AskPrediction,
    BreakEnded,
    BreakTaken,
    ChooseFollowUp,
    Close,
    CloseSection,
    Created,
    Drafted,
    FactAsked,
    FollowUpChosen,
    Grade,
    InviteSelfPosed,
    Peeked,
    Predicted,
    Refuse,
    SectionFinished,
    SectionStarted,
    SelfPosed,
    Skipped,
    Ticked,
    parse_event,
)  # fmt: skip
from examiner.interview.machine import deadline, remaining, replay, step

T0 = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def created(pace=1.0, multiplier=1.0, self_posed=False, predict=False, follow_ups=1):
    sections = tuple(
        SectionPlan(
            id=name,
            title=name,
            kind="rapid",
            minutes=10,
            draws=(Draw(count=2),),
            follow_ups=follow_ups,
            self_posed=self_posed,
            predict=predict,
        )
        for name in ("a", "b")
    )
    items = tuple(
        PlannedItem(section=s, ref=f"{s}{n}@1", kind="question", title=f"{s}{n}", minutes=4)
        for s in "ab"
        for n in range(2)
    )
    return Created(
        sitting="s-1", candidate="c", judge="embedded", policy="practice", pace=pace, multiplier=multiplier,
        blueprint=Blueprint(id="x", title="x", sections=sections), plan=Plan(blueprint="x", seed=1, items=items),
    )  # fmt: skip


def run(*events, start=T0, gap=10, **kwargs):
    state, effects = step(None, created(**kwargs), start)
    for number, event in enumerate(events, start=1):
        state, effects = step(state, event, start + timedelta(seconds=gap * number))
    return state, effects


def test_a_full_section_asks_probes_grades_and_closes():
    state, effects = run(SectionStarted(section="a"))
    assert effects == (Ask(turn="0.0", item=0),)
    state, effects = run(SectionStarted(section="a"), Answered(turn="0.0", text="x"))
    assert effects == (ChooseFollowUp(item=0),)
    state, effects = run(
        SectionStarted(section="a"), Answered(turn="0.0", text="x"), FollowUpChosen(item=0, probe="p", ask="why?"),
        Answered(turn="0.1", text="y"), Answered(turn="1.0", text="z"), FollowUpChosen(item=1, probe=None),
    )  # fmt: skip
    assert effects == (CloseSection(section="a", reason="finished"), Grade(item=0), Grade(item=1))
    assert state.status == "ready" and state.section == 1


def test_time_up_submits_the_draft_and_refuses_the_late_answer_but_keeps_it():
    state, _ = run(SectionStarted(section="a"), Drafted(turn="0.0", text="half a tho"))
    late = Answered(turn="0.0", text="half a thought, finished")
    state, effects = step(state, late, T0 + timedelta(seconds=10 + 600))
    assert state.items[0].turns[0].text == "half a tho" and state.items[0].turns[0].auto
    assert state.late == (late,)
    assert [e.code for e in effects if isinstance(e, Refuse)] == ["time_up"]
    assert any(isinstance(e, Grade) for e in effects)


def test_one_second_before_the_deadline_counts():
    state, _ = run(SectionStarted(section="a"))
    after, effects = step(state, Answered(turn="0.0", text="in time"), T0 + timedelta(seconds=10 + 599))
    assert after.items[0].turns[0].text == "in time" and not any(isinstance(e, Refuse) for e in effects)


@pytest.mark.parametrize(
    ("pace", "multiplier", "seconds"), [(1.0, 1.0, 600), (2.0, 1.0, 300), (1.0, 1.5, 900), (None, 1.0, None)]
)
def test_pace_and_accommodation_set_the_deadline(pace, multiplier, seconds):
    state, _ = run(SectionStarted(section="a"), pace=pace, multiplier=multiplier)
    now = T0 + timedelta(seconds=10)
    assert remaining(state, now) == seconds
    assert (deadline(state) is None) == (seconds is None)


def test_wrong_turn_and_repeated_answer():
    state, effects = run(SectionStarted(section="a"), Answered(turn="1.0", text="x"))
    assert effects[0].code == "wrong_turn"
    state, effects = run(SectionStarted(section="a"), Answered(turn="0.0", text="x"), Answered(turn="0.0", text="x"))
    assert effects[0].code == "twice"
    before = state
    state, effects = step(state, Answered(turn="0.0", text="other"), T0 + timedelta(minutes=1))
    assert effects[0].code == "wrong_turn" and state is before


def test_self_posed_then_prediction_then_next_question():
    events = [SectionStarted(section="a"), Answered(turn="0.0", text="x"), FollowUpChosen(item=0, probe=None)]
    state, effects = run(*events, self_posed=True, predict=True)
    assert effects == (InviteSelfPosed(item=0),)
    state, effects = run(*events, SelfPosed(item=0, ask="what if?", answer="then"), self_posed=True, predict=True)
    assert effects == (AskPrediction(item=0),)
    state, effects = run(
        *events,
        SelfPosed(item=0, ask="what if?", answer="then"),
        Predicted(item=0, value=2),
        self_posed=True,
        predict=True,
    )
    assert effects == (Ask(turn="1.0", item=1),)
    assert state.items[0].prediction == 2 and state.items[0].turns[-1].probe == "self-posed"


def test_declining_to_pose_a_follow_up_goes_on_to_the_next_question():
    events = [SectionStarted(section="a"), Answered(turn="0.0", text="x"), FollowUpChosen(item=0, probe=None)]
    _state, effects = run(*events, SelfPosed(item=0), Predicted(item=0), self_posed=True, predict=True)
    assert effects == (Ask(turn="1.0", item=1),)


def test_breaks_only_between_timed_sections():
    _, effects = run(SectionStarted(section="a"), BreakTaken())
    assert effects[0].code == "wrong_stage"
    state, effects = run(BreakTaken())
    assert state.status == "break" and effects == ()
    state, effects = run(BreakTaken(), SectionStarted(section="a"))
    assert effects[0].code == "on_break"
    state, _ = run(BreakTaken(), BreakEnded())
    assert state.status == "ready"


def test_nothing_happens_after_the_end():
    state, effects = run(Abandoned())
    assert effects[-1] == Close(reason="abandoned")
    after, effects = step(state, SectionStarted(section="a"), T0 + timedelta(hours=1))
    assert after is state and effects[0].code == "ended"


def test_time_never_runs_backwards():
    state, _ = run(SectionStarted(section="a"))
    after, _ = step(state, Answered(turn="0.0", text="x"), T0 - timedelta(days=1))
    assert after.last == state.last


TURNS = st.sampled_from(["0.0", "0.1", "1.0", "1.1", "2.0", "2.1", "3.0", "3.1"])
ITEMS = st.integers(0, 3)
TEXTS = st.sampled_from(["", "an answer", "another", "  "])
EVENTS = st.one_of(
    st.builds(SectionStarted, section=st.sampled_from(["a", "b"])),
    st.builds(Drafted, turn=TURNS, text=TEXTS),
    st.builds(Answered, turn=TURNS, text=TEXTS),
    st.builds(Skipped, turn=TURNS),
    st.builds(Peeked, turn=TURNS),
    st.builds(FactAsked, item=ITEMS, ask=st.just("load?")),
    st.builds(FollowUpChosen, item=ITEMS, probe=st.sampled_from([None, "p"]), ask=st.just("why?")),
    st.builds(SelfPosed, item=ITEMS, ask=st.sampled_from(["", "q"]), answer=st.sampled_from(["", "a"])),
    st.builds(Predicted, item=ITEMS, value=st.sampled_from([None, 0, 3])),
    st.just(BreakTaken()), st.just(BreakEnded()), st.just(SectionFinished()), st.just(Ticked()), st.just(Abandoned()),
)  # fmt: skip


@given(
    st.lists(st.tuples(EVENTS, st.integers(-30, 400)), max_size=40),
    st.sampled_from([1.0, 4.0, None]),
    st.booleans(),
)
def test_laws_over_random_event_sequences(events, pace, extras):
    begun = created(pace=pace, self_posed=extras, predict=extras)
    state, _ = step(None, begun, T0)
    log, now, answered = [(begun, T0)], T0, {}
    for event, gap in events:
        now += timedelta(seconds=gap)
        before, limit = state, deadline(state)
        state, effects = step(state, event, now)
        refused = any(isinstance(e, Refuse) for e in effects)
        if state is not before:
            log.append((event, now))
        if refused and limit is None:
            assert state is before, "a refused event leaves the state alone"
        received = max(now, before.last)
        if isinstance(event, Answered) and not refused:
            assert limit is None or received < limit, "no answer counts at or behind the deadline"
            answered[event.turn] = event.text
        for turn, text in answered.items():
            assert any(t.id == turn and t.text == text for i in state.items for t in i.turns), (
                "acknowledged answers stay"
            )
        assert state.section >= before.section and state.last >= before.last
    assert replay(log) == state
    assert replay((parse_event(e.model_dump(mode="json")), at) for e, at in log) == state
