"""Blind labelling: which label is next for a rater, and the acknowledgement of one. No score of anybody is shown.

Each rater goes through the answers in an order of their own, drawn from the seed, so that fatigue and contrast fall on
different answers; the order never changes, so that a labelling can be taken up again where it stopped.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from examiner.calibration.anchors.chain import append
from examiner.calibration.anchors.sets import AnchorSet, name_checked
from examiner.domain.anchor import Anchor, Decision, Label, disagreements
from examiner.domain.errors import Invalid, Refused
from examiner.domain.identity import fingerprint


@dataclass(frozen=True)
class Task:
    """One label to give: an answer and a criterion; `number` counts from 1 to `total`."""

    anchor: Anchor
    criterion: str
    number: int
    total: int


def order(anchors: Sequence[Anchor], rater: str, seed: int) -> list[Anchor]:
    """Return the anchors in this rater's own order, the same each time."""
    drawn = list(anchors)
    random.Random(fingerprint([seed, rater])).shuffle(drawn)  # noqa: S311 - an order, not a secret
    return drawn


def tasks(
    anchors: Sequence[Anchor], rater: str, criteria_of: Mapping[str, Sequence[str]], seed: int = 0
) -> tuple[list[Task], int]:
    """Return the labels that a rater has still to give, in order, and how many were given.

    Args:
        anchors: the set.
        rater: who labels.
        criteria_of: for each anchor's id the criteria to label.
        seed: of the order.

    """
    whole = [(a, c) for a in order(anchors, rater, seed) for c in criteria_of[a.id]]
    given = {(a.id, label.criterion) for a in anchors for label in a.labels if label.rater == rater}
    left = [
        Task(anchor=a, criterion=c, number=n, total=len(whole))
        for n, (a, c) in enumerate(whole, 1)
        if (a.id, c) not in given
    ]
    return left, len(whole) - len(left)


def record(found: AnchorSet, rater: str, item: str, criterion: str, score: float | None, at: str) -> Label:
    """Append one label by a person; when this returns, it is on the disk.

    Raises:
        Invalid: the rater's name or the score does not fit.
        Refused: the rater looked at other people's labels of this set: their own would not be blind.
        Conflict: another process labels under the same name.

    """
    name_checked(rater, "rater")
    low, high = found.levels
    if score is not None and not low <= score <= high:
        raise Invalid(f"{score:g} lies outside {low} to {high}")
    found.anchor(item)
    if any(d.by == rater for a in found.anchors for d in a.decisions):
        raise Refused(f"'{rater}' has adjudicated in '{found.name}' and has seen others' labels; a label must be blind")
    label = Label(rater=rater, criterion=criterion, score=score, at=at, by="human")
    append(_folder(found) / "labels" / f"{rater}.jsonl", {"item": item, "label": label.model_dump()}, found.head)
    return label


def undecided(found: AnchorSet) -> list[tuple[Anchor, str]]:
    """Return what raters disagree on and nobody has decided yet, in the order of the set."""
    return [(a, c) for a in found.anchors for c in disagreements(a) if a.decided(c) is None]


def may_adjudicate(found: AnchorSet, who: str, left: int) -> None:
    """Raise Refused where a rater would see others' labels before giving their own."""
    if left and who in found.raters:
        raise Refused(
            f"'{who}' has {left} labels still to give and would see others' now",
            hint="finish them first, or let somebody else adjudicate",
        )


def decide(found: AnchorSet, item: str, decision: Decision) -> None:
    """Append one decision; when this returns, it is on the disk. Raises Invalid, Refused."""
    low, high = found.levels
    if not low <= decision.score <= high:
        raise Invalid(f"{decision.score} lies outside {low} to {high}")
    if decision.criterion not in disagreements(found.anchor(item)):
        raise Refused(f"raters do not disagree on {decision.criterion} of '{item}'")
    append(_folder(found) / "decisions.jsonl", {"item": item, "decision": decision.model_dump()}, found.head)


def _folder(found: AnchorSet) -> Path:
    if found.folder is None:
        raise Refused(f"set '{found.name}' lies in no folder")
    return found.folder
