"""What is appended stays, in order, and nothing alters it unseen."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from examiner.domain.errors import Conflict, Corrupt, Invalid
from examiner.store.chain import Entry
from examiner.store.journal import DraftJournal
from examiner.store.ledger import Ledger

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(n=0):
    return Entry(kind="k", body={"n": n, "text": "größer ✓"}, at=NOW)


@pytest.fixture
def ledger(tmp_path):
    made = Ledger.open(f"sqlite:///{tmp_path / 'x.db'}")
    yield made
    made.close()


def test_append_read_verify(ledger):
    ledger.append("a", [entry(1), entry(2)], after=0)
    ledger.append("a", [entry(3)], after=2)
    assert [r.body["n"] for r in ledger.read("a")] == [1, 2, 3]
    assert [r.seq for r in ledger.read("a", after=1)] == [2, 3]
    assert ledger.head("a") == 3 and ledger.head("b") == 0
    assert ledger.verify() == [] and ledger.check() == []
    assert [s.stream for s in ledger.streams("a")] == ["a"] and ledger.streams("%") == []


def test_second_writer_gets_conflict_and_writes_nothing(ledger):
    ledger.append("a", [entry()], after=0)
    with pytest.raises(Conflict):
        ledger.append("a", [entry()], after=0)
    assert ledger.head("a") == 1
    with pytest.raises(Invalid):
        ledger.append("a", [], after=1)


def test_racing_threads_leave_one_gap_free_chain(ledger):
    def write():
        for _ in range(10):
            while True:
                try:
                    ledger.append("r", [entry()], after=ledger.head("r"))
                    break
                except Conflict:
                    continue

    threads = [threading.Thread(target=write) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert [r.seq for r in ledger.read("r")] == list(range(1, 41)) and ledger.verify("r") == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = replace(body, '2', '7') WHERE seq = 2",
        "UPDATE events SET at = '2025-01-01T00:00:00+00:00' WHERE seq = 2",
        "UPDATE events SET kind = 'other' WHERE seq = 2",
        "DELETE FROM events WHERE seq = 2",
        "UPDATE events SET previous = hash WHERE seq = 3",
    ],
)
def test_every_alteration_is_found(ledger, tmp_path, statement):
    ledger.append("a", [entry(1), entry(2), entry(3)], after=0)
    with sqlite3.connect(tmp_path / "x.db") as raw:
        raw.execute(statement)
    assert ledger.verify("a")


def test_judgements_are_written_once(ledger):
    assert ledger.judgements.save("k", {"a": 1}, NOW)
    assert not ledger.judgements.save("k", {"a": 2}, NOW)
    assert ledger.judgements.get("k") == {"a": 1} and ledger.judgements.get("none") is None


def test_backup_is_whole_and_private(ledger, tmp_path):
    ledger.append("a", [entry()], after=0)
    ledger.backup(tmp_path / "b" / "copy.db")
    copy = Ledger.open(f"sqlite:///{tmp_path / 'b' / 'copy.db'}")
    assert copy.verify() == [] and copy.head("a") == 1
    copy.close()
    assert (tmp_path / "b" / "copy.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "x.db").stat().st_mode & 0o077 == 0


def test_what_is_no_database_and_what_is_newer_is_refused(tmp_path):
    (tmp_path / "bad.db").write_text("this is not a database, but long enough to look at " * 40)
    with pytest.raises(Corrupt, match="not a usable database"):
        Ledger.open(f"sqlite:///{tmp_path / 'bad.db'}")
    Ledger.open(f"sqlite:///{tmp_path / 'new.db'}").close()
    with sqlite3.connect(tmp_path / "new.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Corrupt, match="9999"):
        Ledger.open(f"sqlite:///{tmp_path / 'new.db'}")


def test_journal_keeps_the_last_text_and_survives_a_torn_line(tmp_path):
    journal = DraftJournal(tmp_path / "d" / "x.jsonl")
    assert journal.last("0.0") is None
    journal.save("0.0", "one")
    journal.save("0.0", "one two")
    journal.save("0.1", "other")
    with (tmp_path / "d" / "x.jsonl").open("ab") as file:
        file.write(b'{"turn": "0.0", "text": "one two thr')
    assert journal.last("0.0") == "one two"
    journal.clear()
    assert journal.last("0.0") is None


WRITER = """
import sys
from datetime import UTC, datetime
from examiner.store.chain import Entry
from examiner.store.ledger import Ledger
ledger = Ledger.open(sys.argv[1])
n = ledger.head("a")
while True:
    ledger.append("a", [Entry(kind="k", body={"n": n + 1}, at=datetime.now(UTC))], after=n)
    n += 1
    print(n, flush=True)
"""


@pytest.mark.slow
def test_acknowledged_events_survive_kill_9(tmp_path):
    url, chance = f"sqlite:///{tmp_path / 'k.db'}", random.Random(1)
    acknowledged = 0
    for _ in range(int(os.environ.get("EXAMINER_KILLS", "4"))):
        process = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
        for _ in range(chance.randrange(1, 60)):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait()
        rest = process.stdout.read().split()
        process.stdout.close()
        acknowledged = int(rest[-1]) if rest else acknowledged
        ledger = Ledger.open(url)
        seen = [r.body["n"] for r in ledger.read("a")]
        assert seen == list(range(1, len(seen) + 1)) and len(seen) >= acknowledged
        assert ledger.verify() == []
        ledger.close()
