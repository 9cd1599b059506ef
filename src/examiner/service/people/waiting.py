"""What waits for a person, as rows made from the review streams: nobody reads every session to find the few that wait.

The streams are the truth. A session's rows are made anew after each event. Where that failed, or the process died between,
the background work makes them: it compares the number of events they were made from with the stream's when it starts.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from examiner.service.access.authority import Principal
from examiner.service.examiner import Examiner
from examiner.service.people import blindness
from examiner.service.sitting.streams import review_of
from examiner.store import tenancy
from examiner.store.chain import Record
from examiner.store.registry import Page

Body = dict[str, Any]
TABLE = "reviews"
ANSWER, APPEAL, MARK = "answer", "appeal", "mark"
ERASED = {"erased": True}
_LAST = 9999  # the latest session stands first, but its answers in their order: their numbers are turned round


def appeals_of(records: Sequence[Record]) -> list[Record]:
    """Return the appeals that nobody has settled."""
    settled = {r.body["appeal"] for r in records if r.kind == "settled"}
    return [r for r in records if r.kind == "appealed" and r.body["appeal"] not in settled]


def rows_of(session: str, records: Sequence[Record]) -> Iterator[Body]:
    """Yield the rows that a session's review stream makes."""
    if not records:
        return
    yield _row(session, MARK, f"mark/{session}", "", str(len(records)))
    if any(r.body == ERASED for r in records):
        return
    appeals = appeals_of(records)
    for number, r in enumerate(appeals):
        body = {"session": session, "at": r.at.isoformat(), **r.body}
        yield _row(session, APPEAL, f"{session}/a{_LAST - number}", r.at.isoformat(), json.dumps(body))
    graded = [r for r in records if r.kind == "graded"]
    if not graded:
        return
    settled = {r.body["item"] for r in records if r.kind == "overruled"}
    appealed = {r.body["item"] for r in appeals if r.body["item"] is not None}
    raters: dict[int, list[str]] = {}
    for r in records:
        if r.kind == "rated" and r.body["by"] not in raters.setdefault(r.body["item"], []):
            raters[r.body["item"]].append(r.body["by"])
    since = graded[-1].at.isoformat()
    for item in graded[-1].body["items"]:
        number = item["item"]
        if number in settled and number not in appealed:
            continue
        why = [*item["why"], *([blindness.APPEALED] if number in appealed else [])]
        by = raters.get(number, [])
        body = {"session": session, **item, "why": why, "ratings": len(by), "since": since, "by": by}
        body["graded"] = number in settled
        yield _row(session, ANSWER, f"{session}/{_LAST - number}", since, json.dumps(body))


def _row(session: str, kind: str, identity: str, since: str, body: str) -> Body:
    return {"id": identity, "session": session, "kind": kind, "since": since, "body": body}


def index(house: Examiner, session: str) -> None:
    """Make a session's rows anew."""
    made = review_of(session)
    house.registry.replace(TABLE, lambda: rows_of(session, house.ledger.read(made)), session=session)


def rebuild(house: Examiner) -> int:
    """Make the rows of every session anew whose rows are not of its last event; return how many."""
    known = {row["session"]: int(row["body"]) for row in house.registry.many(TABLE, kind=MARK)}
    done = 0
    for stream in house.ledger.streams("review/"):
        session = stream.stream.removeprefix("review/")
        if known.get(session) != stream.events:
            index(house, session)
            done += 1
    return done


def catch_up(house: Examiner) -> int:
    """Make the rows that lag anew: at the first call all of the tenant's, later those that could not be made in time."""
    tenant, done = tenancy.current(), 0
    if tenant not in house.looked:
        done = rebuild(house)
        house.looked.add(tenant)
    for mine, session in [pair for pair in house.behind if pair[0] == tenant]:
        index(house, session)
        house.behind.discard((mine, session))
        done += 1
    return done


def forget(house: Examiner, session: str) -> None:
    """Drop a session's rows but the one that says that there are none."""
    for kind in (ANSWER, APPEAL):
        house.registry.drop(TABLE, session=session, kind=kind)


def page(
    house: Examiner, kind: str, limit: int, after: Sequence[str] = (), by: Principal | None = None, *, skip: int = 0
) -> Page:
    """Return up to `limit` of what waits, the latest session first, and where the next page begins.

    `by`: each answer says whether that person has rated it (`mine`), and why it waits as far as that person may know.
    """
    rows, place = house.registry.page(TABLE, "since", limit, after, skip=skip, kind=kind)
    return [_shown(row, by) for row in rows], place


def count(house: Examiner, kind: str, **where: Any) -> int:
    """Return how many wait."""
    return house.registry.count(TABLE, kind=kind, **where)


def around(house: Examiner, session: str, item: int, by: Principal | None = None) -> Body:
    """Return where an answer stands in the queue (1 the first, 0 nowhere), of how many, its neighbours' places, and why.

    `by`: why it waits as far as that person may know.
    """
    ids = house.registry.column(TABLE, "id", "since", kind=ANSWER)
    places = [_place(identity) for identity in ids]
    at = places.index((session, item)) if (session, item) in places else None
    if at is None:
        return {"place": 0, "count": len(places), "before": None, "after": places[0] if places else None, "why": []}
    before, after = places[at - 1] if at else None, places[at + 1] if at + 1 < len(places) else None
    row = house.registry.one(TABLE, id=ids[at])
    why = _shown(row, by)["why"] if row else []
    return {"place": at + 1, "count": len(places), "before": before, "after": after, "why": why}


def _place(identity: str) -> tuple[str, int]:
    session, _, turned = identity.rpartition("/")
    return session, _LAST - int(turned)


def _shown(row: Body, by: Principal | None) -> Body:
    body: Body = json.loads(row["body"])
    if row["kind"] != ANSWER:
        return body
    raters, graded = body.pop("by", []), body.pop("graded", False)
    if by is None:
        return body
    return body | {"mine": by.id in raters, "why": blindness.reasons(body["why"], by, raters, graded=graded)}
