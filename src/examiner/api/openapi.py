"""The frozen description of the API: written by hand-run command, compared by a test, read by clients.

python -m examiner.api.openapi > docs/openapi.json
"""

import json
import sys
import tempfile
from typing import Any

from examiner.api.app import create_app
from examiner.service.examiner import Examiner
from examiner.settings import Settings


def document() -> dict[str, Any]:
    """Return the OpenAPI document of this version."""
    with tempfile.TemporaryDirectory() as home:
        return create_app(Examiner(Settings(home=home))).openapi()


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
