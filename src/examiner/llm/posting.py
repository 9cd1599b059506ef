"""One POST at a time over aiohttp, under an SDK's own address and headers.

The SDKs build an options model, merge five header sets and make two response objects for each request: over a
millisecond where the request itself takes a quarter of one. What they know (address, key, versions) is asked of them
once; bodies and replies are bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from examiner.llm.call import CallFailed


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole HTTP response; header names are looked up in any case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")


class Posting:
    """A session to one address, made in the event loop of the first request; as many connections as requests.

    Args:
        client: an openai or anthropic client: whose key and versions stand in the headers.
        url: where to post.
        name: of the provider, for messages.
        timeout: seconds without a byte before a request is given up.

    """

    def __init__(self, client: Any, url: str, *, name: str, timeout: float) -> None:
        known = {**client.default_headers, **client.auth_headers}
        self._headers = {name: value for name, value in known.items() if isinstance(value, str)}
        self._url = url
        self._name = name
        self._timeout = timeout
        self._session: Any = None
        self._limits: Any = None
        self._target: Any = None

    async def post(self, body: Mapping[str, Any]) -> Answered:
        """Post a JSON body. Raises CallFailed where no whole response came."""
        import aiohttp  # noqa: PLC0415 - heavy, only where a provider is asked

        if self._session is None:
            self._open()
        data = to_json(body)
        try:
            async with self._session.post(
                self._target, data=data, headers=self._headers, timeout=self._limits, allow_redirects=False
            ) as response:
                return Answered(response.status, response.headers, await response.read())
        except TimeoutError as error:  # aiohttp's time-outs are connection errors too
            raise CallFailed("timeout", f"{self._name} did not answer in {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise CallFailed("connection", f"{self._name}: {str(error) or type(error).__name__}") from error

    def _open(self) -> None:
        import aiohttp  # noqa: PLC0415
        import httpx  # noqa: PLC0415 - whom it trusts is what the SDKs trust, SSL_CERT_FILE included
        import yarl  # noqa: PLC0415

        trusted = httpx.create_ssl_context()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=trusted, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._limits = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=self._timeout)
        self._target = yarl.URL(self._url)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
