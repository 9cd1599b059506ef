"""A sitting as the ledger keeps it: its state is what its events replay to, and each act is one commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from examiner.domain.effects import ChooseFollowUp, ChooseStep, Refuse
from examiner.domain.errors import Conflict, NotFound, Refused
from examiner.domain.events import (
    Answered,
    Drafted,
    Predicted,
    SelfPosed,
    Skipped,
    Ticked,
    parse_event,
)
from examiner.domain.session import Sitting
from examiner.interview import machine
from examiner.service.examiner import Examiner
from examiner.service.sitting import once
from examiner.service.sitting.owing import choosing, index_row
from examiner.service.sitting.streams import stream_of
from examiner.store.chain import Entry

_RETRIES = 5  # writers of one sitting: a terminal, a browser tab, the sweeper
_KEPT = 2_000  # replayed states that are held in memory
_SPOKEN = (Answered, Drafted, Predicted, SelfPosed, Skipped)  # what may have been on its way at the deadline


@dataclass(frozen=True)
class Outcome:
    """What a step made: the state after it, the effects that reach the candidate, the last event's number and time.

    `repeated`: the event said again what was already recorded.
    """

    state: Sitting
    effects: tuple[Any, ...]
    seq: int = 0
    at: datetime | None = None
    repeated: bool = False


class Erased(NotFound):
    """It was there and was erased on request."""

    status = 410


def load(examiner: Examiner, sitting: str) -> tuple[Sitting, int]:
    """Return a sitting's state and the number of its last event. Raises NotFound."""
    state, seq = examiner.replayed.get(sitting, (None, 0))
    records = examiner.ledger.read(stream_of(sitting), after=seq)
    for record in records:
        if record.body == {"erased": True}:
            raise Erased(f"sitting '{sitting}' was erased")
        state, _ = machine.step(state, parse_event(record.body), record.at)
        seq = record.seq
    if state is None:
        raise NotFound(f"no sitting '{sitting}'", hint="see `examiner interview list`")
    if records:
        if len(examiner.replayed) >= _KEPT:
            examiner.replayed.clear()
        examiner.replayed[sitting] = (state, seq)
    return state, seq


def put(
    examiner: Examiner,
    sitting: str,
    events: Sequence[Any],
    now: datetime,
    grace: float,
    *,
    owed: Callable[[Sitting], bool] | None = None,
) -> Outcome:
    """Put events to a sitting in one commit; with `owed` only where it says yes of the state they come to."""
    for _ in range(_RETRIES):
        before, seq = load(examiner, sitting)
        if owed is not None and not owed(before):
            return Outcome(before, (), seq)
        state, log, effects = before, list[Entry](), list[Any]()
        for one, at in [timed for event in events for timed in _timed(before, event, now, grace)]:
            after, made = machine.step(state, one, at)
            if after is not state:
                log.append(entry_of(one, max(at, state.last)))
            state = after
            effects += made
        try:
            if log:
                row = index_row(examiner, state, now)
                mark = once.current.get()
                seq = examiner.ledger.append(stream_of(sitting), log, after=seq, row=row, request=mark)[-1].seq
                once.current.set(None)
                examiner.replayed[sitting] = (state, seq)
        except Conflict:
            continue
        refusals = [e for e in effects if isinstance(e, Refuse)]
        for refusal in refusals:
            if refusal.code != "twice":
                raise Refused(refusal.says, hint=refusal.code)
        shown = tuple(e for e in effects if not isinstance(e, Refuse | ChooseFollowUp | ChooseStep))
        return Outcome(state, shown, seq, log[0].at if log else None, repeated=bool(refusals))
    raise Conflict(f"sitting '{sitting}' is being written from elsewhere", hint="try again")


def _timed(state: Sitting, event: Any, now: datetime, grace: float) -> list[tuple[Any, datetime]]:
    """Return what to put to the machine and when it counts as received.

    Within the grace after a deadline, what was on its way counts as in time and the section closes behind it. While the
    interviewer thinks no clock closes anything: its time is given back before the next question.
    """
    limit = machine.deadline(state)
    if limit is None or now < limit:
        return [(event, now)]
    if isinstance(event, Ticked) and (choosing(state) or now < limit + timedelta(seconds=grace)):
        return []
    if isinstance(event, _SPOKEN) and now < limit + timedelta(seconds=grace):
        closing = [] if isinstance(event, Drafted) else [(Ticked(), now)]
        return [(event, limit - timedelta(microseconds=1)), *closing]
    return [(event, now)]


def entry_of(event: Any, now: datetime) -> Entry:
    """Return an event as the ledger takes it."""
    return Entry(kind=event.kind, body=event.model_dump(mode="json"), at=now)
