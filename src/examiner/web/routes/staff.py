"""Signing in by a key, and the desk that shows what waits for whom."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from examiner.service.access import signing_in
from examiner.service.access.authority import Principal
from examiner.service.examiner import Examiner
from examiner.service.limiting import STRANGER_BURST, STRANGER_RATE, Buckets
from examiner.service.people import waiting
from examiner.service.trust import labelling
from examiner.web.routes.sso import inside, offered
from examiner.web.view import STAFF, SignedOut, View, go, set_cookie


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/staff")
    guesses = Buckets("address", STRANGER_RATE, STRANGER_BURST)

    @router.get("")
    def desk(request: Request) -> Response:
        try:
            who = view.staff(request)
        except SignedOut:
            to = inside(request.query_params.get("to", ""))
            return view.page(request, "staff/sign_in.html.j2", to=to, wrong="", sso=offered(house))
        return view.page(request, "staff/desk.html.j2", **_waiting(house, who))

    @router.post("")
    def sign_in(
        request: Request,
        key: Annotated[str, Form(max_length=200)] = "",
        to: Annotated[str, Form(max_length=300)] = "",
    ) -> Response:
        try:
            guesses.held(request.client.host if request.client else "")
            cookie, _ = signing_in.sign_in(house, key)
        except signing_in.WrongKey as wrong:
            guesses.take(request.client.host if request.client else "")
            says = f"{wrong.message}; {wrong.hint}"
            data = {"to": inside(to), "wrong": says, "sso": offered(house)}
            return view.page(request, "staff/sign_in.html.j2", status=401, **data)
        response = go(inside(to) or "/staff")
        set_cookie(request, response, STAFF, cookie, signing_in.HOURS)
        return response

    return router


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
