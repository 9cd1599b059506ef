"""The HTTP door, over the same service."""

STAFF = {"Authorization": "Bearer staff-key"}


def begin(client):
    made = client.post("/v1/sessions", json={"loop": "demo", "seed": 7, "candidate": "A"}, headers=STAFF)
    assert made.status_code == 201
    return made.json()["session"], {"Authorization": f"Bearer {made.json()['token']}"}


def test_a_whole_session(client):
    session, token = begin(client)
    now = client.get(f"/v1/sessions/{session}/current", headers=token).json()
    assert now["status"] == "ready"
    answers = 0
    while now["status"] != "ended":
        base = f"/v1/sessions/{session}"
        if now["status"] == "ready":
            now = client.post(f"{base}/start", headers=token).json()
        elif now["status"] == "predicting":
            now = client.post(f"{base}/prediction", json={"value": 1}, headers=token).json()
        else:
            client.put(f"{base}/draft", json={"turn": now["turn"], "text": "dr"}, headers=token)
            assert client.get(f"{base}/current", headers=token).json()["draft"] == "dr"
            now = client.post(
                f"{base}/answers", json={"turn": now["turn"], "text": "Memory bandwidth."}, headers=token
            ).json()
            answers += 1
    assert answers >= 6
    report = client.get(f"/v1/sessions/{session}/report", headers=STAFF).json()
    assert report["released"] is False and len(report["items"]) == 3


def test_candidates_see_no_key_and_no_score(client, house):
    session, token = begin(client)
    shown = client.post(f"/v1/sessions/{session}/start", headers=token).text
    ref = (
        house.vault
        and __import__("examiner.service.sitting.acts", fromlist=["load"]).load(house, session)[0].items[0].planned.ref
    )
    instance = house.instance(ref)
    assert instance.model_answer[:60] not in shown
    for word in ("rubric", "score", "key", "claim", "verdict"):
        assert f'"{word}' not in shown


def test_doors_are_closed_by_default(client):
    session, token = begin(client)
    assert client.post("/v1/sessions", json={}).status_code == 401
    assert client.get(f"/v1/sessions/{session}/current").status_code == 401
    assert client.get(f"/v1/sessions/{session}/current", headers=STAFF).status_code == 403
    assert client.get(f"/v1/sessions/{session}/report", headers=token).status_code == 403
    other, _ = begin(client)
    assert client.get(f"/v1/sessions/{other}/current", headers=token).status_code == 404


def test_errors_are_problems(client):
    session, token = begin(client)
    early = client.get(f"/v1/sessions/{session}/report", headers=STAFF)
    assert early.status_code == 403 and early.headers["content-type"] == "application/problem+json"
    wrong = client.post(f"/v1/sessions/{session}/answers", json={"turn": "9.9", "text": "x"}, headers=token)
    assert wrong.status_code == 403
    bad = client.post(f"/v1/sessions/{session}/answers", json={"turn": "0.0"}, headers=token)
    assert bad.status_code == 422 and "text" in bad.json()["detail"]
    none = client.post("/v1/sessions", json={"loop": "nope"}, headers=STAFF)
    assert none.status_code == 404 and "nope" in none.json()["detail"]


def test_peek_and_late_answer(client, clock):
    session, token = begin(client)
    now = client.post(f"/v1/sessions/{session}/start", headers=token).json()
    assert client.post(f"/v1/sessions/{session}/peek", headers=token).json()["text"]
    client.put(f"/v1/sessions/{session}/draft", json={"turn": now["turn"], "text": "kept draft"}, headers=token)
    clock.pass_(13 * 60)
    late = client.post(f"/v1/sessions/{session}/answers", json={"turn": now["turn"], "text": "too late"}, headers=token)
    assert late.status_code == 403 and late.json()["hint"] == "time_up"
    assert client.get(f"/v1/sessions/{session}/current", headers=token).json()["status"] == "ready"
