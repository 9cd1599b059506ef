"""Spans of what happens, without a word of what was said; nothing at all where nobody collects."""

import asyncio
import http.server
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes

from examiner.api.app import create_app
from examiner.llm.call import Call, CallFailed, Message
from examiner.llm.gateway import Gateway
from examiner.llm.scripted import ScriptedModel
from examiner.service.access.tokens import candidate_token
from examiner.service.sitting import sessions
from examiner.telemetry import traces

ROOT = Path(__file__).parents[2]
SAID = "Memory bandwidth bounds the quokka."
STAFF = {"Authorization": "Bearer staff-key"}


@pytest.fixture
def kept():
    """Spans as the SDK's own exporter keeps them."""
    out = InMemorySpanExporter()
    assert traces.start("1.0", {}, SimpleSpanProcessor(out))
    yield out
    traces.stop()


def of(kept, start):
    return [span for span in kept.get_finished_spans() if span.name.startswith(start)]


def answered(house):
    state = sessions.create(house, "demo", candidate="Zebedee Quagmire", seed=7)
    now = sessions.begin(house, state.id)
    headers = {"Authorization": f"Bearer {candidate_token(house, state.id)}"}
    return state.id, now.turn, headers


def test_a_request_is_the_parent_of_what_it_does(house, kept):
    session, turn, headers = answered(house)
    kept.clear()
    with TestClient(create_app(house)) as client:
        parent = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        body = {"turn": turn, "text": SAID}
        assert client.post(f"/v1/sessions/{session}/answers", json=body, headers=headers | parent).is_success
    (request,) = of(kept, "POST")
    assert request.name == "POST /v1/sessions/{session}/answers" and request.kind.name == "SERVER"
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/sessions/{session}/answers",
        "http.response.status_code": 200,
        "examiner.role": "candidate",
    } | {k: v for k, v in request.attributes.items() if k == "examiner.tenant"}
    assert format(request.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    turns, commits, read = of(kept, "invoke_agent"), of(kept, "commit"), of(kept, "evaluate")
    assert len(turns) == 1 and len(commits) >= 2 and read
    for span in (*turns, *commits, *read):
        assert span.context.trace_id == request.context.trace_id
    assert turns[0].parent.span_id == request.context.span_id and read[0].parent.span_id == turns[0].context.span_id
    assert {span.attributes["db.system.name"] for span in commits} == {"sqlite"}


def test_no_word_and_no_name_is_in_any_span(house, kept):
    session, turn, headers = answered(house)
    with TestClient(create_app(house)) as client:
        client.put(f"/v1/sessions/{session}/draft", json={"turn": turn, "text": SAID}, headers=headers)
        client.post(f"/v1/sessions/{session}/answers", json={"turn": turn, "text": SAID}, headers=headers)
        client.post(f"/v1/sessions/{session}/abandon", headers=headers)
        client.get(f"/v1/sessions/{session}/report", headers=STAFF)
        client.get(f"/v1/candidates?cursor={SAID}", headers=STAFF)
    text = "".join(span.to_json() for span in kept.get_finished_spans())
    assert len(kept.get_finished_spans()) > 10
    for word in ("quokka", "Zebedee", "staff-key", headers["Authorization"].rpartition("_")[2], "score"):
        assert word not in text


def test_a_failure_is_a_type_and_no_message(house, kept, monkeypatch):
    def breaks(*_):
        raise RuntimeError(SAID)

    monkeypatch.setattr("examiner.service.access.authority.list_keys", breaks)
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        client.get("/v1/keys", headers=STAFF)
    (request,) = of(kept, "GET /v1/keys")
    assert request.attributes["error.type"] == "RuntimeError" and request.attributes["http.response.status_code"] == 500
    assert request.status.status_code.name == "ERROR" and request.status.description is None and not request.events


def ask(model):
    call = Call(purpose="judge", model="claude-x", system=("s",), messages=(Message("user", SAID),), max_tokens=50)
    return asyncio.run(Gateway(model, name="anthropic/claude-x").reply(call))


def test_a_models_call_goes_by_the_conventions(kept):
    ask(ScriptedModel(["fine"]))
    (span,) = of(kept, "chat")
    assert span.name == "chat claude-x" and span.kind.name == "CLIENT"
    assert span.attributes["gen_ai.provider.name"] == "anthropic"
    assert span.attributes["gen_ai.request.max_tokens"] == 50
    assert span.attributes["gen_ai.usage.output_tokens"] >= 0
    assert "quokka" not in span.to_json() and "fine" not in span.to_json()


def test_a_call_that_fails_says_how(kept):
    class Down:
        async def reply(self, _):
            raise CallFailed("rejected", f"bad prompt: {SAID}")

    with pytest.raises(CallFailed):
        ask(Down())
    (span,) = of(kept, "chat")
    assert span.attributes["error.type"] == "CallFailed" and "quokka" not in span.to_json()


def test_the_conventions_names_are_in_one_file_and_are_theirs():
    holders = {p.name for p in (ROOT / "src").rglob("*.py") if "gen_ai." in p.read_text(encoding="utf-8")}
    assert holders == {"genai.py"}
    text = (ROOT / "src/examiner/telemetry/genai.py").read_text(encoding="utf-8")
    used = {word for word in text.split('"') if word.startswith("gen_ai.")}
    known = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI_")}
    assert used and used <= known


def test_without_a_collector_nothing_is_imported(house):
    assert not traces.start("1.0", {})
    assert traces.span("x") is traces.span("y") and traces.trace_id() == "" and traces.caller("00-x") is None
    code = (
        "import sys; from examiner.telemetry import telling\n"
        "with telling('1', {}):\n    from examiner.telemetry import traces\n"
        "    with traces.span('x') as s: s.set({'a': 1}); s.rename('y')\n"
        "print([m for m in sys.modules if m.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_an_endpoint_without_the_extra_is_one_clear_line(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with caplog.at_level(logging.WARNING):
        assert not traces.start("1.0", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
    assert [r.getMessage() for r in caplog.records] == [
        "OTEL_EXPORTER_OTLP_ENDPOINT is set, but nothing is traced: pip install 'examiner[otel]'"
    ]
    assert traces.span("x") is traces.span("y")


class Collector(http.server.BaseHTTPRequestHandler):
    """What an OTLP collector is to a client: a POST of protobuf, answered."""

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip

            raw = gzip.decompress(raw)
        self.server.got.append((self.path, self.headers["Content-Type"], ExportTraceServiceRequest.FromString(raw)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_spans_arrive_at_a_collector_over_http(house, monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.got = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    try:
        assert traces.start("1.0")
        with TestClient(create_app(house)) as client:
            client.get("/v1/loops", headers=STAFF)
        traces.stop()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    path, media, first = server.got[0]
    assert (path, media) == ("/v1/traces", "application/x-protobuf")
    resource = {a.key: a.value.string_value for a in first.resource_spans[0].resource.attributes}
    assert resource["service.name"] == "examiner" and resource["service.version"] == "1.0"
    names = {s.name for _, _, sent in server.got for r in sent.resource_spans for c in r.scope_spans for s in c.spans}
    assert "GET /v1/loops" in names
