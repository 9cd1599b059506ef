"""Anchor sets and blind labels over the network: what the pages and the API need of `calibration.anchors.labelling`.

A rater is who holds the key. Nothing that a rater is shown says what anybody, person or judge, made of the answer.
"""

import re
from typing import Any

from examiner.calibration.anchors import labelling
from examiner.calibration.anchors.agreement import agreement as agree
from examiner.calibration.anchors.agreement import pairs
from examiner.calibration.anchors.sets import AnchorSet, find, folders, names, read_set
from examiner.domain.anchor import OVERALL, Anchor, Decision, half_up, standing_of
from examiner.domain.errors import Conflict, Invalid, NotFound, Refused
from examiner.service.examiner import Examiner

Body = dict[str, Any]


def sets(house: Examiner) -> list[Body]:
    """Return every anchor set with its counts and the best state it can give a judge."""
    found = [opened(house, name) for name in names(folders(house.home, house.root))]
    return [summary(one) | {"writable": not _shipped(house, one)} for one in found]


def opened(house: Examiner, name: str) -> AnchorSet:
    """Return a verified set. Raises NotFound, Corrupt."""
    return read_set(find(name, folders(house.home, house.root)))


def summary(found: AnchorSet) -> Body:
    """Return what a set is, without any answer or label."""
    best = standing_of(found.part("gate"))
    return {
        "set": found.name,
        "about": found.about,
        "hash": found.hash,
        "levels": list(found.levels),
        "anchors": len(found.anchors),
        "gate": len(found.part("gate")),
        "raters": list(found.raters),
        "best": best.model_dump(mode="json"),
    }


def rater_name(name: str) -> str:
    """Return the name under which a person's labels are stored: lower case, no spaces."""
    made = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")[:64]
    if not made:
        raise Invalid("the key needs a name to label under", hint="examiner keys create --name ana")
    return made


def next_task(house: Examiner, name: str, rater: str, skip: int = 0) -> Body:
    """Return the next label to give in this rater's own order, `skip` further on (round and round), or `done`."""
    found = _writable(house, name)
    left, given = labelling.tasks(found.anchors, rater, _criteria(house, found))
    head = {"set": name, "rater": rater, "given": given, "left": len(left), "levels": list(found.levels)}
    if not left:
        return head | {"done": True, "task": None}
    chosen = left[skip % len(left)]
    anchor, criterion = chosen.anchor, chosen.criterion
    return head | {"done": False, "task": _shown(house, anchor, criterion)}


def give(house: Examiner, name: str, rater: str, item: str, criterion: str, score: float | None) -> Body:
    """Store one blind label; it is on the disk when this returns, and is never changed.

    Raises:
        Conflict: this rater labelled it before.
        NotFound: no such answer, or it is not labelled on that criterion.

    """
    found = _writable(house, name)
    anchor = found.anchor(item)
    if criterion not in _criteria(house, found)[anchor.id]:
        raise NotFound(f"'{item}' is not labelled on '{criterion}'")
    for label in anchor.labels:
        if (label.rater, label.criterion) == (rater, criterion):
            if label.score == score:
                return label.model_dump(mode="json")
            raise Conflict("your label is locked", hint="already_labelled")
    at = house.clock().isoformat(timespec="seconds")
    return labelling.record(found, rater, item, criterion, score, at).model_dump(mode="json")


def agreement(house: Examiner, name: str, one: str, two: str) -> Body:
    """Return how far two people agree, per criterion, with intervals. Raises NotFound."""
    found = opened(house, name)
    for rater in (one, two):
        if rater not in found.raters:
            raise NotFound(f"nobody named '{rater}' labelled '{name}'")
    if one == two:
        raise Invalid("agreement is between two people")
    criteria = agree(found.anchors, one, two, found.levels)
    return {"set": name, "raters": [one, two], "criteria": criteria}


def crossed(house: Examiner, name: str, one: str, two: str) -> dict[str, list[list[int]]]:
    """Return for each criterion how often one person's level (the row) met the other's (the column), rounded half up."""
    found = opened(house, name)
    low, high = found.levels
    tables = {}
    for criterion in dict.fromkeys(c for a in found.anchors for c in a.criteria):
        both = pairs(found.anchors, criterion, one, two)
        counts = [[0] * (high - low + 1) for _ in range(high - low + 1)]
        for _, first, second in both:
            counts[half_up(first) - low][half_up(second) - low] += 1
        if both:
            tables[criterion] = counts
    return tables


def disagreements(house: Examiner, name: str, who: str) -> list[Body]:
    """Return what raters disagree on and nobody decided, with their labels. Raises Refused to one who still labels."""
    found = opened(house, name)
    left, _ = labelling.tasks(found.anchors, who, _criteria(house, found))
    labelling.may_adjudicate(found, who, len(left))
    return [
        _shown(house, anchor, criterion)
        | {"labels": [{"rater": x.rater, "score": x.score} for x in anchor.labels if x.criterion == criterion]}
        for anchor, criterion in labelling.undecided(found)
    ]


def adjudicate(house: Examiner, name: str, who: str, item: str, criterion: str, score: int, why: str) -> Body:
    """Store a decision where raters disagree; their raw labels stay."""
    found = _writable(house, name)
    left, _ = labelling.tasks(found.anchors, who, _criteria(house, found))
    labelling.may_adjudicate(found, who, len(left))
    at = house.clock().isoformat(timespec="seconds")
    decision = Decision(criterion=criterion, score=score, by=who, why=why, at=at)
    labelling.decide(found, item, decision)
    return decision.model_dump(mode="json")


def _writable(house: Examiner, name: str) -> AnchorSet:
    found = opened(house, name)
    if _shipped(house, found):
        raise Refused(f"'{name}' is shipped with examiner and is not written to", hint="export and import it first")
    return found


def _shipped(house: Examiner, found: AnchorSet) -> bool:
    return found.folder is not None and found.folder.resolve().is_relative_to(house.root.resolve())


def _criteria(house: Examiner, found: AnchorSet) -> dict[str, tuple[str, ...]]:
    return {anchor.id: _of(house, anchor) for anchor in found.anchors}


def _of(house: Examiner, anchor: Anchor) -> tuple[str, ...]:
    if anchor.prompt:
        return (OVERALL,)
    instance = house.instance(anchor.question)
    there = {p.criterion for p in instance.points}
    return tuple(c for c in house.rubric(instance).criteria if c in there)


def _shown(house: Examiner, anchor: Anchor, criterion: str) -> Body:
    """Return an answer and what to judge of it; who wrote it, its style and its points' verdicts stay here."""
    data: Body = {
        "item": anchor.id,
        "criterion": criterion,
        "prompt": anchor.prompt,
        "reference": anchor.reference,
        "turns": [{"text": t.text, "asked": t.asked, "follow_up": t.probe is not None} for t in anchor.turns],
        "asks": "",
        "points": [],
        "levels": {},
    }
    if anchor.prompt:
        return data
    instance = house.instance(anchor.question)
    rubric = house.rubric(instance)
    definition = rubric.criteria.get(criterion)
    return data | {
        "prompt": instance.prompt,
        "title": definition.title if definition else criterion,
        "asks": definition.asks if definition else "",
        "points": [p.claim for p in instance.points if p.criterion == criterion],
        "levels": {str(level): meaning for level, meaning in sorted(rubric.levels.items())},
    }
