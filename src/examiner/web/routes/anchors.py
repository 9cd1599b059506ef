"""Anchor sets: blind labels by keyboard, agreement between two people, and what to settle where they disagree."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from markupsafe import Markup

from examiner.domain.errors import Invalid
from examiner.reports.agreement_pictures import heat_map
from examiner.service.access.authority import Principal
from examiner.service.examiner import Examiner
from examiner.service.trust import labelling
from examiner.web import paging
from examiner.web.view import STAFF, Token, View, Why, go

Name = Annotated[str, Form(max_length=200)]


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/staff/anchors")
    _labels(router, house, view)
    _settling(router, house, view)
    return router


def _labels(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("")
    def sets(request: Request, page: paging.Number = 1) -> Response:
        view.staff(request, "anchors:read")
        return view.page(request, "staff/anchors.html.j2", leaf=paging.cut(page, labelling.sets(house)))

    @router.get("/{name}/label")
    def label(request: Request, name: str, skip: int = 0) -> Response:
        who = view.staff(request, "anchors:label")
        data = labelling.next_task(house, name, _rater(who), skip)
        template = "staff/label_card.html.j2" if request.headers.get("hx-request") else "staff/label.html.j2"
        return view.page(request, template, data=data, skip=skip, given=None)

    @router.post("/{name}/label")
    def give(
        request: Request,
        name: str,
        item: Name,
        criterion: Name,
        score: Annotated[str, Form(pattern=r"^(u|-?\d{1,3})$")],
        skip: Annotated[int, Form(ge=0)] = 0,
        form_token: Token = "",
    ) -> Response:
        who = view.staff(request, "anchors:label")
        view.checked(request, STAFF, form_token)
        value = None if score == "u" else float(score)
        labelling.give(house, name, _rater(who), item, criterion, value)
        if request.headers.get("hx-request"):
            data = labelling.next_task(house, name, _rater(who), skip)
            return view.page(request, "staff/label_card.html.j2", data=data, skip=skip, given=score)
        return go(f"/staff/anchors/{name}/label?skip={skip}")


def _settling(router: APIRouter, house: Examiner, view: View) -> None:
    @router.get("/{name}/agreement")
    def agreement(request: Request, name: str, one: str = "", two: str = "") -> Response:
        view.staff(request, "anchors:adjudicate")
        summary = labelling.summary(labelling.opened(house, name))
        raters = summary["raters"]
        one, two = one or (raters[0] if raters else ""), two or (raters[1] if len(raters) > 1 else "")
        found: Any = labelling.agreement(house, name, one, two) if one and two and one != two else None
        crossed = labelling.crossed(house, name, one, two) if found else {}
        pictures = {
            criterion: Markup(heat_map(counts, summary["levels"][0], one, two))  # noqa: S704 - built from escaped parts
            for criterion, counts in crossed.items()
        }
        return view.page(
            request, "staff/agreement.html.j2", set=summary, found=found, one=one, two=two, pictures=pictures
        )

    @router.get("/{name}/disagreements")
    def disagreements(request: Request, name: str, page: paging.Number = 1) -> Response:
        who = view.staff(request, "anchors:adjudicate")
        left = labelling.disagreements(house, name, _rater(who))
        leaf = paging.cut(page, left)
        levels = labelling.opened(house, name).levels
        return view.page(request, "staff/disagreements.html.j2", name=name, leaf=leaf, all=len(left), levels=levels)

    @router.post("/{name}/disagreements")
    def decide(
        request: Request,
        name: str,
        item: Name,
        criterion: Name,
        score: Annotated[str, Form(pattern=r"^-?\d{1,3}$")],
        why: Why = "",
        form_token: Token = "",
    ) -> Response:
        who = view.staff(request, "anchors:adjudicate")
        view.checked(request, STAFF, form_token)
        if not why.strip():
            raise Invalid("a decision needs its reason", hint="go back and write one")
        labelling.adjudicate(house, name, _rater(who), item, criterion, int(score), why.strip())
        return go(f"/staff/anchors/{name}/disagreements")


def _rater(who: Principal) -> str:
    return labelling.rater_name(who.name)
