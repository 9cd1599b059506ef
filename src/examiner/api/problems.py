"""Errors as `application/problem+json` (RFC 9457): what, where, how to mend; never a traceback, never a secret."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from examiner.api.matrix import MATRIX
from examiner.domain.errors import ExaminerError
from examiner.store.engine import refusal

MEDIA = "application/problem+json"
_RETRY = {429: "5", 503: "2", 507: "30"}
log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Answer every error of an application as a problem."""
    app.add_exception_handler(ExaminerError, _examiner)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _away)
    app.add_exception_handler(Exception, _unforeseen)


def problem(
    request: Request,
    status: int,
    title: str,
    detail: str,
    code: str,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """Return a problem. `code` is stable and for programs; `detail` is for people."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": request.url.path,
        "trace_id": request.scope.get("state", {}).get("request_id", ""),
        **{k: v for k, v in more.items() if v not in (None, "")},
    }
    sent = dict(headers or {})
    if status in _RETRY:
        sent.setdefault("Retry-After", _RETRY[status])
    if status == HTTPStatus.UNAUTHORIZED:
        sent.setdefault("WWW-Authenticate", "Bearer")
    return JSONResponse(body, status_code=status, media_type=MEDIA, headers=sent)


def _examiner(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ExaminerError)  # noqa: S101 - registered for that class
    title = type(error).__name__
    code = error.hint if error.hint.isidentifier() else title.lower()
    extra = getattr(error, "extra", {})
    headers = getattr(error, "headers", None)
    return problem(request, error.status, title, error.message, code, headers, hint=error.hint, **extra)


def _away(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OperationalError)  # noqa: S101 - registered for that class
    log.error("the database did not answer", exc_info=error)
    return _examiner(request, refusal(error))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for that class
    # Neither `input` nor `ctx`: what was sent may be an answer or a key, and is nobody else's to read in a log.
    places = [{"where": ".".join(map(str, e["loc"])), "says": e["msg"]} for e in error.errors()]
    first = places[0]
    return problem(request, 422, "Invalid", f"{first['where']}: {first['says']}", "invalid", errors=places)


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for that class
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and "route" in request.scope:
        # The framework names the methods of the one route that it looked at; others share the path.
        path = getattr(request.scope["route"], "path", "")
        headers["Allow"] = ", ".join(sorted(method for method, known in MATRIX if known == path)) or headers["Allow"]
    return problem(request, error.status_code, phrase, str(error.detail), code, headers)


def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    log.error(
        "unforeseen error", exc_info=error, extra={"route": getattr(request.scope.get("route"), "path", "(none)")}
    )
    return problem(request, 500, "Internal error", "something failed here; the log says what", "internal")
