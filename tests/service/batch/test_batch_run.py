"""Batch grading from the command line over real HTTP: kill -9, budgets, faults, files."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from examiner.cli.app import main
from provider import FAULTS, Provider, anthropic_body, openai_body, verdicts

ROWS = 60


def rows(path, n=ROWS, question="kv-per-token-gqa"):
    with path.open("w") as file:
        for i in range(n):
            answer = f"Answer {i}: several query heads share a pair of keys and values, so less is cached."
            file.write(json.dumps({"id": f"a{i}", "question": question, "answer": answer}) + "\n")
    return path


@pytest.fixture
def command(monkeypatch, capfd):
    """Run the command line in this process; return exit code, stdout, stderr."""

    def run(*args, environ):
        for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in args])
        out, err = capfd.readouterr()
        return left.value.code or 0, out, err

    return run


def started(*args, environ):
    """Start the command line in a process of its own, to be killed."""
    return subprocess.Popen(
        [sys.executable, "-m", "examiner", *map(str, args)],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def results(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


@pytest.mark.parametrize("judge", ["openai/m", "anthropic/m"])
def test_every_answer_has_one_result_and_a_second_run_asks_nothing(tmp_path, command, judge):
    source, out = rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    with Provider() as provider:
        code, _, err = command("grade", source, "--judge", judge, "-o", out, environ=provider.environ)
        assert code == 0, err
        assert len(provider.requests) == ROWS
        code, _, err = command("grade", source, "--judge", judge, "-o", out, environ=provider.environ)
        assert code == 0
        assert len(provider.requests) == ROWS
        assert f"{ROWS} were done before" in err
    graded = results(out)
    assert sorted(r["id"] for r in graded) == sorted(f"a{i}" for i in range(ROWS))
    assert {r["tokens"]["cache_read"] for r in graded} == {800}
    assert {r["cost_usd"] for r in graded} == {None}  # no price is known for "m", and it says so
    assert "unknown price" in err or "0.0000 USD" in err
    assert len({r["observed_fingerprint"] for r in graded}) == 1
    assert len({r["request_fingerprint"] for r in graded}) == ROWS


def test_identical_answers_are_asked_once_and_a_changed_one_again(tmp_path, command):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    line = {"question": "kv-per-token-gqa", "answer": "Heads share their keys, and so on."}
    source.write_text("".join(json.dumps({"id": i, **line}) + "\n" for i in ("x", "y", "x")))
    with Provider(latency=0.05) as provider:
        command("grade", source, "--judge", "openai/m", "-o", out, environ=provider.environ)
        assert len(provider.requests) == 1
        assert sorted(r["id"] for r in results(out)) == ["x", "y"]
        source.write_text(json.dumps({"id": "x", **line, "answer": "Heads share their values, rather."}) + "\n")
        command("grade", source, "--judge", "openai/m", "-o", out, environ=provider.environ)
        assert len(provider.requests) == 2
        assert len(results(out)) == 3


@pytest.mark.slow
def test_killed_halfway_it_goes_on_and_repeats_no_more_than_was_in_flight(tmp_path, command):
    source, out, flying = rows(tmp_path / "in.jsonl", 120), tmp_path / "out.jsonl", 8
    with Provider(latency=0.05) as provider:
        args = ("grade", source, "--judge", "openai/m", "-o", out, "--concurrency", flying)
        running = started(*args, environ=provider.environ)
        limit = time.monotonic() + 40
        while (not out.exists() or len(out.read_bytes().splitlines()) < 40) and time.monotonic() < limit:
            time.sleep(0.01)
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        before = len(results(out)) if out.read_bytes().endswith(b"\n") else len(out.read_bytes().splitlines()) - 1
        assert 40 <= before < 120
        code, _, err = command(*args, environ=provider.environ)
        assert code == 0, err
        assert len(provider.requests) <= 120 + flying
    ids = Counter(r["id"] for r in results(out))
    assert set(ids.values()) == {1}
    assert len(ids) == 120


def test_a_torn_last_line_is_graded_again_and_nothing_else(tmp_path, command):
    source, out = rows(tmp_path / "in.jsonl", 5), tmp_path / "out.jsonl"
    with Provider() as provider:
        args = ("grade", source, "--judge", "openai/m", "-o", out)
        command(*args, environ=provider.environ)
        whole = out.read_bytes()
        out.write_bytes(whole[:-30])
        command(*args, environ=provider.environ)
        assert len(provider.requests) == 5  # the journal still held the reply
    good = []
    for line in out.read_text().splitlines():
        try:
            good.append(json.loads(line)["id"])
        except ValueError:
            continue
    assert sorted(good) == [f"a{i}" for i in range(5)]


def test_a_budget_stops_it_with_exit_code_5_and_raised_it_goes_on(tmp_path, command):
    # gpt-5-mini: 200 input, 800 read, 100 output tokens a call = 0.00027 USD
    source, out = rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    with Provider() as provider:
        args = ("grade", source, "--judge", "openai/gpt-5-mini", "-o", out)
        code, _, err = command(*args, "--max-usd", "0.01", environ=provider.environ)
        assert code == 5
        assert "budget of 0.01 USD" in err
        first = results(out)
        assert 0 < len(first) < ROWS
        assert sum(r["cost_usd"] for r in first) == pytest.approx(0.00027 * len(first))
        assert sum(r["cost_usd"] for r in first) <= 0.01
        code, _, err = command(*args, "--max-usd", "0.01", environ=provider.environ)
        assert code == 5  # what was spent before counts
        assert len(results(out)) - len(first) <= 3
        code, _, err = command(*args, "--max-usd", "1", environ=provider.environ)
        assert code == 0, err
        assert len(provider.requests) == ROWS
    assert len(results(out)) == ROWS
    code, _, err = command(
        "grade", source, "--judge", "openai/nobody", "--max-usd", "1", environ={"OPENAI_BASE_URL": "http://127.0.0.1:9"}
    )
    assert "no price is known for nobody" in _


def test_the_projects_budget_holds_over_processes(tmp_path, command):
    source = rows(tmp_path / "in.jsonl", 30)
    with Provider() as provider:
        environ = {**provider.environ, "EXAMINER_PROJECT_USD": "0.01", "EXAMINER_HOME": str(tmp_path / "h")}
        for name in ("one", "two"):
            code, _, err = command(
                "grade", source, "--judge", "openai/gpt-5-mini", "-o", tmp_path / name, environ=environ
            )
        assert code == 5
        assert "project budget" in err
        assert len(provider.requests) * 0.00027 <= 0.01


def test_with_faults_of_every_kind_mixed_nothing_is_lost_or_doubled(tmp_path, command):
    source, out = rows(tmp_path / "in.jsonl", 200), tmp_path / "out.jsonl"
    kinds = [f for f in FAULTS if f != "slow"]

    numbers = itertools.count(1)

    def fault(body, seen):
        number = next(numbers)
        return kinds[number % len(kinds)] if number % 7 == 0 else ""

    with Provider(fault=fault) as provider:
        code, _, err = command(
            "grade", source, "--judge", "openai/m", "-o", out, "--concurrency", 16, environ=provider.environ
        )
        assert set(provider.faults) == set(kinds)
    done = results(out)
    assert sorted(r["id"] for r in done) == sorted(f"a{i}" for i in range(200))
    assert all("error_kind" in r for r in done if "error" in r)
    assert code == (6 if any("error" in r for r in done) else 0), err


def test_a_refusal_that_persists_is_a_typed_error_and_no_score(tmp_path, command):
    source, out = rows(tmp_path / "in.jsonl", 3), tmp_path / "out.jsonl"
    with Provider(fault=lambda b, seen: "refusal" if "Answer 1:" in json.dumps(b) else "") as provider:
        code, _, _ = command("grade", source, "--judge", "anthropic/m", "-o", out, environ=provider.environ)
    assert code == 6
    bad = next(r for r in results(out) if r["id"] == "a1")
    assert bad["error_kind"] == "refusal"
    assert "quality" not in bad
    assert "score" not in bad


@pytest.mark.slow
def test_asked_to_stop_it_finishes_what_flies_and_exits_with_7(tmp_path, command):
    source, out = rows(tmp_path / "in.jsonl", 200), tmp_path / "out.jsonl"
    with Provider(latency=0.1) as provider:
        args = ("grade", source, "--judge", "openai/m", "-o", out, "--concurrency", 4)
        running = started(*args, environ=provider.environ)
        while not out.exists() or not out.read_bytes():
            time.sleep(0.02)
        running.terminate()
        _, err = running.communicate(timeout=30)
        assert running.returncode == 7, err
        assert "run the same command again" in err
        assert len(results(out)) == len(provider.requests)


def test_a_recording_replays_without_a_provider_and_notices_when_stale(tmp_path, command):
    source, tape = rows(tmp_path / "in.jsonl", 5), tmp_path / "tape"
    with Provider() as provider:
        command(
            "grade", source, "--judge", "openai/m", "-o", tmp_path / "a", "--record", tape, environ=provider.environ
        )
    code, _, err = command("grade", source, "--judge", f"replay:{tape}", "-o", tmp_path / "b", environ={})
    assert code == 0, err
    one, two = ({r["id"]: r["criteria"] for r in results(tmp_path / n)} for n in "ab")
    assert one == two
    fewer = rows(tmp_path / "few.jsonl", 4)
    code, _, err = command("grade", fewer, "--judge", f"replay:{tape}", "-o", tmp_path / "c", environ={})
    assert code == 6
    assert "not asked for" in err


def test_a_missing_key_is_one_line_and_exit_code_3(tmp_path, command):
    source = rows(tmp_path / "in.jsonl", 1)
    code, out, err = command("grade", source, "--judge", "openai/m", environ={})
    assert code == 3
    assert err.count("\n") == 1
    assert "OPENAI_API_KEY is not set" in err
    assert out == ""


def test_the_estimate_needs_no_key_and_sends_nothing(tmp_path, command):
    source = rows(tmp_path / "in.jsonl", 10)
    code, out, _ = command("grade", source, "--judge", "anthropic/claude-haiku-4-5", "--dry-run", environ={})
    found = json.loads(out)
    assert code == 0
    assert (found["answers"], found["calls"]) == (10, 10)
    assert 0 < found["cost_usd"] < 0.1
    assert found["tokens"]["cache_read"] > 8 * found["tokens"]["cache_write"]


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_batch_files_go_out_and_come_back_as_the_same_judgements(tmp_path, command, vendor):
    source, live = rows(tmp_path / "in.jsonl", 4), tmp_path / "live.jsonl"
    judge = f"{vendor}/m"
    environ = {"EXAMINER_HOME": str(tmp_path / "home")}  # one home, one secret for the markers
    with Provider() as provider:
        command("grade", source, "--judge", judge, "-o", live, environ={**provider.environ, **environ})
    code, out, err = command("batch", "export", source, "--judge", judge, environ=environ)
    assert code == 0, err
    answered = []
    for line in map(json.loads, out.splitlines()):
        body = line["body"] if vendor == "openai" else line["params"]
        made = (openai_body if vendor == "openai" else anthropic_body)(body, json.dumps(verdicts(body)), "end")
        if vendor == "openai":
            entry = {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": made}, "error": None}
        else:
            entry = {"custom_id": line["custom_id"], "result": {"type": "succeeded", "message": made}}
        answered.append(json.dumps(entry))
    back = tmp_path / "results.jsonl"
    back.write_text("\n".join(reversed(answered[1:])) + "\n")
    code, out, err = command("batch", "import", source, back, "--judge", judge, environ=environ)
    assert code == 6  # one has no reply
    assert "3 graded, 1 failed" in err
    got = {r["id"]: r for r in map(json.loads, out.splitlines())}
    assert got["a0"]["error_kind"] == "rejected"
    want = {r["id"]: r for r in results(live)}
    for name in ("a1", "a2", "a3"):
        assert got[name]["criteria"] == want[name]["criteria"]
        assert got[name]["request_fingerprint"] == want[name]["request_fingerprint"]
        assert got[name]["observed_fingerprint"] == want[name]["observed_fingerprint"]


def test_the_prompt_is_shown_without_a_key(tmp_path, command):
    code, out, err = command("judge", "prompt", "kv-per-token-gqa", "--judge", "anthropic/m", environ={})
    assert code == 0
    assert "p1 (mechanism):" in out
    assert "are the same for every answer" in err
    code, out, err = command(
        "judge", "prompt", "kv-per-token-gqa", "--judge", "openai/m,by=criterion", "--json", environ={}
    )
    assert len(json.loads(out)) == 3


def test_an_inline_question_is_judged_by_a_model_too(tmp_path, command):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    question = {"prompt": "Why cache?", "reference": "Reads repeat. Memory is faster than disk.", "levels": [0, 5]}
    source.write_text(
        json.dumps({"id": "i", "question": question, "answer": "Reads repeat, and memory is faster."}) + "\n"
    )
    with Provider() as provider:
        code, _, err = command("grade", source, "--judge", "openai/m", "-o", out, environ=provider.environ)
    assert code == 0, err
    assert results(out)[0]["quality"] == 5
