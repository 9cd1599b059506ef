"""Webhooks: endpoints, their secrets shown once, and deliveries tried again on request."""

from typing import Any

from fastapi import APIRouter, Request, Response

from examiner.api import wire
from examiner.api.asker import who
from examiner.api.paging import Cursor, Limit, Page, slice_of
from examiner.service import webhooks
from examiner.service.access import granting
from examiner.service.examiner import Examiner


def routes(house: Examiner) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["webhooks"])

    @router.get("/v1/webhooks")
    def listed(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List the endpoints and how their deliveries stand."""
        return slice_of(webhooks.listed(house), limit, cursor)

    @router.post("/v1/webhooks", status_code=201)
    def add(request: Request, body: wire.HookIn) -> dict[str, Any]:
        """Add an endpoint; its signing secret is shown now and never again."""
        return granting.add_hook(house, who(request), body.url, body.kinds)

    @router.delete("/v1/webhooks/{hook}", status_code=204)
    def drop(request: Request, hook: str) -> Response:
        """Delete an endpoint."""
        granting.drop_hook(house, who(request), hook)
        return Response(status_code=204)

    @router.post("/v1/webhooks/{hook}/replay")
    def replay(hook: str) -> dict[str, int]:
        """Switch an endpoint on again and try everything undelivered now."""
        return {"waiting": webhooks.replay(house, hook)}

    return router
