"""The measurement sees what it measures, and the planted interviewers get nothing through."""

import os
import subprocess
import sys

import pytest

from examiner.domain.events import FollowUpChosen
from examiner.domain.score import Turn
from examiner.evals.simulated import LIMITS, MANNERS, OTHERS, Heard, faults, leaked, measure, missed, scripted_candidate
from examiner.judge.embedded import EmbeddedJudge
from examiner.settings import Settings
from examiner.vault.render import render


def heard(vault, text, said="Nothing much."):
    instance = render(vault.family("kv-concurrency"), vault.tables, 1)
    judgement = EmbeddedJudge().judge(instance, (Turn(text=said),))
    return Heard(instance, judgement, (said,), (), FollowUpChosen(item=0, probe="x", ask=text))


def test_the_oracle_of_leaks_sees_claims_hints_and_keys(vault):
    instance = render(vault.family("kv-concurrency"), vault.tables, 1)
    assert leaked(heard(vault, max((p.claim for p in instance.points), key=len)))
    assert leaked(heard(vault, instance.follow_ups[0].hint))
    key = next(k for k in instance.keys if k.name == "kv_per_sequence")
    assert leaked(heard(vault, f"Is it {key.value:g} {key.unit.partition('/')[0]}?"))
    assert not any(leaked(heard(vault, f.ask)) for f in instance.follow_ups)


@pytest.mark.slow
@pytest.mark.parametrize("manner", ["leaks-claim", "mixed", "slow"])
def test_planted_interviewers_get_nothing_through(tmp_path, manner):
    row = measure(Settings(home=str(tmp_path)), manner, 20, loop="demo")
    assert row["turns"] >= 20 and faults(row) == []
    assert manner in (*MANNERS, *OTHERS)


@pytest.mark.slow
def test_a_faithful_model_is_heard_in_its_own_words_also_by_a_model_candidate(tmp_path):
    row = measure(Settings(home=str(tmp_path)), "faithful", 10, loop="demo", speaker=scripted_candidate)
    assert row["own_words"] == row["turns"] and faults(row) == []


@pytest.mark.slow
def test_over_real_http(shared, tmp_path):
    server = shared / "tools" / "mock_llm.py"
    port_file = tmp_path / "port"
    running = subprocess.Popen(
        [sys.executable, str(server), "--port", "0", "--port-file", str(port_file), "--max-seconds", "60"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = 100
        while not port_file.exists() or not port_file.read_text().strip():
            deadline -= 1
            assert deadline and running.poll() is None
            subprocess.run(["sleep", "0.1"])
        base = f"http://127.0.0.1:{port_file.read_text().split()[0].rpartition(':')[2]}/v1"
        env = {**os.environ, "OPENAI_BASE_URL": base, "OPENAI_API_KEY": "test", "EXAMINER_HOME": str(tmp_path / "h")}
        done = subprocess.run(
            [sys.executable, "-m", "examiner", "evals", "interviewer", "--turns", "20", "--model", "openai/mock", "--json"],
            capture_output=True, text=True, timeout=120, env=env,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        assert '"leaks": 0' in done.stdout
    finally:
        running.terminate()
        running.wait()


@pytest.mark.slow
@pytest.mark.parametrize("manner", ["leaks-claim", "praises", "states", "lectures"])
def test_without_guards_the_measurement_finds_the_fault(tmp_path, manner):
    row = measure(Settings(home=str(tmp_path)), manner, 12, loop="demo", guarded=False)
    assert missed([row]) == []


def test_a_fault_that_is_not_found_is_named(tmp_path):
    clean = dict.fromkeys(LIMITS, 0.0) | {"aimed": 1.0}
    assert missed([clean | {"interviewer": "praises"}, clean | {"interviewer": "states", "unanswerable": 3}]) == [
        "praises"
    ]
