"""Loop blueprints (data under `vault/loops/`) and the plans drawn from them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from examiner.domain.base import Frozen
from examiner.domain.question import Level

SectionKind = Literal["rapid", "deep", "design", "debug", "practice"]


class Draw(Frozen):
    """What to draw: `count` families of a pool, narrowed by phases, areas, levels or ids (empty = any).

    In an adaptive section `count` chains are drawn; `steps` questions are asked along each, within `levels`, the first
    at `start` or the next level below it that the chain has.
    """

    count: int = Field(ge=1)
    pool: Literal["questions", "design", "debug"] = "questions"
    phases: tuple[int, ...] = ()
    areas: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    steps: int = Field(default=1, ge=1)
    start: Level | None = None


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
    adaptive: bool = False
    notes: str = ""

    @model_validator(mode="after")
    def _steps_belong_to_chains(self) -> Self:
        for draw in self.draws:
            if self.adaptive and (draw.steps < 2 or draw.start is None or draw.pool != "questions"):
                raise ValueError(f"section '{self.id}' is adaptive: its draws need start, steps >= 2, pool questions")
            if not self.adaptive and (draw.steps > 1 or draw.start is not None):
                raise ValueError(f"section '{self.id}' is not adaptive: its draws have neither steps nor start")
        return self


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

    @property
    def adaptive(self) -> bool:
        """Whether what is asked depends on what was answered: then no two candidates need get the same form."""
        return any(section.adaptive for section in self.sections)

    def section(self, section_id: str) -> SectionPlan:
        """Return the section of that id. Raises KeyError."""
        for section in self.sections:
            if section.id == section_id:
                return section
        raise KeyError(section_id)


class PlannedItem(Frozen):
    """One question of a plan: `ref` is `family@seed`; `ladder` is the number of the chain it is a step of, if it is."""

    section: str
    ref: str
    kind: Literal["question", "design", "debug"]
    title: str
    minutes: float
    ladder: int | None = None


class Rung(Frozen):
    """What may be asked at one level of a chain: the chain's own question first, then others of its level and subject."""

    level: str
    items: tuple[PlannedItem, ...] = Field(min_length=1)


class Ladder(Frozen):
    """A chain as one sitting may walk it, lowest level first; `start` is where it begins. All of it is drawn by the seed."""

    chain: str
    start: int = Field(ge=0)
    rungs: tuple[Rung, ...] = Field(min_length=1)


class Plan(Frozen):
    """What one sitting will ask, in order.

    An item of a ladder behind its first stands there as it comes for a candidate who goes up all the way.
    """

    blueprint: str
    seed: int
    items: tuple[PlannedItem, ...]
    ladders: tuple[Ladder, ...] = ()
