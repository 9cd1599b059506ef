"""The interview room: what a candidate's page shows beside the open question. No key, rubric, plan or score is in it."""

from datetime import datetime

from examiner.domain.base import Frozen
from examiner.domain.session import ItemState, Sitting, TurnState
from examiner.interview.probing import NO_FACT
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import sessions
from examiner.service.sitting.sessions import Shown
from examiner.service.sitting.streams import aside_of, stream_of


class Said(Frozen):
    """One question that was put and what came back. `auto`: the draft, submitted by itself when time ran out."""

    turn: str
    title: str
    question: str
    follow_up: bool
    text: str | None
    auto: bool
    skipped: bool
    hint: bool
    at: datetime | None


class Part(Frozen):
    """One section of the loop; `reason` is empty until it has ended."""

    title: str
    minutes: float
    questions: int
    kind: str
    notes: str
    started: datetime | None
    ended: datetime | None
    reason: str
    said: tuple[Said, ...]


class Room(Frozen):
    """A session as its candidate's page shows it.

    `thread` is what was said to the open question before the open turn; `facts` are the answers to what was asked
    about it; `hints` are those taken for the open turn.
    """

    shown: Shown
    title: str
    about: str
    policy: str
    paced: bool
    multiplier: float
    predicts: bool
    may_pause: bool
    parts: tuple[Part, ...]
    thread: tuple[Said, ...]
    facts: tuple[tuple[str, str, bool], ...]
    hints: tuple[str, ...]
    late: int


def room(house: Examiner, session: str) -> Room:
    """Return the room of a session; closes what has run out. Raises NotFound."""
    shown = sessions.current(house, session)
    state, _ = sittings.load(house, session)
    created = state.created
    item = state.items[state.item] if state.status == "running" and state.item >= 0 else None
    open_turn = item.turns[-1] if item and item.turns else None
    before = item.turns if item and shown.status != "open" else item.turns[:-1] if item else ()
    plans = created.blueprint.sections
    running = state.status == "running"
    return Room(
        shown=shown,
        title=created.blueprint.title,
        about=created.blueprint.about,
        policy=created.policy,
        paced=created.pace is not None,
        multiplier=state.multiplier,
        predicts=any(plan.predict for plan in plans),
        may_pause=running and (created.pace is None or state.breaks_inside),
        parts=tuple(_part(house, state, number) for number in range(len(plans))),
        thread=tuple(_said(house, item, turn) for turn in before) if item else (),
        facts=tuple((f.ask, f.tells, f.tells != NO_FACT) for f in item.facts) if item else (),
        hints=_hints(house, session, open_turn) if open_turn and open_turn.peeked else (),
        late=len(state.late) + len(house.ledger.read(aside_of(session))),
    )


def _part(house: Examiner, state: Sitting, number: int) -> Part:
    plan, section = state.created.blueprint.sections[number], state.sections[number]
    items = state.items[section.first : section.first + section.count] if section.ended else ()
    return Part(
        title=plan.title,
        minutes=plan.minutes * state.multiplier / (state.created.pace or 1.0),
        questions=section.count,
        kind=plan.kind,
        notes=plan.notes,
        started=section.started,
        ended=section.ended,
        reason=section.reason,
        said=tuple(_said(house, item, turn) for item in items for turn in item.turns),
    )


def _said(house: Examiner, item: ItemState, turn: TurnState) -> Said:
    return Said(
        turn=turn.id,
        title=item.planned.title,
        question=turn.asked if turn.probe else house.instance(item.planned.ref).prompt,
        follow_up=turn.probe is not None,
        text=turn.text,
        auto=turn.auto,
        skipped=turn.skipped,
        hint=turn.peeked,
        at=turn.answered_at,
    )


def _hints(house: Examiner, session: str, turn: TurnState) -> tuple[str, ...]:
    records = house.ledger.read(stream_of(session))
    return tuple(dict.fromkeys(r.body["text"] for r in records if r.kind == "peeked" and r.body["turn"] == turn.id))
