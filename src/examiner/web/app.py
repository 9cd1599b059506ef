"""The pages as one application beside the API: static files, roles' routes, errors as pages, strict headers."""

import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examiner.domain.errors import ExaminerError
from examiner.service.access import signing_in
from examiner.service.examiner import Examiner
from examiner.store import tenancy
from examiner.web import front
from examiner.web.routes import anchors, candidate, hiring, persons, research, review, sso, staff, talking
from examiner.web.routes import house as own
from examiner.web.view import SignedOut, View, wants_json

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STATIC = Path(__file__).parent / "static"
log = logging.getLogger(__name__)


def attach(app: FastAPI, house: Examiner) -> None:
    """Serve the pages on every path of an application that is not the API's."""
    app.router.routes.append(_Beside("", app=create_pages(house), name="pages"))


class _Beside(Mount):
    """A mount that leaves /v1 alone: what the API does not have stays a problem, not a page."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = scope.get("path", "")
        if path == "/v1" or path.startswith("/v1/"):
            return Match.NONE, {}
        return super().matches(scope)


def create_pages(house: Examiner) -> FastAPI:
    """Return the pages as an application of their own."""
    pages = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    view = View(house)
    pages.state.view = view
    for room in (front, candidate, talking, sso, staff, review, anchors, hiring, persons, research, own):
        pages.include_router(room.routes(house, view))
    pages.mount("/static", StaticFiles(directory=STATIC), name="static")
    pages.add_exception_handler(ExaminerError, _examiner)
    pages.add_exception_handler(RequestValidationError, _invalid)
    pages.add_exception_handler(HTTPException, _http)
    pages.add_middleware(Guard, house=house)
    return pages


class Guard:
    """Refuses posts that another site sent, says whose data a page shows, and dresses every page in its policy."""

    def __init__(self, app: ASGIApp, house: Examiner) -> None:
        self._app, self._house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _dressed(message["headers"], cacheable="/static/" in scope["path"])
            await send(message)

        site = dict(scope["headers"]).get(b"sec-fetch-site", b"none")
        if scope["method"] == "POST" and site not in (b"none", b"same-origin"):
            await Response("Posts come from this site's own pages.", 403)(scope, receive, out)
            return
        path, cookies = scope["path"], Request(scope).cookies
        with tenancy.within(await run_in_threadpool(signing_in.whose_page, self._house, path, cookies)):
            await self._app(scope, receive, out)


def _dressed(headers: Any, *, cacheable: bool) -> list[tuple[bytes, bytes]]:
    ours = {
        b"content-security-policy": POLICY.encode(),
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"no-referrer",
        b"cache-control": b"public, max-age=3600" if cacheable else b"no-store",
    }
    return [(k, v) for k, v in headers if k.lower() not in ours] + list(ours.items())


def _examiner(request: Request, error: Exception) -> Response:
    assert isinstance(error, ExaminerError)  # noqa: S101 - registered for that class
    if wants_json(request):
        code = error.hint if error.hint.isidentifier() else type(error).__name__.lower()
        return JSONResponse({"code": code, "says": error.message, **getattr(error, "extra", {})}, error.status)
    if isinstance(error, SignedOut) and request.url.path.startswith("/staff/") and request.method == "GET":
        return RedirectResponse(f"/staff?to={quote(request.url.path)}", 303)
    hint = "" if error.hint.isidentifier() else error.hint
    return _page(request, error.status, error.message, hint)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for that class
    first = error.errors()[0]
    return _page(request, 422, f"{first['loc'][-1]}: {first['msg']}", "Go back and mend it; nothing was stored.")


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for that class
    return _page(request, error.status_code, "", "")


def _page(request: Request, status: int, says: str, hint: str) -> Response:
    if wants_json(request):
        return JSONResponse({"code": "refused", "says": says}, status)
    view: View = request.app.state.view
    title = _TITLES.get(status, HTTPStatus(status).phrase)
    return view.page(request, "error.html.j2", status=status, code=status, title=title, says=says, hint=hint)


_TITLES = {
    401: "Please sign in",
    403: "This is not open to you",
    404: "There is nothing here",
    409: "Something changed meanwhile",
    410: "This is gone",
    422: "That does not fit",
    429: "Too fast",
    507: "Not saved: the disk is full",
}
