"""The same over the shared simulator of providers, where it is present: faults by its own dice."""

import importlib.util
import json
from collections import Counter

import pytest
from test_batch_run import command, results, rows  # noqa: F401 - the fixture


@pytest.fixture(scope="module")
def mock(shared):
    spec = importlib.util.spec_from_file_location("mock_llm", shared / "tools" / "mock_llm.py")
    if spec is None or not (shared / "tools" / "mock_llm.py").is_file():
        pytest.skip("the simulator is absent")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # sockets that the simulator resets on purpose
@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_a_tenth_of_the_requests_faulty(tmp_path, mock, command, vendor):  # noqa: F811
    source, out = rows(tmp_path / "in.jsonl", 150), tmp_path / "out.jsonl"
    faults = "429,500,503,529,reset,truncated,badjson,badschema,empty,length,refusal"
    with mock.MockLLM(latency_ms=5, error_rate=0.1, faults=faults, retry_after="0.1", seed=3) as server:
        environ = {"OPENAI_BASE_URL": server.openai_url, "ANTHROPIC_BASE_URL": server.openai_url.removesuffix("/v1")}
        code, _, err = command("grade", source, "--judge", f"{vendor}/m", "-o", out, environ=environ)
        stats = server.stats()
    done = results(out)
    assert Counter(r["id"] for r in done) == Counter(f"a{i}" for i in range(150))
    assert all("error_kind" in r for r in done if "error" in r), json.dumps(done[:1])
    assert sum("error" in r for r in done) <= 3
    assert sum(stats["faults"].values()) > 5, err
    assert code in (0, 6)
