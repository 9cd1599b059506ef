"""A provider for benchmarks: both wire formats, a fixed latency, faults by dice; one event loop, no dependency.

    python evals/bench/server.py --port 0 --latency-ms 200 --faults 0.1

Prints its address. The reply fits the schema that was sent; a quote is the sentence between the markers, or of the last
message, that shares most words with the claim. Faults depend on the prompt and on how often it was seen, never on the order of arrival.
"""

import argparse
import asyncio
import hashlib
import json
import re
import struct
from collections import Counter

MARKED = re.compile(r"(\[\[[0-9a-f]{12}\]\])\n(.*?)\n\1", re.DOTALL)
CLAIM = re.compile(r"^(p\d+) \(\w+\): (.*)$", re.MULTILINE)
WORD = re.compile(r"[a-z]{6,}")
SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s)[^.!?\n]*)*[.!?]?")
KINDS = ("429", "500", "529", "reset", "slow", "truncated", "badjson", "schema", "refusal", "overlong", "empty")


class Provider:
    def __init__(self, latency, faults):
        self.latency, self.faults = latency, faults
        self.seen, self.counts = Counter(), Counter()
        self.previous, self.shared, self.total = b"", 0, 0

    def fault(self, prompt):
        name = hashlib.blake2b(prompt, digest_size=8).digest()
        self.seen[name] += 1
        if not self.faults:
            return ""
        dice = hashlib.blake2b(name + bytes([self.seen[name] % 256]), digest_size=8).digest()
        if int.from_bytes(dice[:4], "big") / 2**32 >= self.faults:
            return ""
        return KINDS[dice[5] % len(KINDS)]

    def measure(self, prompt):
        """Count the bytes that this prompt shares with the one before: what a prompt cache can serve."""
        low, high = 0, min(len(prompt), len(self.previous))
        while low < high:
            middle = (low + high + 1) // 2
            if prompt[:middle] == self.previous[:middle]:
                low = middle
            else:
                high = middle - 1
        self.shared, self.total, self.previous = self.shared + low, self.total + len(prompt), prompt


def verdicts(body):
    tools = body.get("tools")
    if tools:
        schema = tools[0].get("input_schema") or tools[0]["function"]["parameters"]
    else:
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
    text = body["messages"][-1]["content"]
    text = text if isinstance(text, str) else text[-1]["text"]
    found = MARKED.search(text)
    said = found[2] if found else text
    claims = dict(CLAIM.findall(str(body.get("system") or body["messages"][0]["content"]).replace("\\n", "\n")))
    made = {}
    for name, kind in schema.get("properties", {}).items():
        if name[0] == "m" and name[1:].isdigit():
            made[name] = {"made": False, "quote": ""}
        elif "$ref" in kind or kind.get("type") == "object":
            made[name] = _line(claims.get(name, said), said)
        else:
            made[name] = _plain(kind)
    return made


def _line(claim, said):
    """Met where the claim shares two words with a sentence, which is quoted: a judge that reads, and credits no decoy."""
    wanted = set(WORD.findall(claim.lower()))
    best = max(SENTENCE.findall(said), key=lambda s: len(wanted & set(WORD.findall(s.lower()))), default="")
    if len(wanted & set(WORD.findall(best.lower()))) < 2:
        return {"reason": "The answer says nothing of the kind anywhere.", "verdict": "not_met", "quote": ""}
    return {"reason": "The answer says so in its own words in one sentence.", "verdict": "met", "quote": best.strip()}


def _plain(kind):
    return {"boolean": True, "number": 1, "integer": 1, "string": "so it says"}.get(kind.get("type"), "so it says")


def completion(body, text, fault):
    message = {"role": "assistant", "content": text, "refusal": None}
    if fault == "refusal":
        message |= {"content": None, "refusal": "I cannot help with that."}
    elif body.get("tools"):
        name = body["tools"][0]["function"]["name"]
        call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": text}}
        message |= {"content": None, "tool_calls": [call]}
    tokens = len(json.dumps(body["messages"])) // 4
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"] + "-2026-01-01",
        "system_fingerprint": "fp_bench",
        "choices": [{"index": 0, "message": message, "finish_reason": "length" if fault == "overlong" else "stop"}],
        "usage": {"prompt_tokens": tokens, "completion_tokens": len(text) // 4, "total_tokens": tokens + len(text) // 4,
                  "prompt_tokens_details": {"cached_tokens": 0}},
    }  # fmt: skip


def message(body, text, fault):
    content = [{"type": "text", "text": "I cannot help with that." if fault == "refusal" else text}]
    if fault not in ("refusal", "badjson", "empty") and body.get("tools"):
        content = [{"type": "tool_use", "id": "t1", "name": body["tools"][0]["name"], "input": json.loads(text)}]
    stop = {"overlong": "max_tokens", "refusal": "refusal"}.get(fault, "tool_use")
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"] + "-20260101", "content": content,
        "stop_reason": stop, "stop_sequence": None,
        "usage": {"input_tokens": len(json.dumps(body["messages"])) // 4, "cache_creation_input_tokens": 0,
                  "cache_read_input_tokens": 0, "output_tokens": len(text) // 4},
    }  # fmt: skip


async def serve(provider, reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            first, _, rest = head.decode("latin-1").partition("\r\n")
            path = first.split()[1]
            found = re.search(r"content-length: *(\d+)", rest, re.IGNORECASE)
            raw = await reader.readexactly(int(found[1])) if found else b""
            if path == "/stats":
                share = provider.shared / provider.total if provider.total else 0.0
                send(writer, {"requests": sum(provider.seen.values()), "faults": dict(provider.counts), "share": share})
                provider.seen.clear()
                provider.counts.clear()
                provider.shared = provider.total = 0
                continue
            body = json.loads(raw)
            prompt = json.dumps([body.get("system"), body["messages"]]).encode()
            provider.measure(prompt)
            fault = provider.fault(prompt)
            if "refuse always" in json.dumps(body["messages"][-1]):
                fault = "refusal"
            if fault:
                provider.counts[fault] += 1
            await asyncio.sleep(provider.latency)
            if not await answer(writer, path, body, fault):
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer(writer, path, body, fault):
    """Send a reply or a fault; tell whether the connection goes on."""
    if fault in ("429", "500", "529"):
        send(writer, {"error": {"message": f"planted {fault}"}}, int(fault), "Retry-After: 1\r\n")
        return True
    if fault == "reset":
        sock = writer.get_extra_info("socket")
        sock.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SOL_SOCKET, SO_LINGER
        writer.transport.abort()
        return False
    text = json.dumps(verdicts(body))
    if fault == "badjson":
        text = text[: len(text) // 2]
    text = {"schema": '{"score": 3}', "empty": ""}.get(fault, text)
    made = message if path.endswith("/messages") else completion
    raw = json.dumps(made(body, text, fault)).encode()
    if fault == "truncated":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(raw))
        writer.write(raw[: len(raw) // 2])
        return False
    if fault == "slow":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(raw))
        for at in range(0, len(raw), 32):
            writer.write(raw[at : at + 32])
            await writer.drain()
            await asyncio.sleep(0.02)
        return True
    send(writer, raw)
    return True


def send(writer, data, status=200, headers=""):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(raw)}\r\n\r\n"
    writer.write(head.encode() + raw)


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=200)
    parser.add_argument("--faults", type=float, default=0.0)
    options = parser.parse_args()
    provider = Provider(options.latency_ms / 1000, options.faults)
    server = await asyncio.start_server(
        lambda r, w: serve(provider, r, w), "127.0.0.1", options.port, backlog=512, limit=1 << 22
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
