"""The main job, as its users meet it."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from examiner.domain.errors import Refused
from examiner.domain.events import SectionStarted
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import grading
from examiner.service.sitting.asking import turns_of


@pytest.fixture
def cli(run):
    """The command line in this process, with the exit code that is expected of it."""

    def call(*args, stdin="", check=0):
        code, out, err = run(*args, stdin=stdin)
        assert code == check, err + out
        return SimpleNamespace(stdout=out, stderr=err)

    return call


def process(*args, stdin="", check=0):
    """Run the command line in a process of its own, with a real pipe."""
    command = [sys.executable, "-m", "examiner", *args]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)
    assert done.returncode == check, done.stderr + done.stdout
    return done


def test_demo_prints_a_matrix_writes_a_page_and_releases_nothing(cli, tmp_path):
    page = tmp_path / "r.html"
    done = cli("demo", "-o", str(page))
    assert "Competency matrix" in done.stdout and "Practice estimates, not scores" in done.stdout
    assert "<h1>uneven</h1>" in page.read_text()
    card = json.loads(cli("demo", "--json", "-o", str(page)).stdout)
    assert card["released"] is False
    for item in card["items"]:
        assert item["release"]["released"] is None and item["release"]["state"] == "uncalibrated"
        for criterion in item["score"]["criteria"]:
            for point in criterion["points"]:
                if point["verdict"] in ("met", "partly"):
                    span = point["span"]
                    assert item["turns"][span["turn"]]["text"][span["start"] : span["end"]] == point["quote"]


def test_hiring_withholds_and_says_why(cli, tmp_path):
    card = json.loads(cli("demo", "--json", "--policy", "hiring", "-o", str(tmp_path / "r.html")).stdout)
    for item in card["items"]:
        assert item["release"]["shown"] is None and item["release"]["label"] == "withheld"
        assert "certificate" in item["release"]["reason"] and "anchors" in item["release"]["remedy"]
    assert all(row["value"] is None for row in card["rows"])


def test_a_person_sits_the_demo_loop_in_a_pipe(cli):
    text = "\nfirst answer\n.\nsecond\n.\n2\nthird\n.\nfourth\n.\n\n\nfifth\n.\nsixth\n.\nseventh\n.\n1\n"
    done = cli("interview", "start", "--loop", "demo", "--pace", "untimed", "--plain", "--seed", "7", stdin=text)
    assert "Competency matrix" in done.stdout and "Question 1 of 2" in done.stdout
    rows = json.loads(cli("interview", "list", "--json").stdout)
    assert rows[0]["status"] == "finished"
    report = json.loads(cli("report", "candidate", rows[0]["sitting"], "--json").stdout)
    assert report["items"][0]["prediction"] == 2


def test_a_pipe_that_ends_leaves_a_sitting_that_resumes(cli):
    done = cli(
        "interview",
        "start",
        "--loop",
        "demo",
        "--plain",
        "--seed",
        "7",
        stdin="\nfirst answer\n.\nhalf of the",
        check=7,
    )
    sitting = done.stderr.split()[-1]
    shown = json.loads(cli("interview", "show", sitting, "--json").stdout)
    assert next(t["answer"] for t in shown["turns"]) == "first answer"
    done = cli("interview", "resume", sitting, "--plain", stdin="", check=7)
    assert "half of the" in done.stdout
    assert cli("db", "check").stdout.strip() == "intact"
    lines = cli("interview", "export", sitting).stdout.splitlines()
    assert json.loads(lines[0])["kind"] == "created"


@pytest.mark.slow
def test_what_one_process_was_told_the_next_one_knows():
    told = "\nfirst answer\n.\nhalf of the"
    done = process("interview", "start", "--loop", "demo", "--plain", "--seed", "7", stdin=told, check=7)
    shown = json.loads(process("interview", "show", done.stderr.split()[-1], "--json").stdout)
    assert next(t["answer"] for t in shown["turns"]) == "first answer"
    refused = process("demo", "--candidate", "nobody", check=2)
    assert refused.stdout == "" and "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("interview", "start", "--loop", "nope"), 2, "no loop 'nope'"),
        (("interview", "start", "--judge", "nope"), 2, "no judge 'nope'"),
        (("interview", "start", "--pace", "warp"), 2, "pace 'warp'"),
        (("interview", "resume", "s-nope"), 2, "no sitting"),
        (("vault", "show", "kv-concurency"), 2, "did you mean kv-concurrency"),
        (("grade", "missing.jsonl"), 2, "no file"),
        (("demo", "--candidate", "nobody"), 2, "no scripted candidate"),
        (("nope",), 2, "No such command"),
    ],
)
def test_a_users_mistake_is_one_clear_line(cli, args, code, words):
    done = cli(*args, check=code)
    assert words in done.stderr and "Traceback" not in done.stderr


def test_grade_reports_each_line_and_resumes(cli, tmp_path):
    jobs = [
        {"id": "1", "question": "kv-concurrency@1", "answer": "It is 256 KiB per token."},
        {
            "id": "2",
            "question": {
                "prompt": "What is a stack?",
                "reference": "A stack is a list where the last element added is the first removed.",
                "levels": [0, 5],
            },
            "answer": "A stack is a list in which the element added last is removed first.",
        },
        {"id": "3", "question": "nope", "answer": "x"},
    ]
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text("".join(json.dumps(j) + "\n" for j in jobs) + "not json\n")
    done = cli("grade", str(file), "-o", str(out), check=6)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows[0]["numbers"][0]["verdict"] == "right" and rows[0]["released"] is False and rows[0]["score"] is None
    assert rows[1]["levels"] == [0, 5] and rows[1]["quality"] >= 3
    assert "error" in rows[2] and "quality" not in rows[2] and "not JSON" in rows[3]["error"]
    assert "2 failed" in done.stderr
    assert "2 were done before" in cli("grade", str(file), "-o", str(out), check=6).stderr


def test_help_is_fast_and_imports_nothing_heavy():
    code = "import sys; from examiner.cli.app import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint([m for m in ('anthropic','openai','litellm','scipy','fastapi','numpy','sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip().endswith("[]")


def test_nothing_is_disclosed_before_the_end(house):
    state = sittings.start(house, "demo", seed=7)
    state = sittings.handle(house, state.id, SectionStarted(section="rapid")).state
    with pytest.raises(Refused):
        grading.card(house, state)


def test_a_peek_caps_the_row(house):
    state = sittings.start(house, "demo", seed=7, pace=None)
    state = sittings.handle(house, state.id, SectionStarted(section="rapid")).state
    sittings.hint(house, state.id)
    instance = house.instance(state.items[0].planned.ref)
    state = sittings.answer(house, state.id, "0.0", instance.model_answer).state
    score = grading.grade(house, instance, turns_of(state.items[0], instance))
    assert score.quality == 3 and score.score == 2
    assert any(c.rule == "peek" for c in score.caps)


SITTER = """
import sys
from examiner.settings import load
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as s
from examiner.domain.effects import *
from examiner.domain.events import *
from examiner.domain.session import *
x = Examiner(load())
state = s.tick(x, sys.argv[1])
while state.status != "ended":
    if state.status == "ready":
        state = s.handle(x, state.id, SectionStarted(section=state.created.blueprint.sections[state.section].id)).state
        continue
    item = state.items[state.item]
    if item.stage == "predicting":
        state = s.handle(x, state.id, Predicted(item=state.item, value=1)).state
    elif item.stage == "choosing":
        state = s.settle(x, state).state
    else:
        turn = state.turn.id
        text = f"answer to {turn}"
        s.draft(x, state.id, turn, text[:5])
        state = s.answer(x, state.id, turn, text).state
        print(turn, flush=True)
"""


@pytest.mark.slow
def test_no_acknowledged_answer_is_lost_to_kill_9(tmp_path):
    from examiner.service.examiner import Examiner
    from examiner.settings import load

    chance = random.Random(4)
    house = Examiner(load())
    lost = doubled = kills = 0
    while kills < int(os.environ.get("EXAMINER_KILLS", "4")):
        sitting = sittings.start(house, "demo", seed=7, pace=None).id
        acknowledged: list[str] = []
        ended = False
        while not ended and kills < int(os.environ.get("EXAMINER_KILLS", "4")):
            process = subprocess.Popen([sys.executable, "-c", SITTER, sitting], stdout=subprocess.PIPE, text=True)
            time.sleep(chance.uniform(0.3, 0.9))
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            acknowledged += process.stdout.read().split()
            process.stdout.close()
            state, _ = sittings.load(house, sitting)
            stored = [t.id for i in state.items for t in i.turns if t.text == f"answer to {t.id}"]
            lost += len(set(acknowledged) - set(stored))
            doubled += len(stored) - len(set(stored))
            ended = state.status == "ended"
        assert house.ledger.verify() == []
    assert (lost, doubled) == (0, 0)
    house.ledger.close()
