"""Review by people: the queue, blind ratings, side by side once the own rating is locked, grades that win, appeals."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from starlette.concurrency import run_in_threadpool

from examiner.domain.errors import Invalid
from examiner.service.access import audit
from examiner.service.access.authority import Principal
from examiner.service.examiner import Examiner
from examiner.service.people import appealing, reviewing, waiting
from examiner.web import paging
from examiner.web.view import SHOWN, STAFF, Token, View, Why, go

Level = Annotated[str, Form(pattern="^[0-3]$")]
_SETTLED = 20  # appeals shown of those that were settled


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/staff")
    _reviews(router, house, view)
    _judging(router, house, view)
    _appeals(router, house, view)
    return router


def _reviews(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/reviews")
    def queue(request: Request, page: paging.Number = 1) -> Response:
        who = view.staff(request, "review:read")
        rows, place = waiting.page(house, waiting.ANSWER, SHOWN, by=who, skip=paging.skipped(page))
        leaf = paging.leaf(page, rows, more=place is not None)
        return view.page(request, "staff/reviews.html.j2", leaf=leaf, all=waiting.count(house, waiting.ANSWER))

    @router.get("/reviews/{session}/{item}")
    def task(request: Request, session: str, item: int) -> Response:
        who = view.staff(request, "review:read")
        data = reviewing.task(house, session, item, who.id)
        audit.note(house, "read_answer", who.id, {"session": session, "item": item})
        grades = reviewing.human_grades(reviewing.history(house, session))
        around = _around(house, session, item, who)
        blind = who.may("review:write") and not data["rated"] and reviewing.would_be_blind(house, session, item, who)
        return view.page(request, "staff/review.html.j2", task=data, grade=grades.get(item), blind=blind, **around)


def _judging(router: APIRouter, house: Examiner, view: View) -> None:
    @router.post("/reviews/{session}/{item}/rating")
    async def rate(request: Request, session: str, item: int) -> Response:
        who = view.staff(request, "review:write")
        form = {name: str(value) for name, value in (await request.form(max_fields=40)).items()}
        view.checked(request, STAFF, form.get("form_token", ""))
        levels = {
            name.removeprefix("criterion:"): _level(value)
            for name, value in form.items()
            if name.startswith("criterion:") and value
        }
        note = form.get("note", "")[:5_000].strip()
        score = _level(form.get("score", ""))
        await run_in_threadpool(reviewing.rate, house, session, item, who, score, levels, note)
        return go(f"/staff/reviews/{session}/{item}#side")

    @router.post("/reviews/{session}/{item}/grade")
    def overrule(
        request: Request, session: str, item: int, score: Level, why: Why = "", form_token: Token = ""
    ) -> Response:
        who = view.staff(request, "review:write", "review:override")
        view.checked(request, STAFF, form_token)
        if not why.strip():
            raise Invalid("a grade needs its reason", hint="go back and write one")
        blind = not who.may("review:override")
        reviewing.overrule(house, session, item, who.id, int(score), why.strip(), blind_first=blind)
        return go(f"/staff/reviews/{session}/{item}#grade")


def _appeals(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/appeals")
    def appeals(request: Request, page: paging.Number = 1) -> Response:
        view.staff(request, "appeals:settle")
        rows, place = waiting.page(house, waiting.APPEAL, SHOWN, skip=paging.skipped(page))
        settled = appealing.settled_appeals(house, _SETTLED) if page == 1 else []
        leaf = paging.leaf(page, rows, more=place is not None)
        return view.page(request, "staff/appeals.html.j2", leaf=leaf, settled=settled, settled_most=_SETTLED)

    @router.post("/appeals/{session}/{appeal}")
    def settle(
        request: Request,
        session: str,
        appeal: str,
        outcome: Annotated[str, Form(pattern="^(upheld|changed)$")],
        why: Why = "",
        form_token: Token = "",
    ) -> Response:
        who = view.staff(request, "appeals:settle")
        view.checked(request, STAFF, form_token)
        if not why.strip():
            raise Invalid("an appeal is settled with a reason", hint="go back and write one")
        appealing.settle(house, session, appeal, outcome, who.id, why.strip())
        return go("/staff/appeals")


def _around(house: Examiner, session: str, item: int, who: Principal) -> dict[str, Any]:
    """Return where an answer stands in the queue and its neighbours' addresses."""
    found = waiting.around(house, session, item, who)
    return found | {side: _address(found[side]) for side in ("before", "after")}


def _address(place: tuple[str, int] | None) -> str:
    return f"/staff/reviews/{place[0]}/{place[1]}" if place else ""


def _level(text: str) -> int:
    if text not in ("0", "1", "2", "3"):
        raise Invalid("choose a level from 0 to 3", hint="go back; nothing was stored")
    return int(text)
