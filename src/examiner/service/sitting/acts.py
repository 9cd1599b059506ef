"""What is done in a sitting: start, answer, draft, peek, ask; and hear what others do in it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from examiner.domain.errors import Refused
from examiner.domain.events import Answered, Created, Drafted, FactAsked, Peeked, Ticked
from examiner.domain.session import Sitting
from examiner.interview import machine, probing
from examiner.interview.clarify import clarify
from examiner.service.examiner import Examiner
from examiner.service.sitting import once
from examiner.service.sitting.asking import talker_of
from examiner.service.sitting.owing import choosing, index_row, take_over
from examiner.service.sitting.storing import Erased, Outcome, entry_of, load, put
from examiner.service.sitting.streams import stream_of
from examiner.service.sitting.thinking import settle, think
from examiner.vault.select import plan as draw_plan


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
        [entry_of(event, now)],
        after=0,
        row=index_row(examiner, state, now),
        request=once.current.get(),
    )
    return state


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
    outcome = put(examiner, sitting, [event], received or examiner.clock(), grace)
    while choosing(outcome.state):
        if isinstance(event, Ticked) and not take_over(examiner, sitting):
            break  # whoever stored the answer is choosing, perhaps in another process
        more = think(examiner, sitting, outcome.state)
        if more is None:
            break
        outcome = Outcome(more.state, (*outcome.effects, *more.effects), outcome.seq, outcome.at, outcome.repeated)
    return outcome


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
    "Erased",
    "Outcome",
    "answer",
    "ask_fact",
    "choosing",
    "draft",
    "handle",
    "hearing",
    "hint",
    "load",
    "settle",
    "start",
    "tick",
]
