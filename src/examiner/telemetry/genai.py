"""The names that OpenTelemetry gives to what models do. They still change: this is the only file that knows them.

From the semantic conventions for generative AI, in development state, as of opentelemetry-semantic-conventions 0.66b2.
Each function returns a span's name and attributes, or attributes alone. None of them takes a prompt, a reply or a score.
"""

from typing import Any

Attributes = dict[str, Any]


def chat(provider: str, model: str, max_tokens: int) -> tuple[str, Attributes]:
    """A call of a model, as asked."""
    return f"chat {model}", {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "gen_ai.request.max_tokens": max_tokens,
        "gen_ai.output.type": "json",
    }


def replied(model: str, identity: str, stop: str, tokens_in: int, cache_write: int, cache_read: int, out: int) -> Attributes:  # fmt: skip
    """What came back. The conventions count cached tokens among the input; ours are disjoint."""
    return {
        "gen_ai.response.model": model,
        "gen_ai.response.id": identity,
        "gen_ai.response.finish_reasons": [stop],
        "gen_ai.usage.input_tokens": tokens_in + cache_write + cache_read,
        "gen_ai.usage.cache_creation.input_tokens": cache_write,
        "gen_ai.usage.cache_read.input_tokens": cache_read,
        "gen_ai.usage.output_tokens": out,
    }


def interviewer(name: str, session: str) -> tuple[str, Attributes]:
    """The interviewer deciding on its next question."""
    return "invoke_agent interviewer", {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "interviewer",
        "gen_ai.agent.version": name,
        "gen_ai.conversation.id": session,
    }


def evaluation(judge: str, question: str) -> tuple[str, Attributes]:
    """A judge reading one answer. Its verdict is no attribute: an unreleased score goes nowhere."""
    return "evaluate answer", {"gen_ai.evaluation.name": question, "examiner.judge": judge}
