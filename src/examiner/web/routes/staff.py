"""Signing in, signing out, and the desk that shows what waits for whom."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from examiner.service.access import signing_in
from examiner.service.access.authority import Principal
from examiner.service.examiner import Examiner
from examiner.service.people import waiting
from examiner.service.trust import labelling
from examiner.web.view import STAFF, SignedOut, View, go, set_cookie


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/staff")

    @router.get("")
    def desk(request: Request) -> Response:
        try:
            who = view.staff(request)
        except SignedOut:
            return view.page(request, "staff/sign_in.html.j2", to=_inside(request.query_params.get("to", "")), wrong="")
        return view.page(request, "staff/desk.html.j2", **_waiting(house, who))

    @router.post("")
    def sign_in(
        request: Request,
        key: Annotated[str, Form(max_length=200)] = "",
        to: Annotated[str, Form(max_length=300)] = "",
    ) -> Response:
        try:
            cookie, _ = signing_in.sign_in(house, key)
        except signing_in.WrongKey as wrong:
            says = f"{wrong.message}; {wrong.hint}"
            return view.page(request, "staff/sign_in.html.j2", status=401, to=_inside(to), wrong=says)
        response = go(_inside(to) or "/staff")
        set_cookie(request, response, STAFF, cookie, signing_in.HOURS)
        return response

    @router.post("/out")
    def sign_out(request: Request, form_token: Annotated[str, Form(max_length=100)] = "") -> Response:
        view.checked(request, STAFF, form_token)
        response = RedirectResponse("/staff", 303)
        response.delete_cookie(STAFF, path="/", httponly=True, samesite="strict")
        return response

    return router


def _inside(path: str) -> str:
    """Return a path of the staff pages, "" for anything that leads elsewhere."""
    return path if path.startswith("/staff/") and "\\" not in path else ""


def _waiting(house: Examiner, who: Principal) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if who.may("review:read"):
        out["reviews"] = waiting.count(house, waiting.ANSWER)
    if who.may("appeals:settle"):
        out["appeals"] = waiting.count(house, waiting.APPEAL)
    if who.may("anchors:read"):
        out["sets"] = len(labelling.sets(house))
    if who.may("sessions:manage"):
        out["running"] = len(house.registry.many("sittings", status="running"))
        out["ended"] = len(house.registry.many("sittings", status="ended"))
    return {"waiting": out}
