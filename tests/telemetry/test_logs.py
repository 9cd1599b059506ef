"""One JSON line an event; whatever comes through a door, no secret and no word of a candidate stands in the log."""

import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from urllib.parse import quote

import pytest
import structlog
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from examiner.api.app import create_app
from examiner.api.openapi import document
from examiner.domain.errors import Upstream
from examiner.service.access.tokens import candidate_token
from examiner.service.sitting import sessions
from examiner.service.upkeep import sweeping
from examiner.telemetry import logs
from examiner.telemetry.masking import Mask, secrets_in
from examiner.web.app import attach

STAFF = {"Authorization": "Bearer staff-key"}
SAID = "quokka-words-that-nobody-logs"
NAME = "Zebedee Quagmire"
SECRETS = {
    "key": "exm_abcdef_Sup3rSecretKeyPart",
    "token": "ct_s-0001_1_Sup3rSecretToken",
    "link": "cl_Sup3rSecretLink",
    "vendor": "sk-ant-Sup3rSecretVendor",
    "hook": "whsec_Sup3rSecretHook",
}
PLANTED = ("Sup3rSecret", SAID, NAME)


@pytest.fixture
def said():
    """What is logged while a test runs."""
    out = io.StringIO()
    logs.configure(out)
    yield out
    logging.captureWarnings(False)
    logging.basicConfig(force=True, handlers=[logging.NullHandler()])
    structlog.contextvars.clear_contextvars()


def lines(out):
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_line_with_its_request(said, house):
    with TestClient(create_app(house)) as client:
        client.get("/v1/loops", headers=STAFF | {"X-Request-Id": "abc-1"})
    line = next(one for one in lines(said) if one["event"] == "request")
    assert (line["request_id"], line["route"], line["status"], line["role"]) == ("abc-1", "/v1/loops", 200, "admin")
    assert line["level"] == "info" and line["logger"] == "examiner.access" and line["at"].endswith("Z")


def test_what_is_logged_within_a_request_carries_its_id(said, house, monkeypatch):
    def talks(*_):
        logging.getLogger("examiner.somewhere").warning("from within", extra={"count": 3})
        return []

    monkeypatch.setattr("examiner.service.access.authority.list_keys", talks)
    with TestClient(create_app(house)) as client:
        client.get("/v1/keys", headers=STAFF | {"X-Request-Id": "abc-2"})
    line = next(one for one in lines(said) if one["event"] == "from within")
    assert line["request_id"] == "abc-2" and line["count"] == 3


def fill(schema, shapes, value):
    """Return a body of a schema with `value` wherever a string may stand."""
    if "$ref" in schema:
        return fill(shapes[schema["$ref"].rpartition("/")[2]], shapes, value)
    if "anyOf" in schema:
        return fill(schema["anyOf"][0], shapes, value)
    kind = schema.get("type")
    if kind == "object":
        return {name: fill(one, shapes, value) for name, one in schema.get("properties", {}).items()} or {value: value}
    if kind == "array":
        return [fill(schema.get("items", {}), shapes, value)]
    return {"integer": 1, "number": 1.0, "boolean": True}.get(kind, value)


@pytest.mark.slow
def test_secrets_through_every_door_reach_no_line(said, house, monkeypatch):
    described = document()
    state = sessions.create(house, "demo", candidate=NAME, seed=7)
    sessions.begin(house, state.id)
    token = candidate_token(house, state.id)
    app = create_app(house)
    attach(app, house)
    value = " ".join([*SECRETS.values(), SAID, NAME])
    tried = ("Bearer " + SECRETS["key"], "Bearer staff-key", f"Bearer {token}")
    asked = 0
    with TestClient(app, raise_server_exceptions=False) as client:
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                if path.endswith("/events"):
                    continue
                for n, who in enumerate(tried):
                    filled = path.replace("{session}", state.id if n % 2 else quote(value))
                    while "{" in filled:
                        filled = filled.partition("{")[0] + quote(value) + filled.partition("}")[2]
                    query = {p["name"]: value for p in operation.get("parameters", []) if p["in"] == "query"}
                    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                    given = json.dumps(fill(body.get("schema", {}), described["components"]["schemas"], value))
                    headers = {
                        "Authorization": who, "Cookie": f"staff={quote(value)}", "User-Agent": value, "Referer": f"/{value}",
                        "Idempotency-Key": f"{value}-{asked}", "If-Match": value, "traceparent": value,
                        "X-Request-Id": SECRETS["key"],  # an id of words is the caller's own "Content-Type": "application/json",
                    }  # fmt: skip
                    sent = given if n % 2 else given[:-1]  # half of them break off
                    client.request(method, filled, params=query, headers=headers, content=sent.encode())
                    asked += 1
        for page in ("/", f"/s/{value}", "/staff", f"/staff/{value}", f"/l/{value}", "/no-such-page"):
            client.get(page, params={"to": value}, headers={"Cookie": f"staff={quote(value)}"})
            client.post(page, data={"key": value, "token": value, "text": value})
            asked += 2
    assert asked > 150 and len(lines(said)) >= asked
    for planted in (*PLANTED, "staff-key", token.rpartition("_")[2]):
        assert planted not in said.getvalue()


def test_failures_are_named_without_their_words(said, house, monkeypatch):
    def breaks(*_):
        try:
            house.ledger.append("x", [], after=0)
        except Exception as cause:
            raise RuntimeError(f"no {SAID} for {SECRETS['key']}") from cause

    monkeypatch.setattr("examiner.service.access.authority.list_keys", breaks)
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        client.get("/v1/keys", headers=STAFF)
    line = next(one for one in lines(said) if one["event"] == "unforeseen error")
    assert line["route"] == "/v1/keys"
    assert line["failure"][0].startswith("builtins.RuntimeError at ") and "breaks" in line["failure"][0]
    assert line["failure"][1].startswith("examiner.domain.errors.Invalid at ")
    assert SAID not in said.getvalue() and "Sup3rSecret" not in said.getvalue()


def test_a_provider_that_quotes_the_answer_is_not_quoted(said, house):
    def refuses(_):
        raise Upstream(f"the provider says: bad prompt '{SAID}'")

    assert sweeping._safely("s-1", refuses) == 0
    (line,) = lines(said)
    assert line["session"] == "s-1" and line["failure"][0].startswith("examiner.domain.errors.Upstream")
    assert SAID not in said.getvalue()


def test_an_error_of_the_database_shows_no_parameter(house):
    with house.ledger.engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(sql("SELECT * FROM nowhere WHERE a = :a"), {"a": SAID})
    assert SAID not in str(caught.value)


def test_others_are_masked_too(said, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "plainlookingvalue")
    logs.configure(said, secrets=["configured-one"])
    logging.getLogger("other").warning("with %s, %s and configured-one", "plainlookingvalue", SECRETS["vendor"])
    logging.getLogger("other").info("GET /s/%s", SAID)
    logging.getLogger("other").warning("attached", extra={"body": SAID})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("deprecated plainlookingvalue", stacklevel=1)
    text = said.getvalue()
    assert len(lines(said)) == 3
    for secret in ("plainlookingvalue", "configured-one", "Sup3rSecret", SAID):
        assert secret not in text


def test_a_terminal_reads_lines_for_people(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    logs.configure(out)
    logging.getLogger("examiner.x").info("hello", extra={"n": 1, "key": SECRETS["key"]})
    logging.basicConfig(force=True, handlers=[logging.NullHandler()])
    logging.captureWarnings(False)
    assert "hello" in out.getvalue() and not out.getvalue().startswith("{") and "Sup3rSecret" not in out.getvalue()


@given(st.sampled_from(list(SECRETS.values())), st.text(max_size=20), st.text(max_size=20))
def test_masks_hold_wherever_a_secret_stands(secret, before, after):
    assert "Sup3rSecret" not in Mask()(f"{before}{secret} {after}")


def test_secrets_of_an_environment_are_known_by_name():
    found = secrets_in({"EXAMINER_API_KEYS": "one-key, two-key", "DB": "postgresql://u:p%40ss@h/d", "HOME": "/root"})
    assert found == ["one-key", "two-key", "p%40ss", "p@ss"]
    assert Mask(found)("postgresql://u:p%40ss@h/d and p@ss") == "postgresql://u:***@h/d and p@ss"


@pytest.mark.slow
def test_a_served_house_speaks_json_alone(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = os.environ | {"EXAMINER_HOME": str(tmp_path), "EXAMINER_API_KEYS": "serve-secret-key"}
    server = subprocess.Popen(
        [sys.executable, "-m", "examiner", "serve", "--port", str(port)], env=env, stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(200):
            try:
                link = socket.create_connection(("127.0.0.1", port), timeout=20)
                break
            except OSError:
                time.sleep(0.1)
        link.sendall(
            b"GET /v1/loops?x=Sup3rSecret HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer serve-secret-key\r\n\r\n"
        )
        assert link.recv(12) == b"HTTP/1.1 200"
        link.close()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as bad:
            bad.sendall(b"Sup3rSecret nonsense\r\n\r\n")
            bad.recv(100)
    finally:
        server.send_signal(signal.SIGTERM)
        err = server.communicate(timeout=30)[1]
    told = [json.loads(line) for line in err.splitlines()]
    assert {"request", f"Started server process [{server.pid}]"} <= {line["event"] for line in told}
    assert "Sup3rSecret" not in err and "serve-secret-key" not in err
