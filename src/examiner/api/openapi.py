"""The frozen description of the API: written by hand-run command, compared by a test, read by clients.

python -m examiner.api.openapi > docs/openapi.json
"""

import json
import sys
import tempfile
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


def document() -> dict[str, Any]:
    """Return the OpenAPI document of this version."""
    from examiner.api.app import create_app  # noqa: PLC0415 - the application describes itself with this file
    from examiner.service.examiner import Examiner  # noqa: PLC0415
    from examiner.settings import Settings  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as home:
        return create_app(Examiner(Settings(home=home))).openapi()


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


def breaking(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return what of `new` would break a client of `old`: what is gone, newly demanded, or no longer told."""
    found: list[str] = []
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            now = new["paths"].get(path, {}).get(method)
            name = f"{method.upper()} {path}"
            if now is None:
                found.append(f"{name} is gone")
                continue
            known = {p["name"] for p in operation.get("parameters", [])}
            for parameter in now.get("parameters", []):
                if parameter.get("required") and parameter["name"] not in known:
                    found.append(f"{name} now demands {parameter['name']}")
            found += [f"{name} no longer takes {p}" for p in known - {p["name"] for p in now.get("parameters", [])}]
            told = {code for code in operation["responses"] if code.startswith("2")}
            found += [f"{name} no longer answers {code}" for code in told - set(now["responses"])]
    before, after = (d.get("components", {}).get("schemas", {}) for d in (old, new))
    for shape, schema in before.items():
        now = after.get(shape)
        if now is None:
            found.append(f"shape {shape} is gone")
            continue
        gone = set(schema.get("properties", {})) - set(now.get("properties", {}))
        found += [f"{shape}.{field} is gone" for field in sorted(gone)]
        demanded = set(now.get("required", [])) - set(schema.get("required", []))
        entering = shape.endswith(("In", "Ask"))
        found += [f"{shape}.{field} is now demanded" for field in sorted(demanded) if entering]
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n")
