"""The anthropic and openai SDKs on a lean path: keys, addresses and headers theirs; bodies and replies plain JSON.

The SDKs retry nothing here (`max_retries=0`): one layer of retries, in the gateway. instructor serves the re-ask after
a reply that failed validation, where its per-provider error messages pay for themselves; a reply of the right form whose
quotes do not stand in the answer is asked for again on the lean path.
"""

import asyncio
import json
import logging
import os
import threading
from collections.abc import Mapping
from typing import Any, Literal

from examiner.domain.errors import ExaminerError, Invalid
from examiner.llm import formats
from examiner.llm.call import Call, CallFailed, NoCredentials, Reply
from examiner.llm.posting import Posting
from examiner.llm.transport import behind_a_proxy, http_client

Vendor = Literal["anthropic", "openai"]
_KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
_ADDRESSES = {"anthropic": "ANTHROPIC_BASE_URL", "openai": "OPENAI_BASE_URL"}


class DirectModel:
    """A model reached through its vendor's SDK. One client, made on the first call in the running event loop.

    Args:
        vendor: whose SDK.
        timeout: seconds without a byte from the provider before an attempt is given up.
        environ: where keys and addresses are looked up.
        http: `aiohttp` for the cheap way, `default` for the SDK's own transport, which obeys proxies.

    Raises:
        NoCredentials: there is no key, and the address is the vendor's own.

    """

    def __init__(
        self,
        vendor: Vendor,
        *,
        timeout: float = 120.0,
        environ: Mapping[str, str] | None = None,
        http: Literal["aiohttp", "default"] = "aiohttp",
    ) -> None:
        if vendor not in _KEYS:
            raise Invalid(f"no vendor '{vendor}'", hint="anthropic, openai; others through litellm/MODEL")
        environ = os.environ if environ is None else environ
        self.vendor = vendor
        self._timeout = timeout
        self._lean = http == "aiohttp" and not behind_a_proxy()
        self._address = environ.get(_ADDRESSES[vendor]) or None
        key = environ.get(_KEYS[vendor], "")
        if not key and self._address is None:
            raise NoCredentials(
                f"{_KEYS[vendor]} is not set", hint=f"set it, or {_ADDRESSES[vendor]} for a compatible server"
            )
        self._key = key or "none"
        self._client: Any = None
        self._url = ""
        self._posting: Posting | None = None
        self._opening = threading.Lock()

    def warm(self) -> None:
        """Import all of the SDK and make the client, which takes seconds: for those who will be waited for."""
        client = self._ready()
        # Naming a resource imports its module; only streams and instructor want it.
        _ = client.messages if self.vendor == "anthropic" else client.chat.completions

    def _ready(self) -> Any:
        """Return the client, made on the first call."""
        with self._opening:
            if self._client is None:
                import aiohttp  # noqa: F401, PLC0415 - the transport's, a second's worth
                import yarl  # noqa: F401, PLC0415

                client = self._open()
                path = "v1/messages" if self.vendor == "anthropic" else "chat/completions"
                self._url = f"{str(client.base_url).rstrip('/')}/{path}"
                if self._lean:
                    self._posting = Posting(client, self._url, name=self.vendor, timeout=self._timeout)
                self._client = client
            return self._client

    async def reply(self, call: Call) -> Reply:
        """Ask once. Raises CallFailed."""
        client = self._client or await asyncio.to_thread(self._ready)
        try:
            if call.on_text is not None:
                return await self._stream(client, call)
            if call.rejected is None or call.rejected.formed or call.form:
                return await self._ask(client, call)
            return await self._reask(client, call)
        except ExaminerError:
            raise
        except Exception as error:
            raise self._translated(error) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None
        if self._posting is not None:
            await self._posting.close()
            self._posting = None

    def _open(self) -> Any:
        if self.vendor == "anthropic":
            import anthropic  # noqa: PLC0415 - two seconds, only where it is asked
            import httpx2  # noqa: PLC0415

            http = http_client(httpx2, timeout=self._timeout) if self._lean else None
            return anthropic.AsyncAnthropic(
                api_key=self._key, base_url=self._address, max_retries=0, timeout=self._timeout, http_client=http
            )
        import httpx  # noqa: PLC0415
        import openai  # noqa: PLC0415

        http = http_client(httpx, timeout=self._timeout) if self._lean else None
        return openai.AsyncOpenAI(
            api_key=self._key, base_url=self._address, max_retries=0, timeout=self._timeout, http_client=http
        )

    def _body(self, call: Call) -> dict[str, Any]:
        if self.vendor == "anthropic":
            return formats.anthropic_body(call)
        return formats.openai_body(call, official=self._address is None or "api.openai.com" in self._address)

    async def _ask(self, client: Any, call: Call) -> Reply:
        from jiter import from_json  # noqa: PLC0415

        raw = await self._posted(client, self._body(call))
        try:
            data = from_json(raw.content)
        except ValueError:
            raise CallFailed("connection", f"{self.vendor} sent a body that is not JSON") from None
        return self._read(data, raw.headers)

    async def _posted(self, client: Any, body: dict[str, Any]) -> Any:
        """Return the whole response: bytes, from which no typed tree is built only to be taken apart again."""
        if self._posting is None:
            import httpx  # noqa: PLC0415
            import httpx2  # noqa: PLC0415

            kind = httpx2.Response if self.vendor == "anthropic" else httpx.Response
            return await client.post(self._url, cast_to=kind, body=body)
        raw = await self._posting.post(body)
        if raw.status_code != 200:
            raise self._refused(raw)
        return raw

    def _refused(self, response: Any) -> ExaminerError:
        """Return the typed failure that a response other than 200 stands for."""
        if response.status_code == 401:
            return NoCredentials(f"{self.vendor} does not accept the key", hint=f"see {_KEYS[self.vendor]}")
        return formats.failure(response.status_code, response.headers, _said(response), self.vendor)

    def _read(self, data: Any, headers: Mapping[str, str]) -> Reply:
        read = formats.anthropic_reply if self.vendor == "anthropic" else formats.openai_reply
        return read(data, headers)

    async def _stream(self, client: Any, call: Call) -> Reply:
        assert call.on_text is not None  # noqa: S101 - `reply` looked
        if self.vendor == "anthropic":
            async with client.messages.stream(**self._body(call)) as stream:
                async for piece in stream.text_stream:
                    call.on_text(piece)
                return self._read((await stream.get_final_message()).model_dump(), {})
        body = self._body(call) | {"stream": True, "stream_options": {"include_usage": True}}
        whole: dict[str, Any] = {"choices": [{"message": {"content": ""}, "finish_reason": None}]}
        async for chunk in await client.chat.completions.create(**body):
            part = chunk.model_dump()
            whole |= {k: part[k] for k in ("id", "model", "system_fingerprint", "usage") if part.get(k)}
            for choice in part["choices"]:
                text = choice["delta"].get("content") or ""
                whole["choices"][0]["message"]["content"] += text
                whole["choices"][0]["finish_reason"] = choice["finish_reason"] or whole["choices"][0]["finish_reason"]
                if text:
                    call.on_text(text)
        return self._read(whole, {})

    async def _reask(self, client: Any, call: Call) -> Reply:
        """Ask again through instructor, with the reply that did not fit and why; it knows each vendor's usual way."""
        import instructor  # noqa: PLC0415

        # It logs the replies it rejects, and with them what a candidate said.
        logging.getLogger("instructor").setLevel(logging.CRITICAL)
        from instructor.core.hooks import Hooks  # noqa: PLC0415

        body = self._body(call)
        for word in ("tools", "tool_choice", "response_format"):
            body.pop(word, None)
        if self.vendor == "anthropic":
            asking = instructor.from_anthropic(client, mode=instructor.Mode.TOOLS)
        else:
            asking = instructor.from_openai(client, mode=instructor.Mode.JSON_SCHEMA)
        heard: list[Any] = []
        hooks = Hooks()
        hooks.on("completion:response", heard.append)
        try:
            await asking.create(
                response_model=call.shape.model if call.shape else None, max_retries=0, hooks=hooks, **body
            )
        except Exception:
            if not heard:
                raise
        return self._read(heard[-1].model_dump(), {})

    def _translated(self, error: Exception) -> ExaminerError:
        """Return the typed failure behind an SDK's exception (instructor wraps it once more)."""
        cause: BaseException | None = error
        while cause is not None:
            name = type(cause).__name__
            response = getattr(cause, "response", None)
            if response is not None and hasattr(cause, "status_code"):
                return self._refused(response)
            if "Timeout" in name:
                return CallFailed("timeout", f"{self.vendor} did not answer in {self._timeout:g} s")
            if "Connect" in name or "Protocol" in name or "ReadError" in name:
                return CallFailed("connection", f"{self.vendor}: {cause.__cause__ or cause}")
            cause = cause.__cause__ or cause.__context__
        return CallFailed("rejected", f"{self.vendor}: {type(error).__name__}: {error}")


def _said(response: Any) -> str:
    try:
        data = json.loads(response.text)
        return str(data["error"]["message"]) + (f" [{data['error'].get('code')}]" if data["error"].get("code") else "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(getattr(response, "text", ""))[:200]
