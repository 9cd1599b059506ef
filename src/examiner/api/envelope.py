"""What every request gets: the time of receipt before any queue, an id, a bound on its body, headers, a log line."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examiner.api.metrics import Metrics
from examiner.api.problems import problem
from examiner.store import tenancy
from examiner.telemetry import traces

MAX_BODY = 1_000_000  # bytes
METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())
log = logging.getLogger("examiner.access")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Strict-Transport-Security": "max-age=31536000",
}
# Pages bring their own policies; what the API answers is never a page.
_API_ONLY = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store"}


class TooLarge(HTTPException):
    """The body passed the bound; of a kind that the framework lets through while it reads."""

    def __init__(self) -> None:
        super().__init__(413, f"a body holds {MAX_BODY} bytes at most")


class Envelope:
    """ASGI middleware around everything.

    Args:
        app: what it surrounds.
        clock: the server's clock.
        metrics: where requests are counted.

    """

    def __init__(self, app: ASGIApp, clock: Callable[[], datetime], metrics: Metrics) -> None:
        self._app = app
        self._clock = clock
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        state = scope.setdefault("state", {})
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        state["received"] = self._clock()
        state["request_id"] = given if _ID.fullmatch(given) else secrets.token_hex(8)
        status = 500
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=state["request_id"])

        async def out(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _dress(message, scope, state["request_id"])
            await send(message)

        with traces.span("request", kind="server", parent=traces.caller(headers.get("traceparent", ""))) as span:
            try:
                with tenancy.within(tenancy.NOBODY):  # until the door says whose rows these are
                    await self._serve(scope, receive, out, headers)
            except TooLarge as error:
                answer = problem(Request(scope), 413, "Too large", str(error.detail), "too_large")
                await answer(scope, receive, out)
            finally:
                self._note(scope, state, status, time.perf_counter() - begun, span)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()) or int(length) > MAX_BODY:
            raise TooLarge
        await self._app(scope, _bounded(receive), send)

    def _note(self, scope: Scope, state: dict[str, Any], status: int, seconds: float, span: traces.Span) -> None:
        route = getattr(scope.get("route"), "path", "(none)")
        method = scope["method"] if scope["method"] in METHODS else "other"  # whoever asks may invent one
        self._metrics.request(method, route, status, seconds)
        who = state.get("principal")
        facts = {"role": getattr(who, "role", ""), "tenant": getattr(who, "tenant", "")}
        span.rename(f"{method} {route}")
        span.set({"http.request.method": method, "http.route": route, "http.response.status_code": status})
        span.set({f"examiner.{name}": value for name, value in facts.items() if value})
        more = {"trace": traces.trace_id()} | facts
        log.info(
            "request",
            extra={"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 2)}
            | {name: value for name, value in more.items() if value},
        )


def _bounded(receive: Receive) -> Receive:
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        if message["type"] == "http.request":
            read += len(message.get("body", b""))
            if read > MAX_BODY:
                raise TooLarge
        return message

    return bounded


def _dress(message: Message, scope: Scope, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["path"].startswith("/v1"):
        for name, value in _API_ONLY.items():
            headers.setdefault(name, value)
    headers["X-Request-Id"] = request_id
