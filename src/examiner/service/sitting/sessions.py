"""Sessions over a network: what a candidate does and sees, with acknowledgements, fencing and the clock of receipt.

The API and the pages call these functions and nothing below them. Each returns what may be shown to the candidate;
no key, rubric or score is in any of it.
"""

import hashlib
from datetime import datetime
from typing import Any, Literal

from examiner.domain.base import Frozen
from examiner.domain.errors import Conflict, NotFound, Refused
from examiner.domain.events import (
    Abandoned,
    Accommodated,
    Answered,
    BreakEnded,
    BreakTaken,
    Drafted,
    Predicted,
    SectionFinished,
    SectionStarted,
    SelfPosed,
    Skipped,
)
from examiner.domain.session import Sitting
from examiner.interview.machine import deadline, remaining
from examiner.service.access.tokens import enrol
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.service.sitting.consenting import require_consent
from examiner.service.sitting.streams import aside_of, stream_of
from examiner.store.chain import Entry

_RACES = 20  # looks at a turn that others draft too
SetAside = Literal["late", "stale", "fenced", "refused"]


class Saved(Frozen):
    """What is on the disk: the number of its event, the hash of its text, and the server's time of receipt."""

    turn: str
    seq: int
    sha256: str
    at: datetime
    version: int = 0


class Shown(Frozen):
    """All that a candidate sees of a session. `server_time` and `deadline` are the server's; no other clock counts.

    `saying` is what of the next follow-up has been said so far, while it is being chosen.
    """

    session: str
    status: Literal["ready", "open", "choosing", "posing", "predicting", "break", "ended"]
    section: str | None = None
    sections: int = 0
    section_number: int = 0
    minutes: float | None = None
    turn: str | None = None
    question: str | None = None
    follow_up: bool = False
    number: int | None = None
    of: int | None = None
    seconds_left: float | None = None
    deadline: datetime | None = None
    server_time: datetime
    draft: str = ""
    draft_version: int = 0
    may_pose: bool = False
    saying: str = ""
    seq: int = 0
    saved: Saved | None = None


class StaleDraft(Conflict):
    """Another device saved a newer draft; `current` is its text. What was sent is kept beside it."""

    def __init__(self, message: str, *, current: str, version: int) -> None:
        super().__init__(message, hint="stale_draft")
        self.extra = {"current": current, "version": version}


class TakenOver(Conflict):
    """The session is open elsewhere; this device may take it back."""


def create(
    house: Examiner,
    loop: str,
    *,
    candidate: str,
    seed: int | None = None,
    pace: float | None = 1.0,
    multiplier: float = 1.0,
    once: str = "",
) -> Sitting:
    """Create a session. With `once`, a repeated call returns the session that the first one made."""
    name = candidate.strip() or "candidate"
    wanted = "s-" + hashlib.sha256(once.encode()).hexdigest()[:16] if once else ""
    try:
        state = sittings.start(house, loop, candidate=name, seed=seed, pace=pace, multiplier=multiplier, sitting=wanted)
    except Conflict:
        if not wanted:
            raise
        state = sittings.load(house, wanted)[0]
    enrol(house, name)
    return state


def current(house: Examiner, session: str) -> Shown:
    """Return what is asked now; closes what has run out."""
    return shown(house, sittings.tick(house, session, grace=house.settings.grace))


def begin(house: Examiner, session: str, received: datetime | None = None) -> Shown:
    """Start the next section's clock. Raises Refused where the AI notice must be accepted first."""
    require_consent(house, session)
    state = sittings.tick(house, session, grace=house.settings.grace)
    if state.status == "running":  # a start that was sent twice
        return shown(house, state)
    section = state.created.blueprint.sections[state.section].id
    return _put(house, session, SectionStarted(section=section), received)


def save_draft(
    house: Examiner,
    session: str,
    turn: str,
    text: str,
    version: int = 0,
    *,
    received: datetime | None = None,
    client_at: str = "",
) -> Saved:
    """Store what was typed so far as a version of its own; it is on the disk when this returns.

    Args:
        house: the wired examiner.
        session: the session's id.
        turn: the turn it answers.
        text: what stands in the editor.
        version: the writer's count of drafts of this turn, from 1; 0 leaves the counting to the server.
        received: when the server had it.
        client_at: the writer's clock, kept beside what comes too late; it decides nothing.

    Raises:
        StaleDraft: a newer version is stored; both texts are kept.
        Refused: the turn is not open or its time is up; the text is kept, not graded.

    """
    for _ in range(_RACES):
        state, _ = sittings.load(house, session)
        draft = state.draft if state.draft and state.draft.turn == turn else None
        if draft and version:
            if (version, text) == (draft.version, draft.text):
                return _found(house, session, "drafted", turn, text)
            if version <= draft.version:
                set_aside(house, session, "stale", turn, text, client_at)
                raise StaleDraft(
                    f"version {draft.version} of turn {turn} is stored", current=draft.text, version=draft.version
                )
        event = Drafted(turn=turn, text=text, version=version or (draft.version + 1 if draft else 1))
        try:
            outcome = sittings.handle(house, session, event, received=received, grace=house.settings.grace)
        except Refused as refusal:
            set_aside(house, session, "late" if refusal.hint == "time_up" else "refused", turn, text, client_at)
            raise
        if outcome.at is not None:
            return Saved(turn=turn, seq=outcome.seq, sha256=digest(text), at=outcome.at, version=event.version)
        # A newer draft came between the look and the write: this one was not stored, so look again before saying anything.
    raise Conflict(f"session '{session}' is being written from elsewhere", hint="try again")


def submit(house: Examiner, session: str, turn: str, text: str, received: datetime | None = None) -> Shown:
    """Store an answer; it is on the disk when this returns. The same answer twice is stored once. Raises Refused."""
    event = Answered(turn=turn, text=text)
    outcome = sittings.handle(house, session, event, received=received, grace=house.settings.grace)
    if outcome.repeated:
        saved = _found(house, session, "answered", turn, text)
    else:
        seq = outcome.seq
        saved = Saved(turn=turn, seq=seq, sha256=digest(text), at=_at(house, outcome))
    return shown(house, outcome.state, saved)


def skip(house: Examiner, session: str, turn: str, received: datetime | None = None) -> Shown:
    """Pass on the open turn."""
    return _put(house, session, Skipped(turn=turn), received)


def pose(house: Examiner, session: str, ask: str, answer: str, received: datetime | None = None) -> Shown:
    """Pose and answer a follow-up, or decline with nothing."""
    state, _ = sittings.load(house, session)
    return _put(house, session, SelfPosed(item=max(state.item, 0), ask=ask, answer=answer), received)


def predict(house: Examiner, session: str, value: int | None, received: datetime | None = None) -> Shown:
    """Forecast the own grade, or decline."""
    state, _ = sittings.load(house, session)
    return _put(house, session, Predicted(item=max(state.item, 0), value=value), received)


def take_break(house: Examiner, session: str) -> Shown:
    """Begin a pause."""
    return _put(house, session, BreakTaken(), None)


def end_break(house: Examiner, session: str) -> Shown:
    """End the pause; what the section lost to it is given back."""
    return _put(house, session, BreakEnded(), None)


def finish_section(house: Examiner, session: str, received: datetime | None = None) -> Shown:
    """Close the running section before its time."""
    return _put(house, session, SectionFinished(), received)


def abandon(house: Examiner, session: str) -> Shown:
    """End the session for good; what was said stays."""
    return _put(house, session, Abandoned(), None)


def accommodate(house: Examiner, session: str, multiplier: float | None, breaks: bool | None, reason: str) -> Shown:
    """Grant more time or breaks, before or during the session; it counts at once."""
    event = Accommodated(multiplier=multiplier, breaks_inside=breaks, reason=reason)
    return _put(house, session, event, None)


def take_over(house: Examiner, session: str) -> int:
    """Fence off every device that writes to a session now; return the new epoch. Raises NotFound."""
    epoch: int = house.registry.next("sittings", "epoch", id=session)
    if not epoch:
        raise NotFound(f"no session '{session}'")
    return epoch


def epoch_of(house: Examiner, session: str) -> int:
    """Return the epoch that may write. Raises NotFound."""
    row = house.registry.one("sittings", id=session)
    if row is None:
        raise NotFound(f"no session '{session}'")
    return int(row["epoch"])


def require_epoch(house: Examiner, session: str, epoch: int) -> None:
    """Raise TakenOver where a session was opened elsewhere since."""
    if epoch != epoch_of(house, session):
        raise TakenOver("this session is open on another device", hint="taken_over")


def set_aside(house: Examiner, session: str, why: SetAside, turn: str, text: str, client_at: str = "") -> None:
    """Keep a text that may not be an answer; people see it, judges never do."""
    if not text.strip():
        return
    body = {"why": why, "turn": turn, "text": text, "client_at": client_at[:40]}
    house.ledger.append(aside_of(session), [Entry(kind="aside", body=body, at=house.clock())], after=None)


def shown(house: Examiner, state: Sitting, saved: Saved | None = None) -> Shown:
    """Return what a candidate may see of a state."""
    now, plans = house.clock(), state.created.blueprint.sections
    base: dict[str, Any] = {
        "session": state.id,
        "status": state.status,
        "sections": len(plans),
        "server_time": now,
        "seq": house.replayed.get(state.id, (None, 0))[1],
        "saved": saved,
    }
    if state.status != "ended":
        base |= {
            "section": plans[state.section].title,
            "section_number": state.section + 1,
            "minutes": plans[state.section].minutes,
        }
    if state.status != "running":
        return Shown(**base)
    item, section = state.items[state.item], state.sections[state.section]
    if not item.turns:  # its level is being decided by the answer before
        return Shown(
            **base
            | {"status": "choosing", "number": state.item - section.first + 1, "of": section.count}
            | {"seconds_left": remaining(state, now), "deadline": deadline(state)}
        )
    turn = item.turns[-1]
    draft = state.draft if state.draft and state.draft.turn == turn.id else None
    posed = any(t.probe == "self-posed" for t in item.turns)
    base |= {
        "status": item.stage if item.stage not in ("waiting", "done") else "open",
        "turn": turn.id,
        "question": turn.asked if turn.probe else house.instance(item.planned.ref).prompt,
        "follow_up": turn.probe is not None,
        "number": state.item - section.first + 1,
        "of": section.count,
        "seconds_left": remaining(state, now),
        "deadline": deadline(state),
        "draft": draft.text if draft else "",
        "draft_version": draft.version if draft else 0,
        "saying": item.saying,
        "may_pose": plans[state.section].self_posed and item.turns[0].text is not None and not posed,
    }
    return Shown(**base)


def digest(text: str) -> str:
    """Return the SHA-256 of a text, hex: what an acknowledgement and a receipt name."""
    return hashlib.sha256(text.encode()).hexdigest()


def _put(house: Examiner, session: str, event: Any, received: datetime | None) -> Shown:
    outcome = sittings.handle(house, session, event, received=received, grace=house.settings.grace)
    return shown(house, outcome.state)


def _at(house: Examiner, outcome: sittings.Outcome) -> datetime:
    return outcome.at or house.clock()


def _found(house: Examiner, session: str, kind: str, turn: str, text: str) -> Saved:
    """Return the acknowledgement of what was stored before."""
    for record in reversed(house.ledger.read(stream_of(session))):
        if record.kind == kind and record.body["turn"] == turn and record.body["text"] == text:
            version = int(record.body.get("version", 0))
            return Saved(turn=turn, seq=record.seq, sha256=digest(text), at=record.at, version=version)
    raise NotFound(f"turn {turn} was never stored")
