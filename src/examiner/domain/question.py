"""Questions as they are written (a family) and as they are asked (an instance).

A family is one YAML file; drawing its parameters with a seed gives an instance.
Every number of an instance is computed from formulas; no key is ever typed in.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from examiner.domain.base import Frozen

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$", max_length=60)]
Level = Literal["L1", "L2", "L3", "L4", "L5", "L6+"]
Role = Literal["given", "step", "final"]
Scalar = float | int | str


class Parameter(Frozen):
    """One axis along which a family varies.

    Exactly one source: `choices` (numbers in `unit`, or plain words), or `from_` a
    specification table (`hardware`, `models`, `prices`) with `choices` naming its entries; each
    numeric field of the entry is then usable in formulas as `parameter.field`, and any
    field in templates as `{{ parameter.field }}`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Literal["hardware", "models", "prices"] | None = Field(default=None, alias="from")
    choices: tuple[Scalar, ...] = Field(min_length=1)
    unit: str = "1"


class Assumption(Frozen):
    """Another value a candidate may reasonably assume for a given.

    An answer that states it (one of `words` stands in the text) and computes correctly from it is
    disputed and goes to a person; it is never simply wrong.
    """

    of: str
    value: float
    unit: str = "1"
    words: tuple[str, ...] = Field(min_length=1)


class QuantitySpec(Frozen):
    """A named number of a family, computed by `formula` and expressed in `unit`.

    `tolerance` is relative: 0.02 accepts |ln(stated / key)| <= ln(1.02).
    """

    name: Name
    say: str
    formula: str
    unit: str = "1"
    role: Role = "step"
    tolerance: float = Field(default=0.03, ge=0, le=1.0)
    assumptions: tuple[Assumption, ...] = ()


class PointSpec(Frozen):
    """One atomic claim that a good answer makes.

    Args:
        claim: the claim as a full sentence (may be a template).
        variants: other wordings of the same claim, as candidates really say it.
        needs: groups of alternatives; an answer that makes the claim says at least one
            alternative of EACH group (matched as word stems, in one passage). Leave empty where
            the claim and variants suffice.
        denies: wordings that assert the opposite; they make the point contradicted.
        quantity: the quantity whose verified value earns this point; the words do not matter then.
        prompted_credit: what the point is worth when it was made only after a follow-up.

    """

    id: Slug
    criterion: str
    claim: str
    variants: tuple[str, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    denies: tuple[str, ...] = ()
    quantity: Name | None = None
    weight: float = Field(default=1.0, gt=0, le=5)
    critical: bool = False
    prompted_credit: float = Field(default=1.0, ge=0, le=1)


class MistakeSpec(Frozen):
    """A recognised mistake: a formula whose value betrays it, or wordings that do, or both."""

    id: Slug
    means: str
    quantity: Name | None = None
    formula: str | None = None
    wording: tuple[str, ...] = ()
    follow_up: Slug | None = None


class FollowUpSpec(Frozen):
    """A probe, bound to the points it may earn and the mistakes it may correct."""

    id: Slug
    ask: str
    points: tuple[Slug, ...] = ()
    mistakes: tuple[Slug, ...] = ()
    hint: str = ""


class Invitation(Frozen):
    """The follow-up that a full answer to this question invites, with its own answer."""

    ask: str
    answer: str


class Fact(Frozen):
    """Something about the system that is told only when the candidate asks for it.

    `asks` are words or phrases that ask for it; `herring` marks a true fact that leads nowhere.
    """

    id: Slug
    asks: tuple[str, ...] = Field(min_length=1)
    tells: str
    herring: bool = False


class Branch(Frozen):
    """One node of a diagnosis tree: what to look at, what it would show, and where that leads."""

    id: Slug
    look: str
    yes: str
    no: str


class Feasibility(Frozen):
    """An executable constraint on a proposed design: `left relation right`, in `unit`.

    The formulas see the scenario's quantities and parameters and the candidate's choices (`tp`, `pp`, `replicas`,
    `weight_bits`, ...). `says` explains a violation and may use `{{ left }}` and `{{ right }}`.
    """

    id: Slug
    left: str
    relation: Literal["<=", "<", ">=", ">"]
    right: str
    unit: str = "1"
    says: str


class Provenance(Frozen):
    """Where a text comes from and who has read it: said truthfully."""

    origin: Literal["original", "imported"] = "original"
    written_by: Literal["model", "human"] = "model"
    reviewed_by: tuple[str, ...] = ()
    licence: str = "Apache-2.0"
    source: str = ""


class Card(Frozen):
    """What a family is chosen by: its name, its place, and the next of its chain. `kind` chooses its criteria file.

    `asks` are the requests of the prompt, from which zone and level follow (`vault/codebook.py`).
    """

    id: Slug
    kind: Literal["question", "design", "debug"] = "question"
    title: str
    topic: Slug
    track: Slug
    zone: Slug
    level: Level
    asks: tuple[Slug, ...] = ()
    phase: int = Field(ge=0)
    areas: tuple[Slug, ...] = Field(min_length=1)
    sessions: tuple[Literal["rapid", "deep", "drill"], ...] = Field(min_length=1)
    minutes: float = Field(gt=0, le=60)
    chain_next: Slug | None = None


class Family(Card):
    """A question family: one file under `vault/questions/<area>/` or `vault/scenarios/<kind>/`.

    `facts` are told when asked for; `tree` is the diagnosis tree of a debugging scenario; `choices` (with their
    defaults) and `feasibility` make a design scenario executable.
    """

    parameters: dict[Name, Parameter] = {}
    prompt: str
    quantities: tuple[QuantitySpec, ...] = ()
    rubric: tuple[PointSpec, ...] = Field(min_length=2)
    mistakes: tuple[MistakeSpec, ...] = Field(min_length=1)
    follow_ups: tuple[FollowUpSpec, ...] = Field(min_length=1)
    invites: Invitation
    model_answer: str
    facts: tuple[Fact, ...] = ()
    tree: tuple[Branch, ...] = ()
    choices: dict[Name, float] = {}
    feasibility: tuple[Feasibility, ...] = ()
    provenance: Provenance = Provenance()
    sources: tuple[str, ...] = ()


# --- as asked ---------------------------------------------------------------------------------


class Alternative(Frozen):
    """The value a quantity takes under an admissible assumption, and the words that state it."""

    label: str
    value: float
    words: tuple[str, ...]


class Key(Frozen):
    """A quantity of one instance: `value` is in `unit`, computed, never typed."""

    name: str
    say: str
    role: Role
    unit: str
    value: float
    tolerance: float
    formula: str
    alternatives: tuple[Alternative, ...] = ()


class Signature(Frozen):
    """The number that a recognised mistake produces, in the unit of the quantity it spoils."""

    mistake: str
    quantity: str
    value: float
    unit: str


class Measure(Frozen):
    """A plain number with its unit, as formulas see it."""

    value: float
    unit: str = "1"


class Point(Frozen):
    """A rubric point of one instance: templates rendered."""

    id: str
    criterion: str
    claim: str
    variants: tuple[str, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    denies: tuple[str, ...] = ()
    quantity: str | None = None
    weight: float = 1.0
    critical: bool = False
    prompted_credit: float = 1.0


class Mistake(Frozen):
    """A recognised mistake of one instance."""

    id: str
    means: str
    wording: tuple[str, ...] = ()
    follow_up: str | None = None


class FollowUp(Frozen):
    """A probe of one instance."""

    id: str
    ask: str
    points: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    hint: str = ""


class Instance(BaseModel):
    """A question as asked: a family with its parameters drawn.

    `ref` is `family@seed`; `rubric_hash` names points, mistakes, follow-ups and formulas (not the drawn
    numbers), so that a certificate can tell an edited rubric from a new draw.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ref: str
    family: str
    kind: Literal["question", "design", "debug"] = "question"
    seed: int
    title: str
    topic: str
    track: str
    zone: str
    level: str
    phase: int
    areas: tuple[str, ...]
    minutes: float
    prompt: str
    keys: tuple[Key, ...] = ()
    inputs: dict[str, Measure] = {}
    signatures: tuple[Signature, ...] = ()
    points: tuple[Point, ...]
    mistakes: tuple[Mistake, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    invites: Invitation | None = None
    model_answer: str
    facts: tuple[Fact, ...] = ()
    tree: tuple[Branch, ...] = ()
    choices: dict[str, float] = {}
    feasibility: tuple[Feasibility, ...] = ()
    rubric_hash: str = ""

    def point(self, point_id: str) -> Point:
        """Return the point of that id. Raises KeyError where there is none."""
        for point in self.points:
            if point.id == point_id:
                return point
        raise KeyError(point_id)

    @property
    def has_arithmetic(self) -> bool:
        """Whether there was arithmetic to say: a final quantity stands in the keys."""
        return any(key.role == "final" for key in self.keys)
