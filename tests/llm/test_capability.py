"""What a model is seen to accept decides the form of its requests, and what was refused is on record."""

import asyncio
import json
from dataclasses import replace

import pytest

from examiner.llm.call import Call, CallFailed, Message, Reply, Usage
from examiner.llm.capability import FORMS, Ready, Shape, ceiling, observe
from examiner.llm.formats import anthropic_body, bare_json, openai_body
from examiner.llm.gateway import Gateway
from examiner.llm.scripted import ScriptedModel

SHAPE = Shape(Ready)
CALL = Call("check", "m", ("Be brief.",), (Message("user", "?"),), SHAPE)


def provider(refuses=(), says='{"ready": true}', **reply):
    """A model that refuses some forms and parameters, as a provider would with a 400."""

    def answer(call):
        wanted = {call.form if call.shape else "", *call.parameters, "long" if call.max_tokens > 9000 else ""}
        for name in wanted & set(refuses):
            return CallFailed("rejected", f"400: '{name}' is not supported; at most 8,192 tokens")
        return Reply(says if call.shape else "Ready.", model="m-2026", usage=Usage(input=9, output=3), **reply)

    return ScriptedModel(answer)


def seen(model, vendor="openai"):
    return asyncio.run(observe(Gateway(model, name="openai/m"), "m", FORMS[vendor]))


def test_a_model_that_takes_all_is_asked_by_schema():
    found = seen(provider(system_fingerprint="fp_1", logprobs=True))
    assert (found.form, found.refused, found.replied, found.system_fingerprint) == ("schema", {}, "m-2026", "fp_1")
    assert (found.seed, found.temperature, found.logprobs, found.max_output) == (True, True, True, None)
    assert found.token_classes == ("input", "output") and found.calls == 6


@pytest.mark.parametrize(("refuses", "form"), [(["schema"], "tool"), (["schema", "tool"], "plain")])
def test_the_next_form_is_taken_and_the_refusal_kept(refuses, form):
    found = seen(provider([*refuses, "seed", "temperature"]))
    assert found.form == form and set(found.refused) == {*refuses, "seed", "temperature"}
    assert "not supported" in found.refused["schema"]
    assert (found.seed, found.temperature) == (False, False)


def test_a_model_that_never_fits_has_no_form():
    found = seen(provider(says="I am ready."))
    assert found.form is None and set(found.refused) == {"schema", "tool", "plain"}


def test_a_ceiling_is_read_from_the_refusal():
    assert seen(provider(["long"])).max_output == 8192
    assert ceiling("max_tokens: 10000000 > 64000, which is the maximum") == 64000
    assert ceiling("too many") is None


def test_logprobs_count_only_where_they_come_back():
    assert seen(provider()).logprobs is False


def test_a_provider_that_is_down_says_nothing_of_the_model():
    gateway = Gateway(ScriptedModel(lambda call: CallFailed("circuit_open", "down")), name="openai/m")
    with pytest.raises(CallFailed, match="down"):
        asyncio.run(observe(gateway, "m", FORMS["openai"]))


def test_bodies_ask_in_the_form_that_is_set():
    usual, tool, plain = (openai_body(replace(CALL, form=f)) for f in (None, "tool", "plain"))
    assert usual["response_format"]["json_schema"]["schema"] == SHAPE.schema
    assert tool["tools"][0]["function"]["parameters"] == SHAPE.schema and "response_format" not in tool
    assert json.dumps(SHAPE.schema) in plain["messages"][0]["content"]
    assert not {"tools", "response_format"} & set(plain)
    spoken = anthropic_body(replace(CALL, form="plain"))
    assert "tools" not in spoken and json.dumps(SHAPE.schema) in spoken["system"][-1]["text"]


def test_a_reply_in_words_is_read_without_its_fence():
    assert bare_json('Here:\n```json\n{"ready": true}\n```') == '{"ready": true}'
    assert bare_json("no object") == "no object"
    model = ScriptedModel(['```json\n{"ready": true}\n```'])
    reply = asyncio.run(Gateway(model, name="m").reply(replace(CALL, form="plain")))
    assert reply.value.ready is True


def test_only_another_form_makes_another_call():
    assert CALL.fingerprint == replace(CALL, form=None).fingerprint
    assert len({replace(CALL, form=f).fingerprint for f in (None, "tool", "plain")}) == 3
