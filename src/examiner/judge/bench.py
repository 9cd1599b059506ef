"""Where a judge sits: what every judge is given, and what is done to whatever it says."""

from collections.abc import Sequence
from typing import Protocol

from examiner.domain.errors import NotFound
from examiner.domain.identity import fingerprint, once_each
from examiner.domain.question import Instance, Point
from examiner.domain.rubric import Rubric
from examiner.domain.score import Judgement, Score, Turn
from examiner.judge import design, echo, evidence
from examiner.judge.score import FOLLOW_UP, compute

SCORING_VERSION = "3"  # raise when score.py, evidence.py, echo.py or design.py change what they make of a judgement
INVITED = "invited"


class Judge(Protocol):
    """Anything that decides rubric points of an answer."""

    @property
    def name(self) -> str:
        """The judge's name, as users know it."""
        ...

    @property
    def observed_fingerprint(self) -> str:
        """What a certificate certifies."""
        ...

    def judge(self, instance: Instance, turns: Sequence[Turn]) -> Judgement:
        """Decide every point of the instance, each with a verbatim quote."""
        ...


def asks_a_model(name: str) -> bool:
    """Tell by its name whether a judge asks a model, replies that are scripted or recorded included."""
    return "/" in name or ":" in name


def open_judge(name: str) -> Judge:
    """Return a judge by name. Raises NotFound with the names there are."""
    if name == "embedded":
        from examiner.judge.embedded import EmbeddedJudge  # noqa: PLC0415 - numpy only when judging

        return EmbeddedJudge()
    raise NotFound(f"no judge '{name}'", hint="embedded, anthropic/MODEL, openai/MODEL, litellm/MODEL, scripted:FILE")


def assess(judge: Judge, instance: Instance, turns: Sequence[Turn], rubric: Rubric) -> Score:
    """Judge one row and score it: judge, evidence check, design checks, points to score, caps.

    Args:
        judge: who decides the points.
        instance: the question as it was asked.
        turns: what the candidate said, the main answer first.
        rubric: what the points are worth.

    Raises:
        Upstream: a judge that asks a model had no usable reply.
        Exhausted: its budget is used up.
        Refused: it lacks what its settings demand, such as worked examples.

    """
    return finish(judge, judge.judge(with_invited(instance, turns), turns), instance, turns, rubric)


def finish(
    judge: Judge,
    judgement: Judgement,
    instance: Instance,
    turns: Sequence[Turn],
    rubric: Rubric,
    request: str = "",
) -> Score:
    """Return the score that code makes of what a judge said of `with_invited(instance, turns)`.

    Args:
        judge: who decided the points; named in the request fingerprint.
        judgement: what it said, credit without evidence included: that is taken away here.
        instance: the question as it was asked.
        turns: what the candidate said, the main answer first.
        rubric: what the points are worth.
        request: the request fingerprint, where it is known already.

    """
    judgement = echo.enforce(evidence.enforce(judgement, turns), instance, turns, rubric)
    flags = (*judgement.flags, *design.examine(instance, turns))
    request = request or request_fingerprint(judge, instance, turns, rubric)
    judgement = judgement.model_copy(update={"flags": flags, "request_fingerprint": request})
    return compute(judgement, with_invited(instance, turns), turns, rubric)


def request_fingerprint(judge: Judge, instance: Instance, turns: Sequence[Turn], rubric: Rubric) -> str:
    """Return the hash of all that is known before a call: judge, scoring, criteria, question and what was said.

    The same request is never judged twice: it is the key under which the judgement is kept.
    """
    return fingerprint(
        {
            # What a model judge will be observed as is known only after the call; what it is asked is known before.
            "judge": getattr(judge, "identity", judge.observed_fingerprint),
            "scoring": SCORING_VERSION,
            "criteria": _criteria(rubric),
            "rubric": instance.rubric_hash,
            "question": instance.ref,
            "prompt": instance.prompt,
            "turns": [turn.model_dump(mode="json") for turn in turns],
        }
    )


_criteria = once_each(fingerprint)


def with_invited(instance: Instance, turns: Sequence[Turn]) -> Instance:
    """Return the instance with the invited follow-up as a point of its own, where it was asked.

    The point decides whether the follow-up was survived; it weighs nothing in the quality.
    """
    posed = any(turn.probe in (INVITED, "self-posed") for turn in turns)
    if instance.invites is None or not posed:
        return instance
    point = Point(id=INVITED, criterion=FOLLOW_UP, claim=instance.invites.answer, weight=0.01)
    return instance.model_copy(update={"points": (*instance.points, point)})
