"""What a judge is sent, for people to read: the very calls, not a description of them."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from examiner.domain.score import Turn
from examiner.llm import formats
from examiner.llm.call import Call
from examiner.service.examiner import Examiner
from examiner.service.judges import open_guarded


@dataclass(frozen=True, slots=True)
class Shown:
    """Calls as text and as request bodies, and how many of their bytes are the same for every answer."""

    text: str
    bodies: list[dict[str, Any]]
    static: int
    total: int

    @property
    def share(self) -> float:
        """The part of the prompt that a provider's cache can serve again."""
        return self.static / self.total if self.total else 1.0


def shown_prompt(examiner: Examiner, name: str, question: str, answer: str | None = None) -> Shown:
    """Return what `name` is sent about an answer to `question` (the model answer by default). Raises NotFound."""
    instance = examiner.instance(question)
    judge = open_guarded(examiner, name, run=asyncio.run, offline=True)
    turns = (Turn(text=instance.model_answer if answer is None else answer, asked=instance.prompt),)
    calls = judge.calls(instance, turns)
    text = "\n".join(_text(call, n, len(calls)) for n, call in enumerate(calls, start=1))
    body = formats.anthropic_body if name.startswith("anthropic/") else formats.openai_body
    static = sum(len("".join(c.system).encode()) + len(_schema(c).encode()) for c in calls)
    fresh = sum(len(m.text.encode()) for c in calls for m in c.messages)
    return Shown(text, [body(call) for call in calls], static, static + fresh)


def _text(call: Call, number: int, of: int) -> str:
    parts = [f"===== call {number} of {of} to {call.model}: system ====="]
    parts += list(call.system)
    for message in call.messages:
        parts += [f"===== {message.role} =====", message.text]
    if call.shape is not None:
        parts += ["===== the form of the reply =====", _schema(call)]
    return "\n\n".join(parts) + "\n"


def _schema(call: Call) -> str:
    return json.dumps(call.shape.schema, indent=1) if call.shape else ""
