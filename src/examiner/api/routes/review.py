"""Reports, review by people, appeals, decisions. Every staff read of what was said is in the audit log."""

from typing import Any

from fastapi import APIRouter, Request

from examiner.api import wire
from examiner.api.asker import who
from examiner.api.once import OnceRoute
from examiner.api.paging import Cursor, Limit, Page, decode, encode
from examiner.service.access import audit
from examiner.service.access.authority import Principal
from examiner.service.examiner import Examiner
from examiner.service.people import appealing, reviewing, waiting

_S = "/v1/sessions/{session}"


def routes(house: Examiner) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["review"], route_class=OnceRoute)
    _reports(router, house)
    _reviews(router, house)
    _appeals(router, house)
    return router


def _page(house: Examiner, kind: str, limit: int, cursor: str, by: Principal | None = None) -> Page:
    rows, place = waiting.page(house, kind, limit, decode(cursor), by)
    return Page(items=rows, next_cursor=encode(place))


def _reports(router: APIRouter, house: Examiner) -> None:
    @router.get(f"{_S}/report")
    def report(request: Request, session: str) -> dict[str, Any]:
        """Return the report of a session that has ended; a human grade wins, the machine's is beside it."""
        data = reviewing.report(house, session, who(request))
        audit.note(house, "read_report", who(request).id, {"session": session})
        return data

    @router.get(f"{_S}/transcript")
    def transcript(request: Request, session: str) -> dict[str, Any]:
        """Return what was asked and said; reviewers see no names."""
        reader = who(request)
        data = reviewing.transcript(house, session, names=reader.may("transcripts:read"))
        audit.note(house, "read_transcript", reader.id, {"session": session})
        return data

    @router.post(f"{_S}/decision", status_code=201)
    def decide(request: Request, session: str, body: wire.DecisionIn) -> dict[str, Any]:
        """Store what a named person decided, with the reason. No score decides by itself."""
        return reviewing.decide(house, session, body.outcome, body.by, body.why, who(request).id)


def _reviews(router: APIRouter, house: Examiner) -> None:
    @router.get("/v1/reviews")
    def queue(request: Request, limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List what waits for a person: withheld scores, flags, disputed numbers, appeals; why, once the caller rated it."""
        return _page(house, waiting.ANSWER, limit, cursor, who(request))

    @router.get(f"{_S}/reviews/{{item}}")
    def task(request: Request, session: str, item: int) -> dict[str, Any]:
        """Return one answer for review; the judge's side comes only after the own rating is locked."""
        reader = who(request)
        data = reviewing.task(house, session, item, reader.id)
        audit.note(house, "read_answer", reader.id, {"session": session, "item": item})
        return data

    @router.post(f"{_S}/reviews/{{item}}/ratings", status_code=201)
    def rate(request: Request, session: str, item: int, body: wire.RatingIn) -> dict[str, Any]:
        """Lock a blind rating."""
        return reviewing.rate(house, session, item, who(request), body.score, body.criteria, body.note)

    @router.put(f"{_S}/reviews/{{item}}/grade")
    def overrule(request: Request, session: str, item: int, body: wire.GradeIn) -> dict[str, Any]:
        """Give a human grade; it wins from now on. Reviewers must have rated blind before."""
        by = who(request)
        blind = not by.may("review:override")
        return reviewing.overrule(house, session, item, by.id, body.score, body.why, blind_first=blind)


def _appeals(router: APIRouter, house: Examiner) -> None:
    @router.post(f"{_S}/appeals", status_code=201)
    def appeal(session: str, body: wire.AppealIn) -> dict[str, Any]:
        """Ask for a person to look again, after the session has ended."""
        return appealing.appeal(house, session, body.item, body.text)

    @router.get("/v1/appeals")
    def appeals(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List the appeals that wait."""
        return _page(house, waiting.APPEAL, limit, cursor)

    @router.post(f"{_S}/appeals/{{appeal}}/settlement", status_code=201)
    def settle(request: Request, session: str, appeal: str, body: wire.SettlementIn) -> dict[str, Any]:
        """Settle an appeal with a reason; a changed grade is given by its own route."""
        return appealing.settle(house, session, appeal, body.outcome, who(request).id, body.why)
