"""Readiness tells the truth; a stop loses nothing that was on its way."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple

import pytest
from sqlalchemy import event

from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.sitting import sessions
from examiner.service.upkeep import sweeping
from examiner.service.upkeep.verifying import Rounds
from examiner.settings import Settings

Usage = namedtuple("Usage", "total used free")


def ready(client):
    reply = client.get("/readyz")
    return reply.status_code, reply.json()["checks"]


def test_a_whole_house_is_ready(client):
    code, checks = ready(client)
    assert code == 200 and checks == {"database": "ok", "chains": "ok", "disk": checks["disk"], "sweeper": "off"}


@pytest.mark.parametrize(("found", "says"), [("0003", "0003"), ("9999", "9999")])
def test_another_schema_is_not_ready(client, house, found, says):
    with house.ledger.writing() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{found}'")
    code, checks = ready(client)
    assert code == 503 and says in checks["database"] and "migrate" in checks["database"]


def test_a_full_disk_is_not_ready_and_a_low_one_says_so(client, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - 10**6, 10**6))
    code, checks = ready(client)
    assert code == 503 and checks["disk"] == "full: 0 MB are free"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - 5 * 10**10, 5 * 10**10))
    code, checks = ready(client)
    assert code == 200 and checks["disk"] == "5% of the disk is free"


def test_a_house_that_cannot_write_is_not_ready(house):
    @event.listens_for(house.ledger.engine, "begin")
    def full(connection):
        if not connection.get_execution_options().get("read_only", False):
            connection.exec_driver_sql("PRAGMA query_only=ON")

    sweeper = sweeping.Sweeper(house, cadence=0.05)
    assert sweeper.tends()
    sweeper._threads = [threading.Thread(target=sweeper._run, args=(sweeping.tend,))]
    sweeper._threads[0].start()
    for _ in range(100):
        if not sweeper.tends():
            break
        time.sleep(0.02)
    assert not sweeper.tends() and sweeper.health() == "tend: Corrupt"
    sweeper.stop()


def test_rounds_find_a_broken_chain_while_the_house_serves(house):
    for n in range(5):
        sessions.create(house, "demo", candidate=f"c{n}")
    rounds = Rounds()
    for _ in range(4):
        rounds.verify(house, limit=2)
    assert rounds.health() == "ok"
    with house.ledger.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE events SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 1 AND stream LIKE '%4'"
        )
    for _ in range(4):
        rounds.verify(house, limit=2)
    assert rounds.health().endswith("breaks: examiner db check") and "s-" not in rounds.health()


class Served:
    """`examiner serve` in a process of its own, with one session open."""

    def __init__(self, home):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.house = Examiner(Settings(home=str(home)))
        state = sessions.create(self.house, "demo", candidate="A", seed=7, pace=None)
        self.turn = sessions.begin(self.house, state.id).turn
        self.session = state.id
        self.head = {"Authorization": f"Bearer {candidate_token(self.house, state.id)}"}
        command = [sys.executable, "-m", "examiner", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=os.environ | {"EXAMINER_HOME": str(home)}, stderr=subprocess.DEVNULL
        )
        for _ in range(1200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("it does not serve")

    def link(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)


@pytest.fixture
def served(tmp_path):
    made = Served(tmp_path)
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.process.wait()
    made.house.ledger.close()


@pytest.mark.slow
def test_a_stop_finishes_what_runs_and_ends_streams_with_a_hint(served):
    stream = served.link()
    stream.request("GET", f"/v1/sessions/{served.session}/events", headers=served.head)
    reply = stream.getresponse()
    reply.read1(64)
    acked, sent, versions, lock = set(), set(), iter(range(1, 10_000)), threading.Lock()

    def save():
        link = served.link()
        try:
            while True:
                with lock:
                    version = next(versions)
                body = json.dumps({"turn": served.turn, "text": f"v{version}"})
                link.request(
                    "PUT",
                    f"/v1/sessions/{served.session}/draft",
                    body,
                    {**served.head, "Content-Type": "application/json"},
                )
                sent.add(version)
                answer = link.getresponse()
                answer.read()
                if answer.status == 200:
                    acked.add(version)
        except (OSError, http.client.HTTPException):
            link.close()

    savers = [threading.Thread(target=save) for _ in range(4)]
    for saver in savers:
        saver.start()
    time.sleep(1.0)
    served.process.send_signal(signal.SIGTERM)
    rest = b""
    while piece := reply.read1(4096):
        rest += piece
    stream.close()
    for saver in savers:
        saver.join()
    assert served.process.wait(timeout=30) == 0
    stored = [r.body["text"] for r in served.house.ledger.read(f"sitting/{served.session}") if r.kind == "drafted"]
    assert len(acked) > 10 and {f"v{n}" for n in acked} <= set(stored) and len(stored) == len(set(stored))
    # What was written down was told: at most what a connection lost on its way to the server is unknown to its sender.
    assert set(stored) <= {f"v{n}" for n in acked | sent} and len(set(stored) - {f"v{n}" for n in acked}) == 0
    assert rest.rstrip().endswith(b"retry: 500\n: this server stops; take the stream up again")
    assert served.house.ledger.check() == []


@pytest.mark.slow
def test_the_drill_of_a_restore_by_commands(served, tmp_path, monkeypatch, run):
    monkeypatch.setenv("EXAMINER_HOME", str(tmp_path))
    link = served.link()

    def save(text):
        body = json.dumps({"turn": served.turn, "text": text})
        link.request(
            "PUT", f"/v1/sessions/{served.session}/draft", body, {**served.head, "Content-Type": "application/json"}
        )
        answer = link.getresponse()
        answer.read()
        return answer.status

    copy = tmp_path / "safe" / "today.db"
    assert save("before") == 200
    assert run("db", "backup", copy)[0] == 0  # while it serves
    assert run("db", "check", copy)[:2] == (0, "intact\n")
    assert save("after") == 200
    link.close()
    served.process.kill()
    served.process.wait()
    served.house.ledger.close()
    assert run("db", "restore", copy)[0] == 6  # it holds events: not without being told
    code, told, _ = run("db", "restore", copy, "--force")
    assert code == 0 and "what was there is" in told
    assert run("db", "check")[0] == 0
    again = Examiner(Settings(home=str(tmp_path)))
    assert sessions.current(again, served.session).draft == "before"
    again.ledger.close()
    copy.write_bytes(copy.read_bytes().replace(b"before", b"beford"))
    code, told, _ = run("db", "check", copy)
    assert code == 6 and "altered" in told
    assert run("db", "check", tmp_path / "none.db")[0] == 2
