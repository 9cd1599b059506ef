import asyncio
import json

import pytest
from pydantic import BaseModel, ValidationError

from examiner.domain.errors import Invalid
from examiner.llm.call import Call, CallFailed, Message, Shape, Usage, misfit
from examiner.llm.scripted import ScriptedModel, read_script


class Colour(BaseModel):
    name: str
    red: int


def call(**changes):
    base = {"purpose": "judge", "model": "m", "system": ("rules",), "messages": (Message("user", "hello"),)}
    return Call(**{**base, **changes})


def test_the_fingerprint_is_over_everything_sent_and_the_sample():
    one = call()
    assert one.fingerprint == call(on_text=print).fingerprint == call(purpose="other").fingerprint
    changed = [
        call(model="n"),
        call(system=("rules", "")),
        call(messages=(Message("assistant", "hello"),)),
        call(shape=Shape(Colour)),
        call(max_tokens=1),
        call(parameters={"seed": 1}),
        call(sample=1),
        one.again("{", "not JSON"),
        one.again("{", "not JSON", formed=True),
    ]
    assert len({c.fingerprint for c in (one, *changed)}) == 10


def test_a_shape_says_in_words_what_does_not_fit():
    shape = Shape(Colour)
    assert shape.parse('{"name": "rust", "red": 183}') == Colour(name="rust", red=183)
    for text, named in (('{"name": "rust"}', "red"), ("no JSON at all", "reply")):
        with pytest.raises(ValidationError) as error:
            shape.parse(text)
        assert misfit(error.value).startswith(f"{named}: ")


def test_usage_adds_class_by_class():
    assert Usage(1, 2, 3, 4) + Usage(10, 20, 30, 40) == Usage(11, 22, 33, 44)
    assert Usage(1, 2, 3, 4).total == 10


def test_a_script_answers_in_order_streams_and_runs_out():
    pieces = []
    model = ScriptedModel(["one two", CallFailed("timeout", "late"), lambda c: c.model])
    assert asyncio.run(model.reply(call(on_text=pieces.append))).text == "one two"
    assert pieces == ["one ", "two"]
    with pytest.raises(CallFailed, match="late"):
        asyncio.run(model.reply(call()))
    assert asyncio.run(model.reply(call(model="x"))).text == "x"
    with pytest.raises(CallFailed, match="no reply left for call 4"):
        asyncio.run(model.reply(call()))
    assert len(model.calls) == 4


def test_a_script_file_answers_by_pattern(tmp_path):
    path = tmp_path / "s.jsonl"
    lines = [{"match": "hel+o", "json": {"a": 1}}, {"match": "x", "fail": "refusal"}, {"text": "else"}]
    path.write_text("\n".join(map(json.dumps, lines)))
    model = read_script(path)
    assert asyncio.run(model.reply(call())).text == '{"a": 1}'
    assert asyncio.run(model.reply(call(messages=(Message("user", "q"),)))).text == "else"
    with pytest.raises(CallFailed):
        asyncio.run(model.reply(call(messages=(Message("user", "x"),))))
    path.write_text('{"nothing": 1}')
    with pytest.raises(Invalid, match=r"s\.jsonl:1"):
        read_script(path)
