"""The sitting as a pure function: `step(state, event, now) -> (state, effects)`.

No clock, no chance, no I/O: `now` is an argument and time never runs backwards. Replaying the stored
events gives the same state, so a killed interview resumes where its last acknowledged event left it. An
event that does not fit leaves the state alone and returns `Refuse`; the shell stores an event only if it
changed the state.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

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
    Effect,
    FactAsked,
    FollowUpChosen,
    Grade,
    InviteSelfPosed,
    ItemState,
    Peeked,
    Predicted,
    Refuse,
    SectionFinished,
    SectionStarted,
    SectionState,
    SelfPosed,
    Sitting,
    Skipped,
    Ticked,
    TurnState,
)

Step = tuple[Sitting, tuple[Effect, ...]]


def replay(records: Iterable[tuple[Any, datetime]]) -> Sitting | None:
    """Return the state that a log of (event, time) makes; None for an empty log."""
    state: Sitting | None = None
    for event, now in records:
        state, _ = step(state, event, now)
    return state


def step(state: Sitting | None, event: Any, now: datetime) -> Step:
    """Return the next state and what must be done about it.

    Args:
        state: the state so far; None before `Created`.
        event: an event of `domain.session`.
        now: the server's time of receipt, timezone-aware.

    """
    if state is None:
        if not isinstance(event, Created):
            raise ValueError("a sitting begins with Created")
        return _create(event, now), ()
    now = max(now, state.last)
    if state.status == "ended":
        if isinstance(event, Ticked):
            return state, ()
        return state, (Refuse(code="ended", says="the sitting has ended"),)
    limit = deadline(state)
    if limit is not None and now >= limit:
        return _expired(state, event, limit, now)
    after, effects = _handle(state, event, now)
    if after is not state:
        after = after.model_copy(update={"last": now})
    return after, effects


def deadline(state: Sitting) -> datetime | None:
    """Return when the running section ends; None where no clock runs."""
    pace = state.created.pace
    section = state.sections[state.section] if state.section < len(state.sections) else None
    if section is None or section.started is None or pace is None or state.status != "running":
        return None
    minutes = state.created.blueprint.sections[state.section].minutes
    seconds = minutes * 60 * state.created.multiplier / pace + section.credit
    return section.started + timedelta(seconds=seconds)


def remaining(state: Sitting, now: datetime) -> float | None:
    """Return the seconds left in the running section, 0 at least; None where no clock runs."""
    limit = deadline(state)
    return None if limit is None else max(0.0, (limit - now).total_seconds())


def _create(event: Created, now: datetime) -> Sitting:
    sections = []
    for plan in event.blueprint.sections:
        indices = [n for n, item in enumerate(event.plan.items) if item.section == plan.id]
        sections.append(SectionState(id=plan.id, first=indices[0] if indices else 0, count=len(indices)))
    items = tuple(ItemState(planned=item) for item in event.plan.items)
    return Sitting(created=event, sections=tuple(sections), items=items, last=now)


def _expired(state: Sitting, event: Any, limit: datetime, now: datetime) -> Step:
    """Close what has run out, then see to the event itself, which may be late."""
    turn, effects = state.turn, []
    if turn is not None and state.draft is not None and state.draft.turn == turn.id and state.draft.text.strip():
        state = _fill(state, turn, state.draft.text, limit, auto=True)
    closed, after = _close_section(state, "expired", limit)
    closed = closed.model_copy(update={"last": now})
    effects = list(after)
    if isinstance(event, Answered):
        # Said too late: kept for the record, never graded.
        closed = closed.model_copy(update={"late": (*closed.late, event)})
        effects.append(Refuse(code="time_up", says="the section's time was up; the late text is kept, not graded"))
    elif not isinstance(event, Ticked):
        effects.append(Refuse(code="time_up", says="the section's time is up"))
    return closed, tuple(effects)


def _handle(state: Sitting, event: Any, now: datetime) -> Step:
    if isinstance(event, Abandoned):
        return _abandon(state, now)
    if isinstance(event, BreakTaken | BreakEnded):
        return _break(state, event, now)
    if isinstance(event, Ticked):
        return state, ()
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
    if isinstance(event, FactAsked | FollowUpChosen | SelfPosed | Predicted):
        return _on_item(state, event, now)
    return state, (Refuse(code="wrong_stage", says="that does not fit here"),)


def _start_section(state: Sitting, event: SectionStarted, now: datetime) -> Step:
    if state.status != "ready" or state.sections[state.section].id != event.section:
        return state, (Refuse(code="wrong_stage", says=f"section '{event.section}' is not the next one"),)
    section = state.sections[state.section].model_copy(update={"started": now})
    state = _with_section(state, section).model_copy(update={"status": "running"})
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
        return _not_open(state, event)
    if isinstance(event, Drafted):
        return state.model_copy(update={"draft": event}), ()
    if isinstance(event, Peeked):
        return _with_turn(state, turn.model_copy(update={"peeked": True})), ()
    if isinstance(event, Skipped):
        skipped = turn.model_copy(update={"skipped": True, "answered_at": now})
        return _after_turn(_with_turn(state, skipped), now, probe_on=False)
    if not event.text.strip():
        return state, (Refuse(code="wrong_stage", says="the answer is empty; skip the question instead"),)
    return _after_turn(_fill(state, turn, event.text, now), now, probe_on=True)


def _not_open(state: Sitting, event: Drafted | Answered | Skipped | Peeked) -> Step:
    if isinstance(event, Answered):
        known = {t.id: t for i in state.items for t in i.turns}.get(event.turn)
        if known is not None and known.text == event.text:
            return state, (Refuse(code="twice", says="that answer is already recorded"),)
    return state, (Refuse(code="wrong_turn", says=f"turn {event.turn} is not open"),)


def _fill(state: Sitting, turn: TurnState, text: str, now: datetime, *, auto: bool = False) -> Sitting:
    filled = turn.model_copy(update={"text": text, "answered_at": now, "auto": auto})
    return _with_turn(state, filled).model_copy(update={"draft": None})


def _after_turn(state: Sitting, now: datetime, *, probe_on: bool) -> Step:
    item = state.items[state.item]
    allowed = _section_plan(state).follow_ups
    if probe_on and item.follow_ups < allowed:
        return _stage(state, "choosing"), (ChooseFollowUp(item=state.item),)
    return _wind_down(state, now)


def _wind_down(state: Sitting, now: datetime) -> Step:
    """After the last probe: a self-posed follow-up, then the forecast, then the next item."""
    plan, item = _section_plan(state), state.items[state.item]
    said = any(t.text for t in item.turns)
    posed = any(t.probe == "self-posed" for t in item.turns)
    if plan.self_posed and said and item.stage not in ("posing", "predicting") and not posed:
        return _stage(state, "posing"), (InviteSelfPosed(item=state.item),)
    if plan.predict and said and item.stage != "predicting":
        return _stage(state, "predicting"), (AskPrediction(item=state.item),)
    return _next_item(state, now)


def _next_item(state: Sitting, now: datetime) -> Step:
    state = _stage(state, "done")
    section = state.sections[state.section]
    if state.item + 1 < section.first + section.count:
        return _open_item(state, state.item + 1, now)
    return _close_section(state, "finished", now)


def _on_item(state: Sitting, event: FactAsked | FollowUpChosen | SelfPosed | Predicted, now: datetime) -> Step:
    item = state.items[state.item]
    if event.item != state.item:
        return state, (Refuse(code="wrong_turn", says="that question is not open"),)
    if isinstance(event, FactAsked):
        if item.stage != "open":
            return state, (Refuse(code="wrong_stage", says="facts can be asked for while the question is open"),)
        return _with_item(state, state.item, item.model_copy(update={"facts": (*item.facts, event)})), ()
    wanted = {FollowUpChosen: "choosing", SelfPosed: "posing", Predicted: "predicting"}[type(event)]
    if item.stage != wanted:
        return state, (Refuse(code="wrong_stage", says="that is not what is asked for now"),)
    if isinstance(event, FollowUpChosen):
        return _probe(state, event, now)
    if isinstance(event, SelfPosed):
        return _self_posed(state, event, now)
    state = _with_item(state, state.item, item.model_copy(update={"prediction": event.value}))
    return _wind_down(state, now)


def _probe(state: Sitting, event: FollowUpChosen, now: datetime) -> Step:
    if event.probe is None:
        return _wind_down(state, now)
    item = state.items[state.item]
    turn = TurnState(id=f"{state.item}.{len(item.turns)}", asked=event.ask, probe=event.probe, asked_at=now)
    item = item.model_copy(update={"stage": "open", "turns": (*item.turns, turn), "follow_ups": item.follow_ups + 1})
    state = _with_item(state, state.item, item)
    return state, (Ask(turn=turn.id, item=state.item, text=event.ask),)


def _self_posed(state: Sitting, event: SelfPosed, now: datetime) -> Step:
    if event.ask.strip() and event.answer.strip():
        item = state.items[state.item]
        turn = TurnState(
            id=f"{state.item}.{len(item.turns)}",
            asked=event.ask,
            probe="self-posed",
            text=event.answer,
            asked_at=now,
            answered_at=now,
        )
        state = _with_item(state, state.item, item.model_copy(update={"turns": (*item.turns, turn)}))
    return _wind_down(state, now)


def _break(state: Sitting, event: BreakTaken | BreakEnded, now: datetime) -> Step:
    if isinstance(event, BreakTaken):
        if state.status == "ready" or (state.status == "running" and state.created.pace is None):
            return state.model_copy(update={"status": "break", "break_since": now}), ()
        return state, (Refuse(code="wrong_stage", says="breaks are taken between sections; the clock runs on"),)
    if state.status != "break":
        return state, (Refuse(code="wrong_stage", says="there is no break to end"),)
    section = state.sections[state.section]
    running = section.started is not None and section.ended is None
    return state.model_copy(update={"status": "running" if running else "ready", "break_since": None}), ()


def _close_section(state: Sitting, reason: Any, now: datetime) -> Step:
    section = state.sections[state.section].model_copy(update={"ended": now, "reason": reason})
    state = _with_section(state, section)
    effects: list[Effect] = [CloseSection(section=section.id, reason=reason)]
    for index in range(section.first, section.first + section.count):
        item = state.items[index]
        state = _with_item(state, index, item.model_copy(update={"stage": "done"}))
        if any(turn.text for turn in item.turns):
            effects.append(Grade(item=index))
    last = state.section + 1 >= len(state.sections)
    update: dict[str, Any] = {"status": "ready", "section": state.section + 1, "item": -1, "draft": None}
    if last:
        update |= {"status": "ended", "section": state.section, "ended": "finished"}
        effects.append(Close(reason="finished"))
    return state.model_copy(update=update), tuple(effects)


def _abandon(state: Sitting, now: datetime) -> Step:
    effects: tuple[Effect, ...] = ()
    if state.status == "running":
        turn = state.turn
        if turn is not None and state.draft is not None and state.draft.text.strip():
            state = _fill(state, turn, state.draft.text, now, auto=True)
        state, effects = _close_section(state, "abandoned", now)
        effects = tuple(e for e in effects if not isinstance(e, Close))
    state = state.model_copy(update={"status": "ended", "ended": "abandoned", "break_since": None})
    return state, (*effects, Close(reason="abandoned"))


def _section_plan(state: Sitting) -> Any:
    return state.created.blueprint.sections[state.section]


def _stage(state: Sitting, stage: Any) -> Sitting:
    return _with_item(state, state.item, state.items[state.item].model_copy(update={"stage": stage}))


def _with_turn(state: Sitting, turn: TurnState) -> Sitting:
    item = state.items[state.item]
    turns = tuple(turn if t.id == turn.id else t for t in item.turns)
    return _with_item(state, state.item, item.model_copy(update={"turns": turns}))


def _with_item(state: Sitting, index: int, item: ItemState) -> Sitting:
    items = (*state.items[:index], item, *state.items[index + 1 :])
    return state.model_copy(update={"items": items})


def _with_section(state: Sitting, section: SectionState) -> Sitting:
    sections = tuple(section if s.id == section.id else s for s in state.sections)
    return state.model_copy(update={"sections": sections})
