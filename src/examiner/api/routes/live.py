"""The stream of a session's events."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from examiner.api.events import Bell, stream
from examiner.domain.errors import Invalid
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings


def routes(house: Examiner, bell: Bell) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["candidate"])

    @router.get(
        "/v1/sessions/{session}/events",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"text/event-stream": {}}, "description": "Events, `id:` is the number in the log."}
        },
    )
    def events(
        request: Request,
        session: str,
        after: Annotated[int, Query(ge=0, le=2**53)] = 0,
        last_event_id: Annotated[str, Header(max_length=20)] = "",
    ) -> StreamingResponse:
        """Follow a session; `Last-Event-ID` (or `?after=`) goes on behind what was seen."""
        if last_event_id and not (last_event_id.isascii() and last_event_id.isdecimal()):
            raise Invalid("Last-Event-ID: a number, as in the stream")
        sittings.load(house, session)
        who = request.state.principal
        epoch = who.epoch if who.role == "candidate" else None
        body = stream(house, bell, session, int(last_event_id or after), epoch)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(body, media_type="text/event-stream", headers=headers)

    return router
