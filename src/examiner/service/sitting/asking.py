"""What is asked next: a follow-up to what was said, or an adaptive section's next question."""

import logging
import threading
from concurrent.futures import Future
from contextvars import copy_context
from typing import TYPE_CHECKING

from examiner.domain.errors import ExaminerError
from examiner.domain.events import FollowUpChosen, StepChosen
from examiner.domain.question import Instance
from examiner.domain.score import Judgement, Turn
from examiner.domain.session import ItemState, Sitting
from examiner.interview import climbing, probing
from examiner.judge.bench import asks_a_model, assess
from examiner.llm.cassette import speaking_of
from examiner.service.examiner import Examiner
from examiner.service.sitting.streams import stream_of
from examiner.telemetry import genai, traces

if TYPE_CHECKING:
    from examiner.service.interviewing import Interviewing, Tell

JUDGING = 8.0  # seconds
log = logging.getLogger(__name__)


def choose(examiner: Examiner, state: Sitting, index: int, tell: "Tell") -> FollowUpChosen:
    """Judge what was said so far and choose the probe that serves what is missing.

    Args:
        examiner: the wired examiner.
        state: the sitting.
        index: the item.
        tell: called with each piece of the follow-up that is shown before it is whole.

    """
    item = state.items[index]
    instance = examiner.instance(item.planned.ref)
    turns = turns_of(item, instance)
    with traces.span(*genai.evaluation(examiner.settings.judge, instance.ref)), speaking_of(stream_of(state.id)):
        judgement = judged(examiner, instance, turns)
    asked = [turn.probe for turn in item.turns if turn.probe]
    choice = probing.choose(instance, judgement, asked)
    talker = talker_of(examiner, state)
    if talker is not None:
        return talker.put(state, index, choice, judgement, turns, tell)
    if choice is None:
        return FollowUpChosen(item=index, probe=None, reason="nothing is left to ask")
    return FollowUpChosen(
        item=index,
        probe=choice.probe,
        ask=choice.ask,
        points=choice.points,
        mistakes=choice.mistakes,
        reason=choice.reason,
    )


def judged(examiner: Examiner, instance: Instance, turns: tuple[Turn, ...]) -> Judgement:
    """Judge what was said so far, for the choice of a follow-up: by the house's judge, or the embedded one in its place.

    Somebody waits for it. A model that judges has `JUDGING` seconds; what it says later is in the journal for the grading.
    """
    if not asks_a_model(examiner.settings.judge):
        said: Judgement = examiner.judge.judge(instance, turns)
        return said
    box: Future[Judgement] = Future()

    def ask() -> None:
        try:
            box.set_result(examiner.judge.judge(instance, turns))
        except Exception as error:
            box.set_exception(error)

    # The thread goes on in this one's context: the tenant, the trace, and whom the reply speaks of.
    threading.Thread(target=copy_context().run, args=(ask,), name="judging", daemon=True).start()
    try:
        return box.result(JUDGING)
    except (TimeoutError, ExaminerError) as error:
        log.warning("a follow-up was chosen by the embedded judge: %s", error or "no judgement in time")
        said = examiner.judge_named("embedded").judge(instance, turns)
        return said


def talker_of(examiner: Examiner, state: Sitting) -> "Interviewing | None":
    """Return the model that words a sitting's follow-ups; None where there is none, or none can be had here and now."""
    if state.created.interviewer == "embedded":
        return None
    try:
        found: Interviewing = examiner.interviewing
    except ExaminerError as error:
        log.warning("the interviewer of %s is not there, so the authored probes are asked: %s", state.id, error.message)
        return None
    return found


def climb(examiner: Examiner, state: Sitting) -> StepChosen:
    """Choose the level of an adaptive section's next question by what the embedded judge makes of the last answer.

    Always by the embedded judge, whatever the sitting's judge is: the same answers lead to the same questions.
    """
    item, before = state.items[state.item], state.items[state.item - 1]
    last = before.planned.ref
    instance = examiner.instance(last)
    turns = turns_of(before, instance)
    earned = (
        assess(examiner.judge_named("embedded"), instance, turns, examiner.rubric(instance)).quality if turns else None
    )
    asked = {i.planned.ref for i in state.items if i.turns}
    ladder = state.created.plan.ladders[item.planned.ladder or 0]
    helped = any(turn.peeked for turn in before.turns)
    step = climbing.next_step(state.item, ladder, last, asked, earned, helped=helped)
    assert step is not None  # noqa: S101 - a ladder holds at least as many questions as are asked of it
    return step


def turns_of(item: ItemState, instance: Instance) -> tuple[Turn, ...]:
    """Return what the candidate said to an item, as judges see it."""
    return tuple(
        Turn(
            text=turn.text or "",
            asked=turn.asked or instance.prompt,
            probe=turn.probe,
            peeked=turn.peeked,
        )
        for turn in item.turns
        if turn.text
    )
