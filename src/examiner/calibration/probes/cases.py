"""Answers whose worth is known by construction: each sentence is tied to the rubric points that it makes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

from examiner.calibration.probes.graders import Levels, levels_of
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.domain.score import Judgement, PointVerdict, Turn, Verdict
from examiner.judge.score import compute

# True, and nothing to do with any question: what pads an answer, and what an answer of level 0 says.
NEUTRAL = (
    "Rivers carry sediment towards the sea and build deltas where the current slows.",
    "Bread rises since yeast turns sugar into gas that the dough holds back.",
    "A sundial follows the sun, so it drifts against the kitchen clock over the seasons.",
    "Cork floats well, which is why fishermen tied it to the upper edge of their nets.",
    "Violins are varnished to keep damp out of the wood and to please the eye.",
    "Swallows gather on wires in autumn before they leave for warmer countries.",
    "Old harbours silt up slowly, and towns beside them have moved more than once.",
    "A pendulum clock loses time in summer, as the rod grows longer in the heat.",
)
_TRIES = 24


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer and the points that it makes; () where none or unknown."""

    text: str
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One answer to one question.

    Attributes:
        said: the main answer, sentence by sentence.
        later: turns after the main answer.
        source: `constructed` where the points of each sentence are known, `model` for the vault's own
            model answer, `given` for answers that a caller brought.

    """

    instance: Instance
    rubric: Rubric
    said: tuple[Sentence, ...]
    later: tuple[Turn, ...] = ()
    source: str = "constructed"

    @property
    def text(self) -> str:
        """The main answer as text."""
        return " ".join(sentence.text for sentence in self.said)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The answer as a judge sees it."""
        return (Turn(text=self.text, asked=self.instance.prompt), *self.later)

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria that this question has points for, in rubric order."""
        used = {point.criterion for point in self.instance.points}
        return tuple(name for name in self.rubric.criteria if name in used)

    def saying(self, text: str) -> "Case":
        """Return the case with another main answer."""
        return replace(self, said=(Sentence(text),))


@dataclass(frozen=True)
class Base:
    """All that the probes start from for one question."""

    full: Case
    model: Case
    rungs: Mapping[int, Case]
    other: Case
    given: tuple[Case, ...] = ()

    @property
    def instance(self) -> Instance:
        """The question."""
        return self.full.instance

    @cached_property
    def complete(self) -> tuple[Case, ...]:
        """The answers of full worth; one where the model answer is the claims themselves."""
        return (self.full,) if self.full.text == self.model.text else (self.full, self.model)

    @cached_property
    def partial(self) -> tuple[Case, ...]:
        """The answers with room above them."""
        return tuple(self.rungs[level] for level in (1, 2) if level in self.rungs)

    @cached_property
    def any(self) -> tuple[Case, ...]:
        """Answers of all kinds, those that the caller brought among them."""
        return (*self.complete, *self.partial, *self.given)


def constructed(instance: Instance, rubric: Rubric) -> Case:
    """Return the answer that says each point's claim and nothing else."""
    said = tuple(Sentence(sentence(point.claim), (point.id,)) for point in instance.points)
    return Case(instance=instance, rubric=rubric, said=said)


def sentence(claim: str) -> str:
    """Return a claim as a sentence of its own."""
    text = " ".join(claim.split())
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def build(instance: Instance, rubric: Rubric, other: Case, rng: Random, given: Sequence[str] = ()) -> Base:
    """Return the base answers of one question: in full, by its author, at each level, and those that were given.

    Args:
        instance: the question.
        rubric: what its points are worth.
        other: a good answer to another question.
        rng: picks the points that an answer between the levels makes.
        given: texts of further answers, of unknown level.

    """
    full = constructed(instance, rubric)
    model = replace(full, said=(Sentence(" ".join(instance.model_answer.split())),), source="model")
    brought = tuple(replace(full, said=(Sentence(text),), source="given") for text in given)
    return Base(full=full, model=model, rungs=ladder(full, rng), other=other, given=brought)


def ladder(full: Case, rng: Random) -> dict[int, Case]:
    """Return an answer for each level that a part of the full one can have: 0 says nothing on the question."""
    rungs = {0: replace(full, said=tuple(Sentence(text) for text in rng.sample(NEUTRAL, 2))), 3: full}
    for _ in range(_TRIES):
        order = list(full.said)
        rng.shuffle(order)
        for size in range(1, len(order)):
            kept = order[:size]
            case = replace(full, said=tuple(s for s in full.said if s in kept))
            rungs.setdefault(truth(case).quality, case)
        if len(rungs) == 4:
            break
    return dict(sorted(rungs.items()))


def truth(case: Case, weakened: Mapping[str, Verdict] | None = None) -> Levels:
    """Return the levels that a constructed answer is worth: each stated point met, the others not.

    Args:
        case: an answer whose sentences name their points.
        weakened: verdicts for points that the text states wrongly or in part.

    """
    stated = {point for s in case.said for point in s.points}
    verdicts: dict[str, Verdict] = {p.id: "met" if p.id in stated else "not_met" for p in case.instance.points}
    return worth(case, verdicts | dict(weakened or {}))


def worth(case: Case, verdicts: Mapping[str, Verdict]) -> Levels:
    """Return the levels that point verdicts make under the case's rubric."""
    points = tuple(
        PointVerdict(point=p.id, criterion=p.criterion, claim=p.claim, verdict=verdicts[p.id])
        for p in case.instance.points
    )
    judgement = Judgement(judge="by construction", observed_fingerprint="", points=points)
    return levels_of(compute(judgement, case.instance, case.turns, case.rubric))
