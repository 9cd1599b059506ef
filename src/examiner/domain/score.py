"""What a judge said of an answer, and what code made of it.

The judge decides points. Code turns points into criterion qualities, those into the answer's
quality, and quality into a score by applying caps, each with its reason.
"""

from typing import Literal

from examiner.domain.base import Frozen

Verdict = Literal["met", "partly", "not_met", "contradicted", "unclear", "disputed"]
NumberVerdictName = Literal[
    "right",
    "carried",
    "mistake",
    "disputed",
    "wrong_unit",
    "wrong_power",
    "missing_factor",
    "wrong",
    "absent",
]
State = Literal["uncalibrated", "reference", "provisional", "calibrated", "expired", "blocked"]


class Turn(Frozen):
    """One thing the candidate said: the main answer (index 0) or the answer to a follow-up.

    `asked` is what it answers (never a source of evidence); `peeked` tells whether a hint or a revealed
    fact preceded it; `probe` is the follow-up's id, `self-posed` for a follow-up that the
    candidate posed.
    """

    text: str
    asked: str = ""
    probe: str | None = None
    peeked: bool = False


class Span(Frozen):
    """Characters `start` to `end` of the original text of turn `turn`."""

    turn: int
    start: int
    end: int


class NumberVerdict(Frozen):
    """What code found out about one keyed quantity in what the candidate said."""

    quantity: str
    verdict: NumberVerdictName
    role: str = "step"
    stated: str = ""
    value: float | None = None
    unit: str = ""
    key: float | None = None
    key_unit: str = ""
    span: Span | None = None
    mistake: str | None = None
    note: str = ""


class PointVerdict(Frozen):
    """One rubric point: the verdict, its reason, and the candidate's own words that carry it."""

    point: str
    criterion: str
    claim: str
    verdict: Verdict
    quote: str = ""
    span: Span | None = None
    confidence: float = 1.0
    prompted: bool = False
    reason: str = ""


class Flag(Frozen):
    """Something a person may want to look at; a flag never takes points away."""

    kind: str
    detail: str = ""
    span: Span | None = None


class Judgement(Frozen):
    """All that a judge says of one row: a question with every turn of its answer.

    `judge` names the judge; `observed_fingerprint` is what a certificate certifies.
    `trivial` is the reason why the whole answer is empty of content, else "".
    """

    judge: str
    observed_fingerprint: str
    request_fingerprint: str = ""
    points: tuple[PointVerdict, ...]
    numbers: tuple[NumberVerdict, ...] = ()
    mistakes: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    trivial: str = ""


class Cap(Frozen):
    """A ceiling on the score (or on one criterion), with the rule and the reason in words."""

    rule: str
    ceiling: float
    reason: str
    criterion: str | None = None


class CriterionScore(Frozen):
    """One rubric dimension of one answer: earned share of its points and the level it makes."""

    criterion: str
    quality: int
    share: float
    points: tuple[PointVerdict, ...]


class Score(Frozen):
    """What code makes of a judgement. `quality` is before caps, `score` after; both on 0-3."""

    question: str
    quality: int
    score: int
    share: float
    unprompted_share: float
    interval: tuple[int, int]
    criteria: tuple[CriterionScore, ...]
    caps: tuple[Cap, ...] = ()
    judgement: Judgement


class Release(Frozen):
    """What may be shown of a score, and why. Made by the gate alone.

    `released` is a score under a certificate; otherwise `reason` says why there is none and `remedy` what
    would change that. `label` is the word to put beside the figure. `test`: it rests on a fixture of the test-only trust
    root and is worth nothing.
    """

    policy: str
    state: State
    released: int | None = None
    shown: int | None = None
    label: str = ""
    reason: str = ""
    remedy: str = ""
    certificates: tuple[str, ...] = ()
    test: bool = False
