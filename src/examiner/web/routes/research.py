"""What is known of judges: certificates with every line of the gate, drift with its charts, probes."""

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from examiner.domain.errors import Invalid
from examiner.reports.control_chart import control_chart
from examiner.service.batch import studying
from examiner.service.examiner import Examiner
from examiner.service.trust import certifying, proving
from examiner.service.trust.watching import charts_of
from examiner.web import paging
from examiner.web.view import STAFF, Token, View, Why, go

_REFUSED = 20  # shown of what the gate refused


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/staff")

    _certificates(router, house, view)
    _watching(router, house, view)
    return router


def _certificates(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/certificates")
    def certificates(request: Request, page: paging.Number = 1) -> Response:
        view.staff(request, "certificates:read")
        leaf = paging.cut(page, certifying.certificates(house)[::-1])
        refused = [body for kind, body in reversed(certifying.facts(house)) if kind == "refused"] if page == 1 else []
        told, count = refused[:_REFUSED], len(refused)
        return view.page(request, "staff/certificates.html.j2", leaf=leaf, refused=told, refused_in_all=count)

    @router.get("/certificates/{name}")
    def certificate(request: Request, name: str) -> Response:
        view.staff(request, "certificates:read")
        held, revoked = certifying.certificate(house, name)
        return view.page(request, "staff/certificate.html.j2", held=held, revoked=revoked)

    @router.post("/certificates/{name}/revocation")
    def revoke(request: Request, name: str, why: Why = "", form_token: Token = "") -> Response:
        who = view.staff(request, "certificates:revoke")
        view.checked(request, STAFF, form_token)
        if not why.strip():
            raise Invalid("a revocation needs its reason", hint="go back and write one")
        certifying.revoke(house, name, why, who.id)
        return go(f"/staff/certificates/{name}")


def _watching(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/drift")
    def drift(request: Request, judge: studying.JudgeName = "embedded") -> Response:
        view.staff(request, "drift:read")
        charts = sorted(charts_of(house, judge), key=lambda c: (not c.claimed, not c.detected))
        return view.page(
            request,
            "staff/drift.html.j2",
            judge=judge,
            data=studying.drift(house, judge),
            charts=charts,
            pictures=[Markup(control_chart(chart)) for chart in charts],  # noqa: S704 - built from escaped parts
        )

    @router.get("/probes")
    def probes(request: Request) -> Response:
        view.staff(request, "drift:read")
        return view.page(request, "staff/probes.html.j2", report=proving.latest(house), questions=proving.QUESTIONS)

    @router.post("/probes")
    def probe(request: Request, form_token: Token = "") -> Response:
        view.staff(request, "drift:write")
        view.checked(request, STAFF, form_token)
        proving.run(house)
        return go("/staff/probes")
