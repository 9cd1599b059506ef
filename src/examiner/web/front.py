"""The front door: the first page, and one-time links, which open by a press and not by being looked at."""

from fastapi import APIRouter, Request, Response

from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.sitting import links
from examiner.web.view import CANDIDATE, View, go, set_cookie

_DAYS = 14  # a session may be put aside for days


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/")
    def front(request: Request) -> Response:
        return view.page(request, "front.html.j2")

    @router.get("/i/{link}")
    def link(request: Request, link: str) -> Response:
        # Mail scanners and previews look at links; only the press below uses one up.
        return view.page(request, "candidate/link.html.j2", known=CANDIDATE in request.cookies)

    @router.post("/i/{link}")
    def open_link(request: Request, link: str) -> Response:
        try:
            session, epoch = links.open_link(house, link)
        except links.LinkGone:
            return view.page(request, "candidate/gone.html.j2", status=410, known=CANDIDATE in request.cookies)
        response = go("/interview")
        set_cookie(request, response, CANDIDATE, candidate_token(house, session, epoch), 24 * _DAYS)
        return response

    return router
