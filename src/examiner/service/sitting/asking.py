"""What is asked next: a follow-up to what was said, or an adaptive section's next question."""

from typing import TYPE_CHECKING

from examiner.domain.errors import Exhausted
from examiner.domain.question import Instance
from examiner.domain.score import Turn
from examiner.domain.session import FollowUpChosen, ItemState, Sitting, StepChosen
from examiner.interview import climbing, probing
from examiner.judge.bench import assess
from examiner.llm.budget import Unpriced
from examiner.llm.cassette import speaking_of
from examiner.service.examiner import Examiner
from examiner.telemetry import genai, traces

if TYPE_CHECKING:
    from examiner.service.interviewing import Tell


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
    with traces.span(*genai.evaluation(examiner.judge.name, instance.ref)), speaking_of(f"sitting/{state.id}"):
        try:
            judgement = examiner.judge.judge(instance, turns)
        except (
            Exhausted,
            Unpriced,
        ):  # no money is no reason to leave a candidate waiting; grading waits, the interview does not
            judgement = examiner.judge_named("embedded").judge(instance, turns)
    asked = [turn.probe for turn in item.turns if turn.probe]
    choice = probing.choose(instance, judgement, asked)
    if state.created.interviewer != "embedded":
        put: FollowUpChosen = examiner.interviewing.put(state, index, choice, judgement, turns, tell)
        return put
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
