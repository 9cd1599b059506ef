"""Idempotency-Key: a repeated POST returns what the first returned; the same key with another body is an error.

What a request records in a session carries the request's mark in the same commit, and the answer is stored after it. Where
the process dies in between, the mark says that the work was done, and the repeat is told where the session stands now.
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

from examiner.api.security import credential
from examiner.domain.errors import Conflict, Invalid
from examiner.service.sitting import sessions
from examiner.service.sitting.once import current

REPLAYED = {"Idempotent-Replayed": "true"}
# Routes that answer with where the session stands; the others may be worked again without harm.
_STANDS = frozenset("start skip self-posed prediction finish-section break abandon".split())
_SECRET = frozenset("sessions links resume".split())
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
    caller = credential(request)
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
            await request.app.state.door(request, Response())
            if found["status"]:
                return JSONResponse(json.loads(found["body"]), found["status"], REPLAYED)
            if request.url.path.rpartition("/")[2] in _STANDS:
                shown = await run_in_threadpool(sessions.current, house, request.path_params["session"])
                return JSONResponse(shown.model_dump(mode="json"), 200, REPLAYED)
        marked = current.set(None if found else (key, said))
        try:
            response = await inner(request)
        finally:
            current.reset(marked)
        if response.status_code < 300 and isinstance(response, JSONResponse | Response) and response.body:
            # An answer that holds a token or a link is not kept: the work is repeated, to the same end.
            secret = request.url.path.rpartition("/")[2] in _SECRET
            if found:
                response.headers.update(REPLAYED)
            row = {
                "key": key,
                "request": said,
                "status": 0 if secret else response.status_code,
                "body": "" if secret else bytes(response.body).decode(),
                "at": house.clock().isoformat(),
                "sitting": request.path_params.get("session", ""),
            }
            await run_in_threadpool(house.registry.put, "requests", row)
        return response
    finally:
        with _guard:
            _running.discard(key)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
