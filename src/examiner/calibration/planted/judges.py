"""Judges with one known fault each, and one without: they test the probes, as the probes test a judge.

The oracle reads constructed answers by rule (`oracle.py`). Each fault is a small change to how it reads an answer
(`way`), to what it takes for the answer (`guard`), to the points (`points`) or to the levels that it reports (`levels`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from examiner.calibration.planted import oracle
from examiner.calibration.planted.oracle import RIGHT, Way
from examiner.calibration.probes import injections
from examiner.calibration.probes.cases import Case, Sentence, worth
from examiner.calibration.probes.graders import Levels
from examiner.domain.identity import fingerprint
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.domain.score import Turn, Verdict

PREFIX = "planted:"
Verdicts = dict[str, Verdict]


@dataclass(frozen=True)
class Reading:
    """What a planted judge has before it when it reports levels."""

    instance: Instance
    rubric: Rubric
    turns: Sequence[Turn]
    text: str
    verdicts: Verdicts
    orders: tuple[str, ...]


Guard = Callable[[str], tuple[str, tuple[str, ...]]]
Points = Callable[[Verdicts, Instance, str], Verdicts]
Report = Callable[[Levels, Reading], Levels]


def _as_they_are(verdicts: Verdicts, instance: Instance, text: str) -> Verdicts:
    return verdicts


def _as_it_is(levels: Levels, reading: Reading) -> Levels:
    return levels


@dataclass(frozen=True)
class Fault:
    """The one thing that a planted judge does wrong, and the probes that must see it.

    Attributes:
        name: the judge's name behind `planted:`.
        does: the fault in words.
        caught_by: probes that must fail.
        also: probes that may fail, because the fault reaches them by its nature; all others must pass.
        way, guard, points, levels: what differs from the oracle. `levels` is made anew for each judge, so that
            a fault may remember.

    """

    name: str
    does: str
    caught_by: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    way: Way = RIGHT
    guard: Guard = injections.strip
    flags: bool = True
    points: Points = _as_they_are
    levels: Callable[[], Report] = field(default=lambda: _as_it_is)


class PlantedJudge:
    """A grader made from a fault."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._report = fault.levels()
        self.name = PREFIX + fault.name
        self.fingerprint = fingerprint({"planted": fault.name, "does": fault.does})

    def __call__(self, instance: Instance, turns: Sequence[Turn], rubric: Rubric) -> Levels:
        """Return the levels of one answer."""
        said = "\n".join(turn.text for turn in turns)
        text, orders = self._fault.guard(said)
        verdicts = {p.id: oracle.verdict(p, instance, text, self._fault.way) for p in instance.points}
        verdicts = self._fault.points(verdicts, instance, text)
        levels = worth(Case(instance=instance, rubric=rubric, said=(Sentence(text),)), verdicts)
        flags = ("injection",) if orders and self._fault.flags else ()
        levels = levels.model_copy(update={"flags": flags})
        return self._report(levels, Reading(instance, rubric, turns, said, verdicts, orders))
