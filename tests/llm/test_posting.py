"""The lean way and the SDKs' own transport: the same request leaves, the same failures come back."""

import asyncio
import json

import pytest
from pydantic import BaseModel

from examiner.llm.call import Call, CallFailed, Message, NoCredentials, Shape
from examiner.llm.direct import DirectModel
from provider import Provider


class Said(BaseModel):
    p1: dict[str, str]


CALL = Call("judge", "m", ("rules",), (Message("user", "some wörds of an answer"),), Shape(Said))
OURS = {"host", "accept-encoding", "content-length", "connection"}  # set by whoever speaks, not by the SDK
A_CALL = ("x-stainless-retry-count", "x-stainless-read-timeout", "x-stainless-timeout", "x-stainless-async")


def asked(provider, vendor, http, **environ):
    model = DirectModel(vendor, environ=provider.environ | environ, http=http)

    async def go():
        try:
            return await model.reply(CALL)
        finally:
            await model.close()

    return asyncio.run(go())


def heard(provider):
    headers = {name.lower(): value for name, value in dict(provider.headers[-1]).items()}
    return {n: v for n, v in headers.items() if n not in OURS and n not in A_CALL}


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_the_lean_way_sends_what_the_sdk_sends(vendor, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    key = {"OPENAI_API_KEY": "sk-right", "ANTHROPIC_API_KEY": "sk-right"}
    with Provider() as provider:
        lean = asked(provider, vendor, "aiohttp", **key)
        ours, body = heard(provider), provider.requests[-1]
        whole = asked(provider, vendor, "default", **key)
        theirs = heard(provider)
    assert body == provider.requests[-1]
    assert lean.text == whole.text
    assert ours == theirs
    assert "sk-right" in json.dumps(ours)
    assert ours["content-type"] == "application/json"
    if vendor == "openai":
        assert ours["openai-organization"] == "org-1"
        assert "openai-project" not in ours


@pytest.mark.parametrize("http", ["aiohttp", "default"])
@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_a_key_that_is_not_accepted_is_one_line_both_ways(vendor, http):
    with Provider(fault=lambda body, seen: "401") as provider, pytest.raises(NoCredentials) as error:
        asked(provider, vendor, http)
    assert str(error.value).startswith(f"{vendor} does not accept the key")


def test_a_redirect_is_not_followed_with_the_key():
    with Provider() as other, Provider(fault=lambda body, seen: f"redirect {other.address}") as provider:
        with pytest.raises(CallFailed) as error:
            asked(provider, "openai", "aiohttp")
        assert error.value.kind == "rejected"
        assert not other.requests


def test_a_proxy_in_the_environment_is_obeyed(monkeypatch):
    with Provider() as proxy, Provider() as provider:
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        asked(provider, "openai", "aiohttp")
        assert len(proxy.requests) == 1
        assert not provider.requests
