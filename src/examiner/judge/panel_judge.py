"""Judges of several model families about the same answer."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from examiner.domain.identity import fingerprint
from examiner.domain.question import Instance
from examiner.domain.score import Judgement, Turn
from examiner.judge import panel
from examiner.judge.decided import Decided, spent
from examiner.judge.llm_judge import LLMJudge
from examiner.llm.call import Call


class PanelJudge:
    """Judges of several families about the same answer: the median of each point, disagreement kept.

    Args:
        judges: the members.
        run: runs a coroutine to its end.

    """

    def __init__(
        self,
        judges: Sequence[LLMJudge],
        *,
        run: Callable[[Coroutine[Any, Any, Decided]], Decided] = asyncio.run,
    ) -> None:
        self.judges = tuple(judges)
        self.name = "+".join(j.name for j in judges)
        self._run = run
        self.observed_fingerprint = self._joined(j.observed_fingerprint for j in judges)

    @property
    def identity(self) -> str:
        """The hash of all that is known before a call."""
        return self._joined(j.identity for j in self.judges)

    @property
    def tuned_on(self) -> frozenset[str]:
        """The hashes of the anchors that any member was shown."""
        return frozenset[str]().union(*(j.tuned_on for j in self.judges))

    def judge(self, instance: Instance, turns: Sequence[Turn]) -> Judgement:
        """Decide every point of the instance. Raises CallFailed, Exhausted."""
        return self._run(self.decide(instance, turns)).judgement

    async def decide(self, instance: Instance, turns: Sequence[Turn]) -> Decided:
        """Ask every member; a member that fails fails the panel, since a smaller panel is another judge."""
        heard = await asyncio.gather(*(j.decide(instance, turns) for j in self.judges))
        observed = self._joined(d.judgement.observed_fingerprint for d in heard)
        if not heard[0].judgement.trivial:
            self.observed_fingerprint = observed
        joined = panel.combine([d.judgement for d in heard], judge=self.name, observed_fingerprint=observed)
        return spent(joined, heard)

    async def close(self) -> None:
        """Close every member's connections."""
        for judge in self.judges:
            await judge.close()

    def calls(self, instance: Instance, turns: Sequence[Turn], sample: int = 0) -> list[Call]:
        """Return what is sent to every member."""
        return [call for j in self.judges for call in j.calls(instance, turns, sample)]

    def _joined(self, members: Any) -> str:
        return fingerprint({"panel": panel.RULE, "members": list(members)})
