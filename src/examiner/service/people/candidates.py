"""Candidates: who there is, all that is kept of them, and its erasure, after which every chain still verifies."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from examiner.domain.errors import Conflict, NotFound
from examiner.llm.cassette import blank
from examiner.service import webhooks
from examiner.service.access import audit
from examiner.service.access.tokens import enrol, practice_journal
from examiner.service.examiner import Examiner
from examiner.service.people import waiting
from examiner.service.sitting import acts as sittings
from examiner.service.sitting.streams import aside_of, stream_of
from examiner.store.chain import Entry
from examiner.store.registry import Page

log = logging.getLogger(__name__)
UNSHRED = "unshred"  # the fact that readers kept erased bytes in the database's log; the background work tries again
_STREAMS = ("sitting", "aside", "consent", "review")


class OnHold(Conflict):
    """A legal hold beats erasure."""


def listed(house: Examiner, limit: int, after: tuple[str, ...] = (), *, skip: int = 0) -> Page:
    """Return candidates, the latest first, and where the next page begins."""
    return house.registry.page("candidates", "created", limit, after, skip=skip)


def names(house: Examiner, identities: Iterable[str]) -> dict[str, str]:
    """Return what candidates are called, by their ids; "" for one that was erased or never enrolled."""
    rows = {identity: house.registry.one("candidates", id=identity) for identity in set(identities)}
    return {identity: row["name"] if row else "" for identity, row in rows.items()}


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
        for r in house.ledger.read(stream_of(session))
        if r.kind == "drafted"
    ]
    aside = [{"at": r.at.isoformat(), **r.body} for r in house.ledger.read(aside_of(session))]
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
    audit.note(house, "hold", by, {"candidate": identity, "reason": reason.strip()})
    return row | {"hold": reason.strip()}


def erase(house: Examiner, identity: str, by: str, why: str = "asked by the candidate") -> dict[str, Any]:
    """Erase what a candidate said and is called, in the database and in the files of the home; hashes and times stay.

    Raises:
        NotFound: no such candidate.
        OnHold: the data are under a legal hold.

    """
    row = candidate(house, identity)
    if row["hold"]:
        raise OnHold("a legal hold is on these data", hint="legal_hold")
    names = [held["session"] for held in row["sessions"]]
    streams = [f"{kind}/{name}" for name in names for kind in _STREAMS] + [f"practice/{identity}"]
    now = house.clock()
    house.registry.change("candidates", {"name": ""}, id=identity)
    for name in names:
        house.replayed.pop(name, None)
        house.registry.change("sittings", {"status": "erased", "deadline": "", "waiting": 0}, id=name)
        for table in ("links", "requests"):
            house.registry.drop(table, sitting=name)
        waiting.forget(house, name)
    home = house.settings.home_path
    for journal in (house.home / "drafts").glob("*.jsonl"):
        if journal.stem in (*names, practice_journal(identity)):
            journal.unlink(missing_ok=True)
    replies = blank(home / "replies.jsonl", frozenset(streams))
    why_erased = Entry(kind="erased", body={"candidate": identity, "by": by, "why": why}, at=now)
    count = house.ledger.erase(streams, why_erased)
    house.registry.change("candidates", {"erased": now.isoformat()}, id=identity)
    if not house.ledger.shred():
        house.registry.put("facts", {"name": UNSHRED, "value": now.isoformat()})
    if copies := [path.name for path in home.glob("*.before-*")]:
        log.warning("older copies of the database hold what was erased: delete them", extra={"files": copies})
    webhooks.emit(house, "candidate.erased", {"candidate": identity}, once=f"{identity}/{now.isoformat()}")
    at = now.isoformat()
    return {"candidate": identity, "sessions": names, "events": count, "replies": replies, "at": at}


def erasures(house: Examiner, identity: str) -> list[dict[str, Any]]:
    """Return the receipt of every erasure of a candidate: when, by which key, why, how many events, which streams."""
    return [
        {"at": r.at.isoformat(), **r.body}
        for r in house.ledger.audits.read("erasures")
        if r.body.get("candidate") == identity
    ]


def retain(house: Examiner) -> int:
    """Erase every candidate whose last session is older than the retention period; return how many. A hold beats it.

    Gradings that were asked for over the API are nobody's session: they go by their own age.
    """
    if house.registry.one("facts", name=UNSHRED) and house.ledger.shred():
        house.registry.drop("facts", name=UNSHRED)
    days = house.settings.retention_days
    if days <= 0:
        return 0
    until, done = house.clock() - timedelta(days=days), 0
    why = f"kept for {days} days"
    for identity in house.registry.idle("sittings", "candidate", "updated", until, unless={"status": "erased"}):
        row = house.registry.one("candidates", id=identity) or enrol(house, _name_of(house, identity))
        if not row["hold"]:
            erase(house, identity, "retention", why)
            done += 1
    for stream in house.ledger.streams("grading/"):
        if stream.last < until and house.ledger.read(stream.stream)[0].body != waiting.ERASED:
            body = {"by": "retention", "why": why}
            house.ledger.erase([stream.stream], Entry(kind="erased", body=body, at=house.clock()))
    return done


def _name_of(house: Examiner, identity: str) -> str:
    """Return the name of a candidate whose sessions were made without the service."""
    held = next(r for r in house.registry.many("sittings", candidate=identity) if r["status"] != "erased")
    return sittings.load(house, held["id"])[0].created.candidate
