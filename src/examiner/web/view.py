"""Rendering: one template environment, what every page knows, cookies and the token that forms carry."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import jinja2
from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

import examiner
from examiner.domain.errors import NotFound, Refused
from examiner.reports.card import prose
from examiner.reports.words import NUMBERS, VERDICTS, number
from examiner.service.access import signing_in
from examiner.service.access.authority import Principal
from examiner.service.access.tokens import read_token
from examiner.service.examiner import Examiner
from examiner.web import menu, words

STAFF, CANDIDATE = signing_in.COOKIE, signing_in.CANDIDATE
Token = Annotated[str, Form(max_length=100)]  # of a form, against posts from elsewhere
Why = Annotated[str, Form(max_length=5_000)]  # a reason in words
SHOWN = 100  # rows on one page


class SignedOut(Refused):
    """Nobody is signed in."""

    status = 401


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    """Return the one environment of all pages: it knows no house, so that a template is compiled once for all of them."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("examiner.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(VERDICTS=VERDICTS, NUMBERS=NUMBERS, version=examiner.__version__, pips=words.level)
    made.globals.update(menu=menu.menu, current_room=menu.current, cell=words.cell, heads=words.heads)
    made.filters.update(prose=prose, number=number, **words.FILTERS)
    return made


class View:
    """What renders pages of one house.

    Args:
        house: the wired examiner.

    """

    def __init__(self, house: Examiner) -> None:
        self.house = house

    def page(self, request: Request, template: str, *, status: int = 200, **data: Any) -> Response:
        """Return a page."""
        who = getattr(request.state, "staff", None)
        cookie = request.cookies.get(STAFF if who else CANDIDATE, "")
        base = {
            "path": request.url.path,
            "who": who,
            "form_token": signing_in.form_token(self.house, cookie) if cookie else "",
            "now": self.house.clock(),
        }
        return HTMLResponse(_environment().get_template(template).render(base | data), status)

    def staff(self, request: Request, *scopes: str) -> Principal:
        """Return who is signed in. Raises SignedOut, and Refused where none of the scopes was granted."""
        who = signing_in.signed_in(self.house, request.cookies.get(STAFF, ""))
        if who is None:
            raise SignedOut("sign in with your key first", hint="signed_out")
        request.state.staff = request.state.principal = who
        if scopes and not any(who.may(scope) for scope in scopes):
            raise Refused(f"Your key is for the role {who.role}, which does not do this.", hint="not_your_role")
        return who

    def candidate(self, request: Request) -> tuple[str, int]:
        """Return the session and epoch of the candidate's cookie. Raises SignedOut."""
        found = read_token(self.house, request.cookies.get(CANDIDATE, ""))
        if found is None:
            raise SignedOut("Open this interview by the link you were sent.", hint="signed_out")
        return found

    def checked(self, request: Request, cookie: str, token: str) -> None:
        """Raise Refused where a form was not made for this browser session."""
        if not signing_in.right_form(self.house, request.cookies.get(cookie, ""), token):
            raise Refused("This form is from an earlier visit; open the page again.", hint="stale_form")


def go(path: str) -> Response:
    """Return a redirect after a post."""
    return RedirectResponse(path, 303)


def set_cookie(request: Request, response: Response, name: str, value: str, hours: int) -> None:
    """Set a cookie that no script reads and no other site sends."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=hours * 3600, httponly=True, samesite="strict", secure=secure, path="/")


def wants_json(request: Request) -> bool:
    """Tell whether a script asks, and not a person's browser."""
    return "application/json" in request.headers.get("accept", "")


def received(request: Request, house: Examiner) -> datetime:
    """Return when the server had this request, before it waited for anything."""
    at: datetime = getattr(request.state, "received", None) or house.clock()
    return at


def found_or_404(value: Any, what: str) -> Any:
    """Return a value that is there. Raises NotFound."""
    if value is None:
        raise NotFound(f"There is no {what} under that name.")
    return value
