"""Constructed anchors: labels that follow by rule from the points an answer was written to make, and their lint.

A constructed answer is written to make certain points and to state certain numbers. Its labels are what the scoring
arithmetic (`judge.score`) makes of exactly those points; no reader decided anything. Such anchors test a judge and a
gate; they are no human calibration, and they must not repeat the words of the rubric that they are meant to test.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from examiner.domain.anchor import OVERALL, Anchor, Label
from examiner.domain.base import Frozen
from examiner.domain.errors import ExaminerError, Refused
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.domain.score import Judgement, PointVerdict, Verdict
from examiner.judge.score import compute

RULE = "rule"  # the rater's name on constructed labels
SHARED_WORDS = 5  # no run of so many words in common with the rubric or the model answer
_PASSED = frozenset(",()\"'*_`“”‘’")  # these do not hide a copied clause
_TOKEN = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\S")
Question = Callable[[str], tuple[Instance, Rubric]]


class Finding(Frozen):
    """Something that stands against a rule: of which anchor, which rule, and what."""

    item: str
    rule: str
    says: str


def constructed_labels(instance: Instance, rubric: Rubric, points: Mapping[str, Verdict]) -> tuple[Label, ...]:
    """Return the level of each criterion, and of the whole answer before caps, that these point verdicts make.

    Args:
        instance: the question as asked.
        rubric: the criterion definitions with their cuts.
        points: the verdict of each point by id; one that is not named is not met.

    Raises:
        Refused: a named point is not in the rubric.

    """
    unknown = sorted(set(points) - {p.id for p in instance.points})
    if unknown:
        raise Refused(f"{instance.ref} has no point {', '.join(unknown)}")
    verdicts = tuple(
        PointVerdict(point=p.id, criterion=p.criterion, claim=p.claim, verdict=points.get(p.id, "not_met"))
        for p in instance.points
    )
    score = compute(Judgement(judge=RULE, observed_fingerprint=RULE, points=verdicts), instance, (), rubric)
    made = {c.criterion: c.quality for c in score.criteria} | {OVERALL: score.quality}
    return tuple(Label(rater=RULE, criterion=c, score=level, by="constructed") for c, level in made.items())


def restated(anchor: Anchor, instance: Instance, rubric: Rubric) -> Anchor:
    """Return a constructed anchor with hash and labels as the question stands now.

    Raises:
        Refused: a label on it was not made by rule; people must look again themselves.

    """
    if any(label.by != "constructed" for label in anchor.labels):
        raise Refused(f"anchor '{anchor.id}' has labels that no rule made", hint="it must be labelled again")
    labels = constructed_labels(instance, rubric, anchor.points)
    return anchor.model_copy(update={"question_hash": instance.rubric_hash, "labels": labels})


def shared_runs(text: str, others: Sequence[str], length: int = SHARED_WORDS) -> list[str]:
    """Return the runs of `length` words that a text shares with any other, in order.

    Case is folded. Numbers, signs and the ends of clauses end a run, so that figures and formulas may be the same.
    """
    taken = {run for other in others for run in _runs(other, length)}
    return list(dict.fromkeys(" ".join(run) for run in _runs(text, length) if run in taken))


def _runs(text: str, length: int) -> list[tuple[str, ...]]:
    out, run = [], []
    for part in _TOKEN.findall(text.lower()):
        if part[0].isalpha():
            run.append(part.replace("’", "'"))
            if len(run) >= length:
                out.append(tuple(run[-length:]))
        elif part not in _PASSED:
            run = []
    return out


def wording(instance: Instance) -> list[str]:
    """Return every text of a question that an answer must not repeat: rubric, mistakes, model answer."""
    texts = [instance.model_answer, instance.invites.answer if instance.invites else ""]
    for point in instance.points:
        texts += [point.claim, *point.variants, *point.denies, *(a for group in point.needs for a in group)]
    return texts + [word for mistake in instance.mistakes for word in mistake.wording]


def lint(anchors: Sequence[Anchor], question: Question) -> list[Finding]:
    """Return what stands against the rules of constructed anchors.

    Args:
        anchors: the set; anchors whose labels people made are checked for a changed question only.
        question: gives a question and its criteria by reference.

    """
    found: list[Finding] = []
    for anchor in anchors:
        try:
            instance, rubric = question(anchor.question)
        except ExaminerError as error:
            found.append(Finding(item=anchor.id, rule="question", says=error.message))
            continue
        found += [Finding(item=anchor.id, rule=rule, says=says) for rule, says in _of_one(anchor, instance, rubric)]
    texts: dict[tuple[str, str], str] = {}
    for anchor in anchors:
        if anchor.text.strip():
            first = texts.setdefault((anchor.question, anchor.text), anchor.id)
            if first != anchor.id:
                found.append(Finding(item=anchor.id, rule="twice", says=f"the same answer as {first}"))
    return found


def _of_one(anchor: Anchor, instance: Instance, rubric: Rubric) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    if anchor.question_hash != instance.rubric_hash:
        out.append(("stale", "the question's rubric was edited since this anchor was labelled"))
    if any(label.by != "constructed" for label in anchor.labels):
        return out
    for turn in anchor.turns:
        out += [("shared", f"shares '{run}' with the rubric") for run in shared_runs(turn.text, wording(instance))]
    try:
        labels = constructed_labels(instance, rubric, anchor.points)
    except Refused as error:
        return [*out, ("points", error.message)]
    given = {(label.criterion, label.score) for label in anchor.labels}
    if given != {(label.criterion, label.score) for label in labels}:
        out.append(("labels", "the labels do not follow from the points it makes"))
    if anchor.canary and any(score for _, score in given):
        out.append(("canary", "a canary must be labelled 0 throughout"))
    return out
