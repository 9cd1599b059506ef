"""The interviewer of a sitting: which follow-up is chosen by code, how it is put by a model where one is named."""

import hmac
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from examiner.domain.events import FollowUpChosen, LeakStopped, Spoke
from examiner.domain.question import Instance
from examiner.domain.score import Judgement, Turn
from examiner.domain.session import ItemState, Sitting
from examiner.interview import leaks, probing
from examiner.interview.clarify import REFUSED, Clarified, asks_solution, clarify
from examiner.interview.interviewer import DEADLINE, NAMES, Brief, Interviewer, Worded, stands
from examiner.judge import fence, injection
from examiner.llm.call import Model
from examiner.vault.content import content_root

if TYPE_CHECKING:
    from examiner.service.examiner import Examiner

COMPOSED = "composed"
_OPEN = frozenset({"not_met", "partly", "unclear", "contradicted"})
_KEPT = 1_000  # characters of what was stopped, for staff to read
Tell = Callable[[Spoke | LeakStopped], None]


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
        close = getattr(self.interviewer.model, "close", None)
        if close is not None:
            examiner.portal.at_close(close)
        # Importing an SDK takes longer than a candidate waits, so it begins before anybody is asked anything.
        warm = getattr(getattr(self.interviewer.model, "model", None), "warm", None)
        self._warming = threading.Thread(target=warm, name="warming", daemon=True) if warm else None
        if self._warming:
            self._warming.start()

    def ready(self) -> None:
        """Wait until the model can be asked without delay."""
        if self._warming:
            self._warming.join()

    def put(
        self,
        state: Sitting,
        index: int,
        choice: probing.Choice | None,
        judgement: Judgement,
        turns: Sequence[Turn],
        tell: Tell,
    ) -> FollowUpChosen:
        """Return the follow-up in the model's words, the authored one, or one composed where no authored one is left.

        `tell` stores each piece that is shown before the rest is there, and what was stopped. A follow-up that was begun
        before, by a process that died, is ended in the author's words: at once, and whoever began it.
        """
        item = state.items[index]
        instance = self._x.instance(item.planned.ref)
        secret = leaks.forbidden(instance, self.canary(state.id))
        if item.spoken:
            return self._ended(item, index, choice, secret, instance, turns)
        if choice is None or choice.probe == probing.INVITED:
            composed = self._compose(instance, judgement, turns, item, secret, tell)
            if composed is not None:
                return composed.model_copy(update={"item": index})
        if choice is None:
            return FollowUpChosen(item=index, probe=None, reason="nothing is left to ask")
        worded = self._word(self._brief(instance, turns, secret, probe=choice.ask), secret, turns, choice.probe, tell)
        return _chosen(index, choice, worded.text, _whose(worded, self.name))

    def canary(self, sitting: str) -> str:
        """Return a sitting's canary: it stands in the model's instructions, and in what it says only where they leak."""
        made = hmac.new(self._secret, f"canary/{sitting}".encode(), "sha256").digest()
        return "".join(chr(ord("a") + byte % 26) for byte in made[:12])  # letters: no number is mistaken for a key

    def _ended(
        self,
        item: ItemState,
        index: int,
        choice: probing.Choice | None,
        secret: leaks.Forbidden,
        instance: Instance,
        turns: Sequence[Turn],
    ) -> FollowUpChosen:
        probe = item.spoken[0].probe
        if choice is None or choice.probe != probe:
            authored = next((f for f in instance.follow_ups if f.id == probe), None)
            ask, points = (authored.ask, authored.points) if authored else ("Go on from there, please.", ())
            choice = probing.Choice(probe=probe, ask=ask, points=points, reason="begun before")
        brief = self._brief(instance, turns, secret, probe=choice.ask)
        whole = stands(item.saying, brief, secret, [t.text for t in turns])
        return _chosen(index, choice, item.saying if whole else f"{item.saying} {choice.ask}", "taken up again")

    def _compose(
        self,
        instance: Instance,
        judgement: Judgement,
        turns: Sequence[Turn],
        item: ItemState,
        secret: leaks.Forbidden,
        tell: Tell,
    ) -> FollowUpChosen | None:
        """Return a follow-up on the heaviest open points that no authored probe is left for, once a question."""
        missing = [p for p in judgement.points if p.verdict in _OPEN]
        if not missing or any(t.probe == COMPOSED for t in item.turns):
            return None
        heaviest = max(missing, key=lambda p: instance.point(p.point).weight)
        criteria = self._x.rubric(instance).criteria
        side = criteria[heaviest.criterion].asks if heaviest.criterion in criteria else heaviest.criterion
        worded = self._word(self._brief(instance, turns, secret, side=side), secret, turns, COMPOSED, tell)
        if not worded.text:
            return None
        points = tuple(p.point for p in missing if p.criterion == heaviest.criterion)
        reason = f"missing: {heaviest.claim} (composed by {self.name})"
        return FollowUpChosen(item=0, probe=COMPOSED, ask=worded.text, points=points, reason=reason)

    def _brief(
        self, instance: Instance, turns: Sequence[Turn], secret: leaks.Forbidden, *, probe: str = "", side: str = ""
    ) -> Brief:
        asked = tuple(t.asked for t in turns[1:])
        return Brief(instance.prompt, self._said(instance, turns), probe, side, asked, secret.canary)

    def _word(self, brief: Brief, secret: leaks.Forbidden, turns: Sequence[Turn], probe: str, tell: Tell) -> Worded:
        def show(piece: str) -> None:
            tell(Spoke(item=0, probe=probe, text=piece))

        said = [t.text for t in turns]
        worded: Worded = self._x.portal.run(self.interviewer.word(brief, secret, said, show))
        if worded.leaks:
            tell(LeakStopped(item=0, found=worded.leaks, words=worded.refused[:_KEPT]))
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


def _chosen(index: int, choice: probing.Choice, ask: str, how: str) -> FollowUpChosen:
    return FollowUpChosen(
        item=index,
        probe=choice.probe,
        ask=ask,
        points=choice.points,
        mistakes=choice.mistakes,
        reason=f"{choice.reason} ({how})",
    )


def _whose(worded: Worded, name: str) -> str:
    """Say whose words are asked, and why not the model's where they are not."""
    if worded.source == "model":
        return f"worded by {name}" + (f", cut short: {worded.why}" if worded.why else "")
    return (
        f"begun by {name}, ended as authored: {worded.why}"
        if worded.source == "begun"
        else f"as authored: {worded.why}"
    )


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
        # The interviewer itself asks again: only it knows whether anything was heard already.
        patience=Patience(attempts=1, seconds=DEADLINE, attempt_seconds=DEADLINE),
        spent=examiner.spending.enter,
    )


def texts(root: Path) -> dict[str, str]:
    """Return the interviewer's templates: those of the content folder, else the shipped ones."""
    folder = root / "prompts" / "interviewer"
    if not folder.is_dir():
        folder = content_root() / "prompts" / "interviewer"
    return {name: (folder / f"{name}.j2").read_text(encoding="utf-8") for name in NAMES}
