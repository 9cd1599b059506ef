"""Recordings play for one judge, for a panel and for a fallback; stale or unplayed ones fail."""

import json
from dataclasses import replace

import pytest

from examiner.domain.errors import Corrupt, Invalid
from examiner.llm.cassette import Cassette
from examiner.service.batch.one import judged
from examiner.service.examiner import Examiner
from examiner.service.judges import open_guarded
from provider import Provider

QUESTION = "kv-per-token-gqa@0"
ANSWER = "Several query heads share one pair of keys and values."


def script(path, house, verdict):
    fields = (
        open_guarded(house, "openai/m", run=house.portal.run, offline=True)
        .within.calls(house.instance(QUESTION), [])[0]
        .shape.model.model_fields
    )
    line = {"reason": "r", "verdict": verdict, "quote": "share one pair" if verdict == "met" else ""}
    said = {n: line if n[0] == "p" else {"made": False, "quote": ""} for n in fields}
    path.write_text(json.dumps({"json": said}) + "\n")
    return f"scripted:{path}"


def named(house, judge):
    return Examiner(replace(house.settings, judge=judge))


@pytest.fixture
def panel(house, tmp_path):
    one, two = script(tmp_path / "a.jsonl", house, "met"), script(tmp_path / "b.jsonl", house, "not_met")
    recorded = judged(named(house, f"{one}+{two}"), QUESTION, ANSWER, record=tmp_path / "tape")
    (tmp_path / "a.jsonl").unlink()
    (tmp_path / "b.jsonl").unlink()
    return recorded, f"replay:{tmp_path / 'tape'}"


def test_a_panel_plays_as_it_was_recorded_with_nobody_there(house, panel):
    recorded, name = panel
    played = judged(named(house, name), QUESTION, ANSWER)
    assert [f["kind"] for f in played["flags"]].count("disagreement") >= 1
    for field in ("criteria", "flags", "observed_fingerprint", "quality", "request_fingerprint"):
        assert played[field] == recorded[field]


@pytest.mark.parametrize("answer", [ANSWER + " And more.", "I don't know."])
def test_a_panels_recording_that_is_stale_or_not_played_fails(house, panel, answer):
    with pytest.raises(Corrupt, match="stale"):
        judged(named(house, panel[1]), QUESTION, answer)


def test_a_recording_is_not_recorded_again(house, panel, tmp_path):
    with pytest.raises(Invalid, match="played"):
        judged(named(house, panel[1]), QUESTION, ANSWER, record=tmp_path / "other")


def test_a_panel_of_one_judge_twice_is_refused(house):
    with pytest.raises(Invalid, match="twice"):
        open_guarded(house, "openai/m+openai/m", run=house.portal.run, offline=True)


def test_the_same_call_over_two_ways_keeps_two_replies(tmp_path):
    from examiner.llm.call import Call, Message, Reply

    call = Call("judge", "m", (), (Message("user", "?"),))
    with Cassette(tmp_path, "record") as tape:
        tape.keep(call, Reply("a"), "openai/m")
        tape.keep(call, Reply("b"), "litellm/m")
    with Cassette(tmp_path, "replay") as tape:
        assert [tape.find(call, via).text for via in ("litellm/m", "openai/m")] == ["b", "a"]
    again = Cassette(tmp_path, "resume")
    assert again.find(call, "litellm/m").text == "b" and again.find(call, "anthropic/m") is None


def test_what_a_fallback_said_plays_although_the_first_said_nothing(house, tmp_path, monkeypatch):
    with Provider() as provider:
        for name, value in provider.environ.items():
            monkeypatch.setenv(name, value)
        judge = script(tmp_path / "down.jsonl", house, "met")
        (tmp_path / "down.jsonl").write_text('{"fail": "circuit_open"}\n')
        recorded = judged(named(house, f"{judge},fallback=openai/m"), QUESTION, ANSWER, record=tmp_path / "tape")
    played = judged(named(house, f"replay:{tmp_path / 'tape'}"), QUESTION, ANSWER)
    assert played["criteria"] == recorded["criteria"]
    assert played["observed_fingerprint"] == recorded["observed_fingerprint"]


def test_a_recording_keeps_the_form_of_its_requests(house, tmp_path, monkeypatch):
    from examiner.service.capabilities import check

    monkeypatch.setattr("examiner.service.capabilities.form_of", lambda examiner, bare: "tool")
    name = script(tmp_path / "a.jsonl", house, "met")
    recorded = judged(named(house, name), QUESTION, ANSWER, record=tmp_path / "tape")
    monkeypatch.undo()
    assert json.loads((tmp_path / "tape" / "recording.json").read_text())["forms"] == {name: "tool"}
    check(house, name)  # what is known of the model since does not touch the recording
    played = judged(named(house, f"replay:{tmp_path / 'tape'}"), QUESTION, ANSWER)
    assert played["observed_fingerprint"] == recorded["observed_fingerprint"]
