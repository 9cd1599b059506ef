"""The clocks of a sitting: deadlines, pauses that give time back, and what came too late. Pure."""

from datetime import datetime, timedelta

from examiner.domain.effects import Effect, Refuse
from examiner.domain.events import (
    Accommodated,
    Answered,
    BreakEnded,
    BreakTaken,
    Credited,
    Event,
    SelfPosed,
    Skipped,
)
from examiner.domain.loop import SectionPlan
from examiner.domain.session import SectionState, Sitting, TurnState

Step = tuple[Sitting, tuple[Effect, ...]]

LATE = Refuse(code="time_up", says="the section's time was up; the late text is kept, not graded")
SELF_POSED = "self-posed"  # the probe id of a follow-up that the candidate posed
_LONGEST = 366 * 86_400.0  # seconds; a pace near zero must not push a deadline beyond what a date can hold


def allowance(state: Sitting, index: int) -> float | None:
    """Return the seconds that a section may take, pauses left out; None where it is untimed."""
    pace = state.created.pace
    if pace is None:
        return None
    minutes = state.created.blueprint.sections[index].minutes
    return min(minutes * 60 * state.multiplier / pace, _LONGEST)


def deadline(state: Sitting) -> datetime | None:
    """Return when the running section ends; None where no clock runs."""
    section = state.sections[state.section]
    if section.started is None or state.status != "running":
        return None
    seconds = allowance(state, state.section)
    return None if seconds is None else section.started + timedelta(seconds=seconds + section.credit)


def remaining(state: Sitting, now: datetime) -> float | None:
    """Return the seconds left in the running section, 0 at least; None where no clock runs."""
    limit = deadline(state)
    return None if limit is None else max(0.0, (limit - now).total_seconds())


def plan_of(state: Sitting) -> SectionPlan:
    """Return the plan of the section that runs or comes next."""
    return state.created.blueprint.sections[state.section]


def inside(section: SectionState) -> bool:
    """Tell whether a section has begun and not ended."""
    return section.started is not None and section.ended is None


def with_section(state: Sitting, section: SectionState) -> Sitting:
    """Return the state with the section of that id replaced."""
    sections = tuple(section if s.id == section.id else s for s in state.sections)
    return state.model_copy(update={"sections": sections})


def pause(state: Sitting, event: BreakTaken | BreakEnded, now: datetime) -> Step:
    """Begin or end a break: between sections, or within one that is untimed or so accommodated."""
    if isinstance(event, BreakEnded):
        if state.status != "break":
            return state, (Refuse(code="wrong_stage", says="there is no break to end"),)
        return resumed(state, now), ()
    free = state.created.pace is None or state.breaks_inside
    if state.status == "ready" or (state.status == "running" and free):
        return state.model_copy(update={"status": "break", "break_since": now}), ()
    if state.status == "break":
        return state, (Refuse(code="on_break", says="the sitting is paused already"),)
    return state, (Refuse(code="wrong_stage", says="breaks are taken between sections; the clock runs on"),)


def resumed(state: Sitting, now: datetime) -> Sitting:
    """Return the state with its break ended; what a section lost to it is given back."""
    section = state.sections[state.section]
    if not inside(section):
        return state.model_copy(update={"status": "ready", "break_since": None})
    lost = (now - (state.break_since or now)).total_seconds()
    state = with_section(state, section.model_copy(update={"credit": section.credit + lost}))
    return state.model_copy(update={"status": "running", "break_since": None})


def accommodate(state: Sitting, event: Accommodated) -> Step:
    """Grant more time or breaks; a section that runs never loses time by it."""
    multiplier = state.multiplier if event.multiplier is None else event.multiplier
    if multiplier < state.multiplier and inside(state.sections[state.section]):
        return state, (Refuse(code="wrong_stage", says="a running section's time is never shortened"),)
    breaks = state.breaks_inside if event.breaks_inside is None else event.breaks_inside
    return state.model_copy(update={"multiplier": multiplier, "breaks_inside": breaks}), ()


def credit(state: Sitting, event: Credited) -> Sitting:
    """Give time back to the section that has begun; nothing where none has."""
    section = state.sections[state.section]
    if not inside(section) or state.status == "ended":
        return state
    return with_section(state, section.model_copy(update={"credit": section.credit + event.seconds}))


def repeated(state: Sitting, event: Event) -> bool:
    """Tell whether an event says again what its turn already holds, as a client that saw no reply would."""
    if isinstance(event, Answered):
        turn = _find(state, event.turn)
        return turn is not None and turn.text == event.text
    if isinstance(event, Skipped):
        turn = _find(state, event.turn)
        return turn is not None and turn.skipped
    if isinstance(event, SelfPosed) and 0 <= event.item < len(state.items):
        turns = state.items[event.item].turns
        return any(t.probe == SELF_POSED and (t.asked, t.text) == (event.ask, event.answer) for t in turns)
    return False


def keep_late(state: Sitting, event: Event) -> Step | None:
    """Keep what was said to a section after it had expired; None where the event is nothing of that kind."""
    if isinstance(event, Answered):
        items = [n for n, i in enumerate(state.items) if any(t.id == event.turn for t in i.turns)]
        said = bool(event.text.strip())
    elif isinstance(event, SelfPosed):
        items = [event.item] if 0 <= event.item < len(state.items) else []
        said = bool(event.ask.strip() and event.answer.strip())
    else:
        return None
    expired = [s for s in state.sections if s.reason == "expired"]
    if not said or not any(s.first <= n < s.first + s.count for n in items for s in expired):
        return None
    if event not in state.late:
        state = state.model_copy(update={"late": (*state.late, event)})
    return state, (LATE,)


def _find(state: Sitting, turn: str) -> TurnState | None:
    return next((t for item in state.items for t in item.turns if t.id == turn), None)
