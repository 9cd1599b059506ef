"""An aiohttp transport for the SDKs' own HTTP clients: a quarter of the CPU of the default one at 64 in flight.

Both HTTP packages that the SDKs use have the same interface, so the package is an argument.
"""

import urllib.request
from collections.abc import AsyncIterator
from typing import Any


def behind_a_proxy() -> bool:
    """Tell whether the environment names a proxy: the SDKs' own transports obey it, aiohttp does not."""
    return any(scheme in urllib.request.getproxies() for scheme in ("http", "https", "all"))


def http_client(package: Any, *, timeout: float) -> Any:
    """Return an async client of `package` over aiohttp."""
    wire = _Wire(package)

    class Transport(package.AsyncBaseTransport):  # type: ignore[misc]
        async def handle_async_request(self, request: Any) -> Any:
            return await wire.send(request)

        async def aclose(self) -> None:
            await wire.close()

    return package.AsyncClient(transport=Transport(), timeout=timeout, headers={"accept-encoding": "gzip, deflate"})


class _Wire:
    """One aiohttp session, made in the event loop of the first request; as many connections as there are requests."""

    def __init__(self, package: Any) -> None:
        self._package = package
        self._session: Any = None

        class Body(package.AsyncByteStream):  # type: ignore[misc]
            def __init__(self, response: Any) -> None:
                self._response = response

            async def __aiter__(self) -> AsyncIterator[bytes]:
                try:
                    async for piece in self._response.content.iter_any():
                        yield piece
                except Exception as error:
                    raise _translated(package, error) from error

            async def aclose(self) -> None:
                self._response.release()

        self._body = Body

    async def send(self, request: Any) -> Any:
        import aiohttp  # noqa: PLC0415 - heavy, only where a provider is asked
        import yarl  # noqa: PLC0415

        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, ssl=self._package.create_ssl_context(), keepalive_timeout=30)
            self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        wait = request.extensions.get("timeout", {})
        try:
            response = await self._session.request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw],
                data=await request.aread(),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=wait.get("connect"), sock_read=wait.get("read")),
            )
        except Exception as error:
            raise _translated(self._package, error) from error
        return self._package.Response(response.status, headers=response.raw_headers, stream=self._body(response))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def _translated(package: Any, error: Exception) -> Exception:
    """Return the error of `package` that says the same (a time-out is an OSError too); others as they are."""
    import aiohttp  # noqa: PLC0415

    said = str(error) or type(error).__name__
    made: Exception = error
    if isinstance(error, TimeoutError):
        made = package.ReadTimeout(said)
    elif isinstance(error, aiohttp.ClientConnectorError):
        made = package.ConnectError(said)
    elif isinstance(error, aiohttp.ClientError | OSError):
        made = package.RemoteProtocolError(said)
    return made
