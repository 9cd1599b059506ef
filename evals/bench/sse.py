"""Cut a session's event stream at random places and come back with Last-Event-ID; count events missed and doubled.

    python evals/bench/sse.py --cuts 1000 [--seed 1]

A real server on loopback; a writer drafts and answers all the while; a reader takes a random number of bytes and drops the
connection, every few cuts the server itself is stopped and started anew. What the reader put together is compared with
the log.
"""

import argparse
import http.client
import json
import logging
import random
import socket
import tempfile
import threading
import time
from pathlib import Path

from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.sitting import sessions
from examiner.settings import Settings


class Server:
    """The application in a thread, on a port of its own."""

    def __init__(self, house):
        import uvicorn

        from examiner.api.app import create_app

        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        config = uvicorn.Config(create_app(house), log_config=None, timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.sock]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.005)

    def stop(self):
        self.server.should_exit = True
        self.thread.join(timeout=10)
        self.sock.close()


def write(house, stop, chance, made):
    """Begin sessions one after another and say things in them until told to stop."""
    number = 0
    while not stop.is_set():
        state = sessions.create(house, "demo", candidate=f"w{number}", seed=number, pace=None)
        made.append(state.id)
        number += 1
        now = sessions.begin(house, state.id)
        while now.status != "ended":
            if stop.is_set() and len(made) > 1:
                sessions.abandon(house, state.id)
                break
            if now.status == "ready":
                now = sessions.begin(house, state.id)
            elif now.status == "predicting":
                now = sessions.predict(house, state.id, 1)
            else:
                for _ in range(chance.randrange(1, 12)):
                    sessions.save_draft(house, state.id, now.turn, f"draft {chance.random()}")
                    time.sleep(chance.uniform(0, 0.004))
                now = sessions.submit(house, state.id, now.turn, f"answer {chance.random()}")


def read(port, session, token, after, limit):
    """Return the ids of the whole events within `limit` bytes from one connection, and whether the stream ended."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": str(after)} if after else {})
    got, ids, ended = b"", [], False
    try:
        link.request("GET", f"/v1/sessions/{session}/events", headers=headers)
        reply = link.getresponse()
        while len(got) < limit:
            part = reply.read1(min(256, limit - len(got)))
            if not part:
                break
            got += part
            if b"event: end\n" in got:
                break
    except (OSError, http.client.HTTPException):
        pass
    finally:
        link.close()
    # A block that was cut is not an event: the next connection brings it again.
    for block in got.split(b"\n\n")[:-1]:
        lines = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line and not line.startswith(b":"))
        if b"id" in lines:
            ids.append(int(lines[b"id"]))
        ended |= lines.get(b"event") == b"end"
    return ids, ended


def measure(cuts, seed=1, home=None, restart_every=25):
    """Return how many events were missed and doubled over that many cuts."""
    logging.disable(logging.CRITICAL)
    chance = random.Random(seed)
    house = Examiner(Settings(home=str(Path(home or tempfile.mkdtemp(prefix="sse-")))))
    stop, made = threading.Event(), []
    writer = threading.Thread(target=write, args=(house, stop, random.Random(seed), made))
    writer.start()
    server = Server(house)
    done = restarts = missed = doubled = events = 0
    at = 0
    begun = time.monotonic()
    try:
        while done < cuts:
            while at >= len(made):
                time.sleep(0.01)
            session, seen, ended = made[at], [], False
            token = candidate_token(house, session)
            while not ended:
                ids, ended = read(server.port, session, token, seen[-1] if seen else 0, chance.randrange(1, 4000))
                seen += ids
                done += not ended
                if done >= cuts:
                    stop.set()
                if done % restart_every == 0 and not ended:
                    server.stop()
                    server, restarts = Server(house), restarts + 1
            log = [r.seq for r in house.ledger.read(f"sitting/{session}")]
            missed += len(set(log) - set(seen))
            doubled += len(seen) - len(set(seen))
            events += len(log)
            assert seen == sorted(seen)
            at += 1
    finally:
        stop.set()
        writer.join()
        server.stop()
        house.ledger.close()
        logging.disable(logging.NOTSET)
    return {
        "cuts": done,
        "server_restarts": restarts,
        "sessions": at,
        "events": events,
        "missed": missed,
        "doubled": doubled,
        "seconds": round(time.monotonic() - begun, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    found = measure(args.cuts, args.seed)
    print(json.dumps(found))
    raise SystemExit(1 if found["missed"] or found["doubled"] else 0)


if __name__ == "__main__":
    main()
