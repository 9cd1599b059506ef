"""The house itself: keys and webhooks, whose secrets are shown once, and the audit log."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response

from examiner.domain.errors import Invalid
from examiner.service import webhooks
from examiner.service.access import authority, granting
from examiner.service.access.authority import Principal
from examiner.service.examiner import Examiner
from examiner.web import paging
from examiner.web.view import STAFF, Token, View, go

Name = Annotated[str, Form(max_length=120)]
Choice = Annotated[list[str], Form(max_length=60)]
_ABOUT = {
    "reviewer": "rates blind, labels anchors",
    "hiring": "invites, reads reports, decides",
    "researcher": "calibrates judges, watches drift",
    "admin": "all of these, and keys, webhooks, the audit log",
}


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/staff")
    _keys(router, house, view)
    _hooks(router, house, view)
    _audit(router, house, view)
    return router


def _keys(router: APIRouter, house: Examiner, view: View) -> None:
    def shown(request: Request, who: Principal, made: dict[str, str] | None = None, page: int = 1) -> Response:
        rows = sorted(authority.list_keys(house), key=lambda row: row["created"], reverse=True)
        roles = [role for role in authority.STAFF if authority.scopes_of(role, who.tenant) <= who.scopes] or [who.role]
        data: dict[str, Any] = {
            "leaf": paging.cut(page, rows),
            "roles": roles,
            "abouts": _ABOUT,
            "scopes": sorted(who.scopes),
            "made": made,
        }
        return view.page(request, "staff/keys.html.j2", **data)

    @router.get("/keys")
    def keys(request: Request, page: paging.Number = 1) -> Response:
        return shown(request, view.staff(request, "keys:write"), page=page)

    @router.post("/keys")
    def make(
        request: Request,
        role: Name,
        name: Name = "",
        days: Annotated[str, Form(pattern=r"^\d{0,4}$")] = "",
        scopes: Choice = [],  # noqa: B006 - read only
        form_token: Token = "",
    ) -> Response:
        who = view.staff(request, "keys:write")
        view.checked(request, STAFF, form_token)
        if not name.strip():
            raise Invalid("a key needs the name of whose it is", hint="go back and write one")
        if days and not 1 <= int(days) <= 3650:
            raise Invalid("a key lives from 1 to 3650 days", hint="go back and mend it; nothing was made")
        identity, key = granting.make_key(house, who, name, role, scopes, int(days) if days else None)
        return shown(request, who, {"id": identity, "key": key})

    @router.post("/keys/{key}/revocation")
    def revoke(request: Request, key: str, form_token: Token = "") -> Response:
        who = view.staff(request, "keys:write")
        view.checked(request, STAFF, form_token)
        granting.end_key(house, who, key)
        return go("/staff/keys")


def _hooks(router: APIRouter, house: Examiner, view: View) -> None:
    def shown(request: Request, made: dict[str, str] | None = None) -> Response:
        return view.page(
            request, "staff/webhooks.html.j2", rows=webhooks.listed(house), kinds=webhooks.KINDS, made=made
        )

    @router.get("/webhooks")
    def hooks(request: Request) -> Response:
        view.staff(request, "hooks:write")
        return shown(request)

    @router.post("/webhooks")
    def add(
        request: Request,
        url: Annotated[str, Form(min_length=8, max_length=2_000)],
        kinds: Choice = [],  # noqa: B006 - read only
        form_token: Token = "",
    ) -> Response:
        who = view.staff(request, "hooks:write")
        view.checked(request, STAFF, form_token)
        return shown(request, granting.add_hook(house, who, url.strip(), kinds))

    @router.post("/webhooks/{hook}/replay")
    def replay(request: Request, hook: str, form_token: Token = "") -> Response:
        view.staff(request, "hooks:write")
        view.checked(request, STAFF, form_token)
        webhooks.replay(house, hook)
        return go("/staff/webhooks")

    @router.post("/webhooks/{hook}/deletion")
    def drop(request: Request, hook: str, form_token: Token = "") -> Response:
        who = view.staff(request, "hooks:write")
        view.checked(request, STAFF, form_token)
        granting.drop_hook(house, who, hook)
        return go("/staff/webhooks")


def _audit(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/audit")
    def audit(
        request: Request,
        kind: Annotated[str, Query(max_length=60)] = "",
        by: Annotated[str, Query(max_length=60)] = "",
        page: paging.Number = 1,
    ) -> Response:
        view.staff(request, "audit:read")
        log = granting.audit_log(house)
        fits = [row for row in log if kind in ("", row["kind"]) and by in ("", row.get("by", ""))]
        return view.page(
            request,
            "staff/audit.html.j2",
            leaf=paging.cut(page, [{"by": ""} | row for row in fits], kind=kind, by=by),
            kind=kind,
            by=by,
            kinds=sorted({row["kind"] for row in log}),
            keys_seen=sorted({row["by"] for row in log if row.get("by")}),
            names=granting.names_of_keys(house),
        )
