"""A judgement with what it took. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from examiner.domain.score import Judgement
from examiner.llm.call import Reply, Usage


@dataclass(frozen=True)
class Decided:
    """A judgement and what it took."""

    judgement: Judgement
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = 0.0
    calls: int = 0


def spent(judgement: Judgement, parts: Sequence[Decided]) -> Decided:
    """Return the judgement with what all its parts took."""
    costs = [p.cost_usd for p in parts]
    return Decided(
        judgement,
        usage=sum((p.usage for p in parts), Usage()),
        cost_usd=None if any(c is None for c in costs) else sum(c for c in costs if c is not None),
        calls=sum(p.calls for p in parts),
    )


def joined(first: Reply, second: Reply) -> Reply:
    """Return the second reply with what both took."""
    cost = None if first.cost_usd is None or second.cost_usd is None else first.cost_usd + second.cost_usd
    return Reply(
        text=second.text,
        model=second.model,
        value=second.value,
        usage=first.usage + second.usage,
        cost_usd=cost,
        system_fingerprint=second.system_fingerprint,
        attempts=first.attempts + second.attempts,
    )
