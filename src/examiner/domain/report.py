"""What a report shows: plain values, ready for terminal, JSON, Markdown and HTML alike."""

from examiner.domain.base import Frozen
from examiner.domain.score import Release, Score, Turn


class AskedItem(Frozen):
    """One question of a sitting as it went: what was asked, said, found and allowed to be shown.

    `prediction` is the candidate's own 0-3 forecast made before any grade was seen; `seconds` is the time
    spent on the row; `model_answer` and `invites` are shown only after the sitting has ended.
    """

    ref: str
    title: str
    section: str
    kind: str
    phase: int
    areas: tuple[str, ...]
    level: str
    prompt: str
    turns: tuple[Turn, ...]
    score: Score | None
    release: Release
    prediction: int | None = None
    seconds: float | None = None
    minutes: float | None = None
    model_answer: str = ""
    invites: str = ""
    invites_answer: str = ""
    note: str = ""


class Row(Frozen):
    """One row of the competency matrix.

    `value` is the row's level by the rule in `rubrics/`, None where nothing was asked (never 0);
    `lowest` is its lowest answer; `label` says how far the figure may be trusted.
    """

    area: str
    title: str
    value: float | None
    lowest: int | None
    scores: tuple[int, ...]
    refs: tuple[str, ...]
    phases: tuple[int, ...]
    label: str = ""


class Revision(Frozen):
    """One line of the revision list: a row at 1 or below, the phases it maps to, and what was missing."""

    area: str
    title: str
    phases: tuple[int, ...]
    phase_titles: tuple[str, ...]
    missing: tuple[str, ...]
    mistakes: tuple[str, ...]
    refs: tuple[str, ...]


class SectionReport(Frozen):
    """One timed session of a loop: its clock and how many derivations with numbers it surfaced."""

    id: str
    title: str
    kind: str
    minutes: float
    used_seconds: float | None
    ended: str
    derivations: int | None = None
    derivations_mark: int = 5


class CandidateCard(Frozen):
    """The whole report of a sitting.

    `released` tells whether any score stands under a certificate; `standing` is the sentence that says
    how far the figures may be trusted, shown wherever a figure is.
    """

    sitting: str
    candidate: str
    loop: str
    seed: int
    started: str
    ended: str
    judge: str
    fingerprint: str
    policy: str
    released: bool
    standing: str
    sections: tuple[SectionReport, ...]
    rows: tuple[Row, ...]
    revision: tuple[Revision, ...]
    items: tuple[AskedItem, ...]
    notes: tuple[str, ...] = ()
