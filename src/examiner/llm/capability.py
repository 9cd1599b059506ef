"""What a model accepts and returns: asked of it once by tiny calls, kept, and used to choose the form of a request.

A record holds what was observed and nothing that a vendor's page promises; what was not observed is None.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from examiner.domain.base import Frozen
from examiner.llm.call import Call, CallFailed, Form, Message, Model, Reply, Shape

FORMS: dict[str, tuple[Form, ...]] = {
    "anthropic": ("tool", "plain"),
    "openai": ("schema", "tool", "plain"),
    "litellm": ("schema", "tool", "plain"),
    "scripted": ("schema",),
}
_TINY = Message("user", "Reply that you are ready.")
_TOKENS = 64
_BEYOND = 10_000_000  # tokens; no model's ceiling, so that a refusal names the real one
_CEILING = re.compile(r"\d[\d,]{2,}")


class Ready(BaseModel):
    """The tiny reply."""

    model_config = ConfigDict(extra="forbid")

    ready: bool


class Capabilities(Frozen):
    """What a model was seen to do.

    Attributes:
        asked, replied: the model's name in the request and in the reply.
        form: how a structured reply is asked for: `schema`, `tool` or `plain`; None where none worked.
        refused: what was refused, each with the provider's words; among them the forms tried before `form`.
        seed, temperature, logprobs: whether the parameter is accepted; for logprobs, whether they came back.
        streaming: whether text came in pieces.
        system_fingerprint: the provider's mark of its own configuration, "" where it sends none.
        max_output: the ceiling of a reply in tokens as the provider states it; None where it states none.
        token_classes: the classes of tokens that replies counted.
        calls: how many calls it took to see this.

    """

    asked: str
    replied: str = ""
    form: Form | None = None
    refused: dict[str, str] = {}
    seed: bool | None = None
    temperature: bool | None = None
    logprobs: bool | None = None
    streaming: bool | None = None
    system_fingerprint: str = ""
    max_output: int | None = None
    token_classes: tuple[str, ...] = ()
    calls: int = 0


async def observe(model: Model, name: str, forms: Sequence[Form]) -> Capabilities:
    """Return what a model accepts, from at most eight tiny calls.

    Args:
        model: who is asked.
        name: the provider's name of it.
        forms: the forms of a structured reply to try, the best first.

    Raises:
        CallFailed: it could not be reached; only a refusal of the request itself says something of the model.

    """
    seen = _Seen(model)
    tiny = Call("check", name, ("You answer as asked.",), (_TINY,), Shape(Ready), max_tokens=_TOKENS)
    form = None
    for wanted in forms:
        if await seen.tries(wanted, replace(tiny, form=wanted)):
            form = wanted
            break
    usual = replace(tiny, form=form, shape=tiny.shape if form else None)
    seed = await seen.tries("seed", replace(usual, parameters={"seed": 7}))
    temperature = await seen.tries("temperature", replace(usual, parameters={"temperature": 0}))
    logprobs = await seen.tries("logprobs", replace(usual, parameters={"logprobs": True}))
    pieces: list[str] = []
    streaming = await seen.tries("streaming", replace(tiny, shape=None, on_text=pieces.append))
    await seen.tries("max_output", replace(tiny, shape=None, max_tokens=_BEYOND))
    last = seen.replies[-1] if seen.replies else Reply("")
    classes = ("input", "cache_write", "cache_read", "output")
    return Capabilities(
        asked=name,
        replied=last.model,
        form=form,
        refused={k: v for k, v in seen.refused.items() if k != "max_output"},
        seed=seed,
        temperature=temperature,
        logprobs=logprobs and any(r.logprobs for r in seen.replies),
        streaming=streaming and bool(pieces),
        system_fingerprint=last.system_fingerprint,
        max_output=ceiling(seen.refused.get("max_output", "")),
        token_classes=tuple(c for c in classes if any(getattr(r.usage, c) for r in seen.replies)),
        calls=seen.calls,
    )


class _Seen:
    """What came back, and what was refused."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.replies: list[Reply] = []
        self.refused: dict[str, str] = {}
        self.calls = 0

    async def tries(self, what: str, call: Call) -> bool:
        """Tell whether a call is accepted and, where it has a shape, its reply fits."""
        self.calls += 1
        try:
            self.replies.append(await self._model.reply(call))
        except CallFailed as error:
            if error.kind not in ("rejected", "invalid", "truncated", "refusal"):
                raise
            self.refused[what] = error.message[:240]
            return False
        return True


def ceiling(said: str) -> int | None:
    """Return the largest number below the one asked for in a provider's refusal, or None."""
    numbers: list[Any] = [int(n.replace(",", "")) for n in _CEILING.findall(said)]
    return max((n for n in numbers if 256 <= n < _BEYOND), default=None)
