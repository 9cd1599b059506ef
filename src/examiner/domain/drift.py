"""A judge on its frozen sentinels: what was audited, what flipped, and what that says of it."""

from datetime import datetime
from typing import Literal

from examiner.domain.base import Frozen
from examiner.domain.identity import fingerprint

DriftState = Literal["ok", "drifted", "void", "unwatched"]


class Sentinel(Frozen):
    """An answer whose levels were frozen: re-judged, it must get them again.

    `rubric_hash` is the question's when the levels were frozen; after a change of the question it tells nothing
    of the judge any more. `fingerprint` is the one observed with this answer: a model judge has one for each kind of
    question.
    """

    id: str
    question: str
    answer: str
    levels: dict[str, int]
    fingerprint: str
    rubric_hash: str = ""


class SentinelSet(Frozen):
    """Sentinels with the judge that their levels were frozen from."""

    judge: str
    sentinels: tuple[Sentinel, ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints that the judge had when its levels were frozen."""
        return tuple(sorted({s.fingerprint for s in self.sentinels}))

    @property
    def hash(self) -> str:
        """The tagged hash of the answers and levels; an audit names it."""
        return fingerprint(self)


class Tally(Frozen):
    """One criterion in one audit: how many sentinels, how many flipped, and which way."""

    n: int
    flips: int
    up: int = 0
    down: int = 0


class Flip(Frozen):
    """One level that was not what it was."""

    sentinel: str
    criterion: str
    was: int
    now: int


class Audit(Frozen):
    """One re-judging of a sentinel set.

    Attributes:
        at: when.
        judge: the judge's name.
        frozen: the fingerprints that the levels were frozen from.
        changed: fingerprints observed now with an answer that had another one when it was frozen.
        sentinels: the hash of the set.
        tallies: per criterion, `quality` among them.
        errors: sentinels that got no levels; they count as nothing, neither as flips nor as agreement.
        stale: sentinels whose question has changed; left out.

    """

    at: datetime
    judge: str
    frozen: tuple[str, ...]
    sentinels: str
    tallies: dict[str, Tally]
    changed: tuple[str, ...] = ()
    flips: tuple[Flip, ...] = ()
    errors: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


class Standing(Frozen):
    """Whether a judge still is what its certificate says.

    `criteria` are those that moved; `claimed` those of them for which the e-process has reached its limit.
    """

    state: DriftState
    reason: str
    criteria: tuple[str, ...] = ()
    claimed: tuple[str, ...] = ()
    audits: int = 0
    last: datetime | None = None


class Step(Frozen):
    """One audit on a criterion's control chart."""

    at: datetime
    n: int
    flips: int
    cusum: float
    log_e: float


class Chart(Frozen):
    """The course of one criterion, with the limits that its lines must not reach."""

    criterion: str
    steps: tuple[Step, ...]
    cusum_limit: float
    log_e_limit: float
    usual_rate: float
    detected: bool
    claimed: bool
