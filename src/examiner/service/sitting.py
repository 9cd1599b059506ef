"""Start, answer, peek, ask, break, finish: load, decide, append, return."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from examiner.domain.errors import Conflict, NotFound, Refused
from examiner.domain.question import Instance
from examiner.domain.score import Turn
from examiner.domain.session import (
    Answered,
    ChooseFollowUp,
    Created,
    Drafted,
    FactAsked,
    FollowUpChosen,
    ItemState,
    Peeked,
    Refuse,
    Sitting,
    Ticked,
    parse_event,
)
from examiner.interview import machine, probing
from examiner.interview.clarify import clarify
from examiner.service.examiner import Examiner
from examiner.store.ledger import Entry
from examiner.vault.select import plan as draw_plan

_ABANDONED = 20.0  # seconds after which whoever was choosing a follow-up has died
_RETRIES = 5  # writers of one sitting: a terminal, a browser tab, the sweeper


@dataclass(frozen=True)
class Outcome:
    """What a step made: the state after it and the effects that reach the candidate."""

    state: Sitting
    effects: tuple[Any, ...]


def stream_of(sitting: str) -> str:
    """Return the ledger stream of a sitting."""
    return f"sitting/{sitting}"


def start(
    examiner: Examiner,
    loop: str,
    *,
    candidate: str = "",
    seed: int | None = None,
    pace: float | None = 1.0,
    multiplier: float = 1.0,
    exclude: Sequence[str] = (),
) -> Sitting:
    """Create a sitting of a loop. Raises NotFound, Invalid."""
    blueprint = examiner.vault.loop(loop)
    sitting = examiner.new_id("s")
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
    examiner.ledger.append(stream_of(sitting), [_entry(event, now)], after=0)
    return state


def load(examiner: Examiner, sitting: str) -> tuple[Sitting, int]:
    """Return a sitting's state and the number of its last event. Raises NotFound."""
    records = examiner.ledger.read(stream_of(sitting))
    state = machine.replay((parse_event(r.body), r.at) for r in records)
    if state is None:
        raise NotFound(f"no sitting '{sitting}'", hint="see `examiner interview list`")
    return state, records[-1].seq


def handle(examiner: Examiner, sitting: str, event: Any) -> Outcome:
    """Put one event to a sitting and store what it changed, before anything is acknowledged.

    Where choosing a follow-up may take long, since a model is asked, the event itself is stored first.

    Raises:
        NotFound: no such sitting.
        Refused: the event does not fit; a late answer is stored all the same.
        Conflict: other writers kept being first.

    """
    outcome = _store(examiner, sitting, event)
    pending = next((e for e in outcome.effects if isinstance(e, ChooseFollowUp)), None)
    if pending is None:
        return outcome
    shown = tuple(e for e in outcome.effects if e is not pending)
    later = settle(examiner, outcome.state)
    return Outcome(later.state, (*shown, *later.effects))


def settle(examiner: Examiner, state: Sitting) -> Outcome:
    """Choose the follow-up that a stored answer waits for and store it before it is shown.

    Somebody else may have chosen in the meantime, or the section may have closed: then that stands.
    """
    chosen = choose(examiner, state, state.item)
    try:
        return _store(examiner, state.id, chosen)
    except Refused:
        return Outcome(load(examiner, state.id)[0], ())


def _store(examiner: Examiner, sitting: str, event: Any) -> Outcome:
    for _ in range(_RETRIES):
        state, seq = load(examiner, sitting)
        now = examiner.clock()
        after, effects, log = advance(examiner, state, event, now)
        try:
            if log:
                examiner.ledger.append(stream_of(sitting), [_entry(e, now) for e in log], after=seq)
        except Conflict:
            continue
        for effect in effects:
            if isinstance(effect, Refuse) and effect.code != "twice":
                raise Refused(effect.says, hint=effect.code)
        return Outcome(after, tuple(e for e in effects if not isinstance(e, Refuse)))
    raise Conflict(f"sitting '{sitting}' is being written from elsewhere", hint="try again")


def advance(
    examiner: Examiner, state: Sitting, event: Any, now: datetime
) -> tuple[Sitting, tuple[Any, ...], list[Any]]:
    """Step, carry out what the machine asks for, step again; return state, effects, events to store."""
    log, effects = [], []
    queue = [event]
    while queue:
        current = queue.pop(0)
        after, made = machine.step(state, current, now)
        if after is not state:
            log.append(current)
        state = after
        for effect in made:
            if isinstance(effect, ChooseFollowUp) and not _slow(state):
                queue.append(choose(examiner, state, effect.item))
            else:
                effects.append(effect)
    return state, tuple(effects), log


def _slow(state: Sitting) -> bool:
    """Tell whether a model is asked before a follow-up is known."""
    return state.created.judge != "embedded" or state.created.interviewer != "embedded"


def choose(examiner: Examiner, state: Sitting, index: int) -> FollowUpChosen:
    """Judge what was said so far and choose the probe that serves what is missing."""
    item = state.items[index]
    instance = examiner.instance(item.planned.ref)
    turns = turns_of(item, instance)
    judgement = examiner.judge.judge(instance, turns)
    asked = [turn.probe for turn in item.turns if turn.probe]
    choice = probing.choose(instance, judgement, asked)
    if state.created.interviewer != "embedded":
        put: FollowUpChosen = examiner.interviewing.put(state, index, choice, judgement, turns)
        return put
    if choice is None:
        return FollowUpChosen(item=index, probe=None, reason="nothing is left to ask")
    return FollowUpChosen(
        item=index,
        probe=choice.probe,
        ask=choice.ask,
        points=choice.points,
        mistakes=choice.mistakes,
        reason=choice.reason,
    )


def turns_of(item: ItemState, instance: Instance) -> tuple[Turn, ...]:
    """Return what the candidate said to an item, as judges see it."""
    return tuple(
        Turn(
            text=turn.text or "",
            asked=turn.asked or instance.prompt,
            probe=turn.probe,
            peeked=turn.peeked,
        )
        for turn in item.turns
        if turn.text
    )


def tick(examiner: Examiner, sitting: str) -> Sitting:
    """Look at the clock: close what has run out, choose a follow-up that was left unchosen, return the state."""
    state = handle(examiner, sitting, Ticked()).state
    choosing = state.status == "running" and state.items[state.item].stage == "choosing"
    if choosing and (examiner.clock() - state.last).total_seconds() > _ABANDONED:
        return settle(examiner, state).state
    return state


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
    if state.created.interviewer != "embedded":
        told = examiner.interviewing.answer(instance, ask, known)
    else:
        told = clarify(instance, ask, known)
    handle(examiner, sitting, FactAsked(item=state.item, ask=ask, fact=told.fact, tells=told.tells))
    return str(told.tells)


def _entry(event: Any, now: datetime) -> Entry:
    return Entry(kind=event.kind, body=event.model_dump(mode="json"), at=now)
