"""People over the machine, and people's data: review, override, appeal, consent, erasure, holds, the audit log."""

import pytest
from fastapi.testclient import TestClient

from examiner.api.app import create_app
from examiner.service.access.authority import create_key, revoke_key
from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.people import reviewing
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import sessions
from examiner.service.upkeep import sweeping
from examiner.settings import Settings

STAFF = {"Authorization": "Bearer staff-key"}
SECRET_WORDS = "my own words about bandwidth"


@pytest.fixture
def hiring_house(tmp_path, clock):
    settings = Settings(home=str(tmp_path / "home"), api_keys="staff-key", policy="hiring")
    made = Examiner(settings, clock=clock)
    yield made
    made.ledger.close()


@pytest.fixture
def client(hiring_house):
    with TestClient(create_app(hiring_house)) as made:
        yield made


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def sat(house, candidate="Somebody Real"):
    """Return the id of a session of three answers that has ended and is graded."""
    from examiner.service.sitting import consenting

    state = sessions.create(house, "demo", candidate=candidate, seed=7)
    consenting.accept(house, state.id, consenting.notice().sha256)
    now = sessions.begin(house, state.id)
    while now.status != "ended":
        if now.status == "ready":
            now = sessions.begin(house, state.id)
        elif now.status == "predicting":
            now = sessions.predict(house, state.id, 2)
        else:
            sessions.save_draft(house, state.id, now.turn, SECRET_WORDS)
            now = sessions.submit(house, state.id, now.turn, SECRET_WORDS)
    sweeping.sweep(house)
    return state.id


def test_no_start_without_consent(client, hiring_house):
    made = client.post("/v1/sessions", json={"loop": "demo"}, headers=STAFF).json()
    base, headers = f"/v1/sessions/{made['session']}", bearer(made["token"])
    refused = client.post(f"{base}/start", headers=headers)
    assert refused.status_code == 403 and refused.json()["code"] == "consent_required"
    notice = client.get("/v1/notice").json()
    assert client.post(f"{base}/consent", json={"sha256": "0" * 64}, headers=headers).status_code == 409
    assert client.post(f"{base}/consent", json={"sha256": notice["sha256"]}, headers=headers).status_code == 204
    assert client.post(f"{base}/start", headers=headers).json()["status"] == "open"
    stored = client.get(f"{base}/export", headers=headers).json()["consent"]
    assert stored[0]["sha256"] == notice["sha256"] and stored[0]["version"] == notice["version"]


def test_reviewers_rate_blind_and_a_human_grade_wins(client, hiring_house):
    session = sat(hiring_house)
    reviewer = bearer(create_key(hiring_house, "Rev One", "reviewer")[1])
    waiting = client.get("/v1/reviews", headers=reviewer).json()["items"]
    assert [(w["item"], w["mine"], w["why"]) for w in waiting] == [(n, False, []) for n in range(3)]
    task = client.get(f"/v1/sessions/{session}/reviews/0", headers=reviewer)
    assert task.json()["machine"] is None and "Somebody Real" not in task.text and "verdict" not in task.text
    grade = {"score": 3, "why": "derived it"}
    early = client.put(f"/v1/sessions/{session}/reviews/0/grade", json=grade, headers=reviewer)
    assert early.status_code == 403 and early.json()["code"] == "blind_first"
    rating = client.post(f"/v1/sessions/{session}/reviews/0/ratings", json={"score": 2}, headers=reviewer)
    assert rating.status_code == 201
    again = client.post(f"/v1/sessions/{session}/reviews/0/ratings", json={"score": 3}, headers=reviewer)
    assert again.status_code == 409
    machine = client.get(f"/v1/sessions/{session}/reviews/0", headers=reviewer).json()["machine"]
    assert machine["criteria"]
    assert client.put(f"/v1/sessions/{session}/reviews/0/grade", json=grade, headers=reviewer).is_success
    item = client.get(f"/v1/sessions/{session}/report", headers=STAFF).json()["items"][0]
    assert item["final"] == {"score": 3, "source": "human"} and item["score"]["score"] == machine["score"]
    assert item["human"]["machine"] == machine["score"] and item["release"]["released"] is None
    assert [w["item"] for w in client.get("/v1/reviews", headers=reviewer).json()["items"]] == [1, 2]


def test_appeals_reopen_and_are_settled(client, hiring_house):
    session = sat(hiring_house)
    own = bearer(candidate_token(hiring_house, session))
    client.put(f"/v1/sessions/{session}/reviews/1/grade", json={"score": 1, "why": "thin"}, headers=STAFF)
    made = client.post(f"/v1/sessions/{session}/appeals", json={"item": 1, "text": "look again"}, headers=own)
    assert made.status_code == 201
    assert 1 in [w["item"] for w in client.get("/v1/reviews", headers=STAFF).json()["items"]]
    waiting = client.get("/v1/appeals", headers=STAFF).json()["items"]
    assert [w["appeal"] for w in waiting] == [made.json()["appeal"]]
    path = f"/v1/sessions/{session}/appeals/{made.json()['appeal']}/settlement"
    assert client.post(path, json={"outcome": "changed", "why": "it was there"}, headers=STAFF).status_code == 201
    assert client.get("/v1/appeals", headers=STAFF).json()["items"] == []


def test_a_decision_needs_a_person_and_a_reason(client, hiring_house):
    session = sat(hiring_house)
    path = f"/v1/sessions/{session}/decision"
    assert client.post(path, json={"outcome": "decline", "by": "", "why": "x"}, headers=STAFF).status_code == 422
    assert client.post(path, json={"outcome": "decline", "by": "A. Manager"}, headers=STAFF).status_code == 422
    body = {"outcome": "advance", "by": "A. Manager", "why": "strong arithmetic"}
    assert client.post(path, json=body, headers=STAFF).status_code == 201
    assert client.get(f"/v1/sessions/{session}/report", headers=STAFF).json()["decision"]["by"] == "A. Manager"


def test_reviewers_read_transcripts_without_names_and_every_read_is_logged(client, hiring_house):
    session = sat(hiring_house)
    identity, key = create_key(hiring_house, "Rev One", "reviewer")
    seen = client.get(f"/v1/sessions/{session}/transcript", headers=bearer(key))
    assert SECRET_WORDS in seen.text and "Somebody Real" not in seen.text
    assert "Somebody Real" in client.get(f"/v1/sessions/{session}/transcript", headers=STAFF).text
    log = client.get("/v1/audit", headers=STAFF).json()["items"]
    reads = [(row["kind"], row["by"]) for row in log]
    assert ("read_transcript", identity) in reads and ("read_transcript", "env-0") in reads


def test_erasure_leaves_nothing_said_and_chains_that_verify(client, hiring_house, tmp_path):
    session, other = sat(hiring_house), sat(hiring_house, "Another Person")
    people = client.get("/v1/candidates", headers=STAFF).json()["items"]
    identity = next(p["id"] for p in people if p["name"] == "Somebody Real")
    export = client.get(f"/v1/candidates/{identity}/export", headers=STAFF).json()
    assert SECRET_WORDS in str(export["streams"][f"sitting/{session}"])
    hold = client.put(f"/v1/candidates/{identity}/hold", json={"reason": "a claim is open"}, headers=STAFF)
    assert hold.json()["hold"]
    refused = client.delete(f"/v1/candidates/{identity}", headers=STAFF)
    assert refused.status_code == 409 and refused.json()["code"] == "legal_hold"
    client.put(f"/v1/candidates/{identity}/hold", json={"reason": ""}, headers=STAFF)
    assert client.delete(f"/v1/candidates/{identity}", headers=STAFF).json()["sessions"] == [session]
    assert hiring_house.ledger.check() == []
    assert client.get(f"/v1/sessions/{session}/report", headers=STAFF).status_code == 410
    assert client.get(f"/v1/sessions/{other}/report", headers=STAFF).status_code == 200
    client.delete(f"/v1/candidates/{next(p['id'] for p in people if p['name'] == 'Another Person')}", headers=STAFF)
    files = [p for p in (tmp_path / "home").glob("examiner.db*") if p.is_file() and p.stat().st_size]
    assert files
    for file in files:
        data = file.read_bytes()
        assert SECRET_WORDS.encode() not in data and b"Somebody Real" not in data, file.name
    with hiring_house.ledger.writing() as connection:  # whoever erases without saying so is found
        connection.exec_driver_sql(
            "UPDATE events SET body = '{\"erased\":true}', salt = NULL WHERE stream LIKE 'job/%'"
        )
        connection.exec_driver_sql(
            "DELETE FROM events WHERE stream LIKE 'consent/%' AND seq = 1 AND stream LIKE ?", (f"%{other}",)
        )
    tampered = sat(hiring_house, "Third")
    with hiring_house.ledger.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE events SET body = '{\"erased\":true}', salt = NULL WHERE stream = ?", (f"sitting/{tampered}",)
        )
    assert hiring_house.ledger.verify(f"sitting/{tampered}") != []


def test_keys_are_hashed_narrowed_and_revoked_at_once(client, hiring_house):
    made = client.post(
        "/v1/keys", json={"role": "hiring", "name": "H", "scopes": ["reports:read"]}, headers=STAFF
    ).json()
    row = hiring_house.registry.one("api_keys", id=made["id"])
    assert made["key"] not in str(row) and made["key"].split("_", 2)[2] not in str(row)
    narrow = bearer(made["key"])
    assert client.post("/v1/sessions", json={"loop": "demo"}, headers=narrow).status_code == 403
    assert client.get("/v1/sessions/s-none/report", headers=narrow).status_code == 404
    revoke_key(hiring_house, made["id"])
    assert client.get("/v1/sessions/s-none/report", headers=narrow).status_code == 401
    only_keys = client.post("/v1/keys", json={"role": "admin", "scopes": ["keys:write"]}, headers=STAFF).json()
    wider = client.post("/v1/keys", json={"role": "hiring"}, headers=bearer(only_keys["key"]))
    assert wider.status_code == 403 and wider.json()["code"] == "not_your_scope"


def test_blind_labels_over_the_network(client, hiring_house):
    from examiner.calibration.anchors.sets import write_set
    from examiner.domain.anchor import Anchor, Label
    from examiner.domain.score import Turn

    family = sorted(hiring_house.vault.families)[0]
    instance = hiring_house.instance(f"{family}@0")
    anchors = [
        Anchor(
            id=f"a{n}", question=f"{family}@0", question_hash=instance.rubric_hash, turns=(Turn(text=f"answer {n}"),),
            labels=(Label(rater="first", criterion=instance.points[0].criterion, score=3, by="human"),),
        )
        for n in range(2)
    ]  # fmt: skip
    write_set(hiring_house.settings.home_path / "calibration" / "anchors" / "pilot", anchors, about="two answers")
    ana = bearer(create_key(hiring_house, "Ana", "reviewer")[1])
    seen = client.get("/v1/anchors/pilot/next", headers=ana)
    task = seen.json()["task"]
    assert "first" not in seen.text and '"score"' not in seen.text and task["points"]
    label = {"item": task["item"], "criterion": task["criterion"], "score": 2}
    assert client.post("/v1/anchors/pilot/labels", json=label, headers=ana).json()["by"] == "human"
    assert client.post("/v1/anchors/pilot/labels", json=label | {"score": 1}, headers=ana).status_code == 409
    assert client.get("/v1/anchors/pilot/next", headers=ana).json()["task"] != task
    assert client.get("/v1/anchors/pilot/disagreements", headers=ana).status_code == 403  # would see others' labels


def test_jobs_are_done_by_the_sweeper_and_say_what_became_of_them(client, hiring_house):
    asked = client.post("/v1/drift/runs", json={"judge": "embedded"}, headers=STAFF)
    assert asked.status_code == 202 and asked.json()["status"] == "asked"
    sweeping.sweep(hiring_house)
    standing = client.get("/v1/drift", headers=STAFF).json()
    assert standing["standing"]["audits"] == 1 and standing["sentinels"]["count"] > 0
    made = client.post("/v1/calibrations", json={"anchors": "never-was"}, headers=STAFF).json()
    sweeping.sweep(hiring_house)
    failed = client.get(f"/v1/calibrations/{made['id']}", headers=STAFF).json()
    assert failed["status"] == "failed" and "never-was" in failed["error"]
    path = client.post("/v1/drift/runs", json={"judge": "scripted:/etc/passwd"}, headers=STAFF)
    assert path.status_code == 422


def test_the_report_of_a_running_session_is_closed(client, hiring_house):
    state = sessions.create(hiring_house, "demo", candidate="A")
    assert client.get(f"/v1/sessions/{state.id}/report", headers=STAFF).status_code == 403
    with pytest.raises(Exception, match="has not ended"):
        reviewing.task(hiring_house, state.id, 0, "x")
    assert sittings.load(hiring_house, state.id)[0].status == "ready"


def test_what_is_kept_too_long_is_erased_by_itself(hiring_house, clock):
    from dataclasses import replace

    from examiner.service.people import candidates as people

    session, held = sat(hiring_house), sat(hiring_house, "On Hold")
    holder = hiring_house.registry.one("sittings", id=held)["candidate"]
    people.hold(hiring_house, holder, "a claim", "x")
    assert people.retain(hiring_house) == 0  # nothing is set
    hiring_house.settings = replace(hiring_house.settings, retention_days=30)
    clock.pass_(29 * 86_400)
    assert people.retain(hiring_house) == 0
    clock.pass_(2 * 86_400)
    assert people.retain(hiring_house) == 1 and people.retain(hiring_house) == 0
    assert hiring_house.registry.one("sittings", id=session)["status"] == "erased"
    assert hiring_house.registry.one("sittings", id=held)["status"] == "ended"
    assert hiring_house.ledger.check() == []
