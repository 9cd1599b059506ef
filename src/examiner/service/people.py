"""Candidates: who there is, all that is kept of them, and its erasure, after which every chain still verifies."""

from datetime import datetime, timedelta
from typing import Any

from examiner.domain.errors import Conflict, NotFound
from examiner.service import sitting as sittings
from examiner.service import webhooks
from examiner.service.examiner import Examiner
from examiner.store.ledger import Entry
from examiner.store.registry import Page

_STREAMS = ("sitting", "aside", "consent", "review")


class OnHold(Conflict):
    """A legal hold beats erasure."""


def listed(house: Examiner, limit: int, after: tuple[str, ...] = ()) -> Page:
    """Return candidates, the latest first, and where the next page begins."""
    return house.registry.page("candidates", "created", limit, after)


def candidate(house: Examiner, identity: str) -> dict[str, Any]:
    """Return one candidate with the sessions of theirs. Raises NotFound."""
    row = house.registry.one("candidates", id=identity)
    if row is None:
        raise NotFound(f"no candidate '{identity}'")
    held = house.registry.many("sittings", candidate=identity)
    return row | {"sessions": [{"session": r["id"], "loop": r["loop"], "status": r["status"]} for r in held]}


def own_export(house: Examiner, session: str) -> dict[str, Any]:
    """Return what a candidate may have of a session: all that was asked and said; no plan, key or score."""
    state, seq = sittings.load(house, session)
    turns = [
        {
            "turn": turn.id,
            "question": turn.asked if turn.probe else house.instance(item.planned.ref).prompt,
            "answer": turn.text,
            "asked_at": turn.asked_at.isoformat(),
            "answered_at": turn.answered_at.isoformat() if turn.answered_at else None,
            "submitted_by_time": turn.auto,
            "hint_taken": turn.peeked,
        }
        for item in state.items
        for turn in item.turns
    ]
    drafts = [
        {"at": r.at.isoformat(), "turn": r.body["turn"], "version": r.body.get("version", 0), "text": r.body["text"]}
        for r in house.ledger.read(sittings.stream_of(session))
        if r.kind == "drafted"
    ]
    aside = [{"at": r.at.isoformat(), **r.body} for r in house.ledger.read(f"aside/{session}")]
    return {
        "session": session,
        "status": state.status,
        "events": seq,
        "turns": turns,
        "drafts": drafts,
        "late": [late.model_dump(mode="json") for late in state.late],
        "aside": aside,
        "consent": [{"at": r.at.isoformat(), **r.body} for r in house.ledger.read(f"consent/{session}")],
    }


def export(house: Examiner, identity: str) -> dict[str, Any]:
    """Return all that is kept of a candidate, every stream with its hashes, machine-readable."""
    row = candidate(house, identity)
    streams = {
        f"{kind}/{held['session']}": [r.model_dump(mode="json") for r in house.ledger.read(f"{kind}/{held['session']}")]
        for held in row["sessions"]
        for kind in _STREAMS
    }
    return {"candidate": row, "streams": {name: events for name, events in streams.items() if events}}


def hold(house: Examiner, identity: str, reason: str, by: str) -> dict[str, Any]:
    """Put a candidate's data under a legal hold, or lift it (empty reason); who and why is in the audits."""
    row = candidate(house, identity)
    house.registry.change("candidates", {"hold": reason.strip()}, id=identity)
    note(house, "hold", by, {"candidate": identity, "reason": reason.strip()})
    return row | {"hold": reason.strip()}


def erase(house: Examiner, identity: str, by: str, why: str = "asked by the candidate") -> dict[str, Any]:
    """Erase what a candidate said and is called, everywhere in the database; hashes and times stay.

    Raises:
        NotFound: no such candidate.
        OnHold: the data are under a legal hold.

    """
    row = candidate(house, identity)
    if row["hold"]:
        raise OnHold("a legal hold is on these data", hint="legal_hold")
    names = [held["session"] for held in row["sessions"]]
    streams = [f"{kind}/{name}" for name in names for kind in _STREAMS]
    now = house.clock()
    count = house.ledger.erase(
        streams, Entry(kind="erased", body={"candidate": identity, "by": by, "why": why}, at=now)
    )
    house.registry.change("candidates", {"name": "", "erased": now.isoformat()}, id=identity)
    for name in names:
        house.replayed.pop(name, None)
        house.registry.change("sittings", {"status": "erased", "deadline": "", "waiting": 0}, id=name)
        house.registry.drop("links", sitting=name)
        for journal in (house.home / "drafts").glob(f"{name}*"):
            journal.unlink()
    webhooks.emit(house, "candidate.erased", {"candidate": identity}, once=f"{identity}/{now.isoformat()}")
    return {"candidate": identity, "sessions": names, "events": count, "at": now.isoformat()}


def retain(house: Examiner) -> int:
    """Erase every candidate whose last session is older than the retention period; return how many. A hold beats it."""
    days = house.settings.retention_days
    if days <= 0:
        return 0
    until = (house.clock() - timedelta(days=days)).isoformat()
    done = 0
    for row in house.registry.many("candidates", erased="", hold=""):
        held = [r for r in house.registry.many("sittings", candidate=row["id"]) if r["status"] != "erased"]
        if held and max(r["updated"] for r in held) < until:
            erase(house, row["id"], "retention", f"kept for {days} days")
            done += 1
    return done


def note(house: Examiner, kind: str, by: str, body: dict[str, Any], at: datetime | None = None) -> None:
    """Append to the staff's audit log, which nothing may change."""
    entry = Entry(kind=kind, body={"by": by, **body}, at=at or house.clock())
    house.ledger.audits.append("staff", [entry], after=None)
