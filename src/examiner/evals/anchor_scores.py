"""A machine's scores of a set of anchors, as rows of the long table."""

from collections.abc import Sequence
from typing import Any

from examiner.domain.anchor import OVERALL, Anchor
from examiner.domain.errors import Invalid
from examiner.judge.bench import assess
from examiner.service.examiner import Examiner

MACHINES = ("embedded", "length-only")


def machine_rows(
    examiner: Examiner, machine: str, anchors: Sequence[Anchor], levels: tuple[int, int]
) -> list[tuple[str, ...]]:
    """Return `item, question, criterion, rater, kind, score` of a machine, kind `judge`.

    Questions of the vault are judged point by point. Questions that only have a reference answer are scored by
    lexical features fitted on the labels of the *other* questions; such scores are given unrounded.

    Raises:
        Invalid: no such machine, or it cannot score such questions.

    """
    if machine not in MACHINES:
        raise Invalid(f"no machine '{machine}'", hint=f"there are: {', '.join(MACHINES)}")
    foreign = [a for a in anchors if a.prompt]
    ours = [a for a in anchors if not a.prompt]
    if ours and machine != "embedded":
        raise Invalid(f"'{machine}' does not score questions of the vault", hint="embedded does")
    return [*_by_points(examiner, ours), *(_by_words(machine, foreign, levels) if foreign else [])]


def _by_points(examiner: Examiner, anchors: Sequence[Anchor]) -> list[tuple[str, ...]]:
    judge = examiner.judge_named("embedded")
    rows: list[tuple[str, ...]] = []
    for anchor in anchors:
        instance = examiner.instance(anchor.question)
        score = assess(judge, instance, anchor.turns, examiner.rubric(instance))
        made = {c.criterion: c.quality for c in score.criteria} | {OVERALL: score.quality}
        rows += [(anchor.id, anchor.question, c, "embedded", "judge", str(level)) for c, level in made.items()]
    return rows


def _by_words(machine: str, anchors: Sequence[Anchor], levels: tuple[int, int]) -> list[tuple[str, ...]]:
    from examiner.evals.human_graded import predictions  # noqa: PLC0415 - numpy only when it fits

    low, high = levels
    rows: list[dict[str, Any]] = []
    for anchor in anchors:
        mean = anchor.mean(OVERALL)
        if mean is None:
            raise Invalid(f"anchor '{anchor.id}' has no overall score to fit the other questions on")
        rows.append(
            {
                "qid": anchor.family,
                "question": anchor.prompt,
                "reference": anchor.reference,
                "answer": anchor.text,
                "mean": mean - low,
                "max": high - low,
            }
        )
    if len({r["qid"] for r in rows}) < 2:
        raise Invalid("one question alone cannot be scored without its own labels")
    made = predictions(rows)[machine]
    return [
        (a.id, a.question, OVERALL, machine, "judge", f"{low + float(p) * (high - low):.4f}")
        for a, p in zip(anchors, made, strict=True)
    ]
