"""Criterion definitions: what each level means, weights, cuts, caps, aggregation."""

from typing import Literal

from pydantic import Field, model_validator

from examiner.domain.base import Frozen


class CriterionDef(Frozen):
    """One rubric dimension."""

    title: str
    asks: str
    weight: float = Field(default=1.0, gt=0)


class CapDef(Frozen):
    """A rule's ceiling, on the answer's score or on one criterion."""

    ceiling: float
    reason: str
    criterion: str | None = None


class Rubric(Frozen):
    """One file under `rubrics/`.

    `cuts` gives for levels 1 to 3 the smallest weighted share of points; `row` the rule that turns a
    competency row's scores into its value.
    """

    id: str
    criteria: dict[str, CriterionDef]
    levels: dict[int, str]
    cuts: dict[int, float]
    partly: float = Field(ge=0, le=1)
    critical_ceiling: int
    caps: dict[str, CapDef]
    row: Literal["median"] = "median"

    @model_validator(mode="after")
    def _ordered(self) -> "Rubric":
        if sorted(self.cuts) != [1, 2, 3] or not self.cuts[1] < self.cuts[2] < self.cuts[3]:
            raise ValueError("cuts must rise over the levels 1, 2, 3")
        return self

    def level(self, share: float) -> int:
        """Return the level (0-3) that a weighted share of points (0-1) makes."""
        return max((level for level, cut in self.cuts.items() if share >= cut - 1e-9), default=0)
