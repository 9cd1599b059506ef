"""Anchors: answers with the raw labels of everyone who rated them, and what such labels are worth.

A label says who made it: a person (`human`), a model (`model`) or a rule (`constructed`). Only labels by people can
open a gate; all else is good for the state `reference` at most. A mean is never stored, only ever computed.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field, model_validator

from examiner.domain.base import Frozen
from examiner.domain.score import State, Turn, Verdict

Provenance = Literal["human", "model", "constructed"]
Split = Literal["tuning", "gate"]
OVERALL = "overall"  # the criterion of a label that judges the answer as a whole
STRENGTH: tuple[Provenance, ...] = ("human", "constructed", "model")  # which labels count where several kinds stand


class Label(Frozen):
    """One rater's raw score of one criterion of one answer; `score` None means "cannot say", which is not 0."""

    rater: str = Field(min_length=1)
    criterion: str = Field(min_length=1)
    score: float | None
    at: str = ""
    by: Provenance

    @model_validator(mode="after")
    def _finite(self) -> "Label":
        if self.score is not None and not math.isfinite(self.score):
            raise ValueError(f"the score {self.score} of rater '{self.rater}' is not a number")
        return self


class Decision(Frozen):
    """What a person settled where raters disagreed: the integer, who decided, and why. Raw labels stay."""

    criterion: str
    score: int
    by: str = Field(min_length=1)
    why: str = Field(min_length=1)
    at: str = ""


class Anchor(Frozen):
    """An answer to one question with every raw label.

    Attributes:
        question: a vault reference `family@seed`, or any id of a question whose `prompt` stands here.
        question_hash: the rubric hash of the question when it was labelled.
        turns: what was said; the first is the main answer.
        wrote: who wrote the answer, None where nobody said (the labels say for themselves who made them).
        split: anchors for tuning are never used by a gate, and the other way round; split by question.
        canary: known to be worthless; must score 0 or be flagged.
        points: for constructed labels, the verdict that each rubric point was written to earn.

    """

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    question_hash: str
    turns: tuple[Turn, ...] = Field(min_length=1)
    prompt: str = ""
    reference: str = ""
    wrote: Provenance | None = None
    labels: tuple[Label, ...] = ()
    decisions: tuple[Decision, ...] = ()
    split: Split = "gate"
    canary: bool = False
    style: str = ""
    points: dict[str, Verdict] = {}

    @property
    def text(self) -> str:
        """The main answer."""
        return self.turns[0].text

    @property
    def family(self) -> str:
        """The question without its variant: what a split and a cluster go by."""
        return self.question.partition("@")[0]

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria that anybody labelled, in the order of the labels."""
        return tuple(dict.fromkeys(label.criterion for label in self.labels))

    def scores(self, criterion: str) -> dict[str, float]:
        """Return the latest score of each rater on a criterion, of the strongest provenance present.

        Where people labelled, neither a model's label nor a constructed one stands beside theirs.
        """
        for provenance in STRENGTH:
            found = {
                label.rater: label.score
                for label in self.labels
                if label.criterion == criterion and label.by == provenance
            }
            if found:
                return {rater: score for rater, score in found.items() if score is not None}
        return {}

    def mean(self, criterion: str) -> float | None:
        """Return the unrounded mean over raters (for bias and spread), or the decision; None where nobody scored."""
        decided = self.decided(criterion)
        if decided is not None:
            return float(decided)
        scores = self.scores(criterion)
        return sum(scores.values()) / len(scores) if scores else None

    def level(self, criterion: str) -> int | None:
        """Return the integer that agreement is measured against: the decision, else the mean rounded half up."""
        mean = self.mean(criterion)
        return None if mean is None else half_up(mean)

    def decided(self, criterion: str) -> int | None:
        """Return the latest decision on a criterion, or None."""
        return next((d.score for d in reversed(self.decisions) if d.criterion == criterion), None)

    def provenance(self, criterion: str) -> Provenance | None:
        """Return who made the labels that count for a criterion; None where there are none."""
        made = {label.by for label in self.labels if label.criterion == criterion}
        return next((p for p in STRENGTH if p in made), None)


class Standing(Frozen):
    """The best state that a set of anchors can give any judge, and why no better one."""

    best: State
    human: bool
    why: str


def standing_of(anchors: Iterable[Anchor]) -> Standing:
    """Return which state a judge can reach on these anchors at most.

    `calibrated` only where every label that counts on every gate anchor was made by a person; one constructed or
    model-made label among them and the whole set is a `reference`. Without gate labels nothing can be said.
    """
    counts: dict[str, int] = {}
    for anchor in anchors:
        if anchor.split == "gate":
            for criterion in anchor.criteria:
                made = anchor.provenance(criterion)
                counts[made or "none"] = counts.get(made or "none", 0) + 1
    total = sum(counts.values())
    if not total:
        return Standing(best="uncalibrated", human=False, why="no gate anchor has a label")
    if counts.get("human") == total:
        return Standing(best="calibrated", human=True, why="every gate label was made by a person")
    others = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()) if kind != "human")
    return Standing(
        best="reference",
        human=False,
        why=f"of {total} gate labels not all were made by people ({others}): this is no human calibration",
    )


def half_up(value: float) -> int:
    """Round half up: 2.5 gives 3 and 0.5 gives 1 (Python's own `round` gives 2 and 0)."""
    return math.floor(value + 0.5)


def disagreements(anchor: Anchor, raters: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the criteria on which people's latest scores differ, or on which one of them could not say."""
    out = []
    for criterion in anchor.criteria:
        last = {
            label.rater: label.score
            for label in anchor.labels
            if label.criterion == criterion and label.by == "human" and (not raters or label.rater in raters)
        }
        if len(last) >= 2 and len(set(last.values())) > 1:
            out.append(criterion)
    return tuple(out)
