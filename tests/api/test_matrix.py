"""Who may do what: every route for every role, own and foreign, against the matrix; and nothing outside of it."""

import httpx
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.api.limits import Limits
from examiner.api.matrix import MATRIX
from examiner.api.security import FORM_TOKEN
from examiner.service.access.authority import SCOPES, STAFF, create_key
from examiner.service.access.signing_in import COOKIE
from examiner.service.examiner import Examiner
from examiner.settings import Settings
from examiner.web.app import attach
from oidc_provider import OpenIDProvider

SIGNED_IN = [f"sso {role}" for role in STAFF]
OWNED = [route for route in MATRIX if "{session}" in route[1]]


def every_route(app):
    """Return (method, path) of every route of /v1, however deep a router holds it."""
    found = set()
    for path, methods in app.openapi()["paths"].items():
        found |= {(method.upper(), path) for method in methods}
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One application, a credential for each subject, two sessions with tokens. Rate limits are not what is tested."""
    real, Limits.stranger = Limits.stranger, lambda *_: None
    with OpenIDProvider() as provider:
        settings = Settings(
            home=str(tmp_path_factory.mktemp("home")),
            api_keys="root",
            rate_key=10**6,
            rate_tenant=10**6,
            oidc_issuer=provider.issuer,
            oidc_client_id="examiner",
            oidc_client_secret="a secret of the client",
            oidc_roles=", ".join(f"the-{role}s={role}" for role in STAFF),
        )
        house = Examiner(settings)
        app = create_app(house)
        attach(app, house)
        with TestClient(app, base_url="http://127.0.0.1") as client:
            keys = {role: bearer(create_key(house, f"a {role}", role)[1]) for role in STAFF}
            keys |= {f"sso {role}": signed_in(app, provider, role) for role in STAFF}
            made = [client.post("/v1/sessions", json={"loop": "demo"}, headers=keys["hiring"]).json() for _ in range(2)]
            keys |= {"nobody": {}, "forged": bearer("exm_abc_def"), "candidate": bearer(made[0]["token"])}
            keys |= {"forged cookie": {"Cookie": "examiner_staff=so_forged"}}
            yield client, keys, made
        Limits.stranger = real
        house.ledger.close()


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def signed_in(app, provider, role):
    """Walk the whole sign-in of somebody with a role; return what their browser sends from then on."""
    provider.claims = {"sub": f"u-{role}", "name": f"A {role}", "groups": [f"the-{role}s"]}
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as browser:
        there = httpx.get(browser.get("/staff/sso").headers["location"], trust_env=False)
        assert browser.get(there.headers["location"]).headers["location"] == "/staff"
        me = browser.get("/v1/me")
        assert me.json()["role"] == role
        return {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}", FORM_TOKEN: me.headers[FORM_TOKEN]}


def call(client, method, path, headers, session):
    filled = path.replace("{session}", session).replace("{item}", "0")
    for name in ("candidate", "grading", "name", "job", "certificate", "question", "key", "hook", "appeal", "tenant"):
        filled = filled.replace(f"{{{name}}}", "nothing")
    if path.endswith("/events"):
        filled += "?after=x"  # past the door a stream would not end; the door comes first
    return client.request(
        method, filled, json={"nonsense": True} if method in ("POST", "PUT") else None, headers=headers
    )


def test_the_matrix_names_every_route_and_nothing_else(world):
    assert every_route(world[0].app) == set(MATRIX)


def test_every_scope_of_the_matrix_belongs_to_a_role():
    known = frozenset().union(*SCOPES.values())
    asked = {scope for rule in MATRIX.values() for scope in rule.scopes}
    assert asked <= known <= asked | {"own:answer", "sessions:fence", "jobs:read"}


@pytest.mark.parametrize(("method", "path"), sorted(MATRIX), ids=lambda v: v)
@pytest.mark.parametrize("subject", ["nobody", "forged", "forged cookie", "candidate", *STAFF, *SIGNED_IN])
def test_subject_and_route(world, subject, method, path):
    client, keys, (own, _) = world
    rule, role = MATRIX[method, path], subject.removeprefix("sso ")
    status = call(client, method, path, keys[subject], own["session"]).status_code
    if rule.public:
        assert status not in (401, 403)
    elif role in ("nobody", "forged", "forged cookie"):
        assert status == 401
    elif not rule.known and SCOPES[role].isdisjoint(rule.scopes):
        assert status == 403
    else:
        assert status not in (401, 500) and (status != 403 or role == "candidate" or not path.endswith("/next"))


@pytest.mark.parametrize(("method", "path"), sorted(r for r in MATRIX if r[0] != "GET"), ids=lambda v: v)
def test_a_browsers_changes_need_the_token_of_its_pages(world, method, path):
    client, keys, (own, _) = world
    cookie = {"Cookie": keys["sso admin"]["Cookie"]}
    for token in ({}, {FORM_TOKEN: "0" * 64}, {FORM_TOKEN: keys["sso hiring"][FORM_TOKEN]}):
        reply = call(client, method, path, cookie | token, own["session"])
        assert (reply.status_code, reply.json()["code"]) == (403, "csrf")


@pytest.mark.parametrize(("method", "path"), sorted(OWNED), ids=lambda v: v)
def test_foreign_sessions_are_not_there(world, method, path):
    client, _, (own, other) = world
    foreign = call(client, method, path, bearer(own["token"]), other["session"])
    absent = call(client, method, path, bearer(own["token"]), "s-never-was")
    allowed = not SCOPES["candidate"].isdisjoint(MATRIX[method, path].scopes)
    assert foreign.status_code == absent.status_code == (404 if allowed else 403)


def test_every_route_stands_behind_the_door(world):
    app = world[0].app
    inner = [r for r in app.routes if isinstance(r, APIRoute) and r.path.startswith("/v1/") and not r.dependencies]
    assert [r.path for r in inner] == []


def test_a_route_that_nobody_named_opens_to_nobody(house):
    from fastapi import Depends

    app = create_app(house)
    app.get("/v1/forgotten", dependencies=[Depends(app.state.door)])(lambda: {"secret": 1})
    with TestClient(app) as client:
        assert client.get("/v1/forgotten", headers={"Authorization": "Bearer staff-key"}).status_code == 403


def test_candidate_shapes_hold_no_score_key_or_rubric(world):
    schema = world[0].app.openapi()
    shapes = schema["components"]["schemas"]

    def fields(node, seen):
        if isinstance(node, dict):
            name = node.get("$ref", "").rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                yield from fields(shapes[name], seen)
            yield from node.get("properties", {})
            for value in node.values():
                yield from fields(value, seen)
        elif isinstance(node, list):
            for value in node:
                yield from fields(value, seen)

    told = set()
    for (method, path), rule in MATRIX.items():
        if any(scope.startswith("own:") for scope in rule.scopes):
            answers = schema["paths"][path][method.lower()]["responses"]
            told |= set(fields({k: v for k, v in answers.items() if k.startswith("2")}, set()))
    for word in ("score", "rubric", "judge", "verdict", "points", "claim", "model_answer", "quality", "weight"):
        assert not any(word in field for field in told), word
    assert {"question", "draft", "sha256"} <= told
