"""The sitting as a pure function: `step(state, event, now) -> (state, effects)`.

No clock, no chance, no I/O: `now` is an argument and time never runs backwards. Replaying the stored
events gives the same state, so a killed interview resumes where its last acknowledged event left it. An
event that does not fit leaves the state alone and returns `Refuse`; the shell stores an event only if it
changed the state. Two kinds of refused event do change it: one that arrives at or after the deadline closes
the section first, and text that came too late is kept.

No effect carries a key, a score, a rubric's words or a model answer.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from examiner.domain.effects import (
    Ask,
    AskPrediction,
    AutoSubmit,
    ChooseFollowUp,
    ChooseStep,
    Close,
    CloseSection,
    Effect,
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
    Credited,
    Drafted,
    Event,
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
)
from examiner.domain.session import ItemState, SectionState, Sitting, TurnState
from examiner.interview.machine_clock import (
    SELF_POSED,
    Step,
    accommodate,
    credit,
    deadline,
    inside,
    keep_late,
    pause,
    plan_of,
    remaining,
    repeated,
    resumed,
    with_section,
)

__all__ = ["Step", "deadline", "remaining", "replay", "step"]

_OnItem = FactAsked | FollowUpChosen | Spoke | LeakStopped | StepChosen | SelfPosed | Predicted
_TWICE = Refuse(code="twice", says="that is already recorded")
_ENDED = Refuse(code="ended", says="the sitting has ended")
_TIME_UP = Refuse(code="time_up", says="the section's time is up")


def replay(records: Iterable[tuple[Event, datetime]]) -> Sitting | None:
    """Return the state that a log of (event, time) makes; None for an empty log."""
    state: Sitting | None = None
    for event, now in records:
        state, _ = step(state, event, now)
    return state


def step(state: Sitting | None, event: Event, now: datetime) -> Step:
    """Return the next state and what must be done about it.

    Args:
        state: the state so far; None before `Created`.
        event: an event of `domain.events`.
        now: the server's time of receipt, timezone-aware; one before the last event's counts as that.

    Raises:
        ValueError: the first event is not `Created`, or its plan does not follow its blueprint.

    """
    if state is None:
        if not isinstance(event, Created):
            raise ValueError("a sitting begins with Created")
        return _create(event, now), ()
    now = max(now, state.last)
    if isinstance(event, Credited):  # before the deadline is looked at: what is given back may move it past now
        given = credit(state, event)
        return (state if given is state else given.model_copy(update={"last": now})), ()
    before = state
    closing: tuple[Effect, ...] = ()
    limit = deadline(state)
    expired = limit is not None and now >= limit
    if expired and limit is not None:
        state, closing = _close_section(state, "expired", limit)
    after, effects = _receive(state, event, now, expired=expired)
    if after is not before:
        after = after.model_copy(update={"last": now})
    return after, (*closing, *effects)


def _create(event: Created, now: datetime) -> Sitting:
    sections, first = [], 0
    for plan in event.blueprint.sections:
        count = sum(item.section == plan.id for item in event.plan.items)
        if any(item.section != plan.id for item in event.plan.items[first : first + count]):
            raise ValueError("the plan's items do not stand in the order of the sections")
        sections.append(SectionState(id=plan.id, first=first, count=count))
        first += count
    if first < len(event.plan.items):
        raise ValueError("the plan has items of a section that the blueprint lacks")
    items = tuple(ItemState(planned=item) for item in event.plan.items)
    return Sitting(created=event, sections=tuple(sections), items=items, multiplier=event.multiplier, last=now)


def _receive(state: Sitting, event: Event, now: datetime, *, expired: bool) -> Step:
    """See to an event once the clock has been seen to; `expired`: it came at or after the deadline."""
    if isinstance(event, Ticked):
        return state, ()
    if repeated(state, event):
        return state, (_TWICE,)
    late = keep_late(state, event)
    if late is not None:
        return late
    if expired and not isinstance(event, SectionStarted | BreakTaken | Accommodated | Abandoned):
        return state, (_TIME_UP,)
    if state.status == "ended":
        return state, (_ENDED,)
    return _handle(state, event, now)


def _handle(state: Sitting, event: Event, now: datetime) -> Step:
    if isinstance(event, Abandoned):
        return _abandon(state, now)
    if isinstance(event, BreakTaken | BreakEnded):
        return pause(state, event, now)
    if isinstance(event, Accommodated):
        return accommodate(state, event)
    if state.status == "break":
        return state, (Refuse(code="on_break", says="the sitting is paused; end the break first"),)
    if isinstance(event, SectionStarted):
        return _start_section(state, event, now)
    if state.status != "running":
        return state, (Refuse(code="not_started", says="no section is running; start the next one"),)
    if isinstance(event, SectionFinished):
        return _close_section(state, "finished", now)
    if isinstance(event, Drafted | Answered | Skipped | Peeked):
        return _on_turn(state, event, now)
    if isinstance(event, _OnItem):
        return _on_item(state, event, now)
    return state, (Refuse(code="wrong_stage", says="that does not fit here"),)


def _start_section(state: Sitting, event: SectionStarted, now: datetime) -> Step:
    if state.status != "ready" or state.sections[state.section].id != event.section:
        return state, (Refuse(code="wrong_stage", says=f"section '{event.section}' is not the next one"),)
    section = state.sections[state.section].model_copy(update={"started": now})
    state = with_section(state, section).model_copy(update={"status": "running"})
    if section.count == 0:
        return _close_section(state, "finished", now)
    return _open_item(state, section.first, now)


def _open_item(state: Sitting, index: int, now: datetime) -> Step:
    turn = TurnState(id=f"{index}.0", asked_at=now)
    item = state.items[index].model_copy(update={"stage": "open", "turns": (turn,)})
    state = _with_item(state, index, item).model_copy(update={"item": index, "draft": None})
    return state, (Ask(turn=turn.id, item=index),)


def _on_turn(state: Sitting, event: Drafted | Answered | Skipped | Peeked, now: datetime) -> Step:
    turn = state.turn
    if turn is None or turn.id != event.turn:
        return state, (Refuse(code="wrong_turn", says=f"turn {event.turn} is not open"),)
    if isinstance(event, Drafted):
        if state.draft is not None and event.version < state.draft.version:
            return state, ()
        return state.model_copy(update={"draft": event}), ()
    if isinstance(event, Peeked):
        return _with_turn(state, turn.model_copy(update={"peeked": True})), ()
    if isinstance(event, Skipped):
        skipped = turn.model_copy(update={"skipped": True, "answered_at": now})
        return _after_turn(_with_turn(state, skipped), now, probe_on=False)
    if not event.text.strip():
        return state, (Refuse(code="wrong_stage", says="the answer is empty; skip the question instead"),)
    return _after_turn(_fill(state, turn, event.text, now), now, probe_on=True)


def _fill(state: Sitting, turn: TurnState, text: str, now: datetime, *, auto: bool = False) -> Sitting:
    filled = turn.model_copy(update={"text": text, "answered_at": now, "auto": auto})
    return _with_turn(state, filled).model_copy(update={"draft": None})


def _after_turn(state: Sitting, now: datetime, *, probe_on: bool) -> Step:
    item = state.items[state.item]
    allowed = plan_of(state).follow_ups
    if probe_on and item.follow_ups < allowed:
        return _stage(state, "choosing"), (ChooseFollowUp(item=state.item),)
    return _wind_down(state, now)


def _wind_down(state: Sitting, now: datetime) -> Step:
    """After the last probe: a self-posed follow-up, then the forecast, then the next item."""
    plan, item = plan_of(state), state.items[state.item]
    said = any(t.text for t in item.turns)
    if plan.self_posed and said and item.stage not in ("posing", "predicting") and not _posed(item):
        return _stage(state, "posing"), (InviteSelfPosed(item=state.item),)
    if plan.predict and said and item.stage != "predicting":
        return _stage(state, "predicting"), (AskPrediction(item=state.item),)
    return _next_item(state, now)


def _next_item(state: Sitting, now: datetime) -> Step:
    state = _stage(state, "done")
    section = state.sections[state.section]
    if state.item + 1 < section.first + section.count:
        ladder = state.items[state.item + 1].planned.ladder
        if ladder is not None and ladder == state.items[state.item].planned.ladder:
            state = state.model_copy(update={"item": state.item + 1, "draft": None})
            return _stage(state, "choosing"), (ChooseStep(item=state.item),)
        return _open_item(state, state.item + 1, now)
    return _close_section(state, "finished", now)


def _on_item(state: Sitting, event: _OnItem, now: datetime) -> Step:
    item = state.items[state.item]
    if event.item != state.item:
        return state, (Refuse(code="wrong_turn", says="that question is not open"),)
    if isinstance(event, FactAsked):
        if item.stage != "open":
            return state, (Refuse(code="wrong_stage", says="facts can be asked for while the question is open"),)
        return _with_item(state, state.item, item.model_copy(update={"facts": (*item.facts, event)})), ()
    if isinstance(event, SelfPosed) and item.stage == "open":
        return _posed_early(state, event, now)
    wanted = {SelfPosed: "posing", Predicted: "predicting"}.get(type(event), "choosing")
    # What is chosen for an item that nothing was asked of yet is its question; after that, a follow-up.
    if item.stage != wanted or (wanted == "choosing" and isinstance(event, StepChosen) == bool(item.turns)):
        return state, (Refuse(code="wrong_stage", says="that is not what is asked for now"),)
    if isinstance(event, StepChosen):
        return _step(state, event, now)
    if isinstance(event, Spoke):
        return _with_item(state, state.item, item.model_copy(update={"spoken": (*item.spoken, event)})), ()
    if isinstance(event, LeakStopped):
        return _with_item(state, state.item, item.model_copy(update={"leaks": item.leaks + 1})), ()
    if isinstance(event, FollowUpChosen):
        return _probe(state, event, now)
    if isinstance(event, SelfPosed):
        return _self_posed(state, event, now)
    state = _with_item(state, state.item, item.model_copy(update={"prediction": event.value}))
    return _wind_down(state, now)


def _step(state: Sitting, event: StepChosen, now: datetime) -> Step:
    planned = state.items[state.item].planned
    ladder = state.created.plan.ladders[planned.ladder or 0]
    asked = {i.planned.ref for i in state.items if i.turns}
    chosen = next((i for rung in ladder.rungs for i in rung.items if i.ref == event.ref and i.ref not in asked), None)
    if chosen is None:
        return state, (Refuse(code="wrong_stage", says=f"{event.ref} is no step that is left of this chain"),)
    return _open_item(_with_item(state, state.item, ItemState(planned=chosen)), state.item, now)


def _probe(state: Sitting, event: FollowUpChosen, now: datetime) -> Step:
    if event.probe is None:
        return _wind_down(state, now)
    item = state.items[state.item]
    # What was shown is part of what was asked, whatever completes it.
    ask = event.ask if event.ask.startswith(item.saying) else f"{item.saying} {event.ask}"
    turn = TurnState(id=f"{state.item}.{len(item.turns)}", asked=ask, probe=event.probe, asked_at=now)
    update = {"stage": "open", "turns": (*item.turns, turn), "follow_ups": item.follow_ups + 1, "spoken": ()}
    state = _with_item(state, state.item, item.model_copy(update=update))
    return state, (Ask(turn=turn.id, item=state.item, text=ask),)


def _self_posed(state: Sitting, event: SelfPosed, now: datetime) -> Step:
    if event.ask.strip() and event.answer.strip():
        item = state.items[state.item]
        turns = (*item.turns, _posed_turn(item, state.item, event, now))
        state = _with_item(state, state.item, item.model_copy(update={"turns": turns}))
    return _wind_down(state, now)


def _posed_early(state: Sitting, event: SelfPosed, now: datetime) -> Step:
    """Record a follow-up that the candidate poses while a probe is open; the probe stays open."""
    item = state.items[state.item]
    welcome = plan_of(state).self_posed and item.turns[0].text is not None and not _posed(item)
    if not (welcome and event.ask.strip() and event.answer.strip()):
        return state, (Refuse(code="wrong_stage", says="that is not what is asked for now"),)
    # The open turn stays the last one: what is open is always the last turn of its item.
    turns = (*item.turns[:-1], _posed_turn(item, state.item, event, now), item.turns[-1])
    return _with_item(state, state.item, item.model_copy(update={"turns": turns})), ()


def _posed_turn(item: ItemState, index: int, event: SelfPosed, now: datetime) -> TurnState:
    return TurnState(
        id=f"{index}.{len(item.turns)}",
        asked=event.ask,
        probe=SELF_POSED,
        text=event.answer,
        asked_at=now,
        answered_at=now,
    )


def _posed(item: ItemState) -> bool:
    return any(turn.probe == SELF_POSED for turn in item.turns)


Ending = Literal["finished", "expired", "abandoned"]


def _close_section(state: Sitting, reason: Ending, now: datetime) -> Step:
    """Close the section that has begun: submit the open turn's draft, ask for grades, end after the last."""
    if state.status == "break":
        state = resumed(state, now)
    effects: list[Effect] = []
    turn, draft = state.turn, state.draft
    if turn is not None and draft is not None and draft.turn == turn.id and draft.text.strip():
        state = _fill(state, turn, draft.text, now, auto=True)
        effects.append(AutoSubmit(turn=turn.id, text=draft.text))
    section = state.sections[state.section].model_copy(update={"ended": now, "reason": reason})
    state = with_section(state, section)
    effects.append(CloseSection(section=section.id, reason=reason))
    for index in range(section.first, section.first + section.count):
        item = state.items[index]
        state = _with_item(state, index, item.model_copy(update={"stage": "done"}))
        if any(turn.text for turn in item.turns):
            effects.append(Grade(item=index))
    update: dict[str, Any] = {"item": -1, "draft": None, "status": "ready", "section": state.section + 1}
    if reason == "abandoned":
        update |= {"section": state.section}
    elif state.section + 1 >= len(state.sections):
        update |= {"status": "ended", "section": state.section, "ended": "finished"}
        effects.append(Close(reason="finished"))
    return state.model_copy(update=update), tuple(effects)


def _abandon(state: Sitting, now: datetime) -> Step:
    effects: tuple[Effect, ...] = ()
    if inside(state.sections[state.section]):
        state, effects = _close_section(state, "abandoned", now)
    state = state.model_copy(update={"status": "ended", "ended": "abandoned", "break_since": None})
    return state, (*effects, Close(reason="abandoned"))


def _stage(state: Sitting, stage: Any) -> Sitting:
    return _with_item(state, state.item, state.items[state.item].model_copy(update={"stage": stage}))


def _with_turn(state: Sitting, turn: TurnState) -> Sitting:
    item = state.items[state.item]
    turns = tuple(turn if t.id == turn.id else t for t in item.turns)
    return _with_item(state, state.item, item.model_copy(update={"turns": turns}))


def _with_item(state: Sitting, index: int, item: ItemState) -> Sitting:
    items = (*state.items[:index], item, *state.items[index + 1 :])
    return state.model_copy(update={"items": items})
