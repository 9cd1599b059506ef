"""A session's events as its candidate may see them: everything that happened, nothing of plan, aim, key or score."""

from collections.abc import Callable
from typing import Any

from examiner.service.examiner import Examiner
from examiner.service.sitting.sessions import digest
from examiner.service.sitting.streams import stream_of
from examiner.store.chain import Record

Body = dict[str, Any]
HIDDEN = frozenset({"leak_stopped"})  # whoever tries to make the interviewer talk is not told how near it came


def events(house: Examiner, session: str, after: int) -> list[tuple[int, str, Body]]:
    """Return the events behind `after` that a candidate may know of: number, kind, what may be shown."""
    return [shown(r) for r in house.ledger.read(stream_of(session), after=after) if r.kind not in HIDDEN]


def shown(record: Record) -> tuple[int, str, Body]:
    """Return one event as it may be shown."""
    body = {"at": record.at.isoformat(), **_VIEWS.get(record.kind, _nothing)(record.body)}
    return record.seq, record.kind, body


def _nothing(_: Body) -> Body:
    return {}


def _only(*names: str) -> Callable[[Body], Body]:
    return lambda body: {name: body.get(name) for name in names}


def _text(body: Body) -> Body:
    text = body.get("text", "")
    return {"turn": body.get("turn"), "sha256": digest(text), "characters": len(text)}


_VIEWS: dict[str, Callable[[Body], Body]] = {
    "created": lambda b: {"loop": b["blueprint"]["id"], "title": b["blueprint"]["title"]} if "blueprint" in b else {},
    "accommodated": _only("multiplier", "breaks_inside"),
    "section_started": _only("section"),
    "drafted": lambda b: _text(b) | {"version": b.get("version", 0)},
    "answered": _text,
    "skipped": _only("turn"),
    "peeked": _only("turn", "what", "text"),
    "fact_asked": _only("ask", "tells"),
    "follow_up_chosen": lambda b: {"ask": b.get("ask") or None},
    "spoke": _only("item", "text"),
    "self_posed": _only("ask"),
    "predicted": _only("value"),
    "credited": _only("seconds", "reason"),
}
