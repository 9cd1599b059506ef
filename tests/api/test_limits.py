"""Rate limits: by key, tenant and address, told in headers; a live session's own requests never meet one."""

import pytest
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.service.access import tenants
from examiner.service.access.authority import create_key
from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.limiting import Buckets, RateLimited
from examiner.service.sitting import sessions
from examiner.settings import Settings
from examiner.store.tenancy import within
from examiner.web.app import attach


@pytest.fixture
def crowd(tmp_path, clock, monkeypatch):
    """A house whose buckets never refill, with two keys of one tenant and one of another."""
    monkeypatch.setattr("examiner.service.limiting.time.monotonic", lambda: 0.0)
    house = Examiner(Settings(home=str(tmp_path / "home"), rate_key=2, rate_tenant=3), clock=clock)
    tenants.add(house, "acme")
    keys = [create_key(house, f"k{n}", "admin")[1] for n in range(2)]
    with within("acme"):
        keys.append(create_key(house, "k", "admin")[1])
    app = create_app(house)
    attach(app, house)
    with TestClient(app) as client:
        yield house, client, [{"Authorization": f"Bearer {key}"} for key in keys]
    house.ledger.close()


def asked(client, key, times):
    return [client.get("/v1/loops", headers=key) for _ in range(times)]


def test_a_key_and_a_tenant_have_limits_of_their_own(crowd):
    _, client, (one, two, other) = crowd
    mine = asked(client, one, 11)
    assert [r.status_code for r in mine] == [200] * 10 + [429]
    assert mine[0].headers["ratelimit"] == '"key";r=9;t=1, "tenant";r=14;t=1'
    assert mine[0].headers["ratelimit-policy"] == '"key";q=10;w=5, "tenant";q=15;w=5'
    refused = mine[-1]
    assert refused.headers["ratelimit"] == '"key";r=0;t=5' and refused.headers["retry-after"] == "1"
    assert refused.json()["code"] == "rate_limited" and refused.json()["limit"] == "key"
    colleague = asked(client, two, 6)  # has asked nothing, but 10 of the tenant's 15 are gone
    assert [r.status_code for r in colleague] == [200] * 5 + [429] and colleague[-1].json()["limit"] == "tenant"
    assert [r.status_code for r in asked(client, other, 10)] == [200] * 10


def test_a_live_session_never_meets_a_limit(crowd):
    house, client, (one, two, _) = crowd
    state = sessions.create(house, "demo", candidate="A", seed=7)
    now = sessions.begin(house, state.id)
    asked(client, one, 20)
    asked(client, two, 20)  # key and tenant have nothing left
    for _ in range(40):  # nor has the address
        client.get("/v1/loops", headers={"Authorization": "Bearer exm_a_b"})
    assert client.get("/v1/loops", headers={"Authorization": "Bearer exm_a_b"}).status_code == 429
    token = {"Authorization": f"Bearer {candidate_token(house, state.id)}"}
    base = f"/v1/sessions/{state.id}"
    for n in range(60):
        saved = client.put(f"{base}/draft", json={"turn": now.turn, "text": f"words {n}"}, headers=token)
        assert saved.status_code == 200 and "ratelimit" not in saved.headers
    for method, path, body in [
        ("GET", "current", None),
        ("POST", "answers", {"turn": now.turn, "text": "words 59"}),
        ("GET", "receipt", None),
        ("GET", "export", None),
        ("POST", "finish-section", None),
        ("POST", "break", None),
        ("DELETE", "break", None),
        ("POST", "abandon", None),
        ("POST", "resume", None),
    ]:
        assert client.request(method, f"{base}/{path}", json=body, headers=token).status_code == 200, path
    answered = [r.body["text"] for r in house.ledger.read(f"sitting/{state.id}") if r.kind == "answered"]
    assert "words 59" in answered


def test_guessing_keys_at_the_sign_in_page_is_slowed_and_a_right_key_is_not(crowd):
    _, client, keys = crowd
    right = keys[0]["Authorization"].partition(" ")[2]
    for _ in range(40):
        assert client.post("/staff", data={"key": right}, follow_redirects=False).status_code == 303
    codes = [client.post("/staff", data={"key": f"exm_a_{n}"}).status_code for n in range(40)]
    assert codes[0] == 401 and codes[-1] == 429


def test_a_bucket_refills_with_time(monkeypatch):
    at = [0.0]
    monkeypatch.setattr("examiner.service.limiting.time.monotonic", lambda: at[0])
    bucket = Buckets("key", rate=2.0, burst=4.0)
    for _ in range(4):
        bucket.take("a")
    with pytest.raises(RateLimited) as error:
        bucket.take("a")
    assert error.value.headers["Retry-After"] == "1"
    at[0] += 0.5
    assert bucket.take("a") == 0.0
    at[0] += 100
    assert bucket.held("a") == 4.0
