"""What judging costs the client, beside raw HTTP, the bare SDKs, instructor and openevals in the same run.

    python evals/bench/judging.py                 # the table, memory and faults: about two minutes
    python evals/bench/judging.py --openevals     # with openevals, in an environment of its own made for it
    python evals/bench/judging.py --only table

1,000 answers to one question, 200 ms of latency on loopback, 64 in flight; the ideal is 1000 / 64 x 0.2 s = 3.1 s.
Every row sends the same prompts; each runs in a process of its own after a warm-up of 64. `examiner` is the whole
command: JSONL read, prompt, call, raw reply journalled, parse, quotes looked up, numbers by code, score, JSONL written.
Absolute times move from machine to machine; compare within one run.
"""

import argparse
import asyncio
import importlib.metadata
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "static-batch-waste"
FLYING = 64
ROWS = (
    "raw aiohttp + pydantic",
    "raw httpx + pydantic",
    "openai SDK",
    "anthropic SDK",
    "instructor over openai",
    "instructor over anthropic",
    "examiner openai",
    "examiner anthropic",
)


def answers(count, start=0):
    """Answers of about 90 words, some of whose numbers are right; no two share a sentence."""
    said = (
        "For case {n} at {site} I would say this. Finished sequences at {site} keep their slots until the longest one is "
        "done, so most of the slots sit idle, about 79 percent here, and new requests have to wait for the whole batch to "
        "drain. With continuous batching {site}'s scheduler makes up its batch after every token: whoever is finished "
        "leaves and somebody who waits comes in. That could give {site} up to 4.8x, and the more the lengths vary the "
        "more you win."
    )
    return [said.format(n=n, site=_site(n)) for n in range(start, start + count)]


def _site(n):
    name = ""
    while n >= 0:
        n, letter = n // 26 - 1, chr(97 + n % 26)
        name = letter + name
    return f"Site{name}"


def house():
    from examiner.service.examiner import Examiner
    from examiner.settings import Settings

    return Examiner(Settings(home=os.environ["BENCH_HOME"], content=str(ROOT)))


def calls(texts, name="openai/m"):
    from examiner.domain.score import Turn
    from examiner.service.judges import open_guarded

    examiner = house()
    judge = open_guarded(examiner, name, run=asyncio.run, offline=True)
    instance = examiner.instance(QUESTION)
    return [judge.calls(instance, [Turn(text=t, asked=instance.prompt)])[0] for t in texts]


async def crowd(one, items):
    queue = iter(items)

    async def work():
        for item in queue:
            await one(item)

    await asyncio.gather(*(work() for _ in range(FLYING)))


def client(row, address):
    """Return an async function that judges one call the way this row does."""
    from examiner.llm import formats

    if row == "raw aiohttp + pydantic":
        import aiohttp

        sessions = []

        async def one(call):
            if not sessions:
                sessions.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
            async with sessions[0].post(f"{address}/v1/chat/completions", json=formats.openai_body(call)) as reply:
                return call.shape.parse(json.loads(await reply.read())["choices"][0]["message"]["content"])

        one.sessions = sessions
    elif row == "raw httpx + pydantic":
        import httpx

        web = httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None))

        async def one(call):
            reply = await web.post(f"{address}/v1/chat/completions", json=formats.openai_body(call))
            return call.shape.parse(reply.json()["choices"][0]["message"]["content"])

    elif row.endswith("SDK") and row.startswith("openai"):
        import openai

        sdk = openai.AsyncOpenAI(api_key="x", base_url=f"{address}/v1", max_retries=0)

        async def one(call):
            reply = await sdk.chat.completions.create(**formats.openai_body(call))
            return call.shape.parse(reply.choices[0].message.content)

    elif row == "anthropic SDK":
        import anthropic

        sdk = anthropic.AsyncAnthropic(api_key="x", base_url=address, max_retries=0)

        async def one(call):
            reply = await sdk.messages.create(**formats.anthropic_body(call))
            return call.shape.model.model_validate(reply.content[0].input)

    else:
        one = with_instructor(row, address)
    return one


def with_instructor(row, address):
    import instructor

    from examiner.llm import formats

    if row.endswith("openai"):
        import openai

        sdk = openai.AsyncOpenAI(api_key="x", base_url=f"{address}/v1", max_retries=0)
        asking, body_of = instructor.from_openai(sdk, mode=instructor.Mode.JSON_SCHEMA), formats.openai_body
    else:
        import anthropic

        sdk = anthropic.AsyncAnthropic(api_key="x", base_url=address, max_retries=0)
        asking, body_of = instructor.from_anthropic(sdk, mode=instructor.Mode.TOOLS), formats.anthropic_body

    async def one(call):
        body = {k: v for k, v in body_of(call).items() if k not in ("tools", "tool_choice", "response_format")}
        return await asking.create(response_model=call.shape.model, max_retries=0, **body)

    return one


def measured(row, address, count):
    """Run one row here; return wall seconds, CPU milliseconds a judgement, peak megabytes."""
    if row.startswith("examiner"):
        return measured_examiner(row, address, count)
    one = client(row, address)
    warm, texts = calls(answers(FLYING, 10**6)), calls(answers(count))

    async def go():
        await crowd(one, warm)
        wall, cpu = time.perf_counter(), time.process_time()
        await crowd(one, texts)
        spent = time.perf_counter() - wall, (time.process_time() - cpu) / count * 1000
        for session in getattr(one, "sessions", ()):
            await session.close()
        return spent

    wall, cpu = asyncio.run(go())
    return {"wall": wall, "cpu": cpu, "peak": peak(), "calls": 1.0}


def measured_examiner(row, address, count):
    from examiner.service.batch.job import Job, run

    os.environ |= {"OPENAI_BASE_URL": f"{address}/v1", "ANTHROPIC_BASE_URL": address}
    judge = row.split()[1] + "/m" + ("," + row.split()[2] if len(row.split()) > 2 else "")
    folder = Path(tempfile.mkdtemp(dir=os.environ["BENCH_HOME"]))
    examiner = house()

    def grade(name, texts):
        source = folder / f"{name}.jsonl"
        with source.open("w") as file:
            for n, text in enumerate(texts):
                file.write(json.dumps({"id": f"{name}{n}", "question": QUESTION, "answer": text}) + "\n")
        job = Job(judge, folder / f"{name}.out", concurrency=FLYING, every=1000)
        wall, cpu = time.perf_counter(), time.process_time()
        with source.open() as lines:
            tally = run(examiner, job, lines, source.stat().st_size, lambda text, last: None, print)
        return tally, time.perf_counter() - wall, (time.process_time() - cpu) / max(1, len(texts)) * 1000

    grade("warm", answers(FLYING, 10**6))
    tally, wall, cpu = grade("all", generate(count))
    found = outcomes(folder / "all.out", count)
    return {"wall": wall, "cpu": cpu, "peak": peak(), "calls": tally.calls / count, **found}


class generate:
    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __iter__(self):
        for start in range(0, self.count, 1000):
            yield from answers(min(1000, self.count - start), start)


def outcomes(path, count):
    """Hold the results against the input: every id once, each a score or a typed error."""
    seen, scores, errors, unexplained = set(), 0, {}, 0
    doubled = 0
    with path.open() as lines:
        for line in lines:
            entry = json.loads(line)
            doubled += entry["id"] in seen
            seen.add(entry["id"])
            if "error" in entry:
                kind = entry.get("error_kind", "")
                errors[kind] = errors.get(kind, 0) + 1
                unexplained += not kind
            else:
                scores += isinstance(entry["quality"], int)
    return {
        "outcomes": len(seen), "scores": scores, "errors": errors, "lost": count - len(seen), "doubled": doubled,
        "unexplained": unexplained,
    }  # fmt: skip


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Server:
    def __init__(self, **options):
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        command = [sys.executable, str(Path(__file__).with_name("server.py")), *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def stats(self):
        with urllib.request.urlopen(f"{self.address}/stats") as reply:
            return json.load(reply)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait()


def apart(row, address, count, python=sys.executable):
    """Run one row in a process of its own."""
    command = [python, __file__, "--row", row, "--address", address, "--count", str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def openevals_python(home):
    """Make an environment with openevals in it, once, and return its Python."""
    folder = home / "openevals"
    python = folder / "bin" / "python"
    if not python.is_file():
        uv = shutil.which("uv")
        if uv:
            subprocess.run([uv, "venv", "--quiet", str(folder)], check=True)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), "openevals"], check=True)
        else:
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "openevals"], check=True)
    return str(python)


def measured_openevals(address, count):
    """openevals' own judge (its smaller output: a score with a comment), with our system prompt."""
    from openai import AsyncOpenAI
    from openevals.llm import create_async_llm_as_judge

    prompt = Path(os.environ["BENCH_HOME"], "prompt.txt").read_text()
    judge = create_async_llm_as_judge(
        prompt=prompt.replace("{", "{{").replace("}", "}}") + "\n\n{outputs}",
        judge=AsyncOpenAI(api_key="x", base_url=f"{address}/v1", max_retries=0),
        model="m",
    )

    async def one(text):
        await judge(outputs=text)

    async def go():
        await crowd(one, answers(FLYING, 10**6))
        wall, cpu = time.perf_counter(), time.process_time()
        await crowd(one, answers(count))
        return time.perf_counter() - wall, (time.process_time() - cpu) / count * 1000

    wall, cpu = asyncio.run(go())
    return {"wall": wall, "cpu": cpu, "peak": peak(), "calls": 1.0}


def table(options, home):
    ideal = options.count / FLYING * options.latency_ms / 1000
    print(
        f"{options.count} answers, {options.latency_ms:g} ms, {FLYING} in flight, ideal {ideal:.2f} s, median of {options.repeat}"
    )
    print(f"{'client':28} {'wall s':>7} {'x ideal':>8} {'CPU ms':>7} {'peak MB':>8} {'calls':>6} {'prefix':>7}")
    rows = [(row, sys.executable) for row in (*ROWS, "examiner openai by=criterion")]
    if options.openevals:
        Path(home, "prompt.txt").write_text("\n\n".join(calls(answers(1))[0].system))
        rows.append(("openevals", openevals_python(Path(options.env).resolve())))
    with Server(latency_ms=options.latency_ms) as server:
        for row, python in rows:
            runs = []
            for _ in range(options.repeat):
                server.stats()
                runs.append(apart(row, server.address, options.count, python) | {"share": server.stats()["share"]})
            wall, cpu, top = (statistics.median(r[k] for r in runs) for k in ("wall", "cpu", "peak"))
            print(
                f"{row:28} {wall:7.2f} {wall / ideal:8.2f} {cpu:7.2f} {top:8.0f} {runs[0]['calls']:6.2f} {runs[0]['share']:7.1%}",
                flush=True,
            )


def memory(options):
    print("\npeak memory of the whole command, 64 in flight, 10 ms")
    with Server(latency_ms=10) as server:
        for count in (1_000, 20_000):
            found = apart("examiner openai", server.address, count)
            print(
                f"  {count:6} answers: {found['peak']:.0f} MB, lost {found['lost']}, doubled {found['doubled']}",
                flush=True,
            )


def faults(options):
    print("\none request in ten faulty, all kinds mixed")
    for vendor in ("openai", "anthropic"):
        with Server(latency_ms=options.latency_ms, faults=0.1) as server:
            found = apart(f"examiner {vendor}", server.address, options.count)
            stats = server.stats()
        print(
            f"  {vendor}: {found['outcomes']} outcomes ({found['scores']} scores, errors {found['errors'] or 'none'}), lost "
            f"{found['lost']}, doubled {found['doubled']}, unexplained {found['unexplained']}; {found['wall']:.1f} s, "
            f"{stats['requests']} requests, faults {stats['faults']}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--latency-ms", type=float, default=200)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=("table", "memory", "faults"))
    parser.add_argument("--openevals", action="store_true", help="also openevals, in an environment of its own")
    parser.add_argument("--env", default=str(Path(tempfile.gettempdir()) / "examiner-bench"), help="where that is made")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        make = measured_openevals if options.row == "openevals" else None
        found = make(options.address, options.count) if make else measured(options.row, options.address, options.count)
        print(json.dumps(found), flush=True)
        os._exit(0)  # clients of the other rows are left open on purpose; nobody waits for them
    with tempfile.TemporaryDirectory() as home:
        os.environ["BENCH_HOME"] = home
        names = ("aiohttp", "httpx", "openai", "anthropic", "instructor", "pydantic")
        versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in names)
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {versions}")
        for name, part in (
            ("table", lambda: table(options, home)),
            ("memory", lambda: memory(options)),
            ("faults", lambda: faults(options)),
        ):
            if options.only in (None, name):
                part()


if __name__ == "__main__":
    main()
