"""The seam between examiner and language models: what is asked, what comes back, and the one method between them.

Nothing here knows a vendor, a clock or a network.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ValidationError

from examiner.domain.errors import Refused, Upstream
from examiner.domain.identity import fingerprint

FailureKind = Literal[
    "rate_limited",  # 429; `retry_after` says for how long where the provider did
    "overloaded",  # 529, 503
    "server",  # other 5xx
    "connection",  # reset, refused, cut short
    "timeout",
    "circuit_open",  # the provider failed often just now; not asked
    "rejected",  # 4xx that no retry mends: bad request, forbidden, no such model
    "refusal",  # the model declined to answer
    "truncated",  # the reply hit the token limit
    "invalid",  # the reply is not what was asked for, also after the re-ask
]
Form = Literal["schema", "tool", "plain"]  # how the form of a reply is asked for
_PASSING = frozenset({"rate_limited", "overloaded", "server", "connection", "timeout"})


class CallFailed(Upstream):
    """A call brought no usable reply.

    Args:
        kind: what went wrong, one of `FailureKind`.
        message: one line for people.
        retry_after: seconds the provider asks to wait, where it does.
        reply: what did come back, where anything did (it is paid for).

    """

    def __init__(
        self, kind: FailureKind, message: str, *, retry_after: float | None = None, reply: "Reply | None" = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after
        self.reply = reply

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed a moment later."""
        return self.kind in _PASSING


class NoCredentials(Refused):
    """The key or package that a model needs is missing; exit code 3."""

    exit_code = 3
    status = 503


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the exchange with the model; instructions stand in `Call.system`, not here."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Shape:
    """The form a reply must have: a pydantic class, its JSON schema compiled once."""

    model: type[BaseModel]

    @property
    def name(self) -> str:
        """The name the schema goes under at the provider."""
        return re.sub(r"[^A-Za-z0-9_-]", "_", self.model.__name__)[:64]

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema."""
        return self.model.model_json_schema()

    @cached_property
    def digest(self) -> str:
        """The hash of the JSON schema."""
        return fingerprint(self.schema)

    def parse(self, text: str) -> BaseModel:
        """Return the value in `text`. Raises pydantic.ValidationError."""
        return self.model.model_validate_json(text)


def misfit(error: ValidationError) -> str:
    """Return what does not fit, field by field, in words a model can act on."""
    lines = (f"{'.'.join(map(str, e['loc'])) or 'reply'}: {e['msg']}" for e in error.errors(include_url=False)[:8])
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An earlier reply to the same call, and what is wrong with it: this call is the re-ask.

    `formed` tells that the reply has the form that was asked for, and what it says is at fault.
    """

    text: str
    problem: str
    formed: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens by the four classes that are priced apart. `input` counts what was neither read from nor written to a cache."""

    input: int = 0
    cache_write: int = 0
    cache_read: int = 0
    output: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.cache_write + other.cache_write,
            self.cache_read + other.cache_read,
            self.output + other.output,
        )

    @property
    def total(self) -> int:
        """All tokens together."""
        return self.input + self.cache_write + self.cache_read + self.output


@dataclass(frozen=True, slots=True)
class Limit:
    """What a provider says is left of one allowance, and in how many seconds it is whole again."""

    left: float
    reset: float


@dataclass(frozen=True, slots=True)
class Call:
    """One question to a model.

    Args:
        purpose: `judge`, `interview`, ...; for budgets and logs.
        model: the provider's name of the model.
        system: static text, most general block first; the same bytes for the same question, so that
            providers' prompt caches hit.
        messages: what varies, the candidate's text among it; the last is the user's.
        shape: the form of the reply, or None for plain text.
        max_tokens: ceiling of the reply.
        parameters: sampling parameters, sent only where given; many models refuse them.
        sample: number of this replicate, so that repeats stay repeats.
        rejected: set on a re-ask.
        form: how the shape is asked for; None is the vendor's usual way.
        on_text: called with each piece of text as it arrives; no part of the call's identity.

    """

    purpose: str
    model: str
    system: tuple[str, ...]
    messages: tuple[Message, ...]
    shape: Shape | None = None
    max_tokens: int = 2048
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sample: int = 0
    rejected: Rejected | None = None
    form: Form | None = None
    on_text: Callable[[str], None] | None = field(default=None, compare=False, repr=False)

    @property
    def fingerprint(self) -> str:
        """The hash of everything that is sent, and the sample number."""
        return fingerprint(
            {
                "model": self.model,
                "system": _static(self.system),
                "messages": [[m.role, m.text] for m in self.messages],
                "schema": self.shape.digest if self.shape else None,
                "max_tokens": self.max_tokens,
                "parameters": dict(self.parameters),
                "sample": self.sample,
                "rejected": [m.text for m in self.exchange[len(self.messages) :]] or None,
            }
            | ({"form": self.form} if self.form else {})
        )

    @property
    def exchange(self) -> tuple[Message, ...]:
        """The messages as they are sent: on a re-ask the reply and what is wrong with it come last."""
        if self.rejected is None:
            return self.messages
        problem = self.rejected.problem
        if not self.rejected.formed:
            problem = f"That reply does not fit:\n{problem}\nGive the whole reply again."
        said = Message("assistant", self.rejected.text or "(nothing)")
        return (*self.messages, said, Message("user", problem))

    def again(self, text: str, problem: str, *, formed: bool = False) -> "Call":
        """Return the re-ask: the same call with the earlier reply and what is wrong with it."""
        return replace(self, rejected=Rejected(text, problem, formed), on_text=None)


@lru_cache(maxsize=1024)
def _static(system: tuple[str, ...]) -> str:
    """Return the hash of static blocks, taken once for all answers to a question."""
    return fingerprint(list(system))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said.

    Args:
        text: the raw reply: plain text, or the JSON text where a shape was asked.
        model: the model that answered, as it names itself.
        value: the parsed reply; the gateway fills it in, after `text` was recorded.
        usage: tokens, summed over the attempts that this reply took.
        cost_usd: what it cost; None where the price is not known.
        system_fingerprint: the provider's mark of its own configuration, where it has one.
        stop: why it ended: `end`, `length`, `refusal`, or the provider's own word.
        seconds: how long it took.
        request_id: the provider's id of the request.
        attempts: how many requests it took, failed ones included.
        limits: what the provider says of its rate limits.
        logprobs: whether log-probabilities came with it.

    """

    text: str
    model: str = ""
    value: Any = None
    usage: Usage = Usage()
    cost_usd: float | None = None
    system_fingerprint: str = ""
    stop: str = "end"
    seconds: float = 0.0
    request_id: str = ""
    attempts: int = 1
    limits: tuple[Limit, ...] = ()
    logprobs: bool = False


class Model(Protocol):
    """Anything that answers calls."""

    async def reply(self, call: Call) -> Reply:
        """Return what the model says. Raises CallFailed."""
        ...
