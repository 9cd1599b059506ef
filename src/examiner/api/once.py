"""Idempotency-Key: a repeated POST returns what the first returned; the same key with another body is an error.

The answer is stored after the work is durable. Where the process dies in between, the repeated request is worked again:
every recording POST says the same thing twice without harm, so that at-least-once becomes exactly once.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from examiner.domain.errors import Conflict, Invalid

_running: set[str] = set()
_guard = threading.Lock()
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class KeyReused(Invalid):
    """The same key came with another request."""


class InFlight(Conflict):
    """The first request under this key is still being worked."""


class OnceRoute(APIRoute):
    """A route whose POSTs honour Idempotency-Key."""

    def get_route_handler(self) -> Handler:
        """Return the handler with the look-up around it."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            given = request.headers.get("idempotency-key", "")
            if request.method != "POST" or not given:
                return await inner(request)
            return await _once(request, given, inner)

        return handler


async def _once(request: Request, given: str, inner: Handler) -> Response:
    if not (len(given) <= 200 and given.isascii() and given.isprintable()):
        raise Invalid("Idempotency-Key: at most 200 printable ASCII characters")
    house = request.app.state.house
    caller = request.headers.get("authorization", "")
    body = await request.body()
    key = _hash(caller, given, request.method, request.url.path)
    said = hashlib.sha256(body).hexdigest()
    request.state.once = key
    with _guard:
        if key in _running:
            raise InFlight("the first request under this Idempotency-Key is still running", hint="in_flight")
        _running.add(key)
    try:
        found = await run_in_threadpool(house.registry.one, "requests", key=key)
        if found is not None:
            # The door is passed again: a key that was revoked since opens nothing, not even an old answer.
            if found["request"] != said:
                raise KeyReused("this Idempotency-Key was used with another body", hint="idempotency_key_reused")
            authorise = request.app.state.door
            await run_in_threadpool(authorise, request, Response())
            return JSONResponse(json.loads(found["body"]), found["status"], {"Idempotent-Replayed": "true"})
        response = await inner(request)
        if response.status_code < 300 and isinstance(response, JSONResponse | Response) and response.body:
            row = {
                "key": key,
                "request": said,
                "status": response.status_code,
                "body": bytes(response.body).decode(),
                "at": house.clock().isoformat(),
            }
            await run_in_threadpool(house.registry.add, "requests", row)
        return response
    finally:
        with _guard:
            _running.discard(key)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
