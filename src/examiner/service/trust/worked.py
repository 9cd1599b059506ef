"""Worked examples for a judge's prompt: answers whose labels are known and which nothing is measured on."""

from collections.abc import Sequence

from examiner.calibration.anchors.sets import AnchorSet, find, folders, names, read_set
from examiner.domain.anchor import OVERALL, Anchor
from examiner.domain.errors import Refused
from examiner.domain.identity import fingerprint
from examiner.domain.score import Verdict
from examiner.judge import injection
from examiner.judge.fence import show
from examiner.judge.prompt import Example
from examiner.service.examiner import Examiner
from examiner.service.trust.watching import sentinel_texts

_BY = {"human": "labelled by people", "constructed": "labelled by rule", "model": "labelled by a model"}


def examples(examiner: Examiner, count: int, only: str = "") -> dict[str, tuple[Example, ...]]:
    """Return up to `count` worked examples for every question that has any, spread over the levels.

    Never one of a gate half, whatever the set, nor a text that stands in one or among the sentinels; no canary, none
    that addresses a grader, none of a question that was edited since. The choice is the same every time.

    Args:
        examiner: gives sets, questions and sentinels.
        count: how many for a question.
        only: the one set they may come from; all sets where empty.

    Raises:
        Refused: there is no such anchor at all.
        NotFound: there is no set of that name.

    """
    where = folders(examiner.settings.home_path, examiner.root)
    sets = [read_set(find(name, where)) for name in names(where)]
    barred = {fingerprint(a.text) for s in sets for a in s.part("gate")}
    barred |= {fingerprint(text) for text in sentinel_texts(examiner)}
    if only:
        find(only, where)
    found: dict[str, list[tuple[float, Anchor]]] = {}
    for one in sets:
        if not only or one.name == only:
            for anchor, level in _usable(examiner, one, barred):
                found.setdefault(anchor.family, []).append((level, anchor))
    if not found:
        raise Refused(
            f"no anchor {f'of set {only} ' if only else ''}may be a worked example: all are gate anchors or sentinels",
            hint="anchors of the half `tuning` are needed; `examiner anchors list` shows the sets",
        )
    return {family: tuple(_example(examiner, a) for a in spread(rows, count)) for family, rows in sorted(found.items())}


def spread(rows: Sequence[tuple[float, Anchor]], count: int) -> list[Anchor]:
    """Return anchors at even steps from the lowest level to the highest; among equals a hash decides."""
    ranked = [a for _, a in sorted(rows, key=lambda row: (row[0], fingerprint(row[1].text)))]
    if len(ranked) <= count:
        return ranked
    if count == 1:
        return [ranked[len(ranked) // 2]]
    return [ranked[round(n * (len(ranked) - 1) / (count - 1))] for n in range(count)]


def _usable(examiner: Examiner, one: AnchorSet, barred: set[str]) -> list[tuple[Anchor, float]]:
    out = []
    for anchor in one.part("tuning"):
        known = anchor.family in examiner.vault.families and len(anchor.turns) == 1 and not anchor.canary
        if not known or fingerprint(anchor.text) in barred or injection.find(anchor.turns):
            continue
        if examiner.instance(anchor.question).rubric_hash != anchor.question_hash:
            continue
        means = [m for c in anchor.criteria if (m := anchor.mean(c)) is not None]
        overall = anchor.mean(OVERALL)
        if means:
            out.append((anchor, overall if overall is not None else sum(means) / len(means)))
    return out


def _example(examiner: Examiner, anchor: Anchor) -> Example:
    levels = {c: level for c in anchor.criteria if c != OVERALL and (level := anchor.level(c)) is not None}
    made = {anchor.provenance(c) for c in levels or (OVERALL,)}
    points: dict[str, Verdict] = {}
    if made == {"constructed"}:  # built from points: those it does not name it does not make
        points = {p.id: anchor.points.get(p.id, "not_met") for p in examiner.instance(anchor.question).points}
    by = _BY["human"] if made == {"human"} else _BY["model"] if "model" in made else _BY["constructed"]
    answer = show(" ".join(anchor.text.split())).text
    return Example(answer=answer, points=points, levels=levels, by=by, source=fingerprint(anchor.text))
