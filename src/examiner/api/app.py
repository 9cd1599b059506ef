"""The application: routes under /v1, an API key for staff, a token for each candidate, problem+json for errors."""

import hashlib
import hmac
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

import examiner
from examiner.api import wire
from examiner.domain.errors import ExaminerError, Refused
from examiner.domain.session import Predicted, SectionFinished, SectionStarted, SelfPosed, Sitting
from examiner.service import grading
from examiner.service import sitting as sittings
from examiner.service.access import candidate_token
from examiner.service.examiner import Examiner

PROBLEM = "application/problem+json"


class Unauthorised(Refused):
    """No credential, or the wrong one."""

    status = 401


def create_app(house: Examiner) -> FastAPI:
    """Return the application over a wired examiner."""
    app = FastAPI(title="examiner", version=examiner.__version__, docs_url=None, redoc_url=None)
    app.add_exception_handler(ExaminerError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    staff = Depends(_staff(house))
    candidate = Depends(_candidate(house))

    @app.get("/livez", include_in_schema=False)
    def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/v1/sessions", status_code=201, dependencies=[staff])
    def create_session(body: wire.SessionIn) -> wire.SessionOut:
        """Create a session of a loop. For staff."""
        state = sittings.start(house, body.loop, candidate=body.candidate, seed=body.seed, pace=body.pace)
        return wire.SessionOut(session=state.id, token=candidate_token(house, state.id))

    @app.get("/v1/sessions/{session}/current", dependencies=[candidate])
    def current(session: str) -> wire.TurnOut:
        """Return what is asked now; closes what has run out."""
        return turn_out(house, sittings.tick(house, session))

    @app.post("/v1/sessions/{session}/start", dependencies=[candidate])
    def start_section(session: str) -> wire.TurnOut:
        """Start the next section's clock."""
        state, _ = sittings.load(house, session)
        section = state.created.blueprint.sections[state.section].id
        return turn_out(house, sittings.handle(house, session, SectionStarted(section=section)).state)

    @app.put("/v1/sessions/{session}/draft", dependencies=[candidate])
    def put_draft(session: str, body: wire.DraftIn) -> wire.TurnOut:
        """Save what was typed so far."""
        return turn_out(house, sittings.draft(house, session, body.turn, body.text).state)

    @app.post("/v1/sessions/{session}/answers", dependencies=[candidate])
    def post_answer(session: str, body: wire.AnswerIn) -> wire.TurnOut:
        """Record an answer; it is on the disk when this returns. The same answer twice is recorded once."""
        return turn_out(house, sittings.answer(house, session, body.turn, body.text).state)

    @app.post("/v1/sessions/{session}/peek", dependencies=[candidate])
    def peek(session: str) -> wire.TextOut:
        """Take the open question's hint; it caps the row."""
        return wire.TextOut(text=sittings.hint(house, session))

    @app.post("/v1/sessions/{session}/facts", dependencies=[candidate])
    def ask_fact(session: str, body: wire.FactIn) -> wire.TextOut:
        """Ask about the system in a design or debugging session."""
        return wire.TextOut(text=sittings.ask_fact(house, session, body.ask))

    @app.post("/v1/sessions/{session}/self-posed", dependencies=[candidate])
    def self_posed(session: str, body: wire.SelfPosedIn) -> wire.TurnOut:
        """Pose and answer a follow-up, or decline."""
        state, _ = sittings.load(house, session)
        event = SelfPosed(item=max(state.item, 0), ask=body.ask, answer=body.answer)
        return turn_out(house, sittings.handle(house, session, event).state)

    @app.post("/v1/sessions/{session}/prediction", dependencies=[candidate])
    def predict(session: str, body: wire.PredictionIn) -> wire.TurnOut:
        """Forecast the own grade, or decline."""
        state, _ = sittings.load(house, session)
        return turn_out(
            house, sittings.handle(house, session, Predicted(item=max(state.item, 0), value=body.value)).state
        )

    @app.post("/v1/sessions/{session}/finish-section", dependencies=[candidate])
    def finish_section(session: str) -> wire.TurnOut:
        """Close the running section before its time."""
        return turn_out(house, sittings.handle(house, session, SectionFinished()).state)

    @app.get("/v1/sessions/{session}/report", dependencies=[staff])
    def report(session: str) -> dict[str, Any]:
        """Return the report of a session that has ended. For staff."""
        return grading.card(house, sittings.tick(house, session)).model_dump(mode="json")

    return app


def turn_out(house: Examiner, state: Sitting) -> wire.TurnOut:
    """Return what a candidate may see of a sitting."""
    from examiner.interview.machine import remaining  # noqa: PLC0415 - one name

    if state.status != "running":
        section = None if state.status == "ended" else state.created.blueprint.sections[state.section].title
        return wire.TurnOut(session=state.id, status=state.status, section=section)
    item, section_state = state.items[state.item], state.sections[state.section]
    turn = item.turns[-1]
    asked = turn.asked if turn.probe else house.instance(item.planned.ref).prompt
    draft = state.draft.text if state.draft and state.draft.turn == turn.id else ""
    return wire.TurnOut(
        session=state.id,
        status=item.stage if item.stage not in ("waiting", "done") else "open",
        section=state.created.blueprint.sections[state.section].title,
        turn=turn.id,
        question=asked,
        follow_up=turn.probe is not None,
        number=state.item - section_state.first + 1,
        of=section_state.count,
        seconds_left=remaining(state, house.clock()),
        draft=draft,
    )


def _staff(house: Examiner) -> Any:
    keys = [k.strip() for k in house.settings.api_keys.split(",") if k.strip()]

    def check(authorization: Annotated[str, Header()] = "") -> None:
        given = authorization.removeprefix("Bearer ").encode()
        if not any(hmac.compare_digest(given, key.encode()) for key in keys):
            raise Unauthorised("this needs an API key", hint="send Authorization: Bearer KEY")

    return check


def _candidate(house: Examiner) -> Any:
    def check(session: str, authorization: Annotated[str, Header()] = "") -> None:
        given = authorization.removeprefix("Bearer ")
        expected = candidate_token(house, session)
        if not hmac.compare_digest(hashlib.sha256(given.encode()).digest(), hashlib.sha256(expected.encode()).digest()):
            raise Unauthorised("this needs the session's token", hint="send Authorization: Bearer TOKEN")

    return check


def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ExaminerError)  # noqa: S101 - registered for that class
    body = {
        "type": "about:blank",
        "title": type(error).__name__,
        "status": error.status,
        "detail": error.message,
    }
    if error.hint:
        body["hint"] = error.hint
    return JSONResponse(body, status_code=error.status, media_type=PROBLEM)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for that class
    first = error.errors()[0]
    place = ".".join(str(p) for p in first["loc"])
    body = {"type": "about:blank", "title": "Invalid", "status": 422, "detail": f"{place}: {first['msg']}"}
    return JSONResponse(body, status_code=422, media_type=PROBLEM)
