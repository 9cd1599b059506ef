"""Labels from other tools and back; who made a label is what the file says, or what the caller must say."""

import csv
import io
import json

import pytest

from examiner.calibration.anchors.exporting import to_csv, to_jsonl, to_label_studio, to_table
from examiner.calibration.anchors.importing import read_labels
from examiner.domain.errors import Invalid, Refused

ROW = {"id": "x", "question": "q", "prompt": "Why?", "answer": "Because."}


def jsonl(**row):
    return json.dumps({**ROW, **row})


def test_jsonl_with_its_makers():
    text = jsonl(labels=[{"rater": "ana", "criterion": "mechanism", "score": 2, "by": "human"}])
    (a,) = read_labels(text, "jsonl", "f.jsonl")
    assert a.scores("mechanism") == {"ana": 2}
    assert a.question_hash.startswith("sha256:")
    assert a.wrote is None


def test_who_made_a_label_is_never_guessed():
    text = jsonl(labels=[{"rater": "ana", "criterion": "mechanism", "score": 2}])
    with pytest.raises(Invalid, match=r"f\.jsonl, line 1: it does not say who made the labels"):
        read_labels(text, "jsonl", "f.jsonl")
    (a,) = read_labels(text, "jsonl", "f.jsonl", by="human")
    assert a.provenance("mechanism") == "human"


@pytest.mark.parametrize("said", ["model", "judge", "machine", "constructed", "rule"])
def test_what_the_file_calls_a_machines_is_never_imported_as_a_persons(said):
    text = jsonl(labels=[{"rater": "gpt", "criterion": "mechanism", "score": 2, "by": said}])
    with pytest.raises(Refused, match="cannot be imported as human"):
        read_labels(text, "jsonl", "f.jsonl", by="human")


def test_csv_with_the_answer_in_every_row():
    text = (
        "item,question,criterion,rater,kind,score,answer,prompt\n"
        'x,q,mechanism,ana,human,2,"Because, well.",Why?\n'
        'x,q,mechanism,ben,human,u,"Because, well.",Why?\n'
        'x,q,mechanism,gpt,judge,3,"Because, well.",Why?\n'
    )
    (a,) = read_labels(text, "csv", "f.csv")
    assert [x.by for x in a.labels] == ["human", "human", "model"]
    assert [x.score for x in a.labels] == [2, None, 3]
    with pytest.raises(Refused):
        read_labels(text, "csv", "f.csv", by="human")


def test_csv_says_which_column_is_missing():
    with pytest.raises(Invalid, match="no column answer"):
        read_labels("item,question,rater,score\nx,q,ana,2\n", "csv", "f.csv")


TASK = {
    "id": 7,
    "data": {"question": "q", "prompt": "Why?", "answer": "Because."},
    "annotations": [
        {
            "completed_by": {"email": "ana@example.org"},
            "created_at": "2026-03-02T09:00:00Z",
            "result": [
                {"from_name": "mechanism", "to_name": "answer", "type": "choices", "value": {"choices": ["2"]}},
                {"from_name": "arithmetic", "to_name": "answer", "type": "number", "value": {"number": 3}},
                {"from_name": "note", "to_name": "answer", "type": "textarea", "value": {"text": ["hm"]}},
            ],
        },
        {"completed_by": 4, "was_cancelled": True, "result": [{"from_name": "mechanism", "value": {"number": 0}}]},
        {
            "completed_by": 5,
            "result": [{"from_name": "mechanism", "origin": "prediction", "value": {"choices": ["1"]}}],
        },
    ],
    "predictions": [
        {"model_version": "m-1", "result": [{"from_name": "mechanism", "value": {"choices": ["1"]}}]},
        12,
    ],
}


def test_label_studio_annotations_are_peoples_and_predictions_a_models():
    (a,) = read_labels(json.dumps([TASK]), "label-studio", "ls.json")
    found = {(x.rater, x.criterion): (x.score, x.by) for x in a.labels}
    assert found == {
        ("ana@example.org", "mechanism"): (2, "human"),
        ("ana@example.org", "arithmetic"): (3, "human"),
        ("annotator-5", "mechanism"): (1, "model"),
        ("m-1", "mechanism"): (1, "model"),
    }


def test_an_annotation_that_kept_a_prediction_cannot_be_claimed():
    with pytest.raises(Refused, match="these labels are model"):
        read_labels(json.dumps([TASK]), "label-studio", "ls.json", by="human")


def test_blind_tasks_hold_nobodys_score():
    (a,) = read_labels(json.dumps([TASK]), "label-studio", "ls.json")
    (task,) = to_label_studio([a], lambda _: "Why?")
    assert "annotations" not in task
    assert "predictions" not in task
    assert "style" not in task["data"]
    assert "canary" not in task["data"]


def test_every_format_gives_the_labels_back():
    text = jsonl(
        labels=[
            {"rater": "ana", "criterion": "mechanism", "score": 2.5, "by": "human", "at": "2026-03-02"},
            {"rater": "ben", "criterion": "mechanism", "score": None, "by": "human", "at": "2026-03-03"},
            {"rater": "m-1", "criterion": "mechanism", "score": 1, "by": "model"},
        ]
    )
    (a,) = read_labels(text, "jsonl", "f")
    (from_jsonl,) = read_labels(to_jsonl([a]), "jsonl", "f")
    assert from_jsonl == a
    (from_csv,) = read_labels(to_csv([a]), "csv", "f")
    assert from_csv == a
    tasks = to_label_studio([a], lambda x: x.prompt, with_labels=True)
    (from_tasks,) = read_labels(json.dumps(tasks), "label-studio", "f")
    assert {x.model_copy(update={"at": ""}) for x in from_tasks.labels} == {
        x.model_copy(update={"at": ""}) for x in a.labels
    }


def test_the_table_calls_nothing_human_that_no_person_rated():
    labels = [
        {"rater": "ana", "criterion": "m", "score": 2.5, "by": "human"},
        {"rater": "ben", "criterion": "m", "score": 1, "by": "human"},
        {"rater": "ben", "criterion": "m", "score": 0, "by": "human"},
        {"rater": "cy", "criterion": "m", "score": None, "by": "human"},
        {"rater": "gpt", "criterion": "m", "score": 3, "by": "model"},
        {"rater": "rule", "criterion": "m", "score": 1, "by": "constructed"},
    ]
    (a,) = read_labels(jsonl(labels=labels), "jsonl", "f")
    rows = list(csv.DictReader(io.StringIO(to_table([a], judge="ana"))))
    assert [(r["rater"], r["kind"], r["score"]) for r in rows] == [
        ("ana", "judge", "2.5"),
        ("ben", "human", "0"),
        ("gpt", "judge", "3"),
        ("rule", "constructed", "1"),
    ]
    whole = csv.DictReader(io.StringIO(to_table([a], whole=True)))
    assert next(whole)["score"] == "3"


def test_mohler_keeps_both_graders_and_their_half_marks():
    row = {"qid": "1.1", "question": "Why?", "reference": "So.", "answer": "Hm.", "scores": [2.5, 4], "mean": 3.25}
    a, b = read_labels(f"{json.dumps(row)}\n{json.dumps(row)}\n", "mohler", "m.jsonl")
    assert (a.id, b.id) == ("1.1-01", "1.1-02")
    assert a.scores("overall") == {"rater-1": 2.5, "rater-2": 4}
    assert a.mean("overall") == 3.25
    assert a.level("overall") == 3
    with pytest.raises(Refused):
        read_labels(json.dumps(row), "mohler", "m.jsonl", by="constructed")


def test_the_whole_of_mohler(shared):
    text = (shared / "data" / "human_graded" / "mohler2011.jsonl").read_text(encoding="utf-8")
    anchors = read_labels(text, "mohler", "mohler2011.jsonl")
    assert len(anchors) == 2273
    assert len({a.family for a in anchors}) == 81
    assert all(len(a.scores("overall")) == 2 for a in anchors)
    assert any(score % 1 for a in anchors for score in a.scores("overall").values())


@pytest.mark.parametrize(
    ("text", "form", "says"),
    [
        ("{", "jsonl", "line 1: not JSON"),
        ("[]", "jsonl", "not an object"),
        ("{}", "label-studio", "not a list of tasks"),
        ('[{"id": 3, "data": {}}]', "label-studio", "task 3"),
        ('{"qid": 1}', "mohler", "line 1"),
        ("", "jsonl", "no labelled answers"),
        ('{"question": "q", "answer": "a"}', "jsonl", "its text is not in the file"),
        ("x", "xml", "no format"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(text, form, says):
    with pytest.raises(Invalid, match=says):
        read_labels(text, form, "f")


def test_a_nan_score_is_refused():
    text = jsonl(labels=[{"rater": "ana", "criterion": "m", "score": float("nan"), "by": "human"}])
    with pytest.raises(Invalid, match="not a number"):
        read_labels(text, "jsonl", "f")
