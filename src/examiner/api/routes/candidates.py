"""Candidates as people: listed, exported, held, erased."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from examiner.api import wire
from examiner.api.asker import who
from examiner.api.once import OnceRoute
from examiner.api.paging import Cursor, Limit, Page, decode, encode
from examiner.service.access import audit
from examiner.service.examiner import Examiner
from examiner.service.people import candidates as people


def routes(house: Examiner) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["candidates"], route_class=OnceRoute)

    @router.get("/v1/candidates")
    def listed(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List candidates, the latest first."""
        rows, place = people.listed(house, limit, decode(cursor))
        return Page(items=rows, next_cursor=encode(place))

    @router.get("/v1/candidates/{candidate}")
    def shown(candidate: str) -> dict[str, Any]:
        """Return one candidate with the sessions of theirs."""
        return people.candidate(house, candidate)

    @router.get("/v1/candidates/{candidate}/export")
    def export(request: Request, candidate: str) -> dict[str, Any]:
        """Return all that is kept of a candidate, with the hashes that chain it."""
        data = people.export(house, candidate)
        audit.note(house, "exported", who(request).id, {"candidate": candidate})
        return data

    @router.put("/v1/candidates/{candidate}/hold")
    def hold(request: Request, candidate: str, body: wire.HoldIn) -> dict[str, Any]:
        """Put the data under a legal hold, or lift it with an empty reason; a hold beats erasure."""
        return people.hold(house, candidate, body.reason, who(request).id)

    @router.delete("/v1/candidates/{candidate}")
    def erase(
        request: Request, candidate: str, why: Annotated[str, Query(max_length=500)] = "asked by the candidate"
    ) -> dict[str, Any]:
        """Erase what a candidate said and is called, for good; hashes stay, so every chain still verifies."""
        return people.erase(house, candidate, who(request).id, why)

    return router
