"""Many candidates at once: a save every five seconds each, an answer now and then; how long an acknowledgement takes.

    python evals/bench/load.py [--candidates 200] [--seconds 60] [--every 5]

The server is `examiner serve` in a process of its own, on SQLite with a synced commit for every write; the candidates are
coroutines in this one, on keep-alive connections. Latencies are from the request's first byte to the answer's last.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time

import numpy as np

KEY = "bench-key"


class Link:
    """One keep-alive connection that speaks just enough HTTP: a heavier client would be what is measured."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def call(self, method, path, token, body=None, key=""):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        data = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(data)}\r\n" + (f"Idempotency-Key: {key}\r\n" if key else "") + "\r\n"
        begun = time.perf_counter()
        self.writer.write(head.encode() + data)
        status = int((await self.reader.readline()).split()[1])
        length = 0
        while (line := await self.reader.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        reply = json.loads(await self.reader.readexactly(length)) if length else None
        return status, reply, time.perf_counter() - begun


async def candidate(number, port, until, every, found):
    chance = random.Random(number)
    link = Link(port)
    status = 429
    while status == 429:  # one key makes all the sessions here; candidates are never limited
        body = {"loop": "mock-staff", "candidate": f"c{number}"}
        status, made, _ = await link.call("POST", "/v1/sessions", KEY, body)
        await asyncio.sleep(chance.uniform(0, 3) if status == 429 else 0)
    if status != 201:
        found["errors"].append(("create", status, made))
        return
    base, token = f"/v1/sessions/{made['session']}", made["token"]
    _, now, _ = await link.call("POST", f"{base}/start", token)
    text, version = "", 0
    await asyncio.sleep(chance.uniform(0, every))
    while time.monotonic() < until:
        text += f"{chance.random()} the weights are read once for each step, so bandwidth bounds it. " * 3
        status, reply, took = 0, None, 0.0
        if now["status"] == "open" and chance.random() > every / 60:  # an answer a minute
            version += 1
            body = {"turn": now["turn"], "text": text[-4000:], "version": version}
            status, reply, took = await link.call("PUT", f"{base}/draft", token, body)
            kind = "draft"
        elif now["status"] == "open":
            body = {"turn": now["turn"], "text": text[-4000:]}
            status, reply, took = await link.call(
                "POST", f"{base}/answers", token, body, f"{number}-{version}-{now['turn']}"
            )
            now, text, version, kind = reply, "", 0, "answer"
        elif now["status"] == "posing":
            status, now, took = await link.call("POST", f"{base}/self-posed", token, {})
            kind = "other"
        else:
            status, now, took = await link.call(
                "POST",
                f"{base}/{'start' if now['status'] == 'ready' else 'prediction'}",
                token,
                {} if now["status"] != "ready" else None,
            )
            kind = "other"
        if status >= 400:
            found["errors"].append((kind, status, reply or now))
            return
        found[kind].append(took)
        await asyncio.sleep(max(0.0, every - took))


async def run(port, candidates, seconds, every):
    found = {"draft": [], "answer": [], "other": [], "errors": []}
    seconds += 15  # until all have begun
    until = time.monotonic() + seconds
    await asyncio.gather(*(candidate(n, port, until, every, found) for n in range(candidates)), return_exceptions=False)
    return found


def quantiles(values):
    if not values:
        return None
    p50, p95, p99 = np.percentile(np.array(values) * 1000, [50, 95, 99])
    return {
        "n": len(values),
        "p50_ms": round(p50, 1),
        "p95_ms": round(p95, 1),
        "p99_ms": round(p99, 1),
        "max_ms": round(max(values) * 1000, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", type=float, default=5)
    args = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    env = os.environ | {"EXAMINER_HOME": tempfile.mkdtemp(prefix="load-"), "EXAMINER_API_KEYS": KEY}
    command = [sys.executable, "-m", "examiner", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        found = asyncio.run(run(port, args.candidates, args.seconds, args.every))
    finally:
        server.terminate()
        server.wait(timeout=60)
    spent = args.seconds + 15
    saves = found["draft"] + found["answer"]
    result = {
        "candidates": args.candidates,
        "seconds": spent,
        "writes_per_second": round(len(saves + found["other"]) / spent, 1),
        "ack": quantiles(saves),
        "draft": quantiles(found["draft"]),
        "answer": quantiles(found["answer"]),
        "errors": len(found["errors"]),
        "first_errors": found["errors"][:3],
        "load_average": os.getloadavg()[0],
    }
    print(json.dumps(result))
    raise SystemExit(1 if found["errors"] else 0)


if __name__ == "__main__":
    main()
