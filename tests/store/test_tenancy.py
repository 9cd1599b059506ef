"""One file, several tenants: each reads what it wrote and nothing else; what was there before belongs to the first."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examiner.domain.errors import Conflict, Invalid
from examiner.store import migrate
from examiner.store.chain import Entry
from examiner.store.engine import open_engine
from examiner.store.ledger import Ledger
from examiner.store.registry import Registry
from examiner.store.tenancy import DEFAULT, NOBODY, NoTenant, current, enter, valid, within

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TENANTS = (DEFAULT, "acme", "acme-2", "ac")
# Names that begin like one another, hold what patterns are made of, or look like another tenant's.
STREAMS = ("sitting/s-1", "sitting/s-1x", "sitting/s-%", "sitting/s-_", "acme/sitting/s-1", "a@b")


def entry(text):
    return Entry(kind="said", body={"text": text}, at=AT)


@pytest.mark.slow
@settings(max_examples=40)
@given(
    deeds=st.lists(
        st.tuples(st.sampled_from(TENANTS), st.sampled_from(STREAMS), st.sampled_from(["append", "append", "erase"])),
        max_size=25,
    )
)
def test_each_tenant_reads_what_it_wrote(tmp_path_factory, deeds):
    ledger = Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('db') / 'x.db'}")
    wrote = {(tenant, stream): [] for tenant in TENANTS for stream in STREAMS}
    for number, (tenant, stream, deed) in enumerate(deeds):
        with within(tenant):
            if deed == "append":
                record = ledger.append(stream, [entry(str(number))], after=len(wrote[tenant, stream]))[0]
                assert record.stream == stream
                wrote[tenant, stream].append({"text": str(number)})
            elif wrote[tenant, stream]:
                assert ledger.erase([stream], entry("asked")) == len(wrote[tenant, stream])
                wrote[tenant, stream] = [{"erased": True}] * len(wrote[tenant, stream])
    for tenant in TENANTS:
        with within(tenant):
            for stream in STREAMS:
                found = ledger.read(stream)
                assert [r.body for r in found] == wrote[tenant, stream] and {r.stream for r in found} <= {stream}
                assert ledger.head(stream) == len(found)
            own = {stream for (t, stream), texts in wrote.items() if t == tenant and texts}
            assert {s.stream for s in ledger.streams()} == own
            assert {s.stream for s in ledger.streams("sitting/")} == {s for s in own if s.startswith("sitting/")}
            assert {s.stream for s in ledger.streams("acme")} == {s for s in own if s.startswith("acme")}
    assert ledger.check() == []
    ledger.close()


def test_a_judgement_answers_for_its_own_tenant_alone(tmp_path):
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'x.db'}")
    for tenant in ("acme", DEFAULT, "ac"):
        with within(tenant):
            assert ledger.judgements.get("k") is None
            assert ledger.judgements.save("k", {"of": tenant}, AT, "sitting/s-1")
    with within("acme"):
        ledger.append("sitting/s-1", [entry("x")], after=0)
        ledger.erase(["sitting/s-1"], entry("asked"))
        assert ledger.judgements.get("k") is None
    with within("ac"):
        assert ledger.judgements.get("k") == {"of": "ac"}
    assert ledger.judgements.get("k") == {"of": DEFAULT}
    ledger.close()


def test_a_sitting_of_another_tenant_is_not_written_over(tmp_path):
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'x.db'}")
    row = {"id": "s-1", "candidate": "c", "loop": "l", "policy": "p", "status": "ready", "deadline": "", "waiting": 0}
    with within("acme"):
        ledger.append("sitting/s-1", [entry("x")], after=0, row=row | {"updated": "1"})
    with within("ac"), pytest.raises(Conflict):
        ledger.append("sitting/s-1", [entry("y")], after=0, row=row | {"updated": "2", "status": "ended"})
    with within("acme"):
        assert Registry(ledger).one("sittings", id="s-1")["status"] == "ready"
    with within("ac"):
        assert ledger.read("sitting/s-1") == []  # the whole commit was refused
    ledger.close()


def test_whose_it_is_ends_with_the_block_and_nobody_is_nobody():
    assert current() == DEFAULT
    with within("acme"):
        enter("ac")
        assert current() == "ac"
        with within(NOBODY), pytest.raises(NoTenant):
            current()
        assert current() == "ac"
    assert current() == DEFAULT


@pytest.mark.parametrize(
    "name", ["", "a", "ab", "Acme", "acme!", "@acme", "a/b", "a" * 41, "1ab", "ab-", "ácme", "ab\n"]
)
def test_names_that_name_no_tenant(name):
    with pytest.raises(Invalid):
        valid(name)


def test_what_was_there_before_tenants_belongs_to_the_default_one(tmp_path):
    path = tmp_path / "old.db"
    at_version(path, "0003")
    raw = sqlite3.connect(path)
    raw.execute(
        "INSERT INTO sittings (id, candidate, loop, policy, status, deadline, waiting, epoch, created, updated) "
        "VALUES ('s-old', 'c', 'l', 'p', 'ready', '', 0, 1, '1', '1')"
    )
    raw.execute("INSERT INTO facts (name, value) VALUES ('alive', '2026-01-01T00:00:00+00:00')")
    raw.commit()
    raw.close()
    ledger = Ledger.open(f"sqlite:///{path}")
    registry = Registry(ledger)
    assert registry.one("sittings", id="s-old")["tenant"] == DEFAULT and registry.one("facts", name="alive")
    with within("acme"):
        assert registry.many("sittings") == registry.many("facts") == []
    assert registry.many("tenants") == [] and ledger.check() == []
    ledger.close()


def at_version(path, version):
    """Make a database as an older examiner left it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    engine = open_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()
