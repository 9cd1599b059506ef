"""Start, answer, peek, ask, break, finish: load, decide, append, return."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from examiner.domain.errors import Conflict, NotFound, Refused
from examiner.domain.session import (
    Answered,
    ChooseFollowUp,
    ChooseStep,
    Created,
    Credited,
    Drafted,
    FactAsked,
    LeakStopped,
    Peeked,
    Predicted,
    Refuse,
    SelfPosed,
    Sitting,
    Skipped,
    Spoke,
    Ticked,
    parse_event,
)
from examiner.interview import machine, probing
from examiner.interview.clarify import clarify
from examiner.service.examiner import Examiner
from examiner.service.sitting import once
from examiner.service.sitting.asking import choose, climb, talker_of, turns_of
from examiner.service.sitting.owing import OWES_GRADE, OWES_QUESTION, abandoned, choosing, index_row, take_over
from examiner.service.sitting.streams import stream_of
from examiner.store.ledger import Entry
from examiner.telemetry import genai, traces
from examiner.vault.select import plan as draw_plan

_RETRIES = 5  # writers of one sitting: a terminal, a browser tab, the sweeper
_KEPT = 2_000  # replayed states that are held in memory
THINKING = 1.0  # seconds; an interviewer that takes longer gives the time back
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


def start(
    examiner: Examiner,
    loop: str,
    *,
    candidate: str = "",
    seed: int | None = None,
    pace: float | None = 1.0,
    multiplier: float = 1.0,
    exclude: Sequence[str] = (),
    sitting: str = "",
) -> Sitting:
    """Create a sitting of a loop, under a given id or a new one.

    Raises:
        NotFound: there is no such loop.
        Invalid: the vault cannot fill it.
        Refused: it is adaptive, and the policy releases scores.
        Conflict: the id is taken.

    """
    blueprint = examiner.vault.loop(loop)
    if blueprint.adaptive and examiner.policy.release == "score":
        raise Refused(
            f"loop '{loop}' adapts its level to the answers; under the policy '{examiner.policy.name}' all candidates get"
            " comparable forms",
            hint="take a loop that is fixed, or the policy practice",
        )
    if examiner.settings.interviewer != "embedded":
        examiner.interviewing  # noqa: B018 - one that is not there is refused now; one that is gets ready meanwhile
    sitting = sitting or examiner.new_id("s")
    seed = int.from_bytes(sitting.encode()[-6:], "big") % 1_000_000 if seed is None else seed
    event = Created(
        sitting=sitting,
        candidate=candidate or examiner.settings.candidate,
        judge=examiner.settings.judge,
        policy=examiner.settings.policy,
        interviewer=examiner.settings.interviewer,
        blueprint=blueprint,
        plan=draw_plan(examiner.vault, blueprint, seed, exclude),
        pace=pace,
        multiplier=multiplier,
    )
    now = examiner.clock()
    state, _ = machine.step(None, event, now)
    examiner.ledger.append(
        stream_of(sitting),
        [_entry(event, now)],
        after=0,
        row=index_row(examiner, state, now),
        request=once.current.get(),
    )
    return state


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


class Erased(NotFound):
    """It was there and was erased on request."""

    status = 410


def handle(
    examiner: Examiner, sitting: str, event: Any, *, received: datetime | None = None, grace: float = 0.0
) -> Outcome:
    """Put one event to a sitting and store what it changed, before anything is acknowledged.

    What was said is on the disk before the interviewer thinks about it; its question is before it is shown.

    Args:
        examiner: the wired examiner.
        sitting: the sitting's id.
        event: what happened.
        received: when the server had it, before any queue; now by default.
        grace: seconds after a deadline within which what was on its way still counts.

    Raises:
        NotFound: no such sitting.
        Refused: the event does not fit; a late answer is stored all the same.
        Conflict: other writers kept being first.

    """
    outcome = _put(examiner, sitting, [event], received or examiner.clock(), grace)
    while choosing(outcome.state):
        if isinstance(event, Ticked) and not take_over(examiner, sitting):
            break  # whoever stored the answer is choosing, perhaps in another process
        more = _think(examiner, sitting, outcome.state)
        if more is None:
            break
        outcome = Outcome(more.state, (*outcome.effects, *more.effects), outcome.seq, outcome.at, outcome.repeated)
    return outcome


def settle(examiner: Examiner, state: Sitting) -> Outcome:
    """Choose the follow-up that a stored answer waits for and store it before it is shown; what is newer stands."""
    return _think(examiner, state.id, state) or Outcome(state, ())


def _put(
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
                log.append(_entry(one, max(at, state.last)))
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


class _Overtaken(Exception):
    """The section was closed, or another process asked, while this one was choosing."""


class _Thinking:
    """Stores what the interviewer says as it says it, and gives back the time it took.

    Args:
        examiner: the wired examiner.
        state: the sitting as it waits for a question.

    """

    def __init__(self, examiner: Examiner, state: Sitting) -> None:
        self._x, self._id, self._item = examiner, state.id, state.item
        turns = state.items[state.item].turns
        self._since = max((t.answered_at for t in turns if t.answered_at), default=examiner.clock())
        self._given = 0.0
        self._said = state.items[state.item].saying

    def tell(self, event: Spoke | LeakStopped) -> None:
        """Store a piece before it is shown, or what was stopped. Raises _Overtaken where nobody waits for it any more."""
        state = self.put(event.model_copy(update={"item": self._item})).state
        said = state.items[self._item].saying
        if not choosing(state) or (isinstance(event, Spoke) and not said.endswith(event.text)):
            raise _Overtaken
        self._said = said

    def put(self, event: Any) -> Outcome:
        """Store an event where the question is still owed and nobody else has gone on with it."""
        now = self._x.clock()
        taken = (now - self._since).total_seconds()
        events: list[Any] = [event]
        if taken > max(THINKING, self._given):
            events.insert(0, Credited(seconds=taken - self._given, reason="the interviewer was thinking"))
            self._given = taken
        return _put(self._x, self._id, events, now, 0.0, owed=self._owed)

    def _owed(self, state: Sitting) -> bool:
        return choosing(state) and state.item == self._item and state.items[self._item].saying == self._said


def _think(examiner: Examiner, sitting: str, state: Sitting) -> Outcome | None:
    """Choose the question that is owed and store it, with the time that took; None where it is being done."""
    if sitting in examiner.thinking:
        return None
    examiner.thinking.add(sitting)
    try:
        thinking = _Thinking(examiner, state)
        asked = state.items[state.item].turns
        with traces.span(*genai.interviewer(state.created.interviewer, sitting)):
            chosen = choose(examiner, state, state.item, thinking.tell) if asked else climb(examiner, state)
        return thinking.put(chosen)
    except _Overtaken:
        return Outcome(load(examiner, sitting)[0], ())
    finally:
        examiner.thinking.discard(sitting)


def tick(examiner: Examiner, sitting: str, *, grace: float = 0.0) -> Sitting:
    """Look at the clock: close what has run out, ask what is owed, and return the state."""
    return handle(examiner, sitting, Ticked(), grace=grace).state


def answer(examiner: Examiner, sitting: str, turn: str, text: str) -> Outcome:
    """Record an answer. Raises Refused when it is late or the turn is not open."""
    return handle(examiner, sitting, Answered(turn=turn, text=text))


def draft(examiner: Examiner, sitting: str, turn: str, text: str) -> Outcome:
    """Record what was typed so far; it is submitted by itself when time runs out."""
    return handle(examiner, sitting, Drafted(turn=turn, text=text))


def hint(examiner: Examiner, sitting: str) -> str:
    """Give the open turn's hint; it is recorded first and caps the row at 2. Raises Refused."""
    state, _ = load(examiner, sitting)
    turn = state.turn
    if turn is None:
        raise Refused("no question is open", hint="not_started")
    instance = examiner.instance(state.items[state.item].planned.ref)
    text = probing.hint(instance, turn.probe)
    handle(examiner, sitting, Peeked(turn=turn.id, text=text))
    return text


def ask_fact(examiner: Examiner, sitting: str, ask: str) -> str:
    """Answer a candidate's question from the facts and the question's own statement, and from nothing else."""
    state, _ = load(examiner, sitting)
    if state.item < 0:
        raise Refused("no question is open", hint="not_started")
    instance = examiner.instance(state.items[state.item].planned.ref)
    known = [f.fact for f in state.items[state.item].facts]
    talker = talker_of(examiner, state)
    told = talker.answer(instance, ask, known) if talker else clarify(instance, ask, known)
    handle(examiner, sitting, FactAsked(item=state.item, ask=ask, fact=told.fact, tells=told.tells))
    return str(told.tells)


def _entry(event: Any, now: datetime) -> Entry:
    return Entry(kind=event.kind, body=event.model_dump(mode="json"), at=now)


@contextmanager
def hearing(examiner: Examiner, sitting: str, show: Callable[[str, str], None]) -> Iterator[None]:
    """Call `show` with the kind and text of each answer and piece of a follow-up as soon as it is on the disk.

    It is called in the thread that stored it.
    """
    name = stream_of(sitting)
    seen = examiner.ledger.head(name)

    def rung(stream: str, seq: int) -> None:
        nonlocal seen
        if stream != name:
            return
        for record in examiner.ledger.read(name, after=seen):
            seen = record.seq
            if record.kind in ("answered", "spoke"):
                show(record.kind, record.body["text"])

    examiner.ledger.listeners.append(rung)
    try:
        yield
    finally:
        examiner.ledger.listeners.remove(rung)


__all__ = [
    "OWES_GRADE",
    "OWES_QUESTION",
    "Erased",
    "Outcome",
    "abandoned",
    "answer",
    "ask_fact",
    "choose",
    "choosing",
    "climb",
    "draft",
    "handle",
    "hearing",
    "hint",
    "index_row",
    "load",
    "settle",
    "start",
    "stream_of",
    "tick",
    "turns_of",
]
