"""Candidates as people: who there is, all that is kept of them, legal holds, erasure with its receipt."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from examiner.domain.errors import Invalid
from examiner.service.access import audit, granting
from examiner.service.examiner import Examiner
from examiner.service.people import candidates as people
from examiner.service.people import cohort
from examiner.web import paging
from examiner.web.view import SHOWN, STAFF, Token, View, go

Short = Annotated[str, Form(max_length=500)]


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/staff/candidates")
    _looking(router, house, view)
    _keeping(router, house, view)
    return router


def _looking(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("")
    def candidates(request: Request, page: paging.Number = 1) -> Response:
        view.staff(request, "candidates:read")
        rows, more = cohort.candidates(house, SHOWN, paging.skipped(page))
        return view.page(request, "staff/candidates.html.j2", leaf=paging.leaf(page, rows, more=more))

    @router.get("/{candidate}")
    def candidate(request: Request, candidate: str) -> Response:
        view.staff(request, "candidates:read")
        return view.page(
            request,
            "staff/candidate.html.j2",
            person=people.candidate(house, candidate),
            receipts=people.erasures(house, candidate),
            keys=granting.names_of_keys(house),
        )

    @router.get("/{candidate}/export.json")
    def export(request: Request, candidate: str) -> JSONResponse:
        who = view.staff(request, "candidates:read")
        data = people.export(house, candidate)
        audit.note(house, "exported", who.id, {"candidate": candidate})
        return JSONResponse(data, headers={"Content-Disposition": f'attachment; filename="{candidate}.json"'})


def _keeping(router: APIRouter, house: Examiner, view: View) -> None:
    @router.post("/{candidate}/hold")
    def hold(request: Request, candidate: str, reason: Short = "", form_token: Token = "") -> Response:
        who = view.staff(request, "candidates:erase")
        view.checked(request, STAFF, form_token)
        people.hold(house, candidate, reason, who.id)
        return go(f"/staff/candidates/{candidate}")

    @router.post("/{candidate}/erasure")
    def erase(request: Request, candidate: str, why: Short = "", name: Short = "", form_token: Token = "") -> Response:
        who = view.staff(request, "candidates:erase")
        view.checked(request, STAFF, form_token)
        if not why.strip():
            raise Invalid("an erasure needs its reason", hint="go back and write one; nothing was erased")
        if _plain(name) != _plain(people.candidate(house, candidate)["name"]):
            raise Invalid("the name does not fit", hint="go back and type it as it stands; nothing was erased")
        people.erase(house, candidate, who.id, why.strip())
        return go(f"/staff/candidates/{candidate}")


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
