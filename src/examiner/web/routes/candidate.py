"""What a candidate sees: notice, lobby, the room, pauses, the receipt, feedback."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from examiner.domain.base import Frozen
from examiner.service.examiner import Examiner
from examiner.service.people import appealing
from examiner.service.people import candidates as people
from examiner.service.people.feedback import feedback
from examiner.service.sitting import consenting, receipts, scratch, sessions
from examiner.service.sitting.room import Room, room
from examiner.web.view import View


class Pulse(Frozen):
    """What the page's script asks every few seconds: where the session stands, by the server's clock.

    `saying` is what has been said of the next follow-up so far; the script asks for it often while it waits.
    """

    status: str
    turn: str | None
    section: int
    seconds_left: float | None
    draft_version: int
    saying: str
    seq: int


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    _room(router, house, view)
    _papers(router, house, view)
    return router


def _room(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/interview")
    def interview(request: Request) -> Response:
        session, epoch = view.candidate(request)
        if epoch != sessions.epoch_of(house, session):
            return view.page(request, "candidate/elsewhere.html.j2", status=409)
        if not consenting.accepted(house, session):
            return view.page(request, "candidate/notice.html.j2", notice=consenting.notice(), ask=True)
        now = room(house, session)
        return view.page(request, f"candidate/{_PAGES[now.shown.status]}.html.j2", **_facts(house, session, now))

    @router.get("/interview/pulse")
    def pulse(request: Request) -> Pulse:
        session, epoch = view.candidate(request)
        sessions.require_epoch(house, session, epoch)
        shown = sessions.current(house, session)
        return Pulse(
            status=shown.status,
            turn=shown.turn,
            section=shown.section_number,
            seconds_left=shown.seconds_left,
            draft_version=shown.draft_version,
            saying=shown.saying,
            seq=shown.seq,
        )

    @router.get("/interview/notice")
    def notice(request: Request) -> Response:
        view.candidate(request)
        return view.page(request, "candidate/notice.html.j2", notice=consenting.notice(), ask=False)

    @router.get("/interview/tools")
    def tools(request: Request, line: str = "") -> Response:
        view.candidate(request)
        line = line[:500]
        worked = scratch.work(house, line) if line.strip() else None
        if request.headers.get("hx-request"):
            return view.page(request, "candidate/worked.html.j2", worked=worked)
        return view.page(request, "candidate/tools.html.j2", worked=worked, sheets=scratch.sheets(house))


def _papers(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/interview/receipt.json")
    def receipt(request: Request) -> JSONResponse:
        session, _ = view.candidate(request)
        return _download(receipts.receipt(house, session).model_dump(mode="json"), f"receipt-{session}.json")

    @router.get("/interview/answers.json")
    def answers(request: Request) -> JSONResponse:
        session, _ = view.candidate(request)
        return _download(people.own_export(house, session), f"answers-{session}.json")

    @router.get("/interview/feedback")
    def own_feedback(request: Request, sent: str = "") -> Response:
        session, _ = view.candidate(request)
        told, asked = feedback(house, session), appealing.appeals_told(house, session)
        return view.page(request, "candidate/feedback.html.j2", told=told, asked=asked, sent=bool(sent))


def _facts(house: Examiner, session: str, now: Room) -> dict[str, Any]:
    facts: dict[str, Any] = {"room": now, "shown": now.shown, "session": session}
    if now.shown.status == "ended":
        return facts | {"receipt": receipts.receipt(house, session)}
    if now.shown.status in _OPEN:
        facts["sheets"] = scratch.sheets(house)
    return facts


def _download(data: Any, name: str) -> JSONResponse:
    return JSONResponse(data, headers={"Content-Disposition": f'attachment; filename="{name}"'})


_OPEN = ("open", "choosing", "posing", "predicting")
_PAGES = {
    "ready": "lobby",
    "open": "room",
    "choosing": "room",
    "posing": "room",
    "predicting": "room",
    "break": "pause",
    "ended": "ended",
}
