"""The one place where a score is released or withheld. Pure; the only constructor of `Release`.

A score leaves the house only from the state `calibrated` under a policy that releases scores. Without
human anchors no judge has that state, so everything is withheld; practice shows an estimate and says so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from examiner.domain.base import Frozen
from examiner.domain.certificate import Backing, Certificate
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
    cover_new_questions: bool = False


class Criterion(Frozen):
    """All that is known of one criterion and one judge: the latest certificate or refusal, and what ended it.

    Attributes:
        name: the criterion.
        definition: the hash of its definition as it stands now.
        certificate: the latest that this installation trusts; None where there is none.
        refused: why the latest calibration gave none; "" where it did.
        revoked: why the certificate was revoked; "" where it stands.
        drifted: why drift monitoring closed it; "" where it did not.
        test: the certificate was signed by the test-only trust root.

    """

    name: str
    definition: str
    certificate: Certificate | None = None
    refused: str = ""
    revoked: str = ""
    drifted: str = ""
    test: bool = False


def backing(criteria: Sequence[Criterion], family: str, rubric_hash: str, policy: Policy, now: datetime) -> Backing:
    """Return what backs an answer's score: the weakest state among its criteria, with every reason against release.

    Args:
        criteria: what is known of each criterion of the answer.
        family: the question's family.
        rubric_hash: its rubric as it stands now.
        policy: the release policy, by which questions without anchors are covered or not.
        now: the time, for expiry.

    """
    states: list[State] = []
    reasons: dict[str, list[str]] = {}
    remedies: list[str] = []
    for one in criteria:
        state, reason = _standing_of(one, family, rubric_hash, policy, now)
        states.append(state)
        if reason:
            reasons.setdefault(reason, []).append(one.name)
            remedies.append(
                _REMEDY[state] or "label anchors for this question, or release under a policy that covers it"
            )
    worst: State = min(states, key=ORDER.index) if states else "uncalibrated"
    held = [c.certificate for c in criteria if c.certificate is not None]
    return Backing(
        state=worst,
        reasons=tuple(f"{', '.join(names)}: {reason}" for reason, names in reasons.items()),
        remedy=remedies[states.index(worst)] if len(remedies) == len(states) else next(iter(remedies), ""),
        certificates=tuple(dict.fromkeys(c.id for c in held)),
        test=any(c.test for c in criteria),
    )


ORDER: tuple[State, ...] = ("blocked", "expired", "uncalibrated", "reference", "provisional", "calibrated")


def _standing_of(one: Criterion, family: str, rubric_hash: str, policy: Policy, now: datetime) -> tuple[State, str]:
    """Return the state of one criterion for one question, and what stands against release, "" where nothing does."""
    certificate = one.certificate
    if one.refused:
        return "blocked", f"its last calibration failed ({one.refused})"
    if certificate is None:
        return "uncalibrated", STATE_WORDS["uncalibrated"]
    if one.revoked:
        return "blocked", f"{certificate.id} was revoked ({one.revoked})"
    if certificate.criterion_hash != one.definition:
        return "uncalibrated", f"its definition has changed since {certificate.id}"
    if now >= certificate.expires:
        return "expired", f"{certificate.id} ran out on {certificate.expires:%Y-%m-%d}"
    if one.drifted:
        return "blocked", f"it has drifted ({one.drifted})"
    if certificate.state != "calibrated":
        return certificate.state, STATE_WORDS[certificate.state]
    return "calibrated", _uncovered(certificate, family, rubric_hash, policy)


def _uncovered(certificate: Certificate, family: str, rubric_hash: str, policy: Policy) -> str:
    """Return why a certificate does not reach a question; "" where it does."""
    if certificate.questions.get(family) == rubric_hash:
        return ""
    what = "was edited since its anchors were labelled" if family in certificate.questions else "has no anchors"
    if not policy.cover_new_questions:
        return f"uncovered: the question {what}, and policy {policy.name} covers no new questions"
    if not certificate.covers_new:
        return f"uncovered: the question {what}, and the figures with questions left out did not pass"
    return ""


def release(score: Score | None, backed: Backing, policy: Policy) -> Release:
    """Return what may be shown of a score.

    Args:
        score: the score of one row; None where the row was never judged.
        backed: what backs it.
        policy: the release policy.

    """
    base: dict[str, Any] = {
        "policy": policy.name, "state": backed.state, "certificates": backed.certificates, "test": backed.test,
    }  # fmt: skip
    if score is None:
        return Release(**base, label="not judged", reason="nothing was answered")
    why = "; ".join(backed.reasons) or STATE_WORDS[backed.state]
    if policy.release == "estimate":
        return Release(
            **base, shown=score.score, label="practice estimate", reason=f"not a score: {why}", remedy=backed.remedy
        )
    if backed.state == "calibrated" and not backed.reasons:
        return Release(
            **base,
            released=score.score,
            shown=score.score,
            label="TEST score" if backed.test else "score",
            reason="released by fixtures of the test-only trust root: worth nothing" if backed.test else "",
        )
    return Release(
        **base,
        label="withheld",
        reason=f"no certificate of judge '{score.judgement.judge}' covers this: {why}",
        remedy=backed.remedy,
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
