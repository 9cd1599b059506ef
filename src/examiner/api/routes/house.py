"""The house itself: keys and the audit log."""

from fastapi import APIRouter, Request, Response

from examiner.api import wire
from examiner.api.paging import Cursor, Limit, Page, slice_of
from examiner.api.routes.review import who
from examiner.domain.errors import Refused
from examiner.service.access import audit, authority
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
        asker = who(request)
        granted = frozenset(body.scopes) or authority.scopes_of(body.role, asker.tenant)
        if not granted <= asker.scopes:
            raise Refused("a key cannot give what it does not have", hint="not_your_scope")
        identity, key = authority.create_key(house, body.name, body.role, tuple(body.scopes), body.days)
        audit.note(house, "key_made", asker.id, {"key": identity, "role": body.role})
        return {"id": identity, "key": key}

    @router.delete("/v1/keys/{key}", status_code=204)
    def revoke(request: Request, key: str) -> Response:
        """End a key at once."""
        authority.revoke_key(house, key)
        audit.note(house, "key_revoked", who(request).id, {"key": key})
        return Response(status_code=204)

    @router.get("/v1/audit")
    def staff_log(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List what staff read, exported, erased and granted, the latest first."""
        rows = [
            {"seq": r.seq, "kind": r.kind, "at": r.at.isoformat(), **r.body}
            for stream in ("staff", "erasures")
            for r in house.ledger.audits.read(stream)
        ]
        return slice_of(sorted(rows, key=lambda row: str(row["at"]), reverse=True), limit, cursor)

    return router
