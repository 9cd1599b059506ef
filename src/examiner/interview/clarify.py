"""What a candidate may be told who asks: facts of a scenario, what the question states, and never the solution. Pure."""

import re
from collections.abc import Collection
from typing import Literal

from examiner.domain.base import Frozen
from examiner.domain.question import Instance
from examiner.interview.leaks import content
from examiner.interview.probing import NO_FACT, find_fact

REFUSED = "That is for you to find out; ask about the setting, or go on with what you have."
NOT_STATED = "The question does not state that. Make an assumption, say which, and go on."
_SOLUTION = re.compile(
    r"\b(?:(?:the|your|model|right|full) answer|answer key|solution|solve|hint|clue|rubric|scor\w+|grad\w+|am i right|is (?:it|that|this|my \w+) (?:right|correct|wrong|ok|fine|enough)|did i (?:get|miss)|correct\b"
    r"|how (?:do|would|should|can|must) (?:i|one|we|you)\b|how to\b|what (?:should|must|do) (?:i|one|we)\b|should i\b|which (?:formula|method|option|one)\b|what(?:'s| is| would be) the (?:cause|root cause|fix|reason|diagnosis|formula|trick|result|right|best|bottleneck|problem)"
    r"|why (?:is|does|do|are|did)\b|tell me (?:what|how|why)|is the (?:cause|reason|answer|problem|bottleneck)|ignore|instructions?|pretend|system prompt)\b",
    re.IGNORECASE,
)
_PIECE = re.compile(r"(?<=[.?!])\s+(?=[A-Z\"'(])|\n\n+")


class Clarified(Frozen):
    """What is told, why, and the fact it comes from, where it is a scenario's."""

    tells: str
    kind: Literal["fact", "stated", "refused", "unknown"]
    fact: str | None = None


def clarify(instance: Instance, ask: str, known: Collection[str | None] = ()) -> Clarified:
    """Answer a candidate's question from the facts and the question's own statement.

    A question for the solution, a method or a verdict is refused. What is told was written by the question's author or
    stands in its prompt already, so nothing can leak.
    """
    fact = find_fact(instance, ask, known)
    if asks_solution(ask) and not _factual(ask):
        return Clarified(tells=REFUSED, kind="refused")
    if fact is not None:
        return Clarified(tells=fact.tells, kind="fact", fact=fact.id)
    piece = _stated(instance, ask)
    if piece:
        return Clarified(tells=f"The question states: {piece}", kind="stated")
    return Clarified(tells=NO_FACT if instance.facts else NOT_STATED, kind="unknown")


def asks_solution(ask: str) -> bool:
    """Tell whether a question is for the solution, a hint or a verdict, and not for the setting."""
    return _SOLUTION.search(ask) is not None


def _factual(ask: str) -> bool:
    """Tell whether a question is for a measurement: how many, how long, what does X show."""
    return re.search(r"\bhow (?:many|much|long|big|large|often|fast|high|low|old)\b", ask, re.IGNORECASE) is not None


def _stated(instance: Instance, ask: str) -> str:
    """Return the sentence of the prompt that speaks of what is asked, or "": the one with most of the ask's rarer words."""
    wanted = content(ask)
    pieces = [" ".join(p.split()) for p in _PIECE.split(instance.prompt.strip()) if p.strip()]
    ranked = [(len(wanted & content(p)), -n, p) for n, p in enumerate(pieces) if not p.endswith("?")]
    best = max(ranked, default=(0, 0, ""))
    # One word in common may be chance where several were asked for.
    return best[2] if best[0] >= max(1, (len(wanted) + 1) // 2) else ""
