"""Wrong things typed at staff's and researchers' commands: one line, nothing judged, nothing counted twice."""

import json

import pytest

ANSWER = {"id": "a1", "question": "decode-floor@39", "answer": "Every step reads all weights once."}


@pytest.fixture
def answers(tmp_path):
    made = tmp_path / "answers.jsonl"
    made.write_text(json.dumps(ANSWER) + "\n" + json.dumps(ANSWER | {"id": "a2", "question": "decode-flor"}) + "\n")
    return made


def test_a_policy_that_is_none_is_refused_before_anything_is_judged(run, answers, tmp_path):
    left, _, err = run("grade", answers, "--policy", "hirng", "-o", tmp_path / "out.jsonl")
    assert left == 2 and "no policy 'hirng'" in err and not (tmp_path / "out.jsonl").exists()


def test_the_first_line_that_failed_is_named_and_counted_once(run, answers):
    left, out, err = run("grade", answers)
    assert left == 6 and "1 graded, 1 failed" in err and "the first that failed is a2: no question 'decode-flor'" in err
    assert len(out.splitlines()) == 2


def test_a_folder_that_cannot_be_made_is_one_line(run, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EXAMINER_HOME", str(tmp_path / "file" / "home"))
    left, _, err = run("interview", "list")
    assert left == 6 and err.count("\n") == 1 and "Not a directory" in err


def test_a_rater_without_a_name_for_a_file_is_refused_before_the_first_question(run, answers):
    run("anchors", "import", answers, "--format", "jsonl", "--set", "pilot")
    answers.write_text(json.dumps(ANSWER) + "\n")
    run("anchors", "import", answers, "--format", "jsonl", "--set", "pilot")
    left, out, err = run("anchors", "label", "--set", "pilot", "--rater", "../ana", stdin="2\n")
    assert left == 2 and out == "" and "cannot name a rater" in err
    left, _, err = run("anchors", "agree", "--set", "pilot")
    assert left == 2 and "'pilot' was labelled by nobody yet" in err
    run("anchors", "label", "--set", "pilot", "--rater", "ana", stdin="2\n")
    left, _, err = run("anchors", "agree", "--set", "pilot")
    assert left == 2 and "labelled by ana" in err


def test_what_is_no_backup_is_named_and_leaves_nothing_behind(run, answers, tmp_path, monkeypatch):
    monkeypatch.setenv("EXAMINER_HOME", str(tmp_path / "home"))
    run("interview", "list")
    left, _, err = run("db", "restore", answers, "--force")
    assert left == 6 and f"{answers} is no usable database" in err
    assert not list((tmp_path / "home").glob("*restoring*"))


def test_a_port_that_is_none_is_a_usage_error(run):
    left, _, err = run("serve", "--port", "99999")
    assert left == 2 and "--port" in err


def test_a_list_that_is_empty_says_what_there_is(run):
    left, out, err = run("vault", "list", "--level", "L9")
    assert (left, out) == (0, "") and "L3" in err and "memory" in err
    left, out, _ = run("vault", "list", "--area", "memory")
    assert left == 0 and "kv-concurrency" in out
    left, out, err = run("vault", "search", "no-such-word")
    assert (left, out) == (0, "") and "no question" in err


def test_a_file_of_clean_answers_that_is_missing_is_said_before_the_attacks(run, tmp_path):
    left, _, err = run("evals", "attacks", "--clean", tmp_path / "none.jsonl")
    assert left == 2 and "none.jsonl" in err and "payloads" not in err
