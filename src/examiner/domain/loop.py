"""Loop blueprints (data under `vault/loops/`) and the plans drawn from them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from examiner.domain.base import Frozen

SectionKind = Literal["rapid", "deep", "design", "debug", "practice"]


class Draw(Frozen):
    """What to draw: `count` families of a pool, narrowed by phases, areas, levels or ids (empty = any)."""

    count: int = Field(ge=1)
    pool: Literal["questions", "design", "debug"] = "questions"
    phases: tuple[int, ...] = ()
    areas: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


class SectionPlan(Frozen):
    """One timed session of a loop.

    `follow_ups` is the most probes per question; `self_posed` invites the candidate to pose and answer a
    follow-up; `predict` asks for a forecast of the own grade before anything is revealed.
    """

    id: str
    title: str
    kind: SectionKind
    minutes: float = Field(gt=0)
    draws: tuple[Draw, ...] = Field(min_length=1)
    follow_ups: int = Field(default=1, ge=0)
    self_posed: bool = False
    predict: bool = False
    notes: str = ""


class Blueprint(Frozen):
    """A loop: sections in order, each under its own id.

    `disjoint` is how many sittings in a row the vault promises one candidate without a repeated question.
    """

    id: str
    title: str
    about: str = ""
    disjoint: int = Field(default=1, ge=1)
    sections: tuple[SectionPlan, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [section.id for section in self.sections]
        if len(set(ids)) < len(ids):
            raise ValueError(f"two sections have one id: {', '.join(ids)}")
        return self

    def section(self, section_id: str) -> SectionPlan:
        """Return the section of that id. Raises KeyError."""
        for section in self.sections:
            if section.id == section_id:
                return section
        raise KeyError(section_id)


class PlannedItem(Frozen):
    """One question of a plan: `ref` is `family@seed`."""

    section: str
    ref: str
    kind: Literal["question", "design", "debug"]
    title: str
    minutes: float


class Plan(Frozen):
    """What one sitting will ask, in order."""

    blueprint: str
    seed: int
    items: tuple[PlannedItem, ...]
