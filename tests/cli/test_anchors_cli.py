"""`examiner anchors` from the outside: import to adjudication, and what it refuses."""

import csv
import io
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from examiner.cli.app import app
from examiner.domain.errors import Conflict, Corrupt, Invalid, NotFound, Refused


def run(*args, stdin=None, code=0):
    result = CliRunner().invoke(app, ["anchors", *args], input=stdin, catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def answers(tmp_path):
    """Four answers to two questions, nobody's labels on them."""
    path = tmp_path / "answers.jsonl"
    rows = [
        {"id": f"a{n}", "question": q, "answer": text}
        for n, (q, text) in enumerate(
            [
                ("decode-floor@39", "Weights are 16 GB, so 0.84 ms."),
                ("decode-floor@39", "No idea at all about this one."),
                ("littles-law@47", "Eighty, by Little."),
                ("littles-law@47", "Fifty."),
            ]
        )
    ]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


@pytest.fixture
def pilot(answers):
    run("import", str(answers), "--format", "jsonl", "--set", "pilot")
    return "pilot"


def test_from_answers_to_decisions(pilot):
    first = run("label", "--set", pilot, "--rater", "ana", stdin="3\n2\nq\n", code=7)
    assert "Question" in first
    run("label", "--set", pilot, "--rater", "ana", stdin="3\n" * 16)
    run("label", "--set", pilot, "--rater", "ben", stdin="9\nx\n3\nu\n" + "1\n" * 14)
    shown = json.loads(run("show", pilot, "--json"))
    assert shown["raters"] == ["ana", "ben"]
    assert shown["best_state"] == "calibrated"
    agreed = json.loads(run("agree", "--set", pilot, "--json"))
    assert agreed["raters"] == ["ana", "ben"]
    assert agreed["criteria"]["mechanism"]["exact"]["value"] is not None
    assert sum(row["cannot_say"][1] for row in agreed["criteria"].values()) == 1
    run("adjudicate", "--set", pilot, "--by", "cy", stdin="2\nit names the bound\nq\n", code=7)
    exported = [json.loads(line) for line in run("export", pilot, "--format", "jsonl").splitlines()]
    decided = [d for row in exported for d in row["decisions"]]
    assert [(d["score"], d["by"], d["why"]) for d in decided] == [(2, "cy", "it names the bound")]
    assert sum(len(row["labels"]) for row in exported) == 2 * 4 * 4  # people, answers, criteria
    assert json.loads(run("verify", pilot, "--json"))["chain"] == "whole"


def test_labelling_shows_nobodys_score(tmp_path, answers):
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    for row in rows:
        row["labels"] = [
            {"rater": "zoe-peer", "criterion": "mechanism", "score": 2, "by": "human"},
            {"rater": "gpt-machine", "criterion": "mechanism", "score": 1, "by": "model"},
        ]
        row["style"] = "confident-wrong"
    answers.write_text("".join(json.dumps(r) + "\n" for r in rows))
    run("import", str(answers), "--format", "jsonl", "--set", "pilot")
    out = run("label", "--set", "pilot", "--rater", "ana", stdin="3\n" * 20)
    for hidden in ("zoe-peer", "gpt-machine", "confident-wrong"):
        assert hidden not in out
    assert "zoe-peer" in run("show", "pilot", "a0")


def test_a_pass_for_one_criterion_alone(pilot):
    out = run("label", "--set", pilot, "--rater", "ana", "--criterion", "mechanism", stdin="3\n" * 4)
    assert out.count("Mechanism") == 4
    assert "Arithmetic" not in out
    with pytest.raises(NotFound, match="there are: mechanism"):
        run("label", "--set", pilot, "--rater", "ana", "--criterion", "elegance")


def test_what_was_acknowledged_survives_the_process(pilot, tmp_path):
    code = (
        "import os, sys\n"
        "from examiner.cli import anchors_people as people\n"
        "keys = iter('3 2 1'.split())\n"
        "people.key = lambda prompt: next(keys, None) or os.kill(os.getpid(), 9)\n"
        "people.label(name='pilot', rater='ana', seed=0, overall=False, criterion='')\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert killed.returncode == -9
    assert killed.stderr.count("saved (") == 3
    shown = json.loads(run("show", pilot, "--json"))
    assert sum(sum(levels.values()) for levels in shown["levels"].values()) == 3


def test_a_changed_label_is_found(pilot, tmp_path):
    run("label", "--set", pilot, "--rater", "ana", stdin="3\n" * 16)
    path = tmp_path / "home" / "calibration" / "anchors" / "pilot" / "labels" / "ana.jsonl"
    path.write_text(path.read_text().replace('"score":3.0', '"score":0.0', 1))
    with pytest.raises(Corrupt, match=r"ana\.jsonl, line 1") as caught:
        run("verify", pilot)
    assert caught.value.exit_code == 6


def test_a_person_rates_the_reference_answers_in_a_set_of_their_own(tmp_path):
    with pytest.raises(Refused, match="not written to"):
        run("label", "--set", "reference", "--rater", "ana", stdin="q\n")
    path = tmp_path / "ref.jsonl"
    run("export", "reference", "--format", "jsonl", "-o", str(path))
    data = json.loads(run("import", str(path), "--format", "jsonl", "--blank", "--set", "people", "--json"))
    assert data["anchors"] == json.loads(run("show", "reference", "--json"))["anchors"]
    assert data["raters"] == []
    assert data["best_state"] == "uncalibrated"


def test_constructed_labels_cannot_be_imported_as_peoples(tmp_path):
    path = tmp_path / "ref.jsonl"
    run("export", "reference", "--format", "jsonl", "-o", str(path))
    with pytest.raises(Refused, match="constructed"):
        run("import", str(path), "--format", "jsonl", "--by", "human", "--set", "cheat")


def test_the_table_of_the_reference_set_with_the_embedded_judge():
    rows = list(csv.DictReader(io.StringIO(run("export", "reference", "--split", "tuning", "--machine", "embedded"))))
    kinds = {r["rater"]: r["kind"] for r in rows}
    assert kinds == {"rule": "constructed", "embedded": "judge"}
    by = {}
    for r in rows:
        by.setdefault((r["item"], r["criterion"]), set()).add(r["rater"])
    assert all(raters == {"rule", "embedded"} for raters in by.values())


def test_lint_list_and_plan():
    assert json.loads(run("lint", "--json"))["findings"] == []
    (row,) = json.loads(run("list", "--json"))
    assert (row["set"], row["best_state"]) == ("reference", "reference")
    plan = json.loads(run("plan", "--set", "reference", "--usd-in", "3", "--usd-out", "15", "--json"))
    assert [r["anchors"] for r in plan["rounds"]] == [100, 200]
    assert all(r["labels"] and r["hours"] and r["judge"]["model"]["usd"] for r in plan["rounds"])
    assert plan["set"]["missing"]["mechanism"]["anchors"] == 0  # constructed labels fill no gap
    assert "assumed" in run("plan", "--n", "50")


def test_restate_writes_the_same_set_where_nothing_changed(tmp_path):
    run("restate", "reference", "--to", str(tmp_path / "reference"))
    fresh = json.loads(run("show", str(tmp_path / "reference"), "--json"))
    assert fresh["items_hash"] == json.loads(run("show", "reference", "--json"))["items_hash"]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (["show", "nowhere"], NotFound),
        (["show", "../x"], Invalid),
        (["import", "nowhere.jsonl", "--format", "jsonl", "--set", "x"], NotFound),
        (["import", "{answers}", "--format", "pdf", "--set", "x"], Invalid),
        (["import", "{answers}", "--format", "jsonl", "--set", "X Y"], Invalid),
        (["import", "{answers}", "--format", "jsonl", "--set", "pilot"], Conflict),
        (["import", "{answers}", "--format", "jsonl", "--set", "x", "--levels", "3..0"], Invalid),
        (["import", "{answers}", "--format", "jsonl", "--set", "x", "--by", "committee"], Invalid),
        (["import", "{answers}", "--format", "jsonl", "--set", "x", "--split", "thirds"], Invalid),
        (["export", "pilot", "--judge", "nobody"], NotFound),
        (["export", "pilot", "--machine", "oracle"], Invalid),
        (["export", "pilot", "--format", "xlsx"], Invalid),
        (["agree", "--set", "pilot"], Invalid),
        (["agree", "--set", "pilot", "--rater", "ana", "--rater", "ben"], NotFound),
        (["plan", "--usd-in", "3"], Invalid),
        (["plan", "--kind", "essay"], NotFound),
    ],
)
def test_mistakes_become_one_line(pilot, answers, args, error):
    with pytest.raises(error):
        run(*[a.format(answers=answers) for a in args])


def test_mohler_with_a_rater_as_judge_and_the_embedded_judge(shared, tmp_path):
    text = (shared / "data" / "human_graded" / "mohler2011.jsonl").read_text(encoding="utf-8").splitlines()
    few = [line for line in text if json.loads(line)["qid"] in ("1.1", "1.2", "1.3", "1.4")]
    path = tmp_path / "few.jsonl"
    path.write_text("\n".join(few))
    run("import", str(path), "--format", "mohler", "--set", "mohler")
    options = ["--judge", "rater-1", "--machine", "embedded", "--machine", "length-only"]
    rows = list(csv.DictReader(io.StringIO(run("export", "mohler", *options))))
    assert {(r["rater"], r["kind"]) for r in rows} == {
        ("rater-1", "judge"),
        ("rater-2", "human"),
        ("embedded", "judge"),
        ("length-only", "judge"),
    }
    assert len(rows) == 4 * len(few)
    assert all(0 <= float(r["score"]) <= 5 for r in rows)
