"""People over the machine: what waits for review, blind ratings, human grades that win, decisions.

Everything is appended to `review/SESSION`; a machine's score is never written over, a person's stands beside it and wins.
"""

import logging
import statistics
from collections.abc import Sequence
from typing import Any

from examiner.domain.errors import Conflict, ExaminerError, Exhausted, NotFound, Refused
from examiner.domain.score import Score
from examiner.domain.session import Sitting
from examiner.llm.budget import Unpriced
from examiner.service import webhooks
from examiner.service.access.authority import Principal
from examiner.service.examiner import Examiner
from examiner.service.people import blindness, waiting
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import grading
from examiner.service.sitting.asking import turns_of
from examiner.service.sitting.streams import aside_of, review_of, stream_of
from examiner.service.trust.certifying import Backings
from examiner.store import tenancy
from examiner.store.chain import Entry, Record

Body = dict[str, Any]
log = logging.getLogger(__name__)
MOST = 200  # of what waits, at once


def grade_session(house: Examiner, session: str) -> Body:
    """Grade a session that has ended and store which answers a person must look at; harmless to repeat."""
    state = sittings.tick(house, session)
    card = grading.card(house, state).model_dump(mode="json")
    scores = house.policy_named(state.created.policy).release == "score"
    items = [
        {"item": number, "ref": item["ref"], "title": item["title"], "why": reasons}
        for number, item in enumerate(card["items"])
        if (reasons := _reasons(item, withheld=scores))
    ]
    body = {"items": items, "fingerprint": card["fingerprint"], "judge": card["judge"], "policy": card["policy"]}
    last = [r.body for r in history(house, session) if r.kind == "graded"]
    if not last or last[-1] != body:
        add(house, session, "graded", body)
    told = {"session": session, "to_review": len(items)}
    webhooks.emit(house, "session.graded", told, once=f"{session}/{state.last.isoformat()}")
    house.registry.change("sittings", {"waiting": 0}, id=session)
    return body


def await_money(house: Examiner, session: str, why: str) -> Body:
    """Give every answer of an ended session to people, since no judge can be paid now; grading is tried again later."""
    state = sittings.load(house, session)[0]
    items = [
        {"item": number, "ref": item.planned.ref, "title": item.planned.title, "why": [f"not judged yet: {why}"]}
        for number, item in enumerate(state.items)
        if any(turn.text for turn in item.turns)
    ]
    judged = {"fingerprint": "", "judge": state.created.judge, "policy": state.created.policy}
    body = {"items": items, **judged, "waits": "budget"}
    last = [r.body for r in history(house, session) if r.kind == "graded"]
    if not last or (last[-1].get("waits") != "budget" and not last[-1]["fingerprint"]):
        add(house, session, "graded", body)
    return body


def _machine(house: Examiner, session: str, state: Sitting, number: int) -> Score | None:
    """Return what the judge makes of an answer; None where nothing was said or no judge can be paid now."""
    item = item_of(state, number)
    instance = house.instance(item.planned.ref)
    try:
        return grading.grade(house, instance, turns_of(item, instance), stream_of(session))
    except (Exhausted, Unpriced):
        return None


def _reasons(item: Body, *, withheld: bool) -> list[str]:
    """Return why a person must look at an answer; nothing was said: nothing to look at."""
    score = item["score"]
    if score is None:
        return []
    found = []
    if withheld and item["release"]["released"] is None:
        found.append(f"withheld: {item['release']['reason']}")
    found += [f"flag: {flag['kind']}" for flag in score["judgement"]["flags"]]
    found += ["a number is disputed" for n in score["judgement"]["numbers"] if n["verdict"] == "disputed"][:1]
    return found


def history(house: Examiner, session: str) -> list[Record]:
    """Return everything people (and the grading) did about a session; of an erased one nothing is left."""
    return [r for r in house.ledger.read(review_of(session)) if "erased" not in r.body]


def queue(house: Examiner, limit: int = MOST, after: Sequence[str] = (), by: Principal | None = None) -> list[Body]:
    """Return what waits for a person, the latest session first; no score, no name. `by`: as that person may know it."""
    return waiting.page(house, waiting.ANSWER, limit, after, by)[0]


def task(house: Examiner, session: str, number: int, by: str) -> Body:
    """Return one answer for review: question, points, what was said. The judge's side comes only after the own rating.

    Names do not appear; the session's id is the pseudonym.
    """
    state = ended(house, session)
    item = item_of(state, number)
    instance = house.instance(item.planned.ref)
    rubric = house.rubric(instance)
    turns = [t.model_dump(mode="json") for t in turns_of(item, instance)]
    records = history(house, session)
    own = blindness.locked(records, number, by)
    data: Body = {
        "session": session,
        "item": number,
        "ref": item.planned.ref,
        "title": instance.title,
        "prompt": instance.prompt,
        "turns": turns,
        "criteria": [
            {"criterion": c, "title": d.title, "asks": d.asks}
            for c, d in rubric.criteria.items()
            if any(p.criterion == c for p in instance.points)
        ],
        "points": [{"criterion": p.criterion, "claim": p.claim} for p in instance.points],
        "levels": {str(level): meaning for level, meaning in sorted(rubric.levels.items())},
        "rated": own,
        "machine": None,
        "others": [],
    }
    if own:
        score = _machine(house, session, state, number)
        data["machine"] = score.model_dump(mode="json") if score else None
        data["others"] = [
            r.body for r in records if r.kind == "rated" and r.body["item"] == number and r.body["by"] != by
        ]
    return data


def rate(
    house: Examiner, session: str, number: int, by: Principal, score: int, criteria: dict[str, int], note: str
) -> Body:
    """Lock a blind rating.

    Raises:
        Conflict: this person rated the answer before.
        Refused: this person may read what the judge made of it already, so that the rating would not be blind.

    """
    item_of(ended(house, session), number)
    records = history(house, session)
    if blindness.locked(records, number, by.id):
        raise Conflict("your rating is locked", hint="already_rated")
    if not would_be_blind(house, session, number, by):
        raise Refused("you may read the grade of this answer already, so a rating is not blind", hint="not_blind")
    body = {"item": number, "by": by.id, "score": score, "criteria": criteria, "note": note}
    add(house, session, "rated", body)
    return body


def would_be_blind(house: Examiner, session: str, number: int, by: Principal) -> bool:
    """Tell whether a rating by this person would be blind: nothing that they may read says what the judge made of it."""
    if not by.may("reports:read"):
        return True
    item = report(house, session)["items"][number]
    return not blindness.open_to(by, number, item, history(house, session))


def overrule(house: Examiner, session: str, number: int, by: str, score: int, why: str, *, blind_first: bool) -> Body:
    """Give a human grade; it wins from now on, the machine's stays on record.

    Args:
        house: the wired examiner.
        session: the session's id.
        number: the answer's place in it.
        by: the person.
        score: the grade, 0-3.
        why: the reason.
        blind_first: this person must have locked a blind rating before (reviewers must).

    """
    state = ended(house, session)
    item_of(state, number)
    records = history(house, session)
    if blind_first and not blindness.locked(records, number, by):
        raise Refused("rate the answer blind first", hint="blind_first")
    machine = _machine(house, session, state, number)
    before = human_grades(records).get(number)
    body = {
        "item": number,
        "by": by,
        "score": score,
        "why": why,
        "machine": machine.score if machine else None,
        "before": before["score"] if before else None,
    }
    seq = add(house, session, "overruled", body)
    webhooks.emit(house, "grade.overruled", {"session": session, "item": number}, once=f"{session}/{seq}")
    return body


def human_grades(records: Sequence[Record]) -> dict[int, Body]:
    """Return the human grade in force for each answer."""
    return {r.body["item"]: {**r.body, "at": r.at.isoformat()} for r in records if r.kind == "overruled"}


def report(house: Examiner, session: str, reader: Principal | None = None, *, backings: Backings | None = None) -> Body:
    """Return the report of a session that has ended, with human grades over the machine's.

    Each item has `human` (the grade, who, why) and `final`: the human grade, else a released score, else none. For a
    reader the judge's side of every answer that is not open to them yet is left out and `blind` says so.
    """
    state = sittings.tick(house, session)
    data = grading.card(house, state, backings).model_dump(mode="json")
    records = history(house, session)
    grades = human_grades(records)
    for number, item in enumerate(data["items"]):
        human = grades.get(number)
        released = item["release"]["released"]
        item["human"] = human
        source = "human" if human else "judge" if released is not None else None
        item["final"] = {"score": human["score"] if human else released, "source": source}
    for row in data["rows"]:
        final = [i["final"]["score"] for i in data["items"] if row["area"] in i["areas"]]
        known = [s for s in final if s is not None]
        row["final"] = {"value": float(statistics.median(known)) if known else None, "lowest": min(known, default=None)}
    data["decision"] = next((r.body for r in reversed(records) if r.kind == "decided"), None)
    data["aside"] = len(house.ledger.read(aside_of(session)))
    return blindness.sealed(data, reader, records) if reader else data


def decide(house: Examiner, session: str, outcome: str, by: str, why: str, key: str) -> Body:
    """Store what a named person decided about a candidate. No score does that by itself."""
    ended(house, session)
    body = {"outcome": outcome, "by": by, "why": why, "key": key}
    add(house, session, "decided", body)
    return body


def transcript(house: Examiner, session: str, *, names: bool) -> Body:
    """Return what was asked and said; without names for those who must not know them."""
    state, _ = sittings.load(house, session)
    return {
        "session": session,
        "candidate": state.created.candidate if names else None,
        "status": state.status,
        "items": [
            {
                "item": number,
                "ref": item.planned.ref,
                "title": item.planned.title,
                "turns": [t.model_dump(mode="json") for t in item.turns],
            }
            for number, item in enumerate(state.items)
            if item.turns
        ],
    }


def ended(house: Examiner, session: str) -> Sitting:
    """Return the state of a session that has ended. Raises Refused while it runs."""
    state = sittings.tick(house, session)
    if state.status != "ended":
        raise Refused("the session has not ended", hint="not_ended")
    return state


def item_of(state: Sitting, number: int) -> Any:
    """Return a session's answer by number, from 0. Raises NotFound."""
    if not 0 <= number < len(state.items):
        raise NotFound(f"no answer {number}", hint=f"0 to {len(state.items) - 1}")
    return state.items[number]


def add(house: Examiner, session: str, kind: str, body: Body) -> int:
    """Append to a session's reviews and bring the queue up to date; return the event's number."""
    entry = Entry(kind=kind, body=body, at=house.clock())
    seq = int(house.ledger.append(review_of(session), [entry], after=None)[-1].seq)
    try:
        waiting.index(house, session)
    except ExaminerError as error:  # what was appended stands; the background work makes the rows
        house.behind.add((tenancy.current(), session))
        log.warning("the queue was not brought up to date", extra={"session": session}, exc_info=error)
    return seq
