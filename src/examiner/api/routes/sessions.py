"""Sessions as staff see them: made, listed, linked, accommodated."""

from typing import Any

from fastapi import APIRouter, Request

from examiner.api import wire
from examiner.api.once import OnceRoute
from examiner.api.paging import Cursor, Limit, Page, decode, encode
from examiner.domain.errors import NotFound
from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.sitting import links, sessions


def routes(house: Examiner) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["sessions"], route_class=OnceRoute)

    @router.post("/v1/sessions", status_code=201)
    def create_session(request: Request, body: wire.SessionIn) -> wire.SessionOut:
        """Create a session of a loop. With an Idempotency-Key a repeated call returns the same session."""
        state = sessions.create(
            house,
            body.loop,
            candidate=body.candidate,
            seed=body.seed,
            pace=body.pace,
            multiplier=body.multiplier,
            once=getattr(request.state, "once", ""),
        )
        return wire.SessionOut(session=state.id, token=candidate_token(house, state.id))

    @router.get("/v1/sessions")
    def list_sessions(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List sessions, the latest first."""
        rows, place = house.registry.page("sittings", "created", limit, decode(cursor))
        return Page(items=[_public(row) for row in rows], next_cursor=encode(place))

    @router.get("/v1/sessions/{session}")
    def show_session(session: str) -> dict[str, Any]:
        """Return where a session stands; nothing of what was said."""
        row = house.registry.one("sittings", id=session)
        if row is None:
            raise NotFound(f"no session '{session}'")
        return _public(row)

    @router.post("/v1/sessions/{session}/links", status_code=201)
    def make_link(session: str, body: wire.LinkAsk) -> wire.LinkOut:
        """Make a one-time link for the candidate, to begin or to go on on another device."""
        link, expires = links.make(house, session, body.hours)
        return wire.LinkOut(link=link, expires=expires)

    @router.post("/v1/links")
    def open_link(body: wire.LinkIn) -> wire.SessionOut:
        """Open a one-time link: returns the session and a token; other devices of the session are fenced off."""
        session, epoch = links.open_link(house, body.link)
        return wire.SessionOut(session=session, token=candidate_token(house, session, epoch))

    @router.post("/v1/sessions/{session}/accommodations")
    def accommodate(session: str, body: wire.AccommodationIn) -> sessions.Shown:
        """Grant more time or breaks, before or during the session; it counts at once."""
        return sessions.accommodate(house, session, body.multiplier, body.breaks_inside, body.reason)

    return router


def _public(row: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "candidate", "loop", "policy", "status", "deadline", "created", "updated")
    return {("session" if name == "id" else name): row[name] for name in names}
