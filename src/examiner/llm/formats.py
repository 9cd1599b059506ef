"""The two wire formats as plain data: request bodies out of calls, replies out of bodies. Pure; knows no SDK."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from examiner.llm.call import Call, CallFailed, FailureKind, Limit, Reply, Shape, Usage

_STOP = {
    "stop": "end",
    "tool_calls": "end",
    "end_turn": "end",
    "tool_use": "end",
    "stop_sequence": "end",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "refusal",
    "refusal": "refusal",
}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def openai_body(call: Call, *, official: bool = False) -> dict[str, Any]:
    """Return the body of `POST /chat/completions`.

    `official` chooses the newer name of the token limit, which compatible servers may not know.
    """
    body: dict[str, Any] = {
        "model": call.model,
        "messages": [
            {"role": "system", "content": "\n\n".join(call.system)},
            *({"role": m.role, "content": m.text} for m in call.exchange),
        ],
        "max_completion_tokens" if official else "max_tokens": call.max_tokens,
    }
    if call.shape is not None:
        if call.form == "tool":
            body |= _openai_tool(call.shape)
        elif call.form == "plain":
            body["messages"][0]["content"] += "\n\n" + _in_words(call.shape)
        else:
            body["response_format"] = _openai_format(call.shape)
    return body | dict(call.parameters)


@lru_cache(maxsize=1024)
def _openai_format(shape: Shape) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": shape.name, "schema": shape.schema, "strict": True},
    }


@lru_cache(maxsize=1024)
def _openai_tool(shape: Shape) -> dict[str, Any]:
    function = {"name": shape.name, "description": "Give the reply.", "parameters": shape.schema}
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": shape.name}},
    }


@lru_cache(maxsize=1024)
def _in_words(shape: Shape) -> str:
    """Return the form of a reply for a model that takes neither schema nor tool."""
    return f"Reply with one JSON object and nothing else. It must fit this JSON schema:\n{json.dumps(shape.schema)}"


def bare_json(text: str) -> str:
    """Return the JSON object of a reply given in words: without the fence or the sentences around it."""
    first, last = text.find("{"), text.rfind("}")
    return text[first : last + 1] if 0 <= first < last else text


def anthropic_body(call: Call) -> dict[str, Any]:
    """Return the body of `POST /v1/messages`: static blocks marked for the prompt cache, the shape as a forced tool."""
    blocks: list[dict[str, Any]] = [{"type": "text", "text": text} for text in call.system]
    for block in blocks[-3:]:  # four marks are allowed; the last blocks are the ones that recur
        block["cache_control"] = {"type": "ephemeral"}
    body: dict[str, Any] = {
        "model": call.model,
        "max_tokens": call.max_tokens,
        "system": blocks,
        "messages": [{"role": m.role, "content": m.text} for m in call.exchange],
    }
    if call.shape is not None and call.form == "plain":
        blocks.append({"type": "text", "text": _in_words(call.shape)})
    elif call.shape is not None:
        body |= _anthropic_tool(call.shape)
    return body | dict(call.parameters)


@lru_cache(maxsize=1024)
def _anthropic_tool(shape: Shape) -> dict[str, Any]:
    return {
        "tools": [{"name": shape.name, "description": "Give the reply.", "input_schema": shape.schema}],
        "tool_choice": {"type": "tool", "name": shape.name},
    }


def openai_reply(data: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    """Return the reply in a chat completion. Raises CallFailed where the body is none."""
    try:
        choice = data["choices"][0]
        message = choice["message"]
        used = data.get("usage") or {}
        cached = (used.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        refusal = message.get("refusal")
        text = message.get("content") or _openai_arguments(message) or refusal or ""
        return Reply(
            text=text,
            model=str(data.get("model") or ""),
            usage=Usage(
                input=(used.get("prompt_tokens") or 0) - cached,
                cache_read=cached,
                output=used.get("completion_tokens") or 0,
            ),
            system_fingerprint=data.get("system_fingerprint") or "",
            logprobs=bool(choice.get("logprobs")),
            stop="refusal" if refusal else _STOP.get(choice.get("finish_reason") or "", "end"),
            request_id=str(data.get("id") or ""),
            limits=openai_limits(headers or {}),
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        raise CallFailed("connection", "the provider's reply is not a chat completion") from None


def _openai_arguments(message: Mapping[str, Any]) -> str:
    calls = message.get("tool_calls")
    return str(calls[0]["function"]["arguments"]) if calls else ""


def anthropic_reply(data: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    """Return the reply in a message. Raises CallFailed where the body is none."""
    try:
        blocks = data["content"]
        tool = next((b for b in blocks if b["type"] == "tool_use"), None)
        spoken = "".join(b["text"] for b in blocks if b["type"] == "text")
        used = data.get("usage") or {}
        return Reply(
            text=json.dumps(tool["input"], ensure_ascii=False) if tool else spoken,
            model=str(data.get("model") or ""),
            usage=Usage(
                input=used.get("input_tokens") or 0,
                cache_write=used.get("cache_creation_input_tokens") or 0,
                cache_read=used.get("cache_read_input_tokens") or 0,
                output=used.get("output_tokens") or 0,
            ),
            stop=_STOP.get(data.get("stop_reason") or "", "end"),
            request_id=str(data.get("id") or ""),
            limits=anthropic_limits(headers or {}),
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        raise CallFailed("connection", "the provider's reply is not a message") from None


def failure(status: int, headers: Mapping[str, str], body: str, who: str) -> CallFailed:
    """Return the error that an HTTP status other than 2xx stands for, with the seconds to wait where the headers say.

    Args:
        status: the HTTP status.
        headers: of the response, asked for by names in small letters.
        body: of the response; its first 200 characters are quoted.
        who: the provider's name for the message.

    """
    said = " ".join(body.split())[:200]
    return CallFailed(
        _kind(status, body),
        f"{who} answered {status}" + (f": {said}" if said else ""),
        retry_after=retry_after(headers),
    )


def _kind(status: int, body: str) -> FailureKind:
    if status == 429:
        return "rejected" if "insufficient_quota" in body else "rate_limited"
    if status in (503, 529):
        return "overloaded"
    if status == 408:
        return "timeout"
    return "server" if status >= 500 or status == 409 else "rejected"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` (or its millisecond form) asks to wait, or None."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        if "retry-after" not in headers:
            return None
        value = headers["retry-after"]
        if value.replace(".", "", 1).isdigit():
            return float(value)
        sent = headers.get("date")
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(sent) if sent else None
        return max(0.0, wait.total_seconds()) if wait else None
    except (ValueError, TypeError):
        return None


def openai_limits(headers: Mapping[str, str]) -> tuple[Limit, ...]:
    """Return what `x-ratelimit-*` says of requests; resets look like `1m30.5s`."""
    left = headers.get("x-ratelimit-remaining-requests")
    if left is None or not left.isdigit():
        return ()
    reset = headers.get("x-ratelimit-reset-requests", "")
    return (Limit(float(left), sum(float(n) * _SECONDS[u] for n, u in _PIECE.findall(reset))),)


def anthropic_limits(headers: Mapping[str, str]) -> tuple[Limit, ...]:
    """Return what `anthropic-ratelimit-*` says of requests; resets are times, read against the `Date` header."""
    left = headers.get("anthropic-ratelimit-requests-remaining")
    if left is None or not left.isdigit():
        return ()
    try:
        sent = parsedate_to_datetime(headers["date"])
        reset = datetime.fromisoformat(headers["anthropic-ratelimit-requests-reset"]) - sent
    except (KeyError, ValueError, TypeError):
        return (Limit(float(left), 0.0),)
    return (Limit(float(left), max(0.0, reset.total_seconds())),)
