"""The API is what its frozen description says, and no input makes it fail inside."""

import copy
import json
import os
import string
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examiner.api.app import create_app
from examiner.api.openapi import breaking, document
from examiner.service.access.tokens import candidate_token
from examiner.service.sitting import sessions

FROZEN = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = sorted((method, path) for path, methods in FROZEN["paths"].items() for method in methods)
SHAPES = FROZEN["components"]["schemas"]


def test_the_description_is_frozen():
    assert document() == FROZEN, "run: python -m examiner.api.openapi > docs/openapi.json, and read the difference"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["paths"].pop("/v1/loops"), "GET /v1/loops is gone"),
        (lambda d: d["components"]["schemas"]["Shown"]["properties"].pop("turn"), "Shown.turn is gone"),
        (lambda d: d["components"]["schemas"]["AnswerIn"]["required"].append("mood"), "AnswerIn.mood is now demanded"),
        (lambda d: d["paths"]["/v1/keys"]["post"]["responses"].pop("201"), "POST /v1/keys no longer answers 201"),
    ],
)
def test_breaking_changes_are_named(change, says):
    new = copy.deepcopy(FROZEN)
    change(new)
    assert says in breaking(FROZEN, new) and breaking(FROZEN, FROZEN) == []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


def fitting(schema):
    """Return a strategy for values of a JSON schema, as far as ours go."""
    if "$ref" in schema:
        return fitting(SHAPES[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return st.one_of(*(fitting(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        needed = set(schema.get("required", []))
        fields = {name: fitting(one) for name, one in schema["properties"].items()}
        return st.fixed_dictionaries(
            {n: f for n, f in fields.items() if n in needed},
            optional={n: f for n, f in fields.items() if n not in needed},
        )
    low, high = schema.get("minimum"), schema.get("maximum")
    simple = {
        "string": lambda: st.from_regex(schema["pattern"], fullmatch=True) if "pattern" in schema else st.text(
            min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 60), 200)
        ) | st.sampled_from(["0.0", "demo", "embedded", "reference", "admin"]),
        "integer": lambda: st.integers(-(2**63) if low is None else low, 2**63 if high is None else high),
        "number": lambda: st.floats(low, high, allow_nan=False, allow_infinity=False),
        "boolean": st.booleans,
        "null": st.none,
        "array": lambda: st.lists(fitting(schema.get("items", {})), min_size=schema.get("minItems", 0), max_size=3),
    }  # fmt: skip
    return simple[kind]() if kind in simple else anything


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An application with one session that runs and one that has ended; rate limits are tested elsewhere."""
    from examiner.api.limits import Limits
    from examiner.service.examiner import Examiner
    from examiner.settings import Settings

    real, Limits.stranger = Limits.stranger, lambda *_: None
    home = str(tmp_path_factory.mktemp("home"))
    house = Examiner(Settings(home=home, api_keys="root", rate_key=10**6, rate_tenant=10**6))
    live, ended = (sessions.create(house, "demo", candidate="A", seed=7, pace=None) for _ in range(2))
    sessions.begin(house, live.id)
    now = sessions.begin(house, ended.id)
    sessions.submit(house, ended.id, now.turn, "Memory bandwidth.")
    sessions.abandon(house, ended.id)
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield client, house, live.id, ended.id
    Limits.stranger = real
    house.ledger.close()


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20) | st.text(
    string.printable, min_size=1, max_size=20
)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda v: v)
@settings(max_examples=int(os.environ.get("EXAMINER_FUZZ", "12")), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_input_fails_inside(world, method, path, data):
    client, house, live, ended = world
    operation = FROZEN["paths"][path][method]
    session = data.draw(st.sampled_from([live, ended]) | names, label="session")
    filled, query, headers = path, {}, {}
    for parameter in operation.get("parameters", []):
        value = data.draw(fitting(parameter["schema"]) | names, label=parameter["name"])
        if parameter["in"] == "path":
            value = session if parameter["name"] == "session" else value
            filled = filled.replace(f"{{{parameter['name']}}}", quote(str(value) or "x", safe=""))
        elif parameter["in"] == "query":
            query[parameter["name"]] = str(value)
    if path.endswith("/events"):  # a live stream does not end
        filled = filled.replace(quote(live, safe=""), ended)
    own = any(scope.startswith("own:") for scope in operation["x-scopes"])
    if own:
        headers["Authorization"] = f"Bearer {candidate_token(house, session, sessions.epoch_of(house, session))}" if session in (live, ended) else "Bearer x"  # fmt: skip
    else:
        headers["Authorization"] = "Bearer root"
    body = None
    if "requestBody" in operation:
        shape = operation["requestBody"]["content"]["application/json"]["schema"]
        body = json.dumps(data.draw(fitting(shape) | anything, label="body")).encode()
    reply = client.request(
        method, filled, params=query, headers=headers | {"Content-Type": "application/json"}, content=body
    )
    assert reply.status_code < 500, reply.text
    if reply.status_code >= 400:
        assert (
            reply.headers["content-type"] == "application/problem+json" and reply.json()["status"] == reply.status_code
        )
    else:
        assert str(reply.status_code) in operation["responses"]
