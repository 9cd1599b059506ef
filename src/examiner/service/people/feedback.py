"""What a candidate is told after the end, by the policy: an estimate named so, a released score, or why there is none.

Practice may teach: points, numbers and the model answer are shown. Where people decide by the result, questions are
asked of others too, so nothing that would give them away is shown; scores are, once they are released.
"""

from typing import Any

from examiner.domain.base import Frozen
from examiner.service.examiner import Examiner
from examiner.service.people import reviewing

Body = dict[str, Any]


class Told(Frozen):
    """One answer's feedback. `label` says what kind of figure `level` is; `points` is empty outside practice."""

    item: int
    title: str
    prompt: str
    turns: tuple[Body, ...]
    level: int | None
    label: str
    reason: str
    by_person: bool
    prediction: int | None
    caps: tuple[str, ...] = ()
    points: tuple[Body, ...] = ()
    numbers: tuple[Body, ...] = ()
    model_answer: str = ""
    note: str = ""


class Feedback(Frozen):
    """A session's feedback; `teaches` where the policy is practice."""

    loop: str
    ended: str
    policy: str
    teaches: bool
    standing: str
    rows: tuple[Body, ...]
    revision: tuple[Body, ...]
    items: tuple[Told, ...]
    decision: Body | None


def feedback(house: Examiner, session: str) -> Feedback:
    """Return what the candidate of a session is told. Raises Refused before its end."""
    data = reviewing.report(house, session)
    teaches = house.policy_named(data["policy"]).release == "estimate"
    decided = data["decision"]
    return Feedback(
        loop=data["loop"],
        ended=data["ended"],
        policy=data["policy"],
        teaches=teaches,
        standing=data["standing"],
        rows=tuple(data["rows"]) if teaches else (),
        revision=tuple(data["revision"]) if teaches else (),
        items=tuple(_told(number, item, teaches=teaches) for number, item in enumerate(data["items"])),
        decision={name: decided[name] for name in ("outcome", "by", "why")} if decided else None,
    )


def _why(release: Body, level: int | None, *, answered: bool) -> str:
    """Return why there is no figure, in words for the candidate; "" where there is one."""
    if level is not None or not answered:
        return ""
    if release["policy"] == "practice":
        return str(release["reason"])
    return "the program's own judgement is not released; a person looks at this answer"


def _told(number: int, item: Body, *, teaches: bool) -> Told:
    human, release, score = item["human"], item["release"], item["score"]
    level = human["score"] if human else release["shown"] if teaches else release["released"]
    common = {
        "item": number,
        "title": item["title"],
        "prompt": item["prompt"],
        "turns": tuple(item["turns"]),
        "level": level,
        "label": "graded by a person" if human else release["label"],
        "reason": human["why"] if human else _why(release, level, answered=bool(item["turns"])),
        "by_person": bool(human),
        "prediction": item["prediction"],
        "note": item["note"],
    }
    if not teaches or score is None:
        return Told(**common)
    return Told(
        **common,
        caps=tuple(cap["reason"] for cap in score["caps"]),
        points=tuple(p | {"criterion": c["criterion"]} for c in score["criteria"] for p in c["points"]),
        numbers=tuple(score["judgement"]["numbers"]),
        model_answer=item["model_answer"],
    )
