"""A server is killed while it chooses a follow-up: the next one asks it at once, and nobody is asked twice."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager

import pytest

from examiner.settings import Settings
from examiner.store.ledger import Ledger
from provider import Provider

WEAK = "The cache holds something for each token."
AT_ONCE = 6.0  # seconds after the first reply, on a busy machine; it takes 0.1, and took up to 20 when nobody knew who had died


@contextmanager
def server(home, extra):
    """Serve a home; yields the process and its port once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {
        "EXAMINER_HOME": str(home),
        "EXAMINER_API_KEYS": "k",
        "EXAMINER_INTERVIEWER": "openai/m",
        "OPENAI_API_KEY": "k",
    }
    command = [sys.executable, "-m", "examiner", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | env | extra, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                if ask(port, "GET", "/livez")[0] == 200:
                    break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.02)
        yield process, port
    finally:
        process.kill()
        process.wait()


def ask(port, method, path, token="", body=None):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as link:
        head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        link.request(method, path, None if body is None else json.dumps(body), head)
        reply = link.getresponse()
        return reply.status, json.loads(reply.read() or b"null")


def answer(port, session, token, turn):
    """Answer in a thread whose server may die."""

    def send():
        with pytest.raises((OSError, http.client.HTTPException)):
            ask(port, "POST", f"/v1/sessions/{session}/answers", token, {"turn": turn, "text": WEAK})

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def kinds(home, session):
    with closing(Ledger.open(Settings(home=str(home)).database_url)) as ledger:
        assert ledger.check() == []
        return [r.kind for r in ledger.read(f"sitting/{session}")]


def begin(port):
    """Make a session and open its first question: its id, its token, the turn."""
    body = {"loop": "mock-staff", "candidate": "A", "seed": 3}
    made = ask(port, "POST", "/v1/sessions", "k", body)[1]
    now = ask(port, "POST", f"/v1/sessions/{made['session']}/start", made["token"])[1]
    return made["session"], made["token"], now["turn"]


def current(port, session, token):
    return ask(port, "GET", f"/v1/sessions/{session}/current", token)[1]


def wait_for(port, session, token, fits):
    """Return what is shown once it fits, and the seconds that took."""
    began = time.monotonic()
    while not fits(now := current(port, session, token)):
        assert time.monotonic() - began < 40, now
        time.sleep(0.02)
    return now, time.monotonic() - began


@pytest.mark.slow
def test_what_a_killed_server_owed_is_asked_as_soon_as_another_serves(tmp_path):
    with Provider(latency=30) as provider:  # the model keeps the first one busy until it is killed
        with server(tmp_path, provider.environ) as (first, port):
            session, token, turn = begin(port)
            dying = answer(port, session, token, turn)
            wait_for(port, session, token, lambda now: now["status"] == "choosing")
            first.kill()
            dying.join()
        with server(tmp_path, {"EXAMINER_INTERVIEWER": "embedded"}) as (_, port):
            shown, took = wait_for(port, session, token, lambda now: now["status"] != "choosing")
    assert shown["status"] == "open" and shown["follow_up"]
    assert kinds(tmp_path, session).count("follow_up_chosen") == 1
    assert took < AT_ONCE
