"""The house itself: keys and the audit log."""

from fastapi import APIRouter, Request, Response

from examiner.api import wire
from examiner.api.asker import who
from examiner.api.paging import Cursor, Limit, Page, slice_of
from examiner.service.access import authority, granting
from examiner.service.examiner import Examiner


def routes(house: Examiner) -> APIRouter:
    """Return the routes. Keys take no Idempotency-Key: a stored answer would hold the secret."""
    router = APIRouter(tags=["house"])

    @router.get("/v1/keys")
    def keys(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List the API keys; no secret is kept, so none is shown."""
        return slice_of(authority.list_keys(house), limit, cursor)

    @router.post("/v1/keys", status_code=201)
    def create(request: Request, body: wire.KeyIn) -> dict[str, str]:
        """Make a key; it is shown now and never again, and can do no more than the key that made it."""
        identity, key = granting.make_key(house, who(request), body.name, body.role, tuple(body.scopes), body.days)
        return {"id": identity, "key": key}

    @router.delete("/v1/keys/{key}", status_code=204)
    def revoke(request: Request, key: str) -> Response:
        """End a key at once."""
        granting.end_key(house, who(request), key)
        return Response(status_code=204)

    @router.get("/v1/audit")
    def staff_log(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List what staff read, exported, erased and granted, the latest first."""
        return slice_of(granting.audit_log(house), limit, cursor)

    return router
