"""Laws of the sitting over whole random interviews: whatever comes, in whatever order, at whatever time."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from examiner.domain.effects import AutoSubmit, Close, CloseSection, Grade, Refuse
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
    LeakStopped,
    Peeked,
    Predicted,
    SectionFinished,
    SectionStarted,
    SelfPosed,
    Skipped,
    Spoke,
    StepChosen,
    Ticked,
    parse_event,
)
from examiner.domain.loop import Blueprint, Draw, Ladder, Plan, PlannedItem, Rung, SectionPlan
from examiner.interview.machine import deadline, remaining, replay, step
from examiner.interview.machine_clock import allowance

T0 = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SECRET = "only-the-rubric-says-this"  # stands wherever an event carries what a candidate must not see
COUNTS = {"a": 2, "empty": 0, "b": 1, "c": 2}
WORDS = st.sampled_from(["an answer", "another answer", "a third one", "  ", ""])
# Mostly seconds, so that an interview gets somewhere; now and then a clock set back or a section's whole time.
GAPS = st.sampled_from([0, 1, 5, 10, 20, 40, 20, 10, 5, 1, 60, -30, 300, 599, 601])
SHORT = st.sampled_from([0, 1, 5, 15])


def planned(name, n):
    ladder = 0 if name == "c" else None
    return PlannedItem(section=name, ref=f"{name}{n}@1", kind="question", title=name, minutes=4, ladder=ladder)


def created(pace, multiplier, self_posed, predict, follow_ups):
    sections = tuple(
        SectionPlan(
            id=name,
            title=name,
            kind="deep",
            minutes=10,
            draws=(Draw(count=max(count, 1)),),
            follow_ups=follow_ups,
            self_posed=self_posed,
            predict=predict,
        )
        for name, count in COUNTS.items()
    )
    items = tuple(planned(name, n) for name, count in COUNTS.items() for n in range(count))
    rungs = tuple(Rung(level=level, items=(planned("c", n),)) for n, level in enumerate(("L1", "L2", "L3")))
    return Created(
        sitting="s-1",
        candidate="c",
        judge="embedded",
        policy="practice",
        pace=pace,
        multiplier=multiplier,
        blueprint=Blueprint(id="x", title="x", sections=sections),
        plan=Plan(blueprint="x", seed=1, items=items, ladders=(Ladder(chain="c0", start=0, rungs=rungs),)),
    )


class Interview(RuleBasedStateMachine):
    """Plays an interview; the laws are checked at each event, against what the test itself remembers."""

    @initialize(
        pace=st.sampled_from([1.0, 1.0, 2.5, None]),
        multiplier=st.sampled_from([1.0, 1.5]),
        self_posed=st.booleans(),
        predict=st.booleans(),
        follow_ups=st.integers(0, 2),
        breaks=st.booleans(),
    )
    def begin(self, pace, multiplier, self_posed, predict, follow_ups, breaks):
        event = created(pace, multiplier, self_posed, predict, follow_ups)
        self.now = T0
        self.state, effects = step(None, event, T0)
        assert effects == ()
        self.log = [(event, T0)]
        self.acknowledged = {}
        self.graded = []
        self.closed = []
        self.ever_accommodated = False
        if breaks:
            self.accommodate(1, None, True)

    # --- what may happen ----------------------------------------------------------------------

    def go_on(self, gap, probe, ask):
        """Do what a candidate and a shell that behave would do next."""
        state = self.state
        if state.status == "break":
            return self.send(BreakEnded(), gap)
        if state.status != "running":
            return self.send(SectionStarted(section=state.sections[state.section].id), gap)
        expected = {
            "open": Answered(turn=self.open(), text="an answer"),
            "choosing": FollowUpChosen(item=state.item, probe=probe, ask="why?", reason=SECRET)
            if state.item < 0 or state.items[state.item].turns
            else StepChosen(item=state.item, ref="c2@1", level="L3", move="up", reason=SECRET),
            "posing": SelfPosed(item=state.item, ask=ask, answer=ask),
            "predicting": Predicted(item=state.item, value=2),
        }
        return self.send(expected[state.items[state.item].stage], gap)

    @rule(gap=SHORT, probe=st.sampled_from(["p", None]), ask=st.sampled_from(["what if?", ""]))
    def go_on_a_step(self, gap, probe, ask):
        self.go_on(gap, probe, ask)

    @rule(gap=SHORT, steps=st.integers(2, 6))
    def go_on_some_steps(self, gap, steps):
        for _ in range(steps):
            if self.state.status != "ended":
                self.go_on(gap, "p", "what if?")

    @rule(gap=GAPS, name=st.sampled_from([*COUNTS, "nowhere"]))
    def start_any_section(self, gap, name):
        self.send(SectionStarted(section=name), gap)

    @rule(gap=GAPS, text=WORDS)
    def answer_what_is_open(self, gap, text):
        self.send(Answered(turn=self.open(), text=text), gap)

    @rule(gap=GAPS, text=WORDS, item=st.integers(0, 5), turn=st.integers(0, 3))
    def answer_anything(self, gap, text, item, turn):
        self.send(Answered(turn=f"{item}.{turn}", text=text), gap)

    @rule(gap=GAPS, text=WORDS, version=st.integers(0, 3))
    def draft(self, gap, text, version):
        self.send(Drafted(turn=self.open(), text=text, version=version), gap)

    @rule(gap=GAPS)
    def skip(self, gap):
        self.send(Skipped(turn=self.open()), gap)

    @rule(gap=GAPS, what=st.sampled_from(["hint", "fact", "model_answer"]))
    def peek(self, gap, what):
        self.send(Peeked(turn=self.open(), what=what, text=SECRET), gap)

    @rule(gap=GAPS)
    def ask_a_fact(self, gap):
        self.send(FactAsked(item=max(self.state.item, 0), ask="load?", fact="load", tells=SECRET), gap)

    @rule(gap=GAPS, probe=st.sampled_from([None, "p", "q"]), item=st.integers(-1, 1))
    def choose_a_follow_up(self, gap, probe, item):
        where = max(self.state.item, 0) + max(item, 0)
        chosen = FollowUpChosen(
            item=where, probe=probe, ask="why?", points=(SECRET,), mistakes=(SECRET,), reason=SECRET
        )
        self.send(chosen, gap)

    @rule(gap=SHORT, text=st.sampled_from(["Staying there:", "Then.", "why"]), item=st.integers(-1, 1))
    def say_a_piece(self, gap, text, item):
        before = self.state.items
        self.send(Spoke(item=max(self.state.item, 0) + max(item, 0), probe="p", text=text), gap)
        if self.state.items is not before and self.state.status == "running":
            assert self.state.items[self.state.item].saying.endswith(text)

    @rule(gap=SHORT, item=st.integers(-1, 1))
    def stop_a_leak(self, gap, item):
        where = max(self.state.item, 0) + max(item, 0)
        self.send(LeakStopped(item=where, found=("canary",), words=SECRET), gap)

    @rule(gap=SHORT, ref=st.sampled_from(["c0@1", "c1@1", "c2@1", "a0@1", "nowhere@1"]))
    def choose_a_step(self, gap, ref):
        chosen = StepChosen(item=max(self.state.item, 0), ref=ref, level="L2", move="up", reason=SECRET)
        self.send(chosen, gap)

    @precondition(lambda self: self.state.turn is not None and self.state.turn.probe is not None)
    @rule(gap=SHORT)
    def pose_a_follow_up_while_a_probe_is_open(self, gap):
        self.send(SelfPosed(item=self.state.item, ask="and if?", answer="so"), gap)

    @rule(gap=GAPS, ask=st.sampled_from(["", "what if?"]), answer=WORDS)
    def pose_a_follow_up(self, gap, ask, answer):
        self.send(SelfPosed(item=max(self.state.item, 0), ask=ask, answer=answer), gap)

    @rule(gap=GAPS, value=st.sampled_from([None, 0, 3]))
    def predict(self, gap, value):
        self.send(Predicted(item=max(self.state.item, 0), value=value), gap)

    @rule(gap=GAPS, event=st.sampled_from([BreakTaken(), BreakEnded(), Ticked()]))
    def pause_or_look(self, gap, event):
        self.send(event, gap)

    @precondition(lambda self: self.state.status == "running" and self.state.breaks_inside)
    @rule(gap=SHORT, length=st.sampled_from([10, 3000]))
    def pause_inside_a_section(self, gap, length):
        self.send(BreakTaken(), gap)
        self.send(BreakEnded(), length)

    @rule(gap=GAPS, multiplier=st.sampled_from([None, 1.0, 2.0, 5.0]), breaks=st.sampled_from([None, True, False]))
    def accommodate(self, gap, multiplier, breaks):
        self.ever_accommodated |= bool(breaks)
        self.send(Accommodated(multiplier=multiplier, breaks_inside=breaks), gap)

    @precondition(lambda self: self.state.section > 0)
    @rule(gap=GAPS, event=st.sampled_from([SectionFinished(), SectionFinished(), Abandoned()]))
    def close_early(self, gap, event):
        self.send(event, gap)

    # --- one step and its laws ----------------------------------------------------------------

    def open(self):
        return self.state.turn.id if self.state.turn else "0.0"

    def send(self, event, gap):
        before, limit = self.state, deadline(self.state)
        self.now += timedelta(seconds=gap)
        received = max(self.now, before.last)  # time never runs backwards
        after, effects = step(before, event, self.now)
        assert step(before, event, self.now) == (after, effects)
        if after is not before:
            self.log.append((event, self.now))
        self.state = after
        self.check_what_was_shown(event, before)
        refused = [e for e in effects if isinstance(e, Refuse)]
        expired = limit is not None and received >= limit
        kept_late = len(after.late) > len(before.late)
        if refused and not expired and not kept_late:
            assert after is before, "a refused event leaves the state alone"
        assert before.late == after.late[: len(before.late)], "what came late is kept"
        self.check_answer(event, before, refused, expired, kept_late)
        self.check_closing(before, effects, expired, limit)
        assert all(SECRET not in effect.model_dump_json() for effect in effects)
        assert after.last >= before.last

    def check_answer(self, event, before, refused, expired, kept_late):
        turn = before.turn
        if isinstance(event, Answered) and not refused:
            assert not expired, "no answer counts at or behind the deadline"
            assert turn is not None
            assert turn.id == event.turn
            self.acknowledged[event.turn] = event.text
        if isinstance(event, Answered) and expired and turn and turn.id == event.turn and event.text.strip():
            held = next(t.text for i in self.state.items for t in i.turns if t.id == event.turn)
            assert kept_late or held == event.text or event in before.late, "late text is kept"
            assert refused

    def check_what_was_shown(self, event, before):
        if isinstance(event, FollowUpChosen) and self.state.turn and self.state.turn is not before.turn:
            assert self.state.turn.asked.startswith(before.items[before.item].saying), "what was shown was asked"
        item = self.state.items[self.state.item]
        assert not (item.spoken and item.stage == "open"), "an open question is whole"

    def check_closing(self, before, effects, expired, limit):
        closings = [e for e in effects if isinstance(e, CloseSection)]
        assert bool(expired) <= bool(closings), "what has run out is closed first"
        turn, draft = before.turn, before.draft
        if expired and turn and draft and draft.text.strip():
            assert AutoSubmit(turn=turn.id, text=draft.text) in effects
            submitted = next(t for i in self.state.items for t in i.turns if t.id == turn.id)
            assert submitted.text == draft.text
            assert submitted.auto
            assert submitted.answered_at == limit
        for closing in closings:
            assert closing.section not in self.closed, "a section closes once"
            self.closed.append(closing.section)
            self.check_time_used(before, closing)
        self.graded += [e.item for e in effects if isinstance(e, Grade)]
        assert any(isinstance(e, Close) for e in effects) == (self.state.status == "ended" and before.status != "ended")

    def check_time_used(self, before, closing):
        index = list(COUNTS).index(closing.section)
        section = self.state.sections[index]
        used = (section.ended - section.started).total_seconds() - section.credit
        allowed = allowance(before, index)
        assert used >= 0
        assert allowed is None or used <= allowed + 1e-6
        assert (closing.reason == "expired") == (allowed is not None and used >= allowed - 1e-6)
        if self.state.created.pace is not None and not self.ever_accommodated:
            assert section.credit == 0, "a timed section's clock stands still by accommodation only"

    # --- laws of every state ------------------------------------------------------------------

    @invariant()
    def the_log_is_the_state(self):
        assert replay(self.log) == self.state
        assert replay((parse_event(e.model_dump(mode="json")), at) for e, at in self.log) == self.state

    @invariant()
    def acknowledged_answers_stay(self):
        held = {t.id: t.text for item in self.state.items for t in item.turns}
        assert self.acknowledged.items() <= held.items()
        assert len(held) == sum(len(item.turns) for item in self.state.items), "turn ids differ"

    @invariant()
    def sections_follow_each_other_within_their_time(self):
        previous = T0
        for index, section in enumerate(self.state.sections):
            if section.started is None:
                assert section.ended is None
                assert all(not i.turns for i in self.state.items[section.first : section.first + section.count])
                continue
            assert section.started >= previous
            if section.ended is None:
                assert index == self.state.section
                assert self.state.status in ("running", "break")
                continue
            previous = section.ended
        assert self.closed == [s.id for s in self.state.sections if s.ended]

    @invariant()
    def every_answered_item_of_a_closed_section_is_graded_once(self):
        answered = [
            index
            for section in self.state.sections
            for index in range(section.first, section.first + section.count)
            if section.ended and any(turn.text for turn in self.state.items[index].turns)
        ]
        assert self.graded == answered

    @invariant()
    def follow_ups_keep_to_the_plan(self):
        plan = self.state.created.blueprint.sections[0]
        for item in self.state.items:
            probes = [t for t in item.turns[1:] if t.probe != "self-posed"]
            assert len(probes) == item.follow_ups <= plan.follow_ups
            assert sum(t.probe == "self-posed" for t in item.turns) <= int(plan.self_posed)

    @invariant()
    def no_question_of_a_ladder_is_asked_twice(self):
        refs = [i.planned.ref for i in self.state.items if i.turns]
        assert len(set(refs)) == len(refs)
        assert not any(r.startswith(("a", "b")) for r in refs[3:])

    @invariant()
    def looking_at_the_clock_again_changes_nothing(self):
        left = remaining(self.state, self.state.last)
        assert left is None or left > 0
        again, effects = step(self.state, Ticked(), self.state.last)
        assert again is self.state
        assert effects == ()


TestInterview = Interview.TestCase
TestInterview.settings = settings(max_examples=100, stateful_step_count=30, deadline=None, derandomize=True)
