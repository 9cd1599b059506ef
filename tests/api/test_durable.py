"""Nothing that was acknowledged is lost; the server's clock alone counts; the second device is told."""

import importlib.util
import json
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from examiner.domain.errors import NoSpace, Refused
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import sessions, thinking
from examiner.service.upkeep import sweeping
from examiner.store.ledger import Ledger

STAFF = {"Authorization": "Bearer staff-key"}
BENCH = Path(__file__).parents[2] / "evals" / "bench"


def bench(name):
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def begun(house):
    """A session with its first question open; twelve minutes run."""
    state = sessions.create(house, "demo", candidate="A", seed=7)
    return sessions.begin(house, state.id)


def bearer(house, session, epoch=1):
    from examiner.service.access.tokens import candidate_token

    return {"Authorization": f"Bearer {candidate_token(house, session, epoch)}"}


@pytest.mark.slow
def test_kill_9_loses_and_doubles_nothing(tmp_path):
    found = bench("kills").measure(10, clients=3, home=tmp_path, longest=0.15)
    assert (found["lost"], found["doubled"], found["damaged"]) == (0, 0, 0)
    assert found["acknowledged"] > 0


@pytest.mark.slow
def test_cut_streams_miss_and_double_nothing(tmp_path):
    found = bench("sse").measure(50, home=tmp_path)
    assert (found["missed"], found["doubled"]) == (0, 0)
    assert found["cuts"] >= 50 and found["server_restarts"] >= 1


def test_an_acknowledgement_names_what_is_on_the_disk(client, house, begun):
    body = {"turn": begun.turn, "text": "größer ✓", "version": 1}
    saved = client.put(f"/v1/sessions/{begun.session}/draft", json=body, headers=bearer(house, begun.session)).json()
    other = Ledger.open(house.settings.database_url)
    record = other.read(f"sitting/{begun.session}", after=saved["seq"] - 1)[0]
    other.close()
    assert record.body["text"] == "größer ✓" and saved["sha256"] == sessions.digest("größer ✓")


def test_every_version_stays(house, begun):
    for n in range(1, 4):
        sessions.save_draft(house, begun.session, begun.turn, f"text {n}", n)
    again = sessions.save_draft(house, begun.session, begun.turn, "text 3", 3)
    kept = [r for r in house.ledger.read(f"sitting/{begun.session}") if r.kind == "drafted"]
    assert [r.body["text"] for r in kept] == ["text 1", "text 2", "text 3"] and again.seq == kept[-1].seq


def test_drafts_that_race_are_all_on_the_disk_or_not_acknowledged(house, begun):
    from concurrent.futures import ThreadPoolExecutor

    from examiner.domain.errors import Conflict

    def save(n):
        try:
            return sessions.save_draft(house, begun.session, begun.turn, f"text {n}").sha256
        except Conflict:
            return None

    with ThreadPoolExecutor(6) as pool:
        acked = [digest for digest in pool.map(save, range(60)) if digest]
    kept = [
        sessions.digest(r.body["text"]) for r in house.ledger.read(f"sitting/{begun.session}") if r.kind == "drafted"
    ]
    assert len(acked) > 30 and sorted(acked) == sorted(kept)


def test_two_devices_both_texts_are_kept(client, house, begun):
    path, headers = f"/v1/sessions/{begun.session}/draft", bearer(house, begun.session)
    assert client.put(
        path, json={"turn": begun.turn, "text": "from the laptop", "version": 1}, headers=headers
    ).is_success
    late = client.put(path, json={"turn": begun.turn, "text": "from the phone", "version": 1}, headers=headers)
    assert late.status_code == 409 and late.json()["current"] == "from the laptop"
    matched = client.put(
        path, json={"turn": begun.turn, "text": "phone two"}, headers=headers | {"If-Match": f'"{begun.turn}:7"'}
    )
    assert matched.status_code == 412 and matched.json()["version"] == 1
    aside = [r.body["text"] for r in house.ledger.read(f"aside/{begun.session}")]
    assert aside == ["from the phone", "phone two"]


def test_taking_over_fences_the_first_device_off(client, house, begun):
    first = bearer(house, begun.session)
    base = f"/v1/sessions/{begun.session}"
    token = client.post(f"{base}/resume", headers=first).json()["token"]
    told = client.put(f"{base}/draft", json={"turn": begun.turn, "text": "x"}, headers=first)
    assert told.status_code == 409 and told.json()["code"] == "taken_over"
    second = {"Authorization": f"Bearer {token}"}
    assert client.put(f"{base}/draft", json={"turn": begun.turn, "text": "x"}, headers=second).is_success
    assert client.post(f"{base}/resume", headers=first).is_success  # the first may take it back
    assert client.get(f"{base}/current", headers=second).status_code == 409


def test_one_time_links_open_once(client, house, begun, clock):
    made = client.post(f"/v1/sessions/{begun.session}/links", json={"hours": 1}, headers=STAFF).json()
    opened = client.post("/v1/links", json={"link": made["link"]})
    assert opened.status_code == 200
    assert client.post("/v1/links", json={"link": made["link"]}).status_code == 410
    now = client.get(
        f"/v1/sessions/{begun.session}/current", headers={"Authorization": f"Bearer {opened.json()['token']}"}
    )
    assert now.json()["turn"] == begun.turn
    late = client.post(f"/v1/sessions/{begun.session}/links", json={"hours": 1}, headers=STAFF).json()
    clock.pass_(3601)
    assert client.post("/v1/links", json={"link": late["link"]}).status_code == 410


def test_time_of_receipt_counts_not_time_of_handling(house, begun, clock):
    received = begun.deadline - timedelta(seconds=1)
    clock.now = begun.deadline + timedelta(seconds=19)  # the request waited twenty seconds inside
    sessions.submit(house, begun.session, begun.turn, "in time", received)
    state, _ = sittings.load(house, begun.session)
    assert state.items[0].turns[0].text == "in time" and state.late == ()


def test_what_was_on_its_way_counts_and_what_is_later_is_kept_ungraded(house, begun, clock):
    clock.now = begun.deadline + timedelta(seconds=4)
    shown = sessions.submit(house, begun.session, begun.turn, "on its way")
    assert shown.status == "ready"  # the section closed behind it
    state, _ = sittings.load(house, begun.session)
    assert state.items[0].turns[0].text == "on its way"
    clock.pass_(2)
    with pytest.raises(Refused):
        sessions.save_draft(house, begun.session, begun.turn, "typed offline", 3, client_at="2026-03-02T09:11:00Z")
    assert [r.body["why"] for r in house.ledger.read(f"aside/{begun.session}")] == ["refused"]


def test_the_sweeper_submits_the_draft_of_whoever_is_gone(house, begun, clock):
    sessions.save_draft(house, begun.session, begun.turn, "what was typed", 1)
    clock.now = begun.deadline + timedelta(seconds=3)
    assert sweeping.sweep(house)["closed"] == 0  # still in the grace
    clock.now = begun.deadline + timedelta(seconds=6)
    assert sweeping.sweep(house)["closed"] == 1
    state, _ = sittings.load(house, begun.session)
    turn = state.items[0].turns[0]
    assert (turn.text, turn.auto) == ("what was typed", True)
    assert state.sections[0].ended == begun.deadline  # not when the sweeper came by


def test_a_slow_interviewer_costs_the_candidate_nothing(house, begun, clock, monkeypatch):
    real = thinking.choose

    def slow(*args):
        clock.pass_(60)
        return real(*args)

    monkeypatch.setattr(thinking, "choose", slow)
    after = sessions.submit(house, begun.session, begun.turn, "Memory bandwidth.")
    assert after.deadline == begun.deadline + timedelta(seconds=60)


def test_a_server_that_was_away_gives_the_time_back(house, begun, clock):
    sweeping.sweep(house)
    clock.pass_(3600)
    assert sweeping.wake(house) == 3600
    now = sessions.current(house, begun.session)
    assert now.status == "open" and now.deadline == begun.deadline + timedelta(seconds=3600)


def test_a_follow_up_that_was_owed_when_the_process_died_is_asked(house, begun, clock, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(thinking, "choose", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            sessions.submit(house, begun.session, begun.turn, "Memory bandwidth.")
    assert sittings.choosing(sittings.load(house, begun.session)[0])
    clock.pass_(30)
    assert sweeping.sweep(house)["asked"] == 1
    shown = sessions.current(house, begun.session)
    assert shown.status == "open" and shown.deadline == begun.deadline + timedelta(seconds=30)


def test_accommodations_count_during_the_session(client, house, begun):
    path = f"/v1/sessions/{begun.session}/accommodations"
    granted = client.post(path, json={"multiplier": 1.5, "reason": "on request"}, headers=STAFF).json()
    assert granted["seconds_left"] == pytest.approx(begun.seconds_left * 1.5)


def test_a_full_disk_acknowledges_nothing(client, house, begun):
    @event.listens_for(house.ledger.engine, "begin")
    def full(connection):
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    body = {"turn": begun.turn, "text": "x" * 20_000}
    codes = set()
    for n in range(40):
        reply = client.put(
            f"/v1/sessions/{begun.session}/draft", json=body | {"version": n + 1}, headers=bearer(house, begun.session)
        )
        codes.add(reply.status_code)
        if reply.status_code == 507:
            break
    assert reply.status_code == 507 and "Retry-After" in reply.headers and codes <= {200, 507}
    kept = [r for r in house.ledger.read(f"sitting/{begun.session}") if r.kind == "drafted"]
    assert len(kept) == n and house.ledger.verify() == []
    with pytest.raises(NoSpace):
        sessions.save_draft(house, begun.session, begun.turn, "y" * 20_000, 99)


def test_restore_drill(house, begun, tmp_path, clock):
    from examiner.service.upkeep.restoring import restore

    sessions.save_draft(house, begun.session, begun.turn, "before the backup", 1)
    house.ledger.backup(tmp_path / "backup.db")
    sessions.save_draft(house, begun.session, begun.turn, "after the backup", 2)
    kept = restore(house, tmp_path / "backup.db", force=True)
    again = Examiner(house.settings, clock=clock)
    assert sessions.current(again, begun.session).draft == "before the backup" and again.ledger.check() == []
    again.ledger.close()
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT count(*) FROM events WHERE kind = 'drafted'").fetchone() == (2,)


def test_a_damaged_backup_is_not_restored(house, begun, tmp_path):
    from examiner.domain.errors import Corrupt
    from examiner.service.upkeep.restoring import restore

    house.ledger.backup(tmp_path / "backup.db")
    with closing(sqlite3.connect(tmp_path / "backup.db", isolation_level=None)) as raw:
        raw.execute("UPDATE events SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 1")
    with pytest.raises(Corrupt):
        restore(house, tmp_path / "backup.db", force=True)
    assert sessions.current(house, begun.session).turn == begun.turn


def test_receipts_are_checked_offline(client, house, begun, tmp_path):
    from examiner.domain.receipt import Receipt
    from examiner.service.sitting import receipts

    sessions.submit(house, begun.session, begun.turn, "Memory bandwidth.")
    made = client.get(f"/v1/sessions/{begun.session}/receipt", headers=bearer(house, begun.session)).json()
    public = receipts.signer(house).public
    assert made["answers"][0]["sha256"] == sessions.digest("Memory bandwidth.")
    assert receipts.verify(Receipt.model_validate(made), public) == ""
    altered = json.loads(json.dumps(made).replace(made["answers"][0]["sha256"], "0" * 64))
    assert "signature" in receipts.verify(Receipt.model_validate(altered), public)


def test_idempotency_keys(client, house):
    key = STAFF | {"Idempotency-Key": "k1"}
    one = client.post("/v1/sessions", json={"loop": "demo"}, headers=key)
    two = client.post("/v1/sessions", json={"loop": "demo"}, headers=key)
    assert one.json() == two.json() and two.headers["idempotent-replayed"] == "true"
    other = client.post("/v1/sessions", json={"loop": "mock-staff"}, headers=key)
    assert other.status_code == 422 and other.json()["code"] == "idempotency_key_reused"
    assert len(house.registry.many("sittings")) == 1
    assert one.json()["token"] not in str(house.registry.many("requests"))


def test_a_repeat_after_a_crash_is_not_worked_twice(client, house, begun):
    headers = bearer(house, begun.session) | {"Idempotency-Key": "k2"}
    path = f"/v1/sessions/{begun.session}/finish-section"
    assert client.post(path, headers=headers).json()["section_number"] == 2
    # The process died after the commit and before the answer was stored: only the mark is there.
    house.registry.change("requests", {"status": 0, "body": ""})
    again = client.post(path, headers=headers)
    assert again.status_code == 200 and again.json()["section_number"] == 2
