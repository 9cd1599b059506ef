"""A sitting as it stands: what its events (`domain.events`) have made of it."""

from datetime import datetime
from typing import Literal

from examiner.domain.base import Frozen
from examiner.domain.events import Answered, Created, Drafted, FactAsked, SelfPosed, Spoke
from examiner.domain.loop import PlannedItem

Stage = Literal["waiting", "open", "choosing", "posing", "predicting", "done"]


class TurnState(Frozen):
    """One question put to the candidate and what came back. `auto`: a draft that was submitted by itself."""

    id: str
    asked: str = ""
    probe: str | None = None
    text: str | None = None
    peeked: bool = False
    auto: bool = False
    skipped: bool = False
    asked_at: datetime
    answered_at: datetime | None = None


class ItemState(Frozen):
    """One planned question as it goes.

    `spoken` is what of the next follow-up was shown before it was whole; `leaks` counts what was stopped.
    """

    planned: PlannedItem
    stage: Stage = "waiting"
    turns: tuple[TurnState, ...] = ()
    facts: tuple[FactAsked, ...] = ()
    follow_ups: int = 0
    spoken: tuple[Spoke, ...] = ()
    leaks: int = 0
    prediction: int | None = None

    @property
    def saying(self) -> str:
        """What of the next follow-up was shown already."""
        return " ".join(piece.text for piece in self.spoken)


class SectionState(Frozen):
    """One section's clock. `credit` is time given back for pauses, in seconds."""

    id: str
    first: int
    count: int
    started: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    credit: float = 0.0


class Sitting(Frozen):
    """The state of a sitting; made by `interview.machine.step` alone.

    `late` holds what was said after its section's time: kept, never graded. `multiplier` and
    `breaks_inside` are the accommodations in force. `last` is the time of the last event.
    """

    created: Created
    sections: tuple[SectionState, ...]
    items: tuple[ItemState, ...]
    section: int = 0
    item: int = -1
    status: Literal["ready", "running", "break", "ended"] = "ready"
    break_since: datetime | None = None
    draft: Drafted | None = None
    late: tuple[Answered | SelfPosed, ...] = ()
    multiplier: float = 1.0
    breaks_inside: bool = False
    last: datetime
    ended: str = ""

    @property
    def id(self) -> str:
        """The sitting's id."""
        return self.created.sitting

    @property
    def turn(self) -> TurnState | None:
        """The open turn, or None."""
        if self.status != "running" or self.item < 0 or self.items[self.item].stage != "open":
            return None
        return self.items[self.item].turns[-1]
