"""The same store on Postgres: EXAMINER_TEST_POSTGRES names a database that this may fill and empty.

EXAMINER_TEST_POSTGRES=postgresql+psycopg://user@127.0.0.1/scratch pytest tests/store/test_postgres.py
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from examiner.domain.errors import Conflict, Corrupt, Invalid
from examiner.service.access.tokens import candidate_id, candidate_token
from examiner.service.examiner import Examiner
from examiner.service.people import appealing, reviewing
from examiner.service.people import candidates as people
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import sessions
from examiner.service.upkeep import sweeping
from examiner.settings import Settings
from examiner.store.chain import Entry
from examiner.store.ledger import Ledger
from examiner.store.presence import Presence

URL = os.environ.get("EXAMINER_TEST_POSTGRES", "")
pytestmark = pytest.mark.skipif(not URL, reason="EXAMINER_TEST_POSTGRES names no database")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(n=0):
    return Entry(kind="k", body={"n": n, "text": "größer ✓ \u0000"}, at=NOW)


@pytest.fixture
def url():
    engine = create_engine(URL, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return URL


@pytest.fixture
def ledger(url):
    made = Ledger.open(url)
    yield made
    made.close()


@pytest.fixture
def on_postgres(url, tmp_path, clock):
    made = Examiner(Settings(home=str(tmp_path / "home"), database=url, api_keys="staff-key"), clock=clock)
    yield made
    made.ledger.close()


def test_append_read_verify(ledger):
    ledger.append("a", [entry(1), entry(2)], after=0)
    ledger.append("a", [entry(3)], after=2)
    assert [r.body["n"] for r in ledger.read("a")] == [1, 2, 3] and ledger.read("a")[0].body == entry(1).body
    assert ledger.head("a") == 3 and ledger.verify() == [] and ledger.check() == []
    assert [s.stream for s in ledger.streams("a")] == ["a"] and ledger.streams("%") == []
    with pytest.raises(Conflict):
        ledger.append("a", [entry()], after=0)


def test_writers_of_two_processes_leave_one_gap_free_chain(ledger, url):
    other = Ledger.open(url)  # its own lock and connections: as another process

    def write(store):
        for n in range(15):
            while True:
                try:
                    store.append("r", [entry(n)], after=store.head("r"))
                    break
                except Conflict:
                    continue

    threads = [threading.Thread(target=write, args=(store,)) for store in (ledger, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert [r.seq for r in ledger.read("r")] == list(range(1, 31)) and ledger.verify() == []


def test_appends_anywhere_from_two_processes_all_arrive(ledger, url):
    other = Ledger.open(url)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: (ledger, other)[n % 2].append("w", [entry(n)], after=None), range(40)))
    other.close()
    assert sorted(r.body["n"] for r in ledger.read("w")) == list(range(40)) and ledger.verify() == []


def test_two_processes_may_open_an_empty_database_at_once(url):
    with ThreadPoolExecutor(3) as pool:
        opened = list(pool.map(lambda _: Ledger.open(url), range(3)))
    for made in opened:
        assert made.check() == []
        made.close()


def test_a_killed_process_is_known_to_be_gone(ledger, url):
    child = (
        "import sys; from examiner.store.engine import open_engine; from examiner.store.presence import Presence;"
        " here = Presence(open_engine(sys.argv[1])); print(here.own(), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", child, url]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    name, here = other.stdout.readline().strip(), Presence(ledger.engine)
    try:
        assert not here.gone(name) and not here.gone(here.own()) and here.others() == 1
    finally:
        other.kill()
        other.communicate()
    until = time.monotonic() + 10
    while not here.gone(name):  # the server hears of it when it looks at the connection
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_database_that_is_not_reached_is_said_in_a_line():
    with pytest.raises(Invalid, match="cannot be opened"):
        Ledger.open("postgresql+psycopg://nobody@127.0.0.1:1/none")


def test_an_interview_reviewed_and_erased(on_postgres, clock):
    house = on_postgres
    state = sessions.create(house, "demo", candidate="Zebedee", seed=7)
    now = sessions.begin(house, state.id)
    sessions.save_draft(house, state.id, now.turn, "a draft", 1)
    sessions.submit(house, state.id, now.turn, "Memory bandwidth.")
    sessions.abandon(house, state.id)
    assert sweeping.sweep(house)["graded"] == 1
    assert reviewing.report(house, state.id)["items"]
    appealing.appeal(house, state.id, 0, "look again")
    assert [a["text"] for a in appealing.open_appeals(house)] == ["look again"]
    people.erase(house, candidate_id(house, "Zebedee"), "admin")
    assert appealing.open_appeals(house) == [] and house.ledger.check() == []
    with pytest.raises(sittings.Erased):
        sittings.load(house, state.id)
    sweeping.sweep(house)
    with house.ledger.engine.connect() as raw:
        kept = raw.execute(text("SELECT count(*) FROM events WHERE body LIKE '%Memory%' OR body LIKE '%Zebedee%'"))
        assert kept.scalar() == 0


def test_what_it_cannot_do_it_says(on_postgres, tmp_path):
    from examiner.service.upkeep.restoring import restore

    with pytest.raises(Invalid, match=r"SQLite"):
        on_postgres.ledger.backup(tmp_path / "x.db")
    with pytest.raises(Invalid):
        restore(on_postgres, tmp_path / "x.db")
    with on_postgres.ledger.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Corrupt):
        Ledger.open(URL)


@pytest.mark.slow
def test_kill_9_of_the_service_loses_nothing(url, tmp_path):
    import http.client
    import json

    env = os.environ | {"EXAMINER_HOME": str(tmp_path), "EXAMINER_DATABASE_URL": url, "EXAMINER_API_KEYS": "k"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    house = Examiner(Settings(home=str(tmp_path), database=url))
    state = sessions.create(house, "demo", candidate="A", seed=7, pace=None)
    now = sessions.begin(house, state.id)
    token = candidate_token(house, state.id)
    acked, version = [], 0
    for kill in range(int(os.environ.get("EXAMINER_TEST_KILLS", "3"))):
        command = [sys.executable, "-m", "examiner", "serve", "--port", str(port), "--no-check"]
        server = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        killer = threading.Timer(0.3 + 0.17 * (kill % 5), server.send_signal, (signal.SIGKILL,))
        killer.start()
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while True:
                version += 1
                body = json.dumps({"turn": now.turn, "text": f"version {version}", "version": version})
                head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
                link.request("PUT", f"/v1/sessions/{state.id}/draft", body, head)
                reply = link.getresponse()
                reply.read()
                assert reply.status == 200
                acked.append(version)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            killer.join()
            link.close()
            server.wait()
    stored = [r.body["version"] for r in house.ledger.read(f"sitting/{state.id}") if r.kind == "drafted"]
    assert acked and set(acked) <= set(stored) and len(stored) == len(set(stored))
    assert house.ledger.check() == []
    house.ledger.close()
