"""The interviewer's turn: the question that is owed is chosen, said piece by piece, and stored with the time it took."""

from typing import Any

from examiner.domain.events import Credited, LeakStopped, Spoke
from examiner.domain.session import Sitting
from examiner.service.examiner import Examiner
from examiner.service.sitting.asking import choose, climb
from examiner.service.sitting.owing import choosing
from examiner.service.sitting.storing import Outcome, load, put
from examiner.telemetry import genai, traces

THINKING = 1.0  # seconds; an interviewer that takes longer gives the time back


def settle(examiner: Examiner, state: Sitting) -> Outcome:
    """Choose the follow-up that a stored answer waits for and store it before it is shown; what is newer stands."""
    return think(examiner, state.id, state) or Outcome(state, ())


class _Overtaken(Exception):
    """The section was closed, or another process asked, while this one was choosing."""


class _Thinking:
    """Stores what the interviewer says as it says it, and gives back the time it took.

    Args:
        examiner: the wired examiner.
        state: the sitting as it waits for a question.

    """

    def __init__(self, examiner: Examiner, state: Sitting) -> None:
        self._x, self._id, self._item = examiner, state.id, state.item
        turns = state.items[state.item].turns
        self._since = max((t.answered_at for t in turns if t.answered_at), default=examiner.clock())
        self._given = 0.0
        self._said = state.items[state.item].saying

    def tell(self, event: Spoke | LeakStopped) -> None:
        """Store a piece before it is shown, or what was stopped. Raises _Overtaken where nobody waits for it any more."""
        state = self.put(event.model_copy(update={"item": self._item})).state
        said = state.items[self._item].saying
        if not choosing(state) or (isinstance(event, Spoke) and not said.endswith(event.text)):
            raise _Overtaken
        self._said = said

    def put(self, event: Any) -> Outcome:
        """Store an event where the question is still owed and nobody else has gone on with it."""
        now = self._x.clock()
        taken = (now - self._since).total_seconds()
        events: list[Any] = [event]
        if taken > max(THINKING, self._given):
            events.insert(0, Credited(seconds=taken - self._given, reason="the interviewer was thinking"))
            self._given = taken
        return put(self._x, self._id, events, now, 0.0, owed=self._owed)

    def _owed(self, state: Sitting) -> bool:
        return choosing(state) and state.item == self._item and state.items[self._item].saying == self._said


def think(examiner: Examiner, sitting: str, state: Sitting) -> Outcome | None:
    """Choose the question that is owed and store it, with the time that took; None where it is being done."""
    if sitting in examiner.thinking:
        return None
    examiner.thinking.add(sitting)
    try:
        thinking = _Thinking(examiner, state)
        asked = state.items[state.item].turns
        with traces.span(*genai.interviewer(state.created.interviewer, sitting)):
            chosen = choose(examiner, state, state.item, thinking.tell) if asked else climb(examiner, state)
        return thinking.put(chosen)
    except _Overtaken:
        return Outcome(load(examiner, sitting)[0], ())
    finally:
        examiner.thinking.discard(sitting)
