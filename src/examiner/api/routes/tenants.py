"""Tenants and what each may spend on models. Only whoever runs the house makes tenants and raises limits."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from examiner.api import wire
from examiner.api.asker import who
from examiner.api.paging import Cursor, Limit, Page, slice_of
from examiner.api.security import FORM_TOKEN
from examiner.domain.errors import Invalid
from examiner.service import budgets
from examiner.service.access import audit, signing_in
from examiner.service.access import tenants as all_tenants
from examiner.service.examiner import Examiner
from examiner.service.people import leaving

Confirmed = Annotated[str, Query(max_length=60, description="The tenant's id once more.")]
Why = Annotated[str, Query(min_length=1, max_length=500, description="The reason, for the audit log.")]


def routes(house: Examiner) -> APIRouter:
    """Return the routes. A new tenant takes no Idempotency-Key: a stored answer would hold its key."""
    router = APIRouter(tags=["tenants"])

    @router.get("/v1/me")
    def me(request: Request, response: Response) -> wire.MeOut:
        """Return who asks: id, name, role, tenant and scopes. A signed-in browser gets the token that its changes need."""
        asker = who(request)
        cookie = request.cookies.get(signing_in.COOKIE, "")
        if cookie and "authorization" not in request.headers:
            response.headers[FORM_TOKEN] = signing_in.form_token(house, cookie)
        return wire.MeOut(
            id=asker.id, name=asker.name, role=asker.role, tenant=asker.tenant, scopes=sorted(asker.scopes)
        )

    @router.get("/v1/budget")
    def own_budget() -> dict[str, Any]:
        """Return what the caller's tenant may spend on models, has spent, when that resets and who raises it."""
        return budgets.standing(house)

    @router.get("/v1/tenants")
    def listed(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List the tenants."""
        return slice_of(all_tenants.listed(house), limit, cursor)

    @router.post("/v1/tenants", status_code=201)
    def add(request: Request, body: wire.TenantIn) -> dict[str, Any]:
        """Make a tenant; its first admin key is shown now and never again."""
        made, key = all_tenants.add(house, body.id, body.name)
        audit.note(house, "tenant_made", who(request).id, {"tenant": body.id})
        return made | {"key": key}

    @router.get("/v1/tenants/{tenant}")
    def shown(tenant: str) -> dict[str, Any]:
        """Return what there is of a tenant: what its deletion would take, leave, and the legal holds that forbid it."""
        return leaving.contents(house, tenant)

    @router.delete("/v1/tenants/{tenant}")
    def delete(request: Request, tenant: str, confirm: Confirmed, why: Why) -> dict[str, Any]:
        """Delete a tenant for good: what its people said, keys, rows, files. `confirm` is its id once more."""
        if confirm != tenant:
            raise Invalid("confirm: not the tenant's id", hint="nothing was deleted")
        return leaving.delete(house, tenant, who(request).id, why)

    @router.get("/v1/tenants/{tenant}/budget")
    def budget(tenant: str) -> dict[str, Any]:
        """Return what a tenant may spend on models, has spent, and when that resets."""
        return budgets.standing(house, str(all_tenants.tenant(house, tenant)["id"]))

    @router.put("/v1/tenants/{tenant}/budget")
    def limit(request: Request, tenant: str, body: wire.BudgetIn) -> dict[str, Any]:
        """Set a tenant's limits in USD: a number, "none", or "" for what the settings say; what is left out stays."""
        given = body.model_dump(exclude_none=True)
        limits: dict[budgets.Period, str] = {p: given[f"{p}_usd"] for p in budgets.PERIODS if f"{p}_usd" in given}
        made = budgets.set_limits(house, tenant, limits)
        audit.note(house, "budget_set", who(request).id, {"tenant": tenant, **given})
        return made

    return router
