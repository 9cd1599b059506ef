"""What every request gets, and what never leaves: headers, bounds, limits, problems, logs without secrets."""

import pytest
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.service.access.tokens import candidate_token
from examiner.service.limiting import Buckets, RateLimited
from examiner.service.sitting import sessions

STAFF = {"Authorization": "Bearer staff-key"}


@pytest.fixture
def client(house):
    with TestClient(create_app(house), raise_server_exceptions=False) as made:
        yield made


def test_headers_and_ids(client):
    reply = client.get("/v1/loops", headers=STAFF | {"X-Request-Id": "abc-1"})
    assert reply.headers["x-request-id"] == "abc-1"
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert reply.headers["x-content-type-options"] == "nosniff" and reply.headers["cache-control"] == "no-store"
    odd = client.get("/v1/loops", headers=STAFF | {"X-Request-Id": "a b\tc"})
    assert odd.headers["x-request-id"] != "a b\tc"
    problem = client.get("/v1/nowhere", headers={"X-Request-Id": "abc-2"})
    assert problem.status_code == 404 and problem.json()["trace_id"] == "abc-2"
    assert client.put("/v1/loops", headers=STAFF).json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("wrong", [{"seed": False}, {"seed": "7"}, {"pace": True}, {"candidate": 1}])
def test_types_are_not_guessed(client, wrong):
    reply = client.post("/v1/sessions", json={"loop": "demo"} | wrong, headers=STAFF)
    assert reply.status_code == 422 and next(iter(wrong)) in reply.json()["detail"]


def test_bodies_are_bounded(client):
    big = client.post("/v1/gradings", content=b"x" * 1_000_001, headers=STAFF)
    assert big.status_code == 413 and big.headers["content-type"] == "application/problem+json"

    def pieces():
        for _ in range(20):
            yield b" " * 100_000

    assert client.post("/v1/gradings", content=pieces(), headers=STAFF).status_code == 413


def test_a_failure_inside_is_a_problem_without_a_trace(client, house, monkeypatch):
    def broken(*_):
        raise RuntimeError("secret inside")

    monkeypatch.setattr("examiner.service.access.authority.list_keys", broken)
    reply = client.get("/v1/keys", headers=STAFF)
    assert reply.status_code == 500 and "secret inside" not in reply.text and reply.json()["code"] == "internal"


def test_buckets_refill_and_refuse():
    buckets = Buckets("key", rate=0.0, burst=3)
    for _ in range(3):
        buckets.take("a")
    with pytest.raises(RateLimited):
        buckets.take("a")
    buckets.take("b")


@pytest.mark.slow
def test_limits_never_reject_a_live_session(client, house):
    state = sessions.create(house, "demo", candidate="A", seed=7)
    now = sessions.begin(house, state.id)
    headers = {"Authorization": f"Bearer {candidate_token(house, state.id)}"}
    path = f"/v1/sessions/{state.id}/draft"
    codes = {client.put(path, json={"turn": now.turn, "text": str(n)}, headers=headers).status_code for n in range(150)}
    assert codes == {200}
    codes = [client.get("/v1/loops", headers=STAFF).status_code for _ in range(150)]
    assert codes[0] == 200 and codes[-1] == 429


def test_guessing_is_slowed(client):
    codes = [client.get("/v1/loops", headers={"Authorization": f"Bearer exm_a_{n}"}).status_code for n in range(60)]
    assert codes[0] == 401 and codes[-1] == 429


def test_ready_and_measured(client, house):
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json()["checks"]["database"] == "ok"
    sessions.create(house, "demo", candidate="A Name")
    client.get("/v1/loops", headers=STAFF)
    text = client.get("/metrics").text
    assert 'examiner_requests_total{method="GET",route="/v1/loops",status="200"} 1.0' in text
    assert 'examiner_sessions{status="ready"} 1.0' in text and "A Name" not in text


def test_pages_go_on_where_they_stopped(client, house):
    for n in range(5):
        sessions.create(house, "demo", candidate=f"c{n}")
    seen, cursor = [], ""
    while True:
        page = client.get("/v1/sessions", params={"limit": 2, "cursor": cursor}, headers=STAFF).json()
        seen += [row["session"] for row in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 5
    assert client.get("/v1/sessions?cursor=zzz", headers=STAFF).status_code == 422


def test_the_stream_tells_what_a_candidate_may_know(client, house):
    state = sessions.create(house, "demo", candidate="A Name", seed=7)
    now = sessions.begin(house, state.id)
    sessions.submit(house, state.id, now.turn, "Memory bandwidth.")
    sessions.abandon(house, state.id)
    headers = {"Authorization": f"Bearer {candidate_token(house, state.id)}"}
    text = client.get(f"/v1/sessions/{state.id}/events", headers=headers).text
    ids = [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
    assert ids == list(range(1, len(ids) + 1)) and text.rstrip().endswith("event: end\ndata: {}")
    assert "retry: 2000" in text and "points" not in text and "A Name" not in text and "mistakes" not in text
    rest = client.get(f"/v1/sessions/{state.id}/events", headers=headers | {"Last-Event-ID": "2"}).text
    assert "id: 2\n" not in rest and "id: 3\n" in rest
