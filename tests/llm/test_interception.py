"""Every SDK's requests are caught by respx, and nothing leaves: the other tests rest on it."""

import asyncio
import json

import pytest
import respx
from both_cores import BothCores
from httpx import Response
from pydantic import BaseModel

from examiner.llm.call import Call, CallFailed, Message, NoCredentials, Shape
from examiner.llm.direct import DirectModel
from examiner.llm.gateway import Gateway
from provider import anthropic_body, openai_body

OPENAI, ANTHROPIC = "https://api.openai.com/v1/chat/completions", "https://api.anthropic.com/v1/messages"
KEYS = {"OPENAI_API_KEY": "sk-test", "ANTHROPIC_API_KEY": "sk-test"}


class Colour(BaseModel):
    name: str


CALL = Call("judge", "m", ("rules",), (Message("user", "red?"),), Shape(Colour))


def caught(url, body, model, call=CALL):
    with respx.mock(using=BothCores.name, assert_all_called=True) as router:
        route = router.post(url).mock(side_effect=[Response(200, json=b) for b in body])

        async def go():
            try:
                return await Gateway(model).reply(call)
            finally:
                await model.close()

        reply = asyncio.run(go())
        return reply, [(c.request.headers, json.loads(c.request.content)) for c in route.calls]


def test_openai_is_caught_keeps_its_key_and_sends_the_schema():
    body = openai_body({"model": "m"}, '{"name": "red"}', "end")
    reply, [(headers, sent)] = caught(OPENAI, [body], DirectModel("openai", environ=KEYS, http="default"))
    assert reply.value == Colour(name="red")
    assert (reply.model, reply.system_fingerprint) == ("m-2026-01-01", "fp_1")
    assert (reply.usage.input, reply.usage.cache_read, reply.usage.output) == (200, 800, 100)
    assert headers["authorization"] == "Bearer sk-test"
    assert sent["messages"][0] == {"role": "system", "content": "rules"}
    assert sent["response_format"]["json_schema"]["schema"] == Colour.model_json_schema()
    assert "temperature" not in sent


def test_anthropic_is_caught_and_marks_the_static_part_for_the_cache():
    body = anthropic_body({"model": "m", "tools": [{"name": "Colour"}]}, '{"name": "red"}', "end")
    reply, [(headers, sent)] = caught(ANTHROPIC, [body], DirectModel("anthropic", environ=KEYS, http="default"))
    assert reply.value == Colour(name="red")
    assert (reply.usage.input, reply.usage.cache_write, reply.usage.cache_read) == (100, 100, 800)
    assert headers["authorization"] == "Bearer sk-test"
    assert sent["system"] == [{"type": "text", "text": "rules", "cache_control": {"type": "ephemeral"}}]
    assert sent["tool_choice"] == {"type": "tool", "name": "Colour"}
    assert "temperature" not in sent


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_a_reply_that_does_not_fit_goes_back_with_the_reason_through_instructor(vendor):
    make = openai_body if vendor == "openai" else anthropic_body
    asked = {"model": "m", "tools": [{"name": "Colour"}]}
    bodies = [make(asked, '{"colour": "red"}', "end"), make(asked, '{"name": "red"}', "end")]
    model = DirectModel(vendor, environ=KEYS, http="default")
    reply, calls = caught(OPENAI if vendor == "openai" else ANTHROPIC, bodies, model)
    assert reply.value == Colour(name="red")
    assert reply.attempts == 2
    assert reply.usage.output == 200
    said = json.dumps(calls[1][1]["messages"])
    assert "name: Field required" in said
    assert "colour" in said


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_a_reply_of_the_right_form_is_asked_for_again_in_the_usual_way(vendor):
    make = openai_body if vendor == "openai" else anthropic_body
    asked = {"model": "m", "tools": [{"name": "Colour"}]}
    model = DirectModel(vendor, environ=KEYS, http="default")
    again = CALL.again('{"name": "rot"}', "say it in English", formed=True)
    url = OPENAI if vendor == "openai" else ANTHROPIC
    reply, [(_, sent)] = caught(url, [make(asked, '{"name": "red"}', "end")], model, again)
    assert reply.value == Colour(name="red")
    assert [m["content"] for m in sent["messages"][-3:]] == ["red?", '{"name": "rot"}', "say it in English"]
    assert ("response_format" if vendor == "openai" else "tool_choice") in sent


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # litellm's own
def test_litellm_is_caught_on_its_async_path(monkeypatch):
    litellm = pytest.importorskip("litellm")
    from examiner.llm.via_litellm import LitellmModel

    monkeypatch.setattr(litellm, "disable_aiohttp_transport", True)
    monkeypatch.setattr(litellm, "in_memory_llm_clients_cache", type(litellm.in_memory_llm_clients_cache)())
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    call = Call("judge", "openai/m", ("rules",), (Message("user", "red?"),), Shape(Colour))
    bodies = [openai_body({"model": "m"}, t, "end") for t in ('{"colour": 1}', '{"name": "red"}')]
    reply, calls = caught(OPENAI, bodies, LitellmModel(), call)
    assert reply.value == Colour(name="red")
    assert len(calls) == 2
    assert "Field required" in json.dumps(calls[1][1])


def test_stock_respx_misses_anthropic_so_this_mocker_is_needed():
    model = DirectModel("anthropic", environ=KEYS, http="default")

    async def go():
        try:
            with pytest.raises((CallFailed, AssertionError)):
                await model.reply(CALL)
        finally:
            await model.close()

    with respx.mock(assert_all_called=False) as router:
        route = router.post(ANTHROPIC).mock(return_value=Response(200, json={}))
        asyncio.run(go())
        assert not route.called


def test_a_missing_key_is_said_in_one_line_with_exit_code_3():
    with pytest.raises(NoCredentials) as error:
        DirectModel("openai", environ={})
    assert error.value.exit_code == 3
    assert str(error.value).startswith("OPENAI_API_KEY is not set")
    assert "\n" not in str(error.value)
    DirectModel("openai", environ={"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})  # a local server needs none


def test_a_key_that_is_not_accepted_is_no_provider_failure():
    with respx.mock(using=BothCores.name) as router:
        router.post(OPENAI).mock(return_value=Response(401, json={"error": {"message": "bad key"}}))
        model = DirectModel("openai", environ=KEYS, http="default")
        with pytest.raises(NoCredentials, match="does not accept the key"):
            asyncio.run(Gateway(model).reply(CALL))
