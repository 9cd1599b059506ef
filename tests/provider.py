"""A small provider on loopback: both wire formats, a fault whenever it is told to. For tests; no dependency."""

import json
import os
import re
import socket
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MARKED = re.compile(r"(\[\[[0-9a-f]{12}\]\])\n(.*?)\n\1", re.DOTALL)
CLAIM = re.compile(r"^(p\d+) \(\w+\): (.*)$", re.MULTILINE)
WORD = re.compile(r"[a-z]{5,}")
FAULTS = ("429", "500", "529", "reset", "slow", "truncated", "badjson", "schema", "refusal", "overlong", "empty")


def verdicts(body):
    """A reply that fits the schema: a point is met where its claim shares words with the answer, else not."""
    schema = schema_of(body)
    text = body["messages"][-1]["content"]
    found = MARKED.search(text)
    said = found[2] if found else text
    claims = dict(CLAIM.findall(system_of(body)))
    made = {}
    for name in schema.get("properties", {}):
        if name[0] == "p":
            shared = WORD.findall(claims.get(name, said).lower())
            met = not claims or any(word in said.lower() for word in shared)
            made[name] = {
                "reason": "It says so." if met else "It does not say so.",
                "verdict": "met" if met else "not_met",
                "quote": " ".join(said.split()[:5]) if met else "",
            }
        elif name[0] == "m":
            made[name] = {"made": False, "quote": ""}
    return made


def system_of(body):
    blocks = body.get("system")
    if isinstance(blocks, list):
        return "\n".join(block["text"] for block in blocks)
    return str(body["messages"][0]["content"])


def schema_of(body):
    if "tools" in body:
        return body["tools"][0].get("input_schema") or {}
    return body.get("response_format", {}).get("json_schema", {}).get("schema") or {}


class Provider:
    """Serves until it leaves its `with`.

    Args:
        fault: takes (body, how often this prompt was seen before) and returns a fault's name or "".
        latency: seconds before each reply.
        say: makes the reply of the body: a value, or plain text.
        pace: seconds between two pieces of a streamed reply.

    """

    def __init__(self, fault=None, latency=0.0, say=verdicts, pace=0.0):
        self.fault = fault or (lambda body, seen: "")
        self.latency = latency
        self.say = say
        self.pace = pace
        self.requests = []
        self.headers = []
        self.seen = Counter()
        self.faults = Counter()
        self.in_flight = self.most_in_flight = 0
        self.extra = {}
        self.lock = threading.Lock()

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                provider.serve(self)

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that went away, or a reset made on purpose

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    @property
    def environ(self):
        return {"OPENAI_BASE_URL": self.address + "/v1", "ANTHROPIC_BASE_URL": self.address}

    def serve(self, http):
        body = json.loads(http.rfile.read(int(http.headers["content-length"])))
        prompt = json.dumps(body["messages"])
        with self.lock:
            seen = self.seen[prompt]
            self.seen[prompt] += 1
            self.requests.append(body)
            self.headers.append(dict(http.headers))
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            time.sleep(self.latency)
            fault = self.fault(body, seen)
            if fault:
                with self.lock:
                    self.faults[fault] += 1
            self.answer(http, body, fault)
        finally:
            with self.lock:
                self.in_flight -= 1

    def answer(self, http, body, fault):
        if fault.startswith("redirect "):
            return send(http, {}, 307, {"Location": fault.partition(" ")[2] + http.path})
        if fault in ("401", "429", "500", "529"):
            status = int(fault)
            return send(http, {"error": {"message": f"planted {fault}", "type": "x"}}, status, {"Retry-After": "0.05"})
        if fault == "reset":
            http.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(http.connection.detach())  # a plain close would wait for the handler's files
            http.close_connection = True
            return None
        said = self.say(body)
        text = said if isinstance(said, str) else json.dumps(said)
        if body.get("stream") and fault not in ("429", "500", "529", "reset"):
            return self.stream(http, body, text, fault)
        if fault == "badjson":
            text = text[: len(text) // 2]
        if fault == "schema":
            text = json.dumps({"score": 3})
        if fault == "empty":
            text = ""
        stop = {"overlong": "length", "refusal": "refusal"}.get(fault, "end")
        anthropic = http.path.endswith("/messages")
        data = (anthropic_body if anthropic else openai_body)(body, text, stop)
        raw = json.dumps(data).encode()
        if fault == "truncated":
            http.send_response(200)
            http.send_header("Content-Type", "application/json")
            http.send_header("Content-Length", str(len(raw)))
            http.end_headers()
            http.wfile.write(raw[: len(raw) // 2])
            http.close_connection = True
            return None
        if fault == "slow":
            http.send_response(200)
            http.send_header("Content-Type", "application/json")
            http.send_header("Content-Length", str(len(raw)))
            http.end_headers()
            for byte in raw:
                http.wfile.write(bytes([byte]))
                http.wfile.flush()
                time.sleep(0.02)
            return None
        return send(http, data, 200, self.extra)

    def stream(self, http, body, text, fault):
        """Send a reply in pieces of a word each; `truncated` ends in the middle, `slow` drips, `broken` resets."""
        http.send_response(200)
        http.send_header("Content-Type", "text/event-stream")
        http.send_header("Transfer-Encoding", "chunked")
        http.end_headers()
        frames = (anthropic_frames if http.path.endswith("/messages") else openai_frames)(body, text)
        for number, frame in enumerate(frames):
            if number == len(frames) // 2 and fault in ("truncated", "broken"):
                if fault == "broken":
                    http.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    os.close(http.connection.detach())
                http.close_connection = True
                return
            raw = frame.encode()
            http.wfile.write(b"%x\r\n%s\r\n" % (len(raw), raw))
            http.wfile.flush()
            time.sleep(1.0 if fault == "slow" else self.pace)
        http.wfile.write(b"0\r\n\r\n")


def send(http, data, status, headers):
    raw = json.dumps(data).encode()
    http.send_response(status)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        http.send_header(name, value)
    http.send_header("Content-Length", str(len(raw)))
    http.end_headers()
    http.wfile.write(raw)


def openai_body(body, text, stop):
    refused = stop == "refusal"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"] + "-2026-01-01",
        "system_fingerprint": "fp_1",
        "choices": [
            {
                "index": 0,
                "finish_reason": {"length": "length"}.get(stop, "stop"),
                "message": {
                    "role": "assistant",
                    "content": None if refused else text[:20] if stop == "length" else text,
                    "refusal": "I cannot help with that." if refused else None,
                },
            }
        ],
        "usage": {
            "prompt_tokens": 1000,
            "completion_tokens": 100,
            "total_tokens": 1100,
            "prompt_tokens_details": {"cached_tokens": 800},
        },
    }


def anthropic_body(body, text, stop):
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    content = [{"type": "text", "text": "I cannot help with that."}]
    if stop != "refusal":
        content = [{"type": "text", "text": text}]
        if "tools" in body and isinstance(value, dict):
            content = [{"type": "tool_use", "id": "t1", "name": body["tools"][0]["name"], "input": value}]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"] + "-20260101",
        "content": content,
        "stop_reason": {"length": "max_tokens", "refusal": "refusal"}.get(stop, "tool_use"),
        "stop_sequence": None,
        "usage": {
            "input_tokens": 100,
            "cache_creation_input_tokens": 100,
            "cache_read_input_tokens": 800,
            "output_tokens": 100,
        },
    }


def openai_frames(body, text):
    def chunk(delta, stop=None, **more):
        choices = [{"index": 0, "delta": delta, "finish_reason": stop}]
        data = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": body["model"], "choices": choices}
        return f"data: {json.dumps(data | more)}\n\n"

    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    words = [chunk({"content": word}) for word in re.findall(r"\S+\s*", text)]
    return [
        chunk({"role": "assistant"}),
        *words,
        chunk({}, "stop"),
        chunk({}, choices=[], usage=usage),
        "data: [DONE]\n\n",
    ]


def anthropic_frames(body, text):
    def event(kind, **data):
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"

    message = anthropic_body(body, text, "end") | {"content": [], "stop_reason": None}
    words = [
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
        for word in re.findall(r"\S+\s*", text)
    ]
    return [
        event("message_start", message=message),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *words,
        event("content_block_stop", index=0),
        event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 100}),
        event("message_stop"),
    ]
