"""What a candidate does: every post keeps the text that came with it before it does anything else."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse

from examiner.domain.errors import Refused
from examiner.domain.events import MAX_ANSWER
from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.people import appealing
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import consenting, sessions
from examiner.web.view import CANDIDATE, View, go, received, set_cookie, wants_json

Field = Annotated[str, Form(max_length=MAX_ANSWER)]
Short = Annotated[str, Form(max_length=2_000)]
ROOM = "/interview"


class Said:
    """What a form of the room carries: who sends it, the open turn, the text in the box, its version.

    A browser sends line ends as CR LF; they are stored as they were typed.
    """

    def __init__(
        self,
        request: Request,
        form_token: Short = "",
        turn: Annotated[str, Form(max_length=20)] = "",
        text: Field = "",
        version: Annotated[int, Form(ge=0, le=2**31)] = 0,
        client_at: Annotated[str, Form(max_length=40)] = "",
        typed: Annotated[str, Form(max_length=1)] = "",
    ) -> None:
        view: View = request.app.state.view
        self.session, self._epoch = view.candidate(request)
        view.checked(request, CANDIDATE, form_token)
        self.turn, self.version, self.client_at = turn, version, client_at
        self.text = text.replace("\r\n", "\n").replace("\x00", "")
        self.has_text = typed == "1"
        self.at = received(request, view.house)
        self.request, self.view = request, view

    def fence(self) -> None:
        """Raise TakenOver where the session was opened elsewhere since; what was typed here is kept beside it."""
        house = self.view.house
        try:
            sessions.require_epoch(house, self.session, self._epoch)
        except sessions.TakenOver:
            sessions.set_aside(house, self.session, "fenced", self.turn, self.text, self.client_at)
            raise

    def keep(self) -> None:
        """Store the text of the box as a draft where it differs from the stored one. Raises StaleDraft."""
        self.fence()
        house = self.view.house
        shown = sessions.current(house, self.session)
        if not self.has_text or shown.turn != self.turn or self.text == shown.draft or shown.status != "open":
            return
        if self.version < shown.draft_version:
            sessions.set_aside(house, self.session, "stale", self.turn, self.text, self.client_at)
            raise sessions.StaleDraft(
                "another tab saved a newer text", current=shown.draft, version=shown.draft_version
            )
        version = shown.draft_version + 1
        sessions.save_draft(
            house, self.session, self.turn, self.text, version, received=self.at, client_at=self.client_at
        )


Form_ = Annotated[Said, Depends()]


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix=ROOM)
    _entering(router, house)
    _writing(router, house)
    _asking(router, house)
    _pausing(router, house)
    return router


def _entering(router: APIRouter, house: Examiner) -> None:
    @router.post("/consent")
    def consent(said: Form_, sha256: Annotated[str, Form(max_length=64)]) -> Response:
        said.fence()
        consenting.accept(house, said.session, sha256)
        return go(ROOM)

    @router.post("/begin")
    def begin(said: Form_) -> Response:
        said.fence()
        sessions.begin(house, said.session, said.at)
        return go(ROOM)

    @router.post("/here")
    def here(said: Form_) -> Response:
        """Go on in this browser; every other one is fenced off."""
        epoch = sessions.take_over(house, said.session)
        response = go(ROOM)
        set_cookie(said.request, response, CANDIDATE, candidate_token(house, said.session, epoch), 24 * 14)
        return response


def _writing(router: APIRouter, house: Examiner) -> None:
    @router.post("/draft")
    def draft(said: Form_) -> Response:
        said.fence()
        if wants_json(said.request):
            saved = sessions.save_draft(
                house, said.session, said.turn, said.text, said.version, received=said.at, client_at=said.client_at
            )
            return JSONResponse(saved.model_dump(mode="json"))
        return _kept(said, lambda: None)

    @router.post("/answer")
    def answer(said: Form_) -> Response:
        if not said.text.strip():
            return _kept(said, lambda: None, "#empty")
        return _kept(said, lambda: sessions.submit(house, said.session, said.turn, said.text, said.at), "#asked")

    @router.post("/skip")
    def skip(said: Form_) -> Response:
        return _kept(said, lambda: sessions.skip(house, said.session, said.turn, said.at))

    @router.post("/prefer")
    def prefer(said: Form_) -> Response:
        """Take this tab's text where two tabs wrote; the other one stays on record."""
        said.fence()
        shown = sessions.current(house, said.session)
        sessions.save_draft(house, said.session, said.turn, said.text, shown.draft_version + 1, received=said.at)
        return go(ROOM)


def _asking(router: APIRouter, house: Examiner) -> None:
    @router.post("/hint")
    def hint(said: Form_) -> Response:
        return _kept(said, lambda: sittings.hint(house, said.session), "#hint")

    @router.post("/fact")
    def fact(said: Form_, ask: Short = "") -> Response:
        if not ask.strip():
            return _kept(said, lambda: None)
        return _kept(said, lambda: sittings.ask_fact(house, said.session, ask.strip()), "#facts")

    @router.post("/pose")
    def pose(said: Form_, ask: Short = "", reply: Field = "") -> Response:
        reply = reply.replace("\r\n", "\n")
        return _kept(said, lambda: sessions.pose(house, said.session, ask.strip(), reply.strip(), said.at))

    @router.post("/decline")
    def decline(said: Form_) -> Response:
        return _kept(said, lambda: sessions.pose(house, said.session, "", "", said.at))

    @router.post("/predict")
    def predict(said: Form_, value: Annotated[str, Form(pattern="^[0-3]?$")] = "") -> Response:
        forecast = int(value) if value else None
        return _kept(said, lambda: sessions.predict(house, said.session, forecast, said.at))

    @router.post("/appeal")
    def appeal(said: Form_, item: Annotated[str, Form(pattern=r"^\d{0,4}$")] = "", why: Short = "") -> Response:
        said.fence()
        if why.strip():
            appealing.appeal(house, said.session, int(item) if item else None, why.strip())
        return go(f"{ROOM}/feedback?sent=1#appeals")


def _pausing(router: APIRouter, house: Examiner) -> None:
    @router.post("/finish")
    def finish(said: Form_) -> Response:
        return _kept(said, lambda: sessions.finish_section(house, said.session, said.at))

    @router.post("/pause")
    def pause(said: Form_) -> Response:
        return _kept(said, lambda: sessions.take_break(house, said.session))

    @router.post("/unpause")
    def unpause(said: Form_) -> Response:
        said.fence()
        sessions.end_break(house, said.session)
        return go(ROOM)

    @router.post("/leave")
    def leave(said: Form_, sure: Annotated[str, Form(max_length=3)] = "") -> Response:
        said.keep()
        if sure != "yes":
            return said.view.page(said.request, "candidate/leave.html.j2")
        sessions.abandon(house, said.session)
        return go(ROOM)


def _kept(said: Said, act: Any, place: str = "") -> Response:
    """Keep the text, act, and go back to the room; what came too late is shown there.

    A text that another tab has overtaken is shown beside the newer one, and nothing is done.
    """
    try:
        said.keep()
        act()
    except sessions.StaleDraft as stale:
        if wants_json(said.request):
            raise
        data = {"mine": said.text, "turn": said.turn, **stale.extra}
        return said.view.page(said.request, "candidate/two.html.j2", status=409, **data)
    except Refused as refusal:
        if refusal.hint not in ("time_up", "wrong_turn", "wrong_stage", "not_started", "ended", "on_break"):
            raise
        if refusal.hint == "wrong_turn":
            sessions.set_aside(said.view.house, said.session, "refused", said.turn, said.text, said.client_at)
        if wants_json(said.request):
            return JSONResponse({"code": refusal.hint, "says": refusal.message}, refusal.status)
        return go(ROOM)
    return JSONResponse({"code": "ok"}) if wants_json(said.request) else go(f"{ROOM}{place}")
