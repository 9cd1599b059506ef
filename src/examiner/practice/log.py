"""What practice remembers: each answer is an event of the candidate's own stream, written before it is judged."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from examiner.domain.base import Frozen
from examiner.domain.score import State

Source = Literal["next", "daily", "chain", "rerun", "interview"]
ANSWERED, REVIEWED = "practice.answered", "practice.reviewed"


class Answered(Frozen):
    """An answer as given: `predicted` is the own forecast, made before anything was revealed."""

    ref: str
    source: Source
    text: str
    predicted: int | None = Field(default=None, ge=0, le=3)
    seconds: float | None = None


class Reviewed(Frozen):
    """What a judge made of an answer: an estimate of quality on 0-3, never a released score, and the state behind it."""

    ref: str
    quality: int = Field(ge=0, le=3)
    interval: tuple[int, int] = (0, 3)
    judge: str = ""
    request: str = ""
    state: State = "uncalibrated"


class Review(Frozen):
    """An answer with its estimate and the question's axes; what schedules and progress are made of."""

    family: str
    ref: str
    at: datetime
    source: Source
    quality: int
    state: State = "uncalibrated"
    predicted: int | None = None
    areas: tuple[str, ...] = ()
    track: str = ""
    level: str = ""
    zone: str = ""
    phase: int = 0


Axes = Mapping[str, Mapping[str, Any]]


def reviews(events: Iterable[tuple[str, Mapping[str, Any], datetime]], axes: Axes) -> list[Review]:
    """Return the judged answers of a stream, oldest first.

    Args:
        events: (kind, body, time) as the ledger has them.
        axes: areas, track, level, zone and phase by family id; a family that has left the vault is left out.

    """
    made: list[Review] = []
    waiting: list[tuple[Answered, datetime]] = []
    for kind, body, at in events:
        if kind == ANSWERED:
            waiting.append((Answered.model_validate(body), at))
        elif kind == REVIEWED:
            judged = Reviewed.model_validate(body)
            place = next((n for n, (a, _) in enumerate(waiting) if a.ref == judged.ref), None)
            if place is None:
                continue
            answered, when = waiting.pop(place)
            family = answered.ref.partition("@")[0]
            if family in axes:
                made.append(
                    Review(
                        family=family,
                        ref=answered.ref,
                        at=when,
                        source=answered.source,
                        quality=judged.quality,
                        state=judged.state,
                        predicted=answered.predicted,
                        **axes[family],
                    )
                )
    return made


def unjudged(events: Iterable[tuple[str, Mapping[str, Any], datetime]]) -> list[Answered]:
    """Return the answers that were kept but not judged: the process ended in between."""
    waiting: list[Answered] = []
    for kind, body, _ in events:
        if kind == ANSWERED:
            waiting.append(Answered.model_validate(body))
        elif kind == REVIEWED:
            ref = body["ref"]
            place = next((n for n, a in enumerate(waiting) if a.ref == ref), None)
            if place is not None:
                waiting.pop(place)
    return waiting
