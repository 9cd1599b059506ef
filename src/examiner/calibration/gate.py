"""The one place where a score is released or withheld. Pure; the only constructor of `Release`.

A score leaves the house only from the state `calibrated` under a policy that releases scores. Without
human anchors no judge has that state, so everything is withheld; practice shows an estimate and says so.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from examiner.domain.base import Frozen
from examiner.domain.score import Release, Score, State

STATE_WORDS: Mapping[State, str] = {
    "uncalibrated": "nobody has compared this judge with human graders on these criteria",
    "reference": "this judge was only compared with constructed answers, not with human graders",
    "provisional": "too few human anchors for a decision",
    "calibrated": "this judge agrees with human graders within the policy's limits",
    "expired": "its certificate has run out",
    "blocked": "it failed its gate or has drifted",
}
_REMEDY: Mapping[State, str] = {
    "uncalibrated": "label anchors with two people (`examiner anchors plan`), then `examiner calibrate run`",
    "reference": "label anchors with two people (`examiner anchors plan`), then `examiner calibrate run`",
    "provisional": "label more anchors (`examiner anchors plan`)",
    "calibrated": "",
    "expired": "run `examiner calibrate run` again on sealed anchors",
    "blocked": "see `examiner drift report`; recalibrate after the cause is found",
}


class Policy(Frozen):
    """What a policy file decides: whether a calibrated judge's scores are released, or estimates shown."""

    name: str
    release: Literal["estimate", "score"]


def release(score: Score | None, state: State, policy: Policy, criteria: Sequence[str] = ()) -> Release:
    """Return what may be shown of a score.

    Args:
        score: the score of one row; None where the row was never judged.
        state: the weakest state of the (criterion, fingerprint) pairs that the score rests on.
        policy: the release policy.
        criteria: the criteria that lack a certificate, named in the reason.

    """
    if score is None:
        return Release(policy=policy.name, state=state, label="not judged", reason="nothing was answered")
    if policy.release == "score":
        if state == "calibrated":
            return Release(policy=policy.name, state=state, released=score.score, shown=score.score, label="score")
        named = f" for {', '.join(criteria)}" if criteria else ""
        return Release(
            policy=policy.name,
            state=state,
            label="withheld",
            reason=f"no certificate{named} covers judge '{score.judgement.judge}': {STATE_WORDS[state]}",
            remedy=_REMEDY[state],
        )
    return Release(
        policy=policy.name,
        state=state,
        shown=score.score,
        label="practice estimate",
        reason=f"not a score: {STATE_WORDS[state]}",
        remedy=_REMEDY[state],
    )


def standing(judge: str, state: State, policy: Policy) -> str:
    """Return the sentence that stands wherever a figure of this judge is shown."""
    if policy.release == "score" and state == "calibrated":
        return f"Scores released under a certificate for judge '{judge}' (policy {policy.name})."
    if policy.release == "score":
        return (
            f"No score is released (policy {policy.name}): judge '{judge}' is {state}; "
            f"{STATE_WORDS[state]}. A person must grade these answers."
        )
    return f"Practice estimates, not scores: judge '{judge}' is {state}; {STATE_WORDS[state]}."
