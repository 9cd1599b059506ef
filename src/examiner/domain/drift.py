"""A judge on its frozen sentinels: what was audited, what flipped, and what that says of it."""

from datetime import datetime
from typing import Literal

from examiner.domain.base import Frozen
from examiner.domain.identity import fingerprint

DriftState = Literal["ok", "drifted", "void", "unwatched"]


class Sentinel(Frozen):
    """An answer whose levels were frozen: re-judged, it must get them again.

    `rubric_hash` is the question's when the levels were frozen; after a change of the question it tells nothing
    of the judge any more.
    """

    id: str
    question: str
    answer: str
    levels: dict[str, int]
    rubric_hash: str = ""


class SentinelSet(Frozen):
    """Sentinels with the judge that their levels were frozen from."""

    judge: str
    fingerprint: str
    sentinels: tuple[Sentinel, ...]

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
        fingerprints: every fingerprint observed during the audit; more than one is a change in its midst.
        frozen: the fingerprint that the levels were frozen from.
        sentinels: the hash of the set.
        tallies: per criterion, `quality` among them.
        errors: sentinels that got no levels; they count as nothing, neither as flips nor as agreement.
        stale: sentinels whose question has changed; left out.

    """

    at: datetime
    judge: str
    fingerprints: tuple[str, ...]
    frozen: str
    sentinels: str
    tallies: dict[str, Tally]
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
