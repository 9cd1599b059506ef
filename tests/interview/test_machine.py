"""The sitting's rules, one by one; its laws over random interviews are in test_machine_properties.py."""

from datetime import UTC, datetime, timedelta

import pytest

from examiner.domain.effects import (
    Ask,
    AskPrediction,
    AutoSubmit,
    ChooseFollowUp,
    Close,
    CloseSection,
    Grade,
    InviteSelfPosed,
    Refuse,
)
from examiner.domain.events import (
    Abandoned,
    Accommodated,
    Answered,
    BreakEnded,
    BreakTaken,
    Created,
    Drafted,
    FactAsked,
    FollowUpChosen,
    Peeked,
    Predicted,
    SectionFinished,
    SectionStarted,
    SelfPosed,
    Skipped,
    Ticked,
    parse_event,
)  # fmt: skip
from examiner.domain.loop import Blueprint, Draw, Plan, PlannedItem, SectionPlan
from examiner.interview.machine import deadline, remaining, step

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


def after(seconds):
    return T0 + timedelta(seconds=seconds)


def codes(effects):
    return [e.code for e in effects if isinstance(e, Refuse)]


def test_text_that_comes_after_a_tick_closed_the_section_is_kept_once():
    state, _ = run(SectionStarted(section="a"), Drafted(turn="0.0", text="half"))
    state, effects = step(state, Ticked(), after(700))
    assert effects == (AutoSubmit(turn="0.0", text="half"), CloseSection(section="a", reason="expired"), Grade(item=0))
    late = Answered(turn="0.0", text="half, and the rest")
    state, effects = step(state, late, after(701))
    assert (state.late, codes(effects)) == ((late,), ["time_up"])
    again, effects = step(state, late, after(702))
    assert again is state
    assert codes(effects) == ["time_up"]


def test_text_that_comes_after_the_last_section_expired_is_kept():
    state, _ = run(SectionStarted(section="a"), SectionFinished(), SectionStarted(section="b"))
    state, effects = step(state, Ticked(), after(30 + 600))
    assert effects[-1] == Close(reason="finished")
    late = Answered(turn="2.0", text="too late")
    state, effects = step(state, late, after(700))
    assert (state.late, codes(effects)) == ((late,), ["time_up"])


def test_a_late_self_posed_follow_up_is_kept():
    begun = [SectionStarted(section="a"), Answered(turn="0.0", text="x"), FollowUpChosen(item=0, probe=None)]
    state, _ = run(*begun, self_posed=True)
    late = SelfPosed(item=0, ask="and if?", answer="so")
    state, effects = step(state, late, after(611))
    assert (state.late, codes(effects)) == ((late,), ["time_up"])
    assert len(state.items[0].turns) == 1


def test_an_answer_sent_again_after_its_section_closed_is_recognised():
    events = [SectionStarted(section="a"), Skipped(turn="0.0"), Answered(turn="1.0", text="z")]
    state, effects = run(*events, FollowUpChosen(item=1, probe=None), Answered(turn="1.0", text="z"))
    assert state.status == "ready"
    assert codes(effects) == ["twice"]
    state, effects = run(*events[:2], Skipped(turn="0.0"))
    assert codes(effects) == ["twice"]


def test_a_draft_is_submitted_however_the_section_closes():
    for event, reason in ((SectionFinished(), "finished"), (Abandoned(), "abandoned")):
        state, effects = run(SectionStarted(section="a"), Drafted(turn="0.0", text="typed"), event)
        assert effects[:3] == (
            AutoSubmit(turn="0.0", text="typed"), CloseSection(section="a", reason=reason), Grade(item=0),
        )  # fmt: skip
        assert state.items[0].turns[0].auto


def test_a_skipped_turns_draft_is_not_submitted():
    state, _ = run(SectionStarted(section="a"), Drafted(turn="0.0", text="no idea"), Skipped(turn="0.0"))
    state, effects = step(state, Ticked(), after(700))
    assert effects == (CloseSection(section="a", reason="expired"),)
    assert state.items[0].turns[0].text is None


def test_an_older_draft_never_replaces_a_newer():
    drafts = [Drafted(turn="0.0", text=text, version=v) for v, text in ((1, "a"), (3, "abc"), (2, "ab"))]
    state, effects = run(SectionStarted(section="a"), *drafts)
    assert state.draft.text == "abc"
    assert effects == ()


def test_a_version_counts_within_its_turn():
    state, _ = run(
        SectionStarted(section="a"), Drafted(turn="0.0", text="abc", version=9), Answered(turn="0.0", text="abcd"),
        FollowUpChosen(item=0, probe="p", ask="why?"), Drafted(turn="0.1", text="be", version=1),
    )  # fmt: skip
    assert state.draft.text == "be"


def test_after_time_is_up_the_next_section_can_be_started_at_once():
    state, _ = run(SectionStarted(section="a"))
    state, effects = step(state, SectionStarted(section="b"), after(700))
    assert effects == (CloseSection(section="a", reason="expired"), Ask(turn="2.0", item=2))
    assert state.sections[0].ended == after(610)
    assert state.sections[1].started == after(700)


def test_who_leaves_after_time_is_up_has_left():
    state, _ = run(SectionStarted(section="a"), Answered(turn="0.0", text="x"))
    state, effects = step(state, Abandoned(), after(700))
    assert effects == (CloseSection(section="a", reason="expired"), Grade(item=0), Close(reason="abandoned"))
    assert (state.status, state.ended, state.sections[0].reason) == ("ended", "abandoned", "expired")


def test_who_leaves_during_a_break_is_graded_on_what_was_said():
    said = [SectionStarted(section="a"), Answered(turn="0.0", text="x"), BreakTaken(), Abandoned()]
    state, effects = run(*said, pace=None)
    assert effects == (CloseSection(section="a", reason="abandoned"), Grade(item=0), Close(reason="abandoned"))
    assert state.sections[0].ended == after(40)


def test_a_draft_is_submitted_and_the_break_counted_when_somebody_leaves_during_it():
    typed = [SectionStarted(section="a"), Drafted(turn="0.0", text="typed"), BreakTaken()]
    state, _ = run(*typed, pace=None)
    state, effects = step(state, Abandoned(), after(30 + 500))
    assert effects[0] == AutoSubmit(turn="0.0", text="typed")
    assert state.sections[0].credit == 500


def test_a_break_inside_a_timed_section_is_an_accommodation_that_stops_the_clock():
    grant = Accommodated(breaks_inside=True)
    state, _ = run(SectionStarted(section="a"), grant, BreakTaken())
    assert (state.status, deadline(state), remaining(state, after(9_999))) == ("break", None, None)
    state, _ = step(state, Ticked(), after(5_000))
    assert state.status == "break"
    state, _ = step(state, BreakEnded(), after(30 + 5_000))
    assert state.sections[0].credit == 5_000
    assert deadline(state) == after(10 + 600 + 5_000)


def test_extra_time_reaches_the_running_section_and_is_never_taken_back_from_it():
    state, _ = run(SectionStarted(section="a"), Accommodated(multiplier=1.5))
    assert deadline(state) == after(10 + 900)
    again, effects = step(state, Accommodated(multiplier=1.0), after(30))
    assert again is state
    assert codes(effects) == ["wrong_stage"]
    state, _ = step(state, SectionFinished(), after(40))
    state, effects = step(state, Accommodated(multiplier=1.0), after(50))
    state, _ = step(state, SectionStarted(section="b"), after(60))
    assert deadline(state) == after(60 + 600)


def test_extra_time_granted_too_late_opens_nothing_again():
    state, _ = run(SectionStarted(section="a"))
    state, effects = step(state, Accommodated(multiplier=2.0), after(611))
    assert effects == (CloseSection(section="a", reason="expired"),)
    state, _ = step(state, SectionStarted(section="b"), after(620))
    assert deadline(state) == after(620 + 1_200)


def test_a_follow_up_may_be_posed_while_a_probe_is_open_and_only_once():
    begun = [SectionStarted(section="a"), Answered(turn="0.0", text="x")]
    probe, posed = FollowUpChosen(item=0, probe="p", ask="why?"), SelfPosed(item=0, ask="and if?", answer="so")
    state, effects = run(*begun, probe, posed, self_posed=True)
    assert effects == ()
    assert [(t.id, t.probe) for t in state.items[0].turns] == [("0.0", None), ("0.2", "self-posed"), ("0.1", "p")]
    assert state.turn.id == "0.1"
    state, effects = run(*begun, probe, posed, SelfPosed(item=0, ask="more?", answer="yes"), self_posed=True)
    assert codes(effects) == ["wrong_stage"]
    state, effects = run(*begun, probe, posed, Answered(turn="0.1", text="y"), self_posed=True)
    assert effects == (Ask(turn="1.0", item=1),), "the invitation is not repeated"


@pytest.mark.parametrize("self_posed", [True, False])
def test_a_follow_up_is_not_posed_before_the_answer_nor_where_it_is_not_invited(self_posed):
    posed = SelfPosed(item=0, ask="and if?", answer="so")
    _, effects = run(SectionStarted(section="a"), posed, self_posed=self_posed)
    assert codes(effects) == ["wrong_stage"]
    begun = [SectionStarted(section="a"), Answered(turn="0.0", text="x"), FollowUpChosen(item=0, probe="p")]
    _, effects = run(*begun, posed, self_posed=self_posed)
    assert codes(effects) == ([] if self_posed else ["wrong_stage"])


def test_a_probe_is_asked_in_its_words_and_of_its_question_only():
    begun = [SectionStarted(section="a"), Answered(turn="0.0", text="x")]
    state, effects = run(*begun, FollowUpChosen(item=0, probe="p", ask="why?", reason="missing: the claim"))
    assert (state.turn.asked, state.turn.probe) == ("why?", "p")
    assert effects == (Ask(turn="0.1", item=0, text="why?"),)
    before, _ = run(*begun)
    again, effects = step(before, FollowUpChosen(item=1, probe="p", ask="why?"), after(30))
    assert again is before
    assert codes(effects) == ["wrong_turn"]


def test_probes_stop_at_the_sections_limit():
    events = [SectionStarted(section="a"), Answered(turn="0.0", text="x")]
    events += [FollowUpChosen(item=0, probe="p"), Answered(turn="0.1", text="y")]
    assert run(*events, follow_ups=2)[1] == (ChooseFollowUp(item=0),)
    assert run(*events, follow_ups=1)[1] == (Ask(turn="1.0", item=1),)
    assert run(*events[:2], follow_ups=0)[1] == (Ask(turn="1.0", item=1),)


def test_a_hint_marks_its_turn_and_facts_do_not():
    state, _ = run(SectionStarted(section="a"), FactAsked(item=0, ask="load?", fact="load", tells="high"))
    assert not state.items[0].turns[0].peeked
    assert state.items[0].facts[0].fact == "load"
    state, _ = step(state, Peeked(turn="0.0", text="think of bytes"), after(30))
    assert state.items[0].turns[0].peeked


def test_a_pace_near_zero_has_a_deadline_all_the_same():
    state, _ = run(SectionStarted(section="a"), pace=1e-12)
    assert deadline(state) > after(86_400 * 365)


def test_a_plan_that_does_not_follow_its_blueprint_is_refused():
    good = created()
    with pytest.raises(ValueError, match="order of the sections"):
        step(None, good.model_copy(update={"plan": good.plan.model_copy(update={"items": good.plan.items[::-1]})}), T0)
    one = good.plan.items[0].model_copy(update={"section": "nowhere"})
    plan = good.plan.model_copy(update={"items": (*good.plan.items, one)})
    with pytest.raises(ValueError, match="blueprint lacks"):
        step(None, good.model_copy(update={"plan": plan}), T0)
    with pytest.raises(ValueError, match="begins with Created"):
        step(None, Ticked(), T0)


def test_events_written_before_the_newer_fields_are_still_read():
    assert parse_event({"kind": "drafted", "turn": "0.0", "text": "x"}) == Drafted(turn="0.0", text="x")
    body = created().model_dump(mode="json")
    del body["interviewer"]
    assert parse_event(body) == created()
    with pytest.raises(ValueError, match="kind"):
        parse_event({"kind": "graded"})


def test_two_sections_of_one_id_make_no_loop():
    section = created().blueprint.sections[0]
    with pytest.raises(ValueError, match="one id"):
        Blueprint(id="x", title="x", sections=(section, section))
