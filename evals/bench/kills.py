"""Kill the server with SIGKILL at random moments under load; count acknowledged writes that are lost or doubled.

    python evals/bench/kills.py --points 1000 [--clients 6] [--seed 1] [--json]

Each client drafts and answers as fast as it is acknowledged, journals what was not, and sends that again first, under the
same Idempotency-Key, when the server is back. After each kill every acknowledged write must be in the log, byte for
byte and once; what was not acknowledged must be absent or whole. The hash chains are verified at the end.
"""

import argparse
import hashlib
import http.client
import json
import logging
import os
import random
import signal
import socket
import tempfile
import threading
import time
from pathlib import Path

from examiner.service.examiner import Examiner
from examiner.settings import Settings
from examiner.store.ledger import Ledger

KEY = "bench-key"


class Client:
    """One candidate after another, until the connection dies."""

    def __init__(self, number, seed):
        self.number, self.chance = number, random.Random(f"{seed}/{number}")
        self.acked, self.pending, self.session, self.token, self.version, self.sent = [], None, "", "", 0, 0

    def run(self, port):
        try:
            self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            while True:
                self.step()
        except (OSError, http.client.HTTPException):
            return
        finally:
            self.link.close()

    def step(self):
        if self.pending is None:
            self.pending = self.next()
        method, path, body, key, note = self.pending
        status, reply = self.call(method, path, body, key)
        if status == 409 and "in_flight" in str(reply):
            time.sleep(0.02)
            return
        assert status in (200, 201), (method, path, status, reply)
        self.pending = None
        if note == "session":
            self.session, self.token = reply["session"], reply["token"]
        elif note:
            kind, turn, text = note
            saved = reply if kind == "drafted" else reply["saved"]
            assert saved["sha256"] == hashlib.sha256(text.encode()).hexdigest()
            self.acked.append((self.session, kind, turn, text, saved["seq"]))
            if kind == "answered":
                self.version = 0
        if isinstance(reply, dict) and reply.get("status") == "ended":
            self.session = ""

    def next(self):
        """Return the next request: method, path, body, key, what its acknowledgement promises."""
        self.sent += 1
        key = f"{self.number}-{self.sent}"
        if not self.session:
            body = {"loop": "demo", "pace": None, "candidate": f"bench {self.number}", "seed": self.sent}
            return "POST", "/v1/sessions", body, key, "session"
        base = f"/v1/sessions/{self.session}"
        _, now = self.call("GET", f"{base}/current")
        while now["status"] == "choosing":  # whoever chose the follow-up was killed; another chooses after a while
            time.sleep(0.05)
            _, now = self.call("GET", f"{base}/current")
        if now["status"] == "ended":
            self.session = ""
            return self.next()
        if now["status"] == "ready":
            return "POST", f"{base}/start", None, key, None
        if now["status"] == "predicting":
            return "POST", f"{base}/prediction", {"value": 1}, key, None
        text = f"{self.number}/{self.sent} " + "größer ✓ " * self.chance.randrange(1, 200)
        if self.chance.random() < 0.8:
            self.version = now["draft_version"] + 1
            body = {"turn": now["turn"], "text": text, "version": self.version}
            return "PUT", f"{base}/draft", body, "", ("drafted", now["turn"], text)
        return "POST", f"{base}/answers", {"turn": now["turn"], "text": text}, key, ("answered", now["turn"], text)

    def call(self, method, path, body=None, key=""):
        token = KEY if path == "/v1/sessions" else self.token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        self.link.request(method, path, json.dumps(body) if body is not None else None, headers)
        reply = self.link.getresponse()
        return reply.status, json.loads(reply.read() or b"null")


def serve(app, sock):
    """Serve in a forked child until it is killed."""
    import uvicorn

    logging.disable(logging.CRITICAL)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    server.run(sockets=[sock])
    os._exit(0)


def measure(points, clients=6, seed=1, home=None, longest=0.25, say=lambda _: None):
    """Return what was acknowledged, lost and doubled over that many kills."""
    from examiner.api.app import create_app

    home = Path(home or tempfile.mkdtemp(prefix="kills-"))
    settings = Settings(home=str(home), api_keys=KEY)
    house = Examiner(settings)
    house.vault, house.judge
    app = create_app(house, sweep=True)
    Ledger.open(settings.database_url).close()
    chance = random.Random(seed)
    people = [Client(n, seed) for n in range(clients)]
    begun, lost, doubled, acked, killed_busy, reach = time.monotonic(), 0, 0, 0, 0, longest
    seen = {}
    for point in range(points):
        sock = socket.create_server(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        pid = os.fork()
        if pid == 0:
            serve(app, sock)
        sock.close()
        threads = [threading.Thread(target=c.run, args=(port,)) for c in people]
        for thread in threads:
            thread.start()
        _first_reply(port)
        time.sleep(chance.uniform(0.0, reach))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        for thread in threads:
            thread.join()
        killed_busy += any(c.pending for c in people)
        ledger = Ledger.open(settings.database_url)
        new = [a for c in people for a in c.acked]
        acked += len(new)
        reach = longest if acked else min(5.0, 2 * reach)  # a busy machine acknowledges nothing for a while
        for c in people:
            c.acked = []
        a, b = _audit(ledger, seen, new, people)
        lost, doubled = lost + a, doubled + b
        ledger.close()
        if (point + 1) % 50 == 0:
            say(f"{point + 1} kills, {acked} acknowledged, lost {lost}, doubled {doubled}")
    ledger = Ledger.open(settings.database_url)
    problems = ledger.check()
    events = sum(s.events for s in ledger.streams("sitting/"))
    ledger.close()
    return {
        "kills": points,
        "killed_with_a_request_in_flight": killed_busy,
        "acknowledged": acked,
        "events": events,
        "lost": lost,
        "doubled": doubled,
        "damaged": len(problems),
        "seconds": round(time.monotonic() - begun, 1),
    }


def _first_reply(port):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("GET", "/livez")
    link.getresponse().read()
    link.close()


def _audit(ledger, seen, acked, people):
    """Return how many acknowledged writes are missing or altered, and how many texts stand twice."""
    lost = doubled = 0
    sessions = {a[0] for a in acked} | {c.session for c in people if c.session}
    for session in sessions:
        texts = seen.setdefault(session, {"after": 0, "at": {}})
        for record in ledger.read(f"sitting/{session}", after=texts["after"]):
            texts["after"] = record.seq
            if record.kind in ("drafted", "answered"):
                spot = (record.kind, record.body["turn"], record.body["text"])
                doubled += spot in texts["at"]
                texts["at"][spot] = record.seq
    for session, kind, turn, text, seq in acked:
        lost += seen[session]["at"].get((kind, turn, text)) != seq
    return lost, doubled


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    found = measure(args.points, args.clients, args.seed, say=lambda line: print(line, flush=True))
    print(json.dumps(found))
    raise SystemExit(1 if found["lost"] or found["doubled"] or found["damaged"] else 0)


if __name__ == "__main__":
    main()
