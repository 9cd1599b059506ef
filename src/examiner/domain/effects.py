"""What must be done about an event of a sitting: asked, chosen, closed, graded or refused."""

from typing import Literal

from examiner.domain.base import Frozen


class Ask(Frozen):
    """Put a turn to the candidate; `text` is empty for an item's own prompt."""

    turn: str
    item: int
    text: str = ""


class ChooseFollowUp(Frozen):
    """Decide on a probe for the item and report it as `FollowUpChosen`."""

    item: int


class ChooseStep(Frozen):
    """Decide on the level of an adaptive section's next question and report it as `StepChosen`."""

    item: int


class InviteSelfPosed(Frozen):
    """Ask which follow-up the answer invites."""

    item: int


class AskPrediction(Frozen):
    """Ask for the candidate's forecast."""

    item: int


class AutoSubmit(Frozen):
    """The draft of an open turn became its answer because the section closed."""

    turn: str
    text: str


class CloseSection(Frozen):
    """A section has ended: finished or expired."""

    section: str
    reason: Literal["finished", "expired", "abandoned"]


class Grade(Frozen):
    """The item is complete and holds an answer: grade it."""

    item: int


class Close(Frozen):
    """The sitting has ended; only now may anything be disclosed."""

    reason: Literal["finished", "abandoned"]


class Refuse(Frozen):
    """The event does not fit; `code` is stable, `says` is for people."""

    code: Literal["time_up", "wrong_turn", "wrong_stage", "not_started", "ended", "on_break", "twice"]
    says: str


Effect = (
    Ask
    | ChooseFollowUp
    | ChooseStep
    | InviteSelfPosed
    | AskPrediction
    | AutoSubmit
    | CloseSection
    | Grade
    | Close
    | Refuse
)
