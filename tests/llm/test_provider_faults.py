"""Over real HTTP on loopback: each fault by itself, both formats, the cheap transport."""

import asyncio

import pytest
from pydantic import BaseModel

from examiner.llm.call import Call, CallFailed, Message, Shape
from examiner.llm.direct import DirectModel
from examiner.llm.gateway import Gateway, Patience
from provider import Provider


class Said(BaseModel):
    p1: dict[str, str]


CALL = Call("judge", "m", ("rules",), (Message("user", "some words of an answer"),), Shape(Said))
QUICK = Patience(attempts=4, first=0.01, longest=0.05, attempt_seconds=0.6)


def asked(provider, vendor, call=CALL, patience=QUICK):
    async def go():
        gateway = Gateway(DirectModel(vendor, environ=provider.environ), name=vendor, patience=patience)
        try:
            return await gateway.reply(call)
        finally:
            await gateway.close()

    return asyncio.run(go())


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@pytest.mark.parametrize(
    "fault", ["429", "500", "529", "reset", "slow", "truncated", "badjson", "schema", "refusal", "overlong", "empty"]
)
def test_one_fault_is_got_over(vendor, fault):
    with Provider(fault=lambda body, seen: fault if len(provider.requests) == 1 else "") as provider:
        reply = asked(provider, vendor)
    assert reply.value.p1["verdict"] == "met"
    assert provider.faults == {fault: 1}
    assert len(provider.requests) == 2


@pytest.mark.parametrize(
    ("fault", "kind", "requests"),
    [
        ("429", "rate_limited", 4),
        ("500", "server", 4),
        ("529", "overloaded", 4),
        ("reset", "connection", 4),
        ("truncated", "connection", 4),
        ("slow", "timeout", 4),
        ("refusal", "refusal", 3),
        ("overlong", "truncated", 3),
        ("schema", "invalid", 3),
        ("empty", "invalid", 3),
    ],
)
def test_a_fault_that_stays_is_a_typed_error_after_so_many_requests(fault, kind, requests):
    quick = Patience(attempts=4, first=0.01, longest=0.02, attempt_seconds=0.3 if fault == "slow" else 10)
    with Provider(fault=lambda body, seen: fault) as provider, pytest.raises(CallFailed) as error:
        asked(provider, "openai", patience=quick)
    assert error.value.kind == kind
    assert len(provider.requests) == requests
    assert error.value.exit_code == 4


def test_a_useless_reply_is_paid_for_and_says_so():
    with Provider(fault=lambda body, seen: "refusal") as provider, pytest.raises(CallFailed) as error:
        asked(provider, "anthropic")
    assert error.value.reply.usage.output == 300


def test_streamed_text_arrives_in_pieces():
    with Provider() as provider:
        plain = Call("interview", "m", ("rules",), (Message("user", "hi"),))
        assert asked(provider, "openai", plain).text == "{}"


def test_a_connection_nobody_answers_is_a_connection_failure():
    with Provider() as provider:
        address = provider.environ
    gone = DirectModel("openai", environ=address)

    async def go():
        try:
            await gone.reply(CALL)
        finally:
            await gone.close()

    with pytest.raises(CallFailed) as error:
        asyncio.run(go())
    assert error.value.kind == "connection"
