"""What the application says of itself in OpenAPI: each route with what it asks for, and the shape of every problem."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from examiner.api.matrix import MATRIX

_TEXT = {"type": "string"}
_SHAPE = {
    "type": "object",
    "description": "`code` is stable and for programs; `detail` and `hint` are for people. Some problems say more.",
    "required": ["type", "title", "status", "detail", "code", "instance", "trace_id"],
    "properties": {
        **dict.fromkeys(("type", "title", "detail", "code", "instance", "trace_id", "hint"), _TEXT),
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "errors": {"type": "array", "items": {"type": "object", "properties": {"where": _TEXT, "says": _TEXT}}},
    },
}
_PROBLEM = {
    "description": "A problem, as RFC 9457 describes them.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what describes an application: each route with what it asks for; the version is the API's."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema and "securitySchemes" in app.openapi_schema["components"]:
            return app.openapi_schema
        made = plain()
        made["info"]["version"] = "1"
        parts = made.setdefault("components", {})
        parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        shapes = parts.setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):  # what does not fit is answered as a problem
            shapes.pop(unused, None)
        shapes["Problem"] = _SHAPE
        for (method, path), rule in MATRIX.items():
            operation = made["paths"][path][method.lower()]
            operation["x-scopes"] = sorted(rule.scopes)
            operation["security"] = [] if rule.public else [{"bearer": []}]
            operation["responses"]["default"] = _PROBLEM
            operation["responses"].pop("422", None)
        return made

    return openapi
