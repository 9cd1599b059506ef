"""respx over both HTTP cores: the openai SDK speaks through httpx and httpcore, the anthropic SDK through httpx2 and httpcore2."""

import httpcore
import httpcore2
import respx.mocks

PATHS = ("_async.connection.AsyncHTTPConnection", "_async.connection_pool.AsyncConnectionPool")


class BothCores(respx.mocks.HTTPCoreMocker):
    name = "httpcore_both"
    targets = [f"{package}.{path}" for package in ("httpcore", "httpcore2") for path in PATHS]

    @classmethod
    def to_httpx_request(cls, **kwargs):
        request = kwargs["request"]
        if not isinstance(request, httpcore2.Request):
            return super().to_httpx_request(**kwargs)
        extensions = {k: v for k, v in request.extensions.items() if k == "timeout"}
        twin = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=request.url.scheme, host=request.url.host, port=request.url.port, target=request.url.target
            ),
            headers=request.headers,
            content=request.stream,
            extensions=extensions,
        )
        return super().to_httpx_request(request=twin)

    @classmethod
    async def from_async_httpx_response(cls, httpx_response, target, **kwargs):
        package = httpcore2 if isinstance(kwargs["request"], httpcore2.Request) else httpcore
        return package.Response(
            status=httpx_response.status_code,
            headers=httpx_response.headers.raw,
            content=httpx_response.stream,
            extensions=httpx_response.extensions,
        )
