"""A candidate's own session: what is asked, drafts, answers, help, pauses, receipt."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from examiner.api import wire
from examiner.api.asker import received
from examiner.api.once import OnceRoute
from examiner.domain.receipt import Receipt
from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.people import candidates as people
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import consenting, receipts, sessions
from examiner.service.sitting.sessions import Saved, Shown, StaleDraft

_S = "/v1/sessions/{session}"


class Precondition(StaleDraft):
    """If-Match named another version than the one that is stored."""

    status = 412


def routes(house: Examiner) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["candidate"], route_class=OnceRoute)
    _before(router, house)
    _saying(router, house)
    _asking(router, house)
    _pausing(router, house)
    return router


def _before(router: APIRouter, house: Examiner) -> None:
    @router.get("/v1/notice")
    def notice(locale: str = "en") -> consenting.Notice:
        """Return the notice that a candidate reads before the first question."""
        return consenting.notice(locale)

    @router.post(f"{_S}/consent", status_code=204)
    def consent(session: str, body: wire.ConsentIn) -> Response:
        """Accept the notice; needed before the start where people decide by the result."""
        consenting.accept(house, session, body.sha256, body.locale)
        return Response(status_code=204)

    @router.post(f"{_S}/resume")
    def resume(session: str) -> wire.SessionOut:
        """Go on on this device; the one that wrote before is told."""
        epoch = sessions.take_over(house, session)
        return wire.SessionOut(session=session, token=candidate_token(house, session, epoch))

    @router.get(f"{_S}/current")
    def current(session: str) -> Shown:
        """Return what is asked now; closes what has run out."""
        return sessions.current(house, session)

    @router.post(f"{_S}/start")
    def start_section(request: Request, session: str) -> Shown:
        """Start the next section's clock."""
        return sessions.begin(house, session, received(request))

    @router.get(f"{_S}/receipt")
    def receipt(session: str) -> Receipt:
        """Return a signed receipt of every answer as stored, to be checked offline."""
        return receipts.receipt(house, session)

    @router.get(f"{_S}/export")
    def export(session: str) -> dict[str, Any]:
        """Return everything that was said in the session, with the server's times."""
        return people.own_export(house, session)


def _saying(router: APIRouter, house: Examiner) -> None:
    @router.put(f"{_S}/draft")
    def put_draft(
        request: Request,
        response: Response,
        session: str,
        body: wire.DraftIn,
        if_match: Annotated[str, Header(max_length=60)] = "",
    ) -> Saved:
        """Store what was typed so far as a version of its own; it is on the disk when this returns."""
        if if_match:
            shown = sessions.current(house, session)
            if shown.turn == body.turn and if_match.strip('W/" ') != f"{shown.turn}:{shown.draft_version}":
                sessions.set_aside(house, session, "stale", body.turn, body.text, body.client_at)
                raise Precondition(
                    f"version {shown.draft_version} of turn {shown.turn} is stored",
                    current=shown.draft,
                    version=shown.draft_version,
                )
        saved = sessions.save_draft(
            house,
            session,
            body.turn,
            body.text,
            body.version,
            received=received(request),
            client_at=body.client_at,
        )
        response.headers["ETag"] = f'"{saved.turn}:{saved.version}"'
        return saved

    @router.post(f"{_S}/answers")
    def post_answer(request: Request, session: str, body: wire.AnswerIn) -> Shown:
        """Record an answer; it is on the disk when this returns. The same answer twice is recorded once."""
        return sessions.submit(house, session, body.turn, body.text, received(request))

    @router.post(f"{_S}/skip")
    def skip(request: Request, session: str, body: wire.TurnIn) -> Shown:
        """Pass on the open turn."""
        return sessions.skip(house, session, body.turn, received(request))


def _asking(router: APIRouter, house: Examiner) -> None:
    @router.post(f"{_S}/peek")
    def peek(session: str) -> wire.TextOut:
        """Take the open question's hint; it caps the row."""
        return wire.TextOut(text=sittings.hint(house, session))

    @router.post(f"{_S}/facts")
    def ask_fact(session: str, body: wire.FactIn) -> wire.TextOut:
        """Ask about the system in a design or debugging session."""
        return wire.TextOut(text=sittings.ask_fact(house, session, body.ask))

    @router.post(f"{_S}/self-posed")
    def self_posed(request: Request, session: str, body: wire.SelfPosedIn) -> Shown:
        """Pose and answer a follow-up, or decline."""
        return sessions.pose(house, session, body.ask, body.answer, received(request))

    @router.post(f"{_S}/prediction")
    def predict(request: Request, session: str, body: wire.PredictionIn) -> Shown:
        """Forecast the own grade, or decline."""
        return sessions.predict(house, session, body.value, received(request))


def _pausing(router: APIRouter, house: Examiner) -> None:
    @router.post(f"{_S}/finish-section")
    def finish_section(request: Request, session: str) -> Shown:
        """Close the running section before its time."""
        return sessions.finish_section(house, session, received(request))

    @router.post(f"{_S}/break")
    def take_break(session: str) -> Shown:
        """Pause between two sections, or within one that is untimed or so accommodated."""
        return sessions.take_break(house, session)

    @router.delete(f"{_S}/break")
    def end_break(session: str) -> Shown:
        """End the pause."""
        return sessions.end_break(house, session)

    @router.post(f"{_S}/abandon")
    def abandon(session: str) -> Shown:
        """End the session for good; what was said stays."""
        return sessions.abandon(house, session)
