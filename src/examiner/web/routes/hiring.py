"""The hiring team: sessions and their links, one report with its evidence, decisions, the cohort."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from examiner.domain.errors import Invalid
from examiner.service.access import audit
from examiner.service.examiner import Examiner
from examiner.service.people import candidates as people
from examiner.service.people import cohort, reviewing
from examiner.service.sitting import links, sessions
from examiner.web import paging
from examiner.web.view import SHOWN, STAFF, Token, View, Why, found_or_404, go

Name = Annotated[str, Form(max_length=120)]


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/staff")
    _sessions(router, house, view)
    _managing(router, house, view)
    _cohort(router, house, view)
    _reports(router, house, view)
    return router


def _sessions(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/sessions")
    def listed(request: Request, page: paging.Number = 1) -> Response:
        view.staff(request, "sessions:manage")
        rows, place = house.registry.page("sittings", "created", SHOWN, skip=paging.skipped(page))
        names = people.names(house, (row["candidate"] for row in rows))
        leaf = paging.leaf(page, rows, more=place is not None)
        loops = [house.vault.loop(name) for name in sorted(house.vault.loops)]
        return view.page(request, "staff/sessions.html.j2", leaf=leaf, names=names, loops=loops)

    @router.post("/sessions")
    def create(
        request: Request,
        loop: Name,
        candidate: Name = "",
        multiplier: Annotated[float, Form(ge=1, le=5)] = 1.0,
        form_token: Token = "",
    ) -> Response:
        who = view.staff(request, "sessions:create")
        view.checked(request, STAFF, form_token)
        if not candidate.strip():
            raise Invalid("a session needs the candidate's name", hint="go back and write one")
        state = sessions.create(house, loop, candidate=candidate, multiplier=multiplier)
        audit.note(house, "created_session", who.id, {"session": state.id})
        return go(f"/staff/sessions/{state.id}")

    @router.get("/sessions/{session}")
    def show(request: Request, session: str) -> Response:
        who = view.staff(request, "sessions:manage")
        row = found_or_404(house.registry.one("sittings", id=session), "session")
        if row["status"] == "ended" and who.may("reports:read"):
            return go(f"/staff/reports/{session}")
        return _session(view, request, row, link="")


def _managing(router: APIRouter, house: Examiner, view: View) -> None:
    @router.post("/sessions/{session}/links")
    def make_link(request: Request, session: str, form_token: Token = "") -> Response:
        who = view.staff(request, "sessions:manage")
        view.checked(request, STAFF, form_token)
        link, _ = links.make(house, session)
        audit.note(house, "made_link", who.id, {"session": session})
        address = f"{str(request.base_url).rstrip('/')}/i/{link}"
        return _session(
            view, request, found_or_404(house.registry.one("sittings", id=session), "session"), link=address
        )

    @router.post("/sessions/{session}/accommodations")
    def accommodate(
        request: Request,
        session: str,
        multiplier: Annotated[float, Form(ge=1, le=5)] = 1.0,
        breaks: Annotated[str, Form(max_length=3)] = "",
        reason: Annotated[str, Form(max_length=500)] = "",
        form_token: Token = "",
    ) -> Response:
        who = view.staff(request, "sessions:manage")
        view.checked(request, STAFF, form_token)
        sessions.accommodate(house, session, multiplier, breaks == "yes", reason.strip())
        audit.note(house, "accommodated", who.id, {"session": session})
        return go(f"/staff/sessions/{session}")


def _cohort(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/cohort")
    def whole(request: Request, loop: str = "", page: paging.Number = 1) -> Response:
        who = view.staff(request, "reports:read")
        data = cohort.cohort(house, loop, SHOWN, paging.skipped(page))
        leaf = paging.leaf(page, data.lines, more=data.more, loop=loop)
        audit.note(house, "read_cohort", who.id, {"loop": loop})
        loops = sorted(house.vault.loops)
        return view.page(request, "staff/cohort.html.j2", cohort=data, leaf=leaf, loop=loop, loops=loops)


def _reports(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/reports/{session}")
    def report(request: Request, session: str) -> Response:
        who = view.staff(request, "reports:read")
        data: dict[str, Any] = reviewing.report(house, session, who)
        audit.note(house, "read_report", who.id, {"session": session})
        points = [_points(item) for item in data["items"]]
        return view.page(request, "staff/report.html.j2", card=data, points=points)

    @router.post("/reports/{session}/decision")
    def decide(
        request: Request,
        session: str,
        outcome: Annotated[str, Form(pattern="^(advance|hold|decline)$")],
        by: Name = "",
        why: Why = "",
        form_token: Token = "",
    ) -> Response:
        who = view.staff(request, "decisions:write")
        view.checked(request, STAFF, form_token)
        if not (by.strip() and why.strip()):
            raise Invalid("a decision needs the name of who decides, and the reason", hint="go back and write both")
        reviewing.decide(house, session, outcome, by.strip(), why.strip(), who.id)
        return go(f"/staff/reports/{session}#decision")


def _session(view: View, request: Request, row: dict[str, Any], link: str) -> Response:
    name = people.names(view.house, [row["candidate"]])[row["candidate"]]
    return view.page(request, "staff/session.html.j2", row=row, name=name, link=link)


def _points(item: dict[str, Any]) -> list[dict[str, Any]]:
    score = item["score"]
    return [p | {"criterion": c["criterion"]} for c in score["criteria"] for p in c["points"]] if score else []
