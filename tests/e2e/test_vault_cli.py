"""The question bank and practice from the command line, as a user meets them."""

import json

import pytest
from tests.conftest import ROOT

from examiner.vault.drafting import as_reply
from examiner.vault.read import load_yaml

CSV = (
    "id,title,question,answer,level,track,topic,phase\n"
    "q1,Little's law at work,How many conversations are in flight?,Rate times time gives 50.,L3,global,littles-law,3\n"
    "q2,Cut,What limits,Because the,L1,cloud,kv-cache,2\n"
)


@pytest.fixture
def imported(run, tmp_path):
    path = tmp_path / "q.csv"
    path.write_text(CSV, encoding="utf-8")
    code, out, _ = run("vault", "import", "csv", path, "--json")
    assert code == 0
    return json.loads(out)


def test_import_reports_and_keeps(run, imported):
    assert imported["found"] == 2 and imported["whole"] == 1 and imported["kept"]
    code, out, _ = run("vault", "drafts", "--json")
    rows = json.loads(out)["drafts"]
    assert code == 0 and [(r["id"], r["whole"]) for r in rows] == [("q1", True), ("q2", False)]
    assert "Rate times time" in run("vault", "drafts", "q1")[1]


def test_an_import_says_what_to_do_next(run, tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("id,question,answer,level\nz,Why batch?,Weights are read once.,L99\n", encoding="utf-8")
    code, out, err = run("vault", "import", "csv", path)
    assert code == 0 and "1 question found" in out and "none such here: L99" in out
    assert "examiner vault adopt z" in err
    code, _, err = run("vault", "import", "csv", path, "--dry-run")
    assert code == 0 and "nothing was kept" in err and "next:" not in err


def test_a_bad_import_is_one_line_and_no_traceback(run, tmp_path):
    bad = tmp_path / "bad.xml"
    bad.write_text("<oops", encoding="utf-8")
    code, out, err = run("vault", "import", "qti", bad)
    assert code == 2 and out == "" and err.count("\n") == 1 and "bad.xml line 1" in err
    code, _, err = run("vault", "import", "docx", bad)
    assert code == 2 and "there are: staffml" in err


def test_adopt_lists_demands_until_there_are_none(run, imported, tmp_path):
    code, out, _ = run("vault", "adopt", "q1", "--json")
    first = json.loads(out)
    assert code == 1 and not first["ready"] and any(d.startswith("rubric") for d in first["demands"])
    code, _, err = run("vault", "adopt", "q1")
    assert code == 1 and "exists" in err
    known = load_yaml(ROOT / "vault/questions/scheduling/littles-law.yaml")
    filled = {
        k: v for k, v in known.items() if k not in ("id", "title", "provenance", "topic", "track", "level", "phase")
    }
    source = tmp_path / "filled.yaml"
    source.write_text(json.dumps(filled), encoding="utf-8")
    target = tmp_path / "adopted.yaml"
    code, out, err = run("vault", "adopt", "q1", "--from", source, "-o", target, "--by", "model", "--json")
    assert (code, json.loads(out)["demands"]) == (0, []), err
    family = load_yaml(target)
    assert family["provenance"]["origin"] == "imported" and family["provenance"]["written_by"] == "model"
    assert (family["level"] == "L3" and "q.csv" in family["sources"][0]) or family["sources"] == known["sources"]


def test_a_cut_question_cannot_be_adopted(run, imported):
    code, _, err = run("vault", "adopt", "q2")
    assert code == 1 and "mid-sentence" in err


@pytest.mark.slow
def test_audit_says_what_is_confirmed(run, imported):
    code, out, _ = run("vault", "audit", "--json")
    result = json.loads(out)
    assert code == 0 and result["disputed"] == 0
    assert result["second_route"] > 0 and result["published_matched"] >= 60
    assert result["imported"]["collections"] == [imported["collection"]]


@pytest.mark.slow
def test_coverage_prints_and_draws(run, tmp_path):
    page = tmp_path / "map.html"
    code, out, _ = run("vault", "coverage", "--json", "--html", page)
    result = json.loads(out)
    assert code == 0 and result["cells"] > result["filled"] > 0 and result["empirical"] > 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("name", ["qti", "anki", "csv", "moodle"])
def test_export_writes_a_file(run, tmp_path, name):
    path = tmp_path / "out"
    code, _, err = run("vault", "export", name, "-o", path, "--phase", "2", "--variants", "2")
    assert code == 0 and path.stat().st_size > 1000 and "questions of" in err
    code, _, err = run("vault", "export", name, "-o", path, "--level", "L9")
    assert code == 2 and "no family fits" in err


def test_practice_from_question_to_progress(run, tmp_path):
    code, out, _ = run("practice", "next", "--area", "memory", "--json")
    question = json.loads(out)
    assert code == 0 and "memory" in question["areas"] and "model_answer" not in question
    answer = tmp_path / "answer.txt"
    answer.write_text("Every layer keeps a key and a value for each token.", encoding="utf-8")
    code, out, _ = run("practice", "next", "--area", "memory", "--answer", answer, "--predict", "2", "--json")
    outcome = json.loads(out)
    assert code == 0 and outcome["ref"] == question["ref"] and outcome["label"] == "practice estimate"
    assert outcome["predicted"] == 2 and outcome["model_answer"] and "not scores" in outcome["standing"]
    page, calendar, deck = (tmp_path / name for name in ("p.html", "p.ics", "p.apkg"))
    code, out, _ = run("progress", "--json", "--html", page, "--ics", calendar, "--anki", deck)
    result = json.loads(out)
    assert code == 0 and result["answers"] == 1 and result["forecasts"]["forecasts"] == 1
    assert "BEGIN:VEVENT" in calendar.read_text(encoding="utf-8") and deck.read_bytes().startswith(b"PK")
    assert "Practice estimates, not scores" in page.read_text(encoding="utf-8")
    assert run("practice", "due")[0] == 0 and run("progress")[0] == 0


def test_practice_refuses_in_words(run):
    code, _, err = run("practice", "daily", "--day", "tomorrow")
    assert code == 2 and "is no day" in err
    code, _, err = run("practice", "next", "--level", "L9")
    assert code == 2 and "no question has the level" in err
    code, _, err = run("practice", "rerun", "s-none")
    assert code == 2 and "\n" not in err.strip()
    code, _, err = run("practice", "next", "--predict", "7")
    assert code == 2


def test_lint_of_one_file(run):
    code, out, _ = run("vault", "lint", ROOT / "vault/questions/memory/kv-concurrency.yaml", "--json")
    assert code == 0 and json.loads(out)["findings"] == []


@pytest.fixture
def script(tmp_path, vault):
    reply = as_reply(vault.family("littles-law")).model_dump(mode="json") | {"title": "A crowd in the hall"}

    def write(**changes):
        path = tmp_path / "script.jsonl"
        path.write_text(json.dumps({"json": reply | changes}) + "\n", encoding="utf-8")
        return f"scripted:{path}"

    return write


def test_a_model_drafts_a_family_and_the_rest_is_left_to_a_person(run, imported, script, tmp_path):
    target = tmp_path / "made.yaml"
    code, out, err = run("vault", "adopt", "q1", "--model", script(), "-o", target)
    assert code == 0 and "reviewed_by" in out and "not reviewed" in err
    made = load_yaml(target)
    assert made["provenance"]["written_by"] == "model" and made["provenance"]["reviewed_by"] == []
    assert "nobody has reviewed it" in target.read_text(encoding="utf-8").splitlines()[0]
    assert run("vault", "lint", target)[0] == 0
    code, _, err = run("vault", "adopt", "q1", "--model", script(), "-o", target)
    assert code == 1 and "exists" in err
    code, out, _ = run(
        "vault", "adopt", "q1", "--model", script(areas=["nowhere"]), "-o", tmp_path / "b.yaml", "--json"
    )
    result = json.loads(out)
    assert (code, result["outcome"], result["demands"], result["asked_again"]) == (0, "ready", [], False)


def test_a_draft_with_a_key_typed_in_is_not_written(run, imported, script, vault, tmp_path):
    typed = [q.model_dump(mode="json") | {"formula": "50"} for q in as_reply(vault.family("littles-law")).quantities]
    target = tmp_path / "made.yaml"
    code, out, err = run("vault", "adopt", "q1", "--model", script(quantities=typed), "-o", target)
    assert code == 1 and "refused: " in out and "nothing was written" in err and not target.exists()
    code, _, err = run("vault", "adopt", "q1", "--model", "nobody/m", "-o", target)
    assert code == 2 and "no model" in err
    code, _, err = run("vault", "adopt", "q1", "--model", script(), "--from", target)
    assert code == 2 and "one of them" in err
