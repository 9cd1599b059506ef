"""The interviewer of a sitting: which follow-up is chosen by code, how it is put by a model where one is named."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examiner.domain.question import Instance
from examiner.domain.score import Judgement, Turn
from examiner.domain.session import FollowUpChosen, Sitting
from examiner.interview import leaks, probing
from examiner.interview.clarify import REFUSED, Clarified, asks_solution, clarify
from examiner.interview.interviewer import DEADLINE, NAMES, Brief, Interviewer, Worded
from examiner.judge import fence, injection
from examiner.llm.call import Model
from examiner.vault.content import content_root

if TYPE_CHECKING:
    from examiner.service.examiner import Examiner

EMBEDDED = "embedded"
COMPOSED = "composed"
_OPEN = frozenset({"not_met", "partly", "unclear", "contradicted"})
_REMEMBERED = 256


class Interviewing:
    """One named interviewer, for all sittings of a process.

    Args:
        examiner: the wired examiner.
        name: `vendor/MODEL` or `scripted:FILE`.
        model: asked instead of the one that the name names.
        deadline: seconds a candidate waits for the model.

    """

    def __init__(
        self, examiner: "Examiner", name: str, *, model: Model | None = None, deadline: float = DEADLINE
    ) -> None:
        from examiner.service.judges import salt  # noqa: PLC0415 - the judge's room is heavy

        self._x = examiner
        self.name = name
        self._secret = salt(examiner.settings.home_path)
        self.interviewer = Interviewer(
            model if model is not None else open_model(examiner, name),
            name.partition("/")[2] or name,
            texts(examiner.root),
            deadline=deadline,
        )
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int, int], FollowUpChosen] = {}

    def put(
        self, state: Sitting, index: int, choice: probing.Choice | None, judgement: Judgement, turns: Sequence[Turn]
    ) -> FollowUpChosen:
        """Return the follow-up in the model's words, the authored one, or one composed where no authored one is left.

        The same question at the same place of a sitting is worded once, however often it is asked for.
        """
        key = (state.id, index, len(state.items[index].turns))
        with self._lock:
            if key not in self._known:
                if len(self._known) > _REMEMBERED:
                    self._known.clear()
                self._known[key] = self._put(state, index, choice, judgement, turns)
            return self._known[key]

    def _put(
        self, state: Sitting, index: int, choice: probing.Choice | None, judgement: Judgement, turns: Sequence[Turn]
    ) -> FollowUpChosen:
        item = state.items[index]
        instance = self._x.instance(item.planned.ref)
        if choice is None or choice.probe == probing.INVITED:
            composed = self._compose(instance, judgement, turns, item.turns)
            if composed is not None:
                return composed.model_copy(update={"item": index})
        if choice is None:
            return FollowUpChosen(item=index, probe=None, reason="nothing is left to ask")
        worded = self._word(instance, turns, probe=choice.ask)
        assert worded is not None  # noqa: S101 - with an authored probe there is always one
        how = f"worded by {self.name}" if worded.source == "model" else f"as authored: {worded.why}"
        return FollowUpChosen(
            item=index,
            probe=choice.probe,
            ask=worded.text,
            points=choice.points,
            mistakes=choice.mistakes,
            reason=f"{choice.reason} ({how})",
        )

    def _compose(
        self, instance: Instance, judgement: Judgement, turns: Sequence[Turn], asked: Sequence[Any]
    ) -> FollowUpChosen | None:
        """Return a follow-up on the heaviest open points that no authored probe is left for, once a question."""
        missing = [p for p in judgement.points if p.verdict in _OPEN]
        if not missing or any(t.probe == COMPOSED for t in asked):
            return None
        heaviest = max(missing, key=lambda p: instance.point(p.point).weight)
        criteria = self._x.rubric(instance).criteria
        side = criteria[heaviest.criterion].asks if heaviest.criterion in criteria else heaviest.criterion
        worded = self._word(instance, turns, side=side)
        if worded is None:
            return None
        points = tuple(p.point for p in missing if p.criterion == heaviest.criterion)
        reason = f"missing: {heaviest.claim} (composed by {self.name})"
        return FollowUpChosen(item=0, probe=COMPOSED, ask=worded.text, points=points, reason=reason)

    def _word(self, instance: Instance, turns: Sequence[Turn], *, probe: str = "", side: str = "") -> Worded | None:
        asked = tuple(t.asked for t in turns[1:])
        brief = Brief(instance.prompt, self._said(instance, turns), probe, side, asked)
        secret = leaks.forbidden(instance)
        worded: Worded | None = self._x.portal.run(self.interviewer.word(brief, secret, [t.text for t in turns]))
        return worded

    def answer(self, instance: Instance, ask: str, known: Sequence[str | None]) -> Clarified:
        """Return what a candidate who asks is told; the model only finds the fact that code missed."""
        told = clarify(instance, ask, known)
        if told.kind != "unknown" or not instance.facts or asks_solution(ask):
            return told
        cues = [(f.id, ", ".join(f.asks)) for f in instance.facts]
        said = self._said(instance, (Turn(text=ask),))
        found = self._x.portal.run(self.interviewer.choose_fact(instance.prompt, said, cues))
        if found == "refuse":
            return Clarified(tells=REFUSED, kind="refused")
        fact = next((f for f in instance.facts if f.id == found), None)
        return Clarified(tells=fact.tells, kind="fact", fact=fact.id) if fact else told

    def _said(self, instance: Instance, turns: Sequence[Turn]) -> str:
        mark = fence.marker(self._secret, "interview", instance.ref, *(t.text for t in turns))
        return fence.fence(turns, mark, injection.find(turns)).text


def open_model(examiner: "Examiner", name: str) -> Model:
    """Return the model behind an interviewer's name: few retries, since somebody waits. Raises NotFound, NoCredentials."""
    from examiner.llm.budget import Budget, Ceiling  # noqa: PLC0415 - only where a model is asked
    from examiner.llm.gateway import Gateway, Patience  # noqa: PLC0415
    from examiner.llm.prices import Prices  # noqa: PLC0415
    from examiner.service.judges import open_vendor  # noqa: PLC0415
    from examiner.service.spending import dollars  # noqa: PLC0415

    ceiling = Ceiling(usd=dollars(examiner.settings.session_usd, "session_usd"))
    return Gateway(
        open_vendor(name),
        name=name,
        prices=Prices(examiner.vault.tables["prices"]),
        budget=Budget(ceiling, name="session", parent=examiner.purse),
        patience=Patience(attempts=2, seconds=DEADLINE, attempt_seconds=DEADLINE, longest=1.0),
        spent=examiner.spending.enter,
    )


def texts(root: Path) -> dict[str, str]:
    """Return the interviewer's templates: those of the content folder, else the shipped ones."""
    folder = root / "prompts" / "interviewer"
    if not folder.is_dir():
        folder = content_root() / "prompts" / "interviewer"
    return {name: (folder / f"{name}.j2").read_text(encoding="utf-8") for name in NAMES}
