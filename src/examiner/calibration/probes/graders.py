"""A judge as the probes and the sentinels see it: an answer in, levels per criterion out."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from examiner.domain.base import Frozen
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.domain.score import Score, Turn
from examiner.judge.bench import Judge, assess

QUALITY = "quality"  # the whole answer's level, beside those of its criteria


class Levels(Frozen):
    """What a judge made of one answer: levels 0 to 3 per criterion, the whole answer's, and the kinds of its flags.

    `unclear` counts the points that the judge would not decide; an abstention is visible there. `fingerprint` is what
    was observed with this answer; "" where the judge does not say.
    """

    criteria: Mapping[str, int]
    quality: int
    flags: tuple[str, ...] = ()
    unclear: int = 0
    fingerprint: str = ""

    def of(self, name: str) -> int:
        """Return the level of a criterion, or of the whole answer under the name `quality`."""
        return self.quality if name == QUALITY else self.criteria[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The criteria, then `quality`."""
        return (*self.criteria, QUALITY)


class Grader(Protocol):
    """Anything that gives levels to an answer: a judge on its bench, or a planted one."""

    name: str

    @property
    def fingerprint(self) -> str:
        """The hash of all that decides its levels."""
        ...

    def __call__(self, instance: Instance, turns: Sequence[Turn], rubric: Rubric) -> Levels:
        """Return the levels of one answer."""
        ...


class BenchGrader:
    """A real judge with all that the bench does to what it says: evidence, design checks, points to levels."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.name = judge.name

    @property
    def fingerprint(self) -> str:
        """What the judge says of itself now."""
        return self._judge.observed_fingerprint

    def __call__(self, instance: Instance, turns: Sequence[Turn], rubric: Rubric) -> Levels:
        """Return the levels of one answer."""
        return levels_of(assess(self._judge, instance, turns, rubric))


def levels_of(score: Score) -> Levels:
    """Return a score's levels before caps: caps are rules about the sitting, not the judge's work."""
    points = [p for c in score.criteria for p in c.points]
    return Levels(
        criteria={c.criterion: c.quality for c in score.criteria},
        quality=score.quality,
        flags=tuple(dict.fromkeys(f.kind for f in score.judgement.flags)),
        unclear=sum(p.verdict == "unclear" for p in points),
        fingerprint=score.judgement.observed_fingerprint,
    )
