"""How far two people agree, criterion by criterion: exact, adjacent, kappa with quadratic weights, with intervals."""

from collections.abc import Sequence
from typing import Any

from examiner.domain.anchor import Anchor

SHOWN = ("exact", "adjacent", "qwk", "spearman", "smd")


def agreement(
    anchors: Sequence[Anchor], one: str, two: str, levels: tuple[int, int], *, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Return for each criterion that both labelled the statistics of `SHOWN`, counts, and the share that could not say.

    Intervals resample whole questions where a question has several answers. Scores are rounded half up where a
    statistic is one of levels.

    Args:
        anchors: the set.
        one: the rater whose labels stand for the truth where a statistic is not symmetric (SMD: `two` minus `one`).
        two: the other rater.
        levels: the declared scale.
        seed: of the resampling.

    """
    import numpy as np  # noqa: PLC0415 - only where something is measured

    from examiner.stats.agreement import clusters_of, measure  # noqa: PLC0415

    out = {}
    for criterion in dict.fromkeys(c for a in anchors for c in a.criteria):
        found = pairs(anchors, criterion, one, two)
        blank = [cannot_say(anchors, criterion, rater) for rater in (one, two)]
        if not found and not any(blank):
            continue
        questions = [q for q, _, _ in found]
        made = measure(
            [x for _, x, _ in found],
            [y for _, _, y in found],
            levels,
            np.random.default_rng(seed),
            clusters=clusters_of(questions) if questions else None,
        )
        out[criterion] = {
            "answers": len(found),
            "questions": len(set(questions)),
            **{name: made[name].as_dict() for name in SHOWN},
            "cannot_say": blank,
        }
    return out


def pairs(anchors: Sequence[Anchor], criterion: str, one: str, two: str) -> list[tuple[str, float, float]]:
    """Return (question family, score of the first, score of the second) of each answer that both people scored.

    Args:
        anchors: the answers; labels that no person made are passed over.
        criterion: the criterion, or `OVERALL`.
        one: the first rater's name.
        two: the second's.

    """
    out = []
    for anchor in anchors:
        scores = {x.rater: x.score for x in anchor.labels if x.criterion == criterion and x.by == "human"}
        first, second = scores.get(one), scores.get(two)
        if first is not None and second is not None:
            out.append((anchor.family, first, second))
    return out


def cannot_say(anchors: Sequence[Anchor], criterion: str, rater: str) -> int:
    """Return on how many answers a person's last word on a criterion was "cannot say"."""
    last = [{x.criterion: x.score for x in a.labels if x.rater == rater and x.by == "human"} for a in anchors]
    return sum(criterion in scores and scores[criterion] is None for scores in last)
