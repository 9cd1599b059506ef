"""Everything else that litellm reaches, through instructor; imported only when such a model is asked."""

import logging
import os
from typing import Any

from examiner.llm import formats
from examiner.llm.call import Call, CallFailed, NoCredentials, Reply


class LitellmModel:
    """A model under litellm's own name for it, such as `bedrock/...` or `ollama/...`.

    Raises:
        NoCredentials: the extra is not installed.

    """

    def __init__(self, *, timeout: float = 120.0) -> None:
        # Without this litellm fetches its price map from the network while it is imported.
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        try:
            import litellm  # noqa: PLC0415 - five seconds and 170 MB
        except ImportError:
            raise NoCredentials("litellm is not installed", hint="pip install 'examiner[litellm]'") from None
        litellm.suppress_debug_info = True
        self._timeout = timeout
        self._litellm: Any = litellm

    async def reply(self, call: Call) -> Reply:
        """Ask once. Raises CallFailed."""
        import instructor  # noqa: PLC0415

        # It logs the replies it rejects, and with them what a candidate said.
        logging.getLogger("instructor").setLevel(logging.CRITICAL)
        from instructor.core.hooks import Hooks  # noqa: PLC0415

        body: dict[str, Any] = {
            "model": call.model,
            "messages": [
                {"role": "system", "content": "\n\n".join(call.system)},
                *({"role": m.role, "content": m.text} for m in call.exchange),
            ],
            "max_tokens": call.max_tokens,
            "timeout": self._timeout,
            "num_retries": 0,
        } | dict(call.parameters)
        heard: list[Any] = []
        try:
            if call.shape is None:
                heard.append(await self._litellm.acompletion(**body))
            else:
                hooks = Hooks()
                hooks.on("completion:response", heard.append)
                asking = instructor.from_litellm(
                    self._litellm.acompletion, mode=instructor.Mode.JSON_SCHEMA, async_client=True
                )
                await asking.create(response_model=call.shape.model, max_retries=0, hooks=hooks, **body)
        except Exception as error:
            if not heard:  # else: it did answer, and whether the answer fits is the gateway's to say
                raise _translated(error, self._timeout) from error
        reply = formats.openai_reply(heard[-1].model_dump())
        if call.on_text is not None and reply.text:
            call.on_text(reply.text)
        return reply

    async def close(self) -> None:
        """Nothing is kept open here."""


def _translated(error: BaseException, timeout: float) -> CallFailed:
    cause: BaseException | None = error
    while cause is not None:
        name, status = type(cause).__name__, getattr(cause, "status_code", None)
        if "Authentication" in name:
            return CallFailed("rejected", f"litellm: {' '.join(str(cause).split())[:160]}")
        if "Timeout" in name:
            return CallFailed("timeout", f"litellm: no answer in {timeout:g} s")
        if "APIConnection" in name or "ServiceUnavailable" in name:
            return CallFailed("connection", f"litellm: {' '.join(str(cause).split())[:160]}")
        if isinstance(status, int):
            headers = getattr(getattr(cause, "response", None), "headers", None) or {}
            return formats.failure(status, headers, str(cause), "litellm")
        cause = cause.__cause__ or cause.__context__
    return CallFailed("rejected", f"litellm: {type(error).__name__}: {' '.join(str(error).split())[:160]}")
