"""What counting, logging and tracing cost a request, in CPU time against a request that does none of them.

    python evals/bench/telemetry.py [--requests 600]

A draft is saved again and again over the application itself, without a network; CPU time is steadier than the wall's.
"""

import argparse
import asyncio
import json
import logging
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from examiner.api.app import create_app
from examiner.api.metrics import Metrics
from examiner.service.access.tokens import candidate_token
from examiner.service.examiner import Examiner
from examiner.service.sitting import sessions
from examiner.settings import Settings
from examiner.telemetry import logs, traces


class Nowhere(SpanExporter):
    def export(self, spans):
        return SpanExportResult.SUCCESS


async def save(app, path, headers, version, turn):
    body = json.dumps({"turn": turn, "text": "The weights are read once for each step.", "version": version}).encode()
    sent = [{"type": "http.request", "body": body}]

    async def receive():
        return sent.pop() if sent else {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            assert message["status"] == 200, message

    scope = {"type": "http", "method": "PUT", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
             "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("x", 1),
             "headers": [*headers, (b"content-length", str(len(body)).encode())]}  # fmt: skip
    await app(scope, receive, send)


def cost(house, requests):
    """Return milliseconds of CPU a request."""
    state = sessions.create(house, "demo", candidate="c", seed=7, pace=None)
    turn = sessions.begin(house, state.id).turn
    token = candidate_token(house, state.id)
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
    app = create_app(house)
    path = f"/v1/sessions/{state.id}/draft"

    async def go(first, count):
        for version in range(first, first + count):
            await save(app, path, headers, version, turn)

    asyncio.run(go(1, 50))
    begun = time.process_time()
    asyncio.run(go(51, requests))
    return (time.process_time() - begun) / requests * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    house = Examiner(Settings(home=tempfile.mkdtemp(prefix="telemetry-")))
    count = Metrics.request

    def none():
        logging.disable(logging.CRITICAL)
        Metrics.request = lambda *_: None

    def metrics():
        Metrics.request = count

    def lines():
        logging.disable(logging.NOTSET)
        logs.configure(Path(os.devnull).open("w"))  # noqa: SIM115 - for as long as the process lives

    def spans():
        traces.start("0", {}, BatchSpanProcessor(Nowhere()))

    steps = {"none": none, "metrics": metrics, "metrics, logs": lines, "metrics, logs, traces": spans}
    taken = {name: [] for name in steps}
    for _ in range(args.rounds):
        for name, step in steps.items():
            step()
            taken[name].append(cost(house, args.requests))
        traces.stop()
    best = {name: min(values) for name, values in taken.items()}
    rows = {
        name: {"cpu_ms": round(value, 3), "median_ms": round(statistics.median(taken[name]), 3),
               "of_none": round(value / best["none"], 3)}
        for name, value in best.items()
    }  # fmt: skip
    print(json.dumps({"requests": args.requests * args.rounds, "rows": rows, "cores": os.cpu_count(),
                      "load": os.getloadavg()[0], "python": platform.python_version()}, indent=1))  # fmt: skip
    house.ledger.close()


if __name__ == "__main__":
    main()
