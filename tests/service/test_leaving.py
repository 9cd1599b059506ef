"""A tenant is deleted: nothing of it can be read any more, nothing of another is touched, every chain still verifies."""

import sqlite3
from contextlib import closing

import pytest

from examiner.domain.errors import Conflict, Invalid, NotFound, Refused
from examiner.service import webhooks
from examiner.service.access import authority, signing_in, tenants
from examiner.service.access.tokens import candidate_id
from examiner.service.batch import studying
from examiner.service.people import appealing, leaving, reviewing
from examiner.service.people import candidates as people
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import links, sessions
from examiner.service.upkeep import sweeping
from examiner.store.tables import metadata
from examiner.store.tenancy import DEFAULT, within

WORDS = "words that only {} wrote"


def furnish(house, tenant):
    with within(tenant):
        state = sessions.create(house, "demo", candidate=f"Ana of {tenant}", seed=7, pace=None)
        now = sessions.begin(house, state.id)
        sessions.save_draft(house, state.id, now.turn, WORDS.format(tenant), 1)
        sessions.submit(house, state.id, now.turn, WORDS.format(tenant))
        link, _ = links.make(house, state.id)
        sessions.abandon(house, state.id)
        reviewing.grade_session(house, state.id)
        appealing.appeal(house, state.id, 0, WORDS.format(tenant))
        _, key = authority.create_key(house, "Bo", "admin")
        cookie, _ = signing_in.sign_in(house, key)
        webhooks.add(house, "https://hooks.example.org/x", resolve=lambda *_: ["93.184.216.34"])
        studying.grade(house, [{"id": "1", "question": "batch-decode-throughput", "answer": WORDS.format(tenant)}])
        folder = house.home / "drafts"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "practice-x.jsonl").write_text(WORDS.format(tenant))
        return {"session": state.id, "key": key, "link": link, "cookie": cookie}


@pytest.fixture
def teams(house):
    for name in ("acme", "acme-2"):
        tenants.add(house, name, name.title())
    return {name: furnish(house, name) for name in (DEFAULT, "acme", "acme-2")}


def everything(house, tenant):
    with within(tenant):
        rows = {t: house.registry.many(t) for t, made in metadata.tables.items() if "tenant" in made.c and t != "costs"}
        told = {s.stream: house.ledger.read(s.stream) for s in house.ledger.streams()}
        files = {p: p.read_bytes() for p in (house.home / "drafts").glob("*")}
        return rows, told, files


def test_nothing_of_it_is_left_and_nothing_of_another_is_touched(house, teams):
    before = {name: everything(house, name) for name in (DEFAULT, "acme-2")}
    receipt = leaving.delete(house, "acme", "env-0", "contract ended")
    assert receipt["sessions"] == 1 and receipt["erased_events"] > 5 and receipt["why"] == "contract ended"
    assert {name: everything(house, name) for name in before} == before
    rows, told, files = everything(house, "acme")
    assert not any(rows.values()) and files == {}
    assert {str(r.body) for records in told.values() for r in records} == {"{'erased': True}"}
    assert house.ledger.check() == []
    with closing(sqlite3.connect(house.settings.home_path / "examiner.db")) as raw:
        text = "\n".join(raw.iterdump())
    assert WORDS.format("acme") + "'" not in text and "Ana of acme'" not in text and WORDS.format("acme-2") in text
    for side in ("", "-wal"):
        path = house.settings.home_path / f"examiner.db{side}"
        assert not path.exists() or b"Ana of acme\x00" not in path.read_bytes()
    assert not (house.settings.home_path / "tenants" / "acme").exists()


def test_its_doors_are_shut_and_the_others_are_open(house, teams):
    assert authority.staff(house, teams["acme"]["key"]) is not None
    leaving.delete(house, "acme", "env-0", "w")
    assert authority.staff(house, teams["acme"]["key"]) is None
    with within("acme"):
        assert signing_in.signed_in(house, teams["acme"]["cookie"]) is None
        with pytest.raises(NotFound):
            sittings.load(house, teams["acme"]["session"])
    assert authority.staff(house, teams["acme-2"]["key"]) is not None
    with pytest.raises(NotFound):
        tenants.tenant(house, "acme")
    assert [row["id"] for row in tenants.listed(house)] == [DEFAULT, "acme-2"]
    sweeping.sweep(house)


def test_a_legal_hold_forbids_it_and_changes_nothing(house, teams):
    with within("acme"):
        identity = candidate_id(house, "Ana of acme")
        people.hold(house, identity, "a court wants it", "k")
    before = everything(house, "acme")
    assert leaving.contents(house, "acme")["holds"] == [identity]
    with pytest.raises(people.OnHold, match=identity):
        leaving.delete(house, "acme", "env-0", "w")
    assert everything(house, "acme") == before
    with within("acme"):
        people.hold(house, identity, "", "k")
    assert leaving.delete(house, "acme", "env-0", "w")["candidates"] == 1


def test_who_did_it_and_why_stays_with_what_was_paid(house, teams):
    with house.ledger.writing() as connection:
        costs = metadata.tables["costs"]
        connection.execute(costs.insert().values(tenant="acme", day="2026-03-02", spent=5, held=0, calls=1))
    leaving.delete(house, "acme", "env-0", "contract ended")
    line = house.ledger.audits.read("staff")[-1]
    assert (line.kind, line.body["tenant"], line.body["by"]) == ("tenant_deleted", "acme", "env-0")
    assert line.body["why"] == "contract ended" and line.body["days_of_costs_kept"] == 1
    assert house.registry.whole.count("costs", tenant="acme") == 1


def test_what_cannot_be_deleted_is_said(house, teams):
    with pytest.raises(Refused, match="house itself"):
        leaving.delete(house, DEFAULT, "env-0", "w")
    with pytest.raises(NotFound):
        leaving.delete(house, "nobody", "env-0", "w")
    with pytest.raises(Invalid):
        leaving.delete(house, "acme", "env-0", "  ")
    leaving.delete(house, "acme", "env-0", "w")
    with pytest.raises(NotFound):
        leaving.delete(house, "acme", "env-0", "w")
    with pytest.raises(Conflict, match="there was"):
        tenants.add(house, "acme")
    assert [row["id"] for row in tenants.listed(house)] == [DEFAULT, "acme-2"]


def test_a_deletion_that_a_crash_cut_is_done_again(house, teams, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(house.ledger, "erase", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            leaving.delete(house, "acme", "env-0", "w")
    assert leaving.delete(house, "acme", "env-0", "w")["erased_events"] > 5
    assert house.ledger.check() == []
