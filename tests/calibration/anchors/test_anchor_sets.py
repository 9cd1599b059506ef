"""Raw labels, what they are worth, and sets whose every byte is bound."""

import json
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.calibration.anchors.chain import START, append, chain, read_chain
from examiner.calibration.anchors.sets import halves, read_set, write_set
from examiner.domain.anchor import Anchor, Decision, Label, disagreements, half_up, standing_of
from examiner.domain.errors import Conflict, Corrupt, Invalid
from examiner.domain.score import Turn


def anchor(item="a-1", question="q1@3", labels=(), split="gate", **more):
    return Anchor(
        id=item,
        question=question,
        question_hash="sha256:00",
        turns=(Turn(text=f"answer {item}"),),
        prompt="What?",
        labels=tuple(labels),
        split=split,
        **more,
    )


def label(rater, score, criterion="mechanism", by="human"):
    return Label(rater=rater, criterion=criterion, score=score, by=by)


def test_half_marks_round_up_not_to_even():
    assert [half_up(x) for x in (0.5, 1.5, 2.5, 3.5, 2.49)] == [1, 2, 3, 4, 2]


def test_the_raw_labels_stay_and_the_mean_is_computed():
    a = anchor(labels=[label("ana", 2), label("ben", 3)])
    assert a.scores("mechanism") == {"ana": 2, "ben": 3}
    assert a.mean("mechanism") == 2.5
    assert a.level("mechanism") == 3
    assert a.level("arithmetic") is None


def test_cannot_say_is_not_zero():
    a = anchor(labels=[label("ana", None), label("ben", 2)])
    assert a.scores("mechanism") == {"ben": 2}
    assert a.mean("mechanism") == 2
    assert anchor(labels=[label("ana", None)]).mean("mechanism") is None


def test_a_machines_label_never_stands_beside_a_persons():
    a = anchor(labels=[label("gpt", 0, by="model"), label("rule", 1, by="constructed"), label("ana", 3)])
    assert a.scores("mechanism") == {"ana": 3}
    assert a.provenance("mechanism") == "human"
    assert anchor(labels=[label("gpt", 0, by="model")]).provenance("mechanism") == "model"


def test_a_decision_stands_over_the_mean_and_leaves_the_labels():
    a = anchor(labels=[label("ana", 0), label("ben", 3)])
    assert disagreements(a) == ("mechanism",)
    decided = a.model_copy(update={"decisions": (Decision(criterion="mechanism", score=1, by="cy", why="half said"),)})
    assert decided.level("mechanism") == 1
    assert len(decided.labels) == 2


@pytest.mark.parametrize(
    ("labels", "best"),
    [
        ([label("ana", 1), label("gpt", 3, by="model")], "calibrated"),
        ([label("gpt", 3, by="model")], "reference"),
        ([label("rule", 3, by="constructed")], "reference"),
        ([], "uncalibrated"),
    ],
)
def test_only_peoples_labels_can_calibrate(labels, best):
    assert standing_of([anchor(labels=labels)]).best == best


def test_one_constructed_gate_label_makes_the_whole_set_a_reference():
    people = [anchor(f"a-{n}", labels=[label("ana", 1)]) for n in range(5)]
    assert standing_of(people).best == "calibrated"
    spoiled = [*people, anchor("b", labels=[label("rule", 0, by="constructed")])]
    assert standing_of(spoiled).best == "reference"
    assert "1 constructed" in standing_of(spoiled).why
    tuning = [*people, anchor("b", split="tuning", question="q2", labels=[label("rule", 0, by="constructed")])]
    assert standing_of(tuning).best == "calibrated"


def test_a_set_reads_back_as_written_and_is_never_written_over(tmp_path):
    made = write_set(tmp_path / "pilot", [anchor("a"), anchor("b", labels=[label("ana", 2)])], about="two")
    again = read_set(tmp_path / "pilot")
    assert again == made
    assert again.anchor("b").scores("mechanism") == {"ana": 2}
    with pytest.raises(Conflict, match="never changed"):
        write_set(tmp_path / "pilot", [anchor("c")], about="three")


@given(data=st.data())
def test_any_changed_byte_is_found(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("sets") / "pilot"
    write_set(folder, [anchor("a", labels=[label("ana", 2)]), anchor("b")], about="two")
    path = folder / data.draw(st.sampled_from(["anchors.jsonl", "set.json"]))
    text = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 255).filter(lambda b: b != text[at]))
    path.write_bytes(bytes(text))
    with pytest.raises(Corrupt):
        read_set(folder)


@pytest.mark.parametrize("harm", ["drop last", "drop first", "swap", "twice"])
def test_dropped_moved_and_repeated_lines_are_found(tmp_path, harm):
    folder = tmp_path / "pilot"
    write_set(folder, [anchor("a"), anchor("b"), anchor("c")], about="three")
    path = folder / "anchors.jsonl"
    one, two, three = path.read_text().splitlines(keepends=True)
    path.write_text(
        {
            "drop last": one + two,
            "drop first": two + three,
            "swap": two + one + three,
            "twice": one + one + two + three,
        }[harm]
    )
    with pytest.raises(Corrupt):
        read_set(folder)


def test_labels_are_bound_to_the_items_they_were_given_for(tmp_path):
    one = write_set(tmp_path / "one", [anchor("a")], about="")
    write_set(tmp_path / "two", [anchor("b")], about="")
    append(tmp_path / "one" / "labels" / "ana.jsonl", {"item": "a", "label": label("ana", 1).model_dump()}, one.head)
    labelled = read_set(tmp_path / "one")
    assert labelled.anchor("a").scores("mechanism") == {"ana": 1}
    assert labelled.items_hash == one.items_hash
    assert labelled.hash != one.hash
    (tmp_path / "two" / "labels").mkdir()
    (tmp_path / "one" / "labels" / "ana.jsonl").rename(tmp_path / "two" / "labels" / "ana.jsonl")
    with pytest.raises(Corrupt, match="line 1"):
        read_set(tmp_path / "two")


def test_a_torn_last_line_is_skipped_and_cut_off(tmp_path):
    path = tmp_path / "log.jsonl"
    append(path, {"n": 1}, START)
    with path.open("a") as out:
        out.write('{"prev": "sha')
    assert read_chain(path, START, torn=True)[0] == [{"n": 1}]
    with pytest.raises(Corrupt, match="no end"):
        read_chain(path, START)
    append(path, {"n": 2}, START)
    assert read_chain(path, START)[0] == [{"n": 1}, {"n": 2}]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_append_is_on_the_disk_before_it_returns(tmp_path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(os.fstat(handle).st_size), real(handle)))
    path = tmp_path / "log.jsonl"
    append(path, {"n": 1}, START)
    assert synced == [path.stat().st_size]


def test_two_writers_to_one_file_are_told_apart(tmp_path):
    import fcntl

    path = tmp_path / "log.jsonl"
    append(path, {"n": 1}, START)
    with path.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="somebody is writing"):
            append(path, {"n": 2}, START)


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5), max_size=3), max_size=6))
def test_a_chain_reads_back(tmp_path_factory, records):
    path = tmp_path_factory.mktemp("chain") / "c.jsonl"
    lines, head = chain(records, START)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    assert read_chain(path, START) == (records, head)


@given(st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=2, max_size=40), st.integers(0, 9))
def test_the_halves_go_by_question_and_are_halves(questions, seed):
    refs = [f"{q}@{n}" for n, q in enumerate(questions)]
    found = halves(refs, seed)
    assert set(found) == set(questions)
    sizes = [list(found.values()).count(half) for half in ("tuning", "gate")]
    assert abs(sizes[0] - sizes[1]) <= 1
    assert found == halves(list(reversed(refs)), seed)


@pytest.mark.parametrize(
    ("anchors", "says"),
    [
        ([], "no anchors"),
        ([anchor("a"), anchor("a")], "stands twice"),
        ([anchor("a"), anchor("b", question="q1@9", split="tuning")], "both halves"),
        ([anchor("a", labels=[label("ana", 4)])], "outside 0 to 3"),
    ],
)
def test_a_set_that_does_not_fit_is_refused(tmp_path, anchors, says):
    with pytest.raises(Invalid, match=says):
        write_set(tmp_path / "pilot", anchors, about="")


def test_the_file_is_plain_json_lines(tmp_path):
    write_set(tmp_path / "pilot", [anchor("a")], about="")
    entry = json.loads((tmp_path / "pilot" / "anchors.jsonl").read_text())
    assert sorted(entry) == ["hash", "prev", "record"]
    assert entry["prev"] == START
