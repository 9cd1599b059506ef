"""How long a candidate waits for the interviewer's first words, against the bare provider's first token.

    python evals/bench/first_words.py --turns 40 [--first-ms 500] [--word-ms 20]

A provider in a process of its own streams one word after another. Bare: a socket, the same request, until the first word
is there. Ours: from the answer's submission until the first piece is on the disk and shown; the answer's own commit, the
judge, the choice of the probe, the prompt, the SDK, the filter and the commit of the piece are all in it. The same with a
provider that takes no time at all gives what is ours alone.
"""

import argparse
import asyncio
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from examiner.domain.events import SectionStarted
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.settings import Settings

WEAK = "The cache holds something for each token, and it grows with the context."
LEAD = "Staying with the cache you named: "


async def serve(first, gap):
    """Answer every request with a lead-in and the probe, a word at a time; print the port."""

    async def one(reader, writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"content-length: (\d+)", head, re.I)[1])
            body = json.loads(await reader.readexactly(length))
            said = LEAD + body["messages"][-1]["content"].rpartition("into your words: ")[2].strip()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            await asyncio.sleep(first)
            for word in [*re.findall(r"\S+\s*", said), None]:
                choice = {
                    "index": 0,
                    "delta": {"content": word} if word else {},
                    "finish_reason": None if word else "stop",
                }
                frame = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
                _chunk(writer, f"data: {json.dumps(frame)}\n\n")
                await writer.drain()
                await asyncio.sleep(gap)
            _chunk(writer, "data: [DONE]\n\n")
            writer.write(b"0\r\n\r\n")
            await writer.drain()

    async def session(reader, writer):
        try:
            await one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _chunk(writer, text):
    raw = text.encode()
    writer.write(b"%x\r\n%s\r\n" % (len(raw), raw))


def bare(port, turns):
    """Return the seconds until a plain socket has the first word, for each of so many requests."""
    took = []
    client = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps(
        {"model": "m", "stream": True, "messages": [{"role": "user", "content": "into your words: Why?"}]}
    )
    for _ in range(turns):
        started = time.perf_counter()
        client.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        reply = client.getresponse()
        reply.readline()
        took.append(time.perf_counter() - started)
        reply.read()
    return took


def ours(home, turns):
    """Return the seconds until the answer is saved, the first piece is shown, and the follow-up is whole."""
    house = Examiner(Settings(home=home, interviewer="openai/m"))
    house.interviewing.ready()
    saved, first, whole = [], [], []
    for seed in range(turns + 2):
        state = sittings.start(house, "mock-staff", seed=seed)
        sittings.handle(house, state.id, SectionStarted(section=state.created.blueprint.sections[0].id))
        heard = {}
        started = time.perf_counter()
        with sittings.hearing(
            house, state.id, lambda kind, _, heard=heard: heard.setdefault(kind, time.perf_counter())
        ):
            sittings.answer(house, state.id, "0.0", WEAK)
        ended = time.perf_counter()
        if seed >= 2 and "spoke" in heard:  # the first calls of a process open connections
            saved.append(heard["answered"] - started)
            first.append(heard["spoke"] - started)
            whole.append(ended - started)
    house.portal.close()
    house.ledger.close()
    return saved, first, whole


def measured(turns, first_ms, word_ms):
    """Return the medians and 95 % quantiles of one provider's pace, in milliseconds."""
    command = [sys.executable, __file__, "--serve", "--first-ms", str(first_ms), "--word-ms", str(word_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, tempfile.TemporaryDirectory() as home:
        port = int(server.stdout.readline())
        os.environ |= {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": "bench"}
        rows = {"bare first token": bare(port, turns)}
        rows |= zip(("answer saved", "first piece shown", "whole follow-up"), ours(str(Path(home)), turns), strict=True)
        server.terminate()
    return {
        name: {"n": len(took), "p50": 1000 * statistics.median(took), "p95": 1000 * sorted(took)[int(0.95 * len(took))]}
        for name, took in rows.items()
    }


def main():
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--first-ms", type=float, default=500.0)
    parser.add_argument("--word-ms", type=float, default=20.0)
    parser.add_argument("--serve", action="store_true")
    given = parser.parse_args()
    if given.serve:
        return asyncio.run(serve(given.first_ms / 1000, given.word_ms / 1000))
    for first, word in ((given.first_ms, given.word_ms), (0.0, 0.0)):
        rows = measured(given.turns, first, word)
        print(f"provider: first token after {first:g} ms, then {word:g} ms a word")
        for name, row in rows.items():
            print(f"  {name:20} n {row['n']:3}   p50 {row['p50']:7.1f} ms   p95 {row['p95']:7.1f} ms")
        if not first:  # a ratio to nothing says nothing
            continue
        base = rows["bare first token"]["p50"]
        ratios = {n: rows[n]["p50"] / base for n in ("first piece shown", "whole follow-up")}
        print("  " + ", ".join(f"{name} / bare first token: {ratio:.2f}" for name, ratio in ratios.items()))
    return None


if __name__ == "__main__":
    main()
