"""Appeals: a candidate asks that a person looks again, and is told what became of it."""

from examiner.domain.errors import Conflict, NotFound
from examiner.service import webhooks
from examiner.service.examiner import Examiner
from examiner.service.people import waiting
from examiner.service.people.reviewing import MOST, Body, add, ended, history, item_of
from examiner.service.people.waiting import appeals_of


def appeal(house: Examiner, session: str, number: int | None, text: str) -> Body:
    """Store a candidate's wish that a person looks again. Raises Refused while the session runs."""
    state = ended(house, session)
    if number is not None:
        item_of(state, number)
    if len(appeals_of(history(house, session))) >= 20:
        raise Conflict("there are open appeals enough; they are being looked at", hint="too_many_appeals")
    body = {"appeal": house.new_id("ap"), "item": number, "text": text}
    add(house, session, "appealed", body)
    webhooks.emit(house, "appeal.made", {"session": session, "appeal": body["appeal"]}, once=str(body["appeal"]))
    return body


def open_appeals(house: Examiner, limit: int = MOST) -> list[Body]:
    """Return the appeals that wait, the latest first."""
    return waiting.page(house, waiting.APPEAL, limit)[0]


def appeals_told(house: Examiner, session: str) -> list[Body]:
    """Return every appeal of a session, oldest first, with what became of it: `outcome` and `answer`, "" while open."""
    records = history(house, session)
    ends = {r.body["appeal"]: r for r in records if r.kind == "settled"}
    return [
        {
            "session": session,
            "at": r.at.isoformat(),
            **r.body,
            "outcome": end.body["outcome"] if end else "",
            "answer": end.body["why"] if end else "",
            "settled": end.at.isoformat() if end else "",
        }
        for r in records
        if r.kind == "appealed"
        for end in [ends.get(r.body["appeal"])]
    ]


def settled_appeals(house: Examiner, limit: int) -> list[Body]:
    """Return the appeals that were settled last."""
    told = [a for s in house.ledger.streams("review/") for a in appeals_told(house, s.stream.removeprefix("review/"))]
    return sorted((a for a in told if a["outcome"]), key=lambda a: str(a["settled"]), reverse=True)[:limit]


def settle(house: Examiner, session: str, identity: str, outcome: str, by: str, why: str) -> Body:
    """Settle an appeal. Raises NotFound where no such one waits."""
    if identity not in {r.body["appeal"] for r in appeals_of(history(house, session))}:
        raise NotFound(f"no open appeal '{identity}'")
    body = {"appeal": identity, "outcome": outcome, "by": by, "why": why}
    add(house, session, "settled", body)
    webhooks.emit(house, "appeal.settled", {"session": session, "appeal": identity}, once=identity)
    return body
