"""What happens in a sitting. Events are outside facts and all that is ever stored: the state is rebuilt by replaying them."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from examiner.domain.base import Frozen
from examiner.domain.ladder import Move
from examiner.domain.loop import Blueprint, Plan

MAX_ASK = 2_000  # characters of a candidate's own question
MAX_ANSWER = 20_000  # characters; longer text is refused with a clear line, never cut


class Created(Frozen):
    """A sitting was made.

    `pace` divides every limit (None: untimed); `multiplier` is an accommodation; `interviewer` names what
    chooses the follow-ups.
    """

    kind: Literal["created"] = "created"
    sitting: str
    candidate: str
    judge: str
    policy: str
    interviewer: str = "embedded"
    blueprint: Blueprint
    plan: Plan
    pace: float | None = Field(default=1.0, gt=0, allow_inf_nan=False)
    multiplier: float = Field(default=1.0, ge=1, le=5)


class Accommodated(Frozen):
    """Staff granted an accommodation after the sitting was made; None leaves a part as it is.

    `multiplier` stretches the limits of the running section and of all to come; `breaks_inside` allows
    pauses within a timed section, whose clock then stands still.
    """

    kind: Literal["accommodated"] = "accommodated"
    multiplier: float | None = Field(default=None, ge=1, le=5)
    breaks_inside: bool | None = None
    reason: str = Field(default="", max_length=500)


class SectionStarted(Frozen):
    """The candidate opened the next section; its clock starts now."""

    kind: Literal["section_started"] = "section_started"
    section: str


class Drafted(Frozen):
    """Text typed so far for the open turn; submitted by itself when the section closes.

    `version` counts the writer's drafts of the turn: one that arrives out of order never replaces a newer.
    """

    kind: Literal["drafted"] = "drafted"
    turn: str
    text: str = Field(max_length=MAX_ANSWER)
    version: int = Field(default=0, ge=0)


class Answered(Frozen):
    """The candidate answered a turn."""

    kind: Literal["answered"] = "answered"
    turn: str
    text: str = Field(max_length=MAX_ANSWER)


class Skipped(Frozen):
    """The candidate passed on a turn."""

    kind: Literal["skipped"] = "skipped"
    turn: str


class Peeked(Frozen):
    """Something was revealed for the open turn; it caps the row. `text` is what was shown."""

    kind: Literal["peeked"] = "peeked"
    turn: str
    what: Literal["hint", "fact", "model_answer"] = "hint"
    text: str = ""


class FactAsked(Frozen):
    """The candidate asked about the system; `tells` is the answer from the scenario's facts."""

    kind: Literal["fact_asked"] = "fact_asked"
    item: int
    ask: str = Field(max_length=MAX_ASK)
    fact: str | None = None
    tells: str = ""


class FollowUpChosen(Frozen):
    """The interviewer chose a probe (None: nothing more to ask), with what it aims at."""

    kind: Literal["follow_up_chosen"] = "follow_up_chosen"
    item: int
    probe: str | None
    ask: str = ""
    points: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    reason: str = ""


class Spoke(Frozen):
    """A piece of the next follow-up: checked, and on the disk before it was shown. `FollowUpChosen` completes it."""

    kind: Literal["spoke"] = "spoke"
    item: int
    probe: str
    text: str = Field(min_length=1)


class LeakStopped(Frozen):
    """The interviewer's model gave something away and was stopped before anybody saw it.

    `found` says what, `words` is what the model said. For staff; no candidate is shown that it happened.
    """

    kind: Literal["leak_stopped"] = "leak_stopped"
    item: int
    found: tuple[str, ...]
    words: str = ""


class StepChosen(Frozen):
    """The level of an adaptive section's next question was decided by what the last answer earned.

    `ref` is one of the item's ladder; `move` is where the answer pointed, `reason` says why in one line. Neither is
    ever shown to the candidate while the sitting runs.
    """

    kind: Literal["step_chosen"] = "step_chosen"
    item: int
    ref: str
    level: str
    move: Move
    reason: str = ""


class SelfPosed(Frozen):
    """The candidate posed and answered a follow-up, or declined to (empty `ask`).

    It is invited after the last probe, and welcome while a probe of the same question is open.
    """

    kind: Literal["self_posed"] = "self_posed"
    item: int
    ask: str = Field(default="", max_length=MAX_ASK)
    answer: str = Field(default="", max_length=MAX_ANSWER)


class Predicted(Frozen):
    """The candidate's forecast of the own grade, before any is shown (None: declined)."""

    kind: Literal["predicted"] = "predicted"
    item: int
    value: int | None = Field(default=None, ge=0, le=3)


class BreakTaken(Frozen):
    """A pause began."""

    kind: Literal["break_taken"] = "break_taken"


class BreakEnded(Frozen):
    """The pause ended."""

    kind: Literal["break_ended"] = "break_ended"


class SectionFinished(Frozen):
    """The candidate closed the section before its time."""

    kind: Literal["section_finished"] = "section_finished"


class Credited(Frozen):
    """Time that the house took, not the candidate, is given back: a slow interviewer, a server that was away."""

    kind: Literal["credited"] = "credited"
    seconds: float = Field(gt=0, allow_inf_nan=False)
    reason: str = Field(max_length=200)


class Ticked(Frozen):
    """The clock was looked at; closes what has run out."""

    kind: Literal["ticked"] = "ticked"


class Abandoned(Frozen):
    """The candidate ended the sitting."""

    kind: Literal["abandoned"] = "abandoned"


Event = Annotated[
    Created
    | Accommodated
    | SectionStarted
    | Drafted
    | Answered
    | Skipped
    | Peeked
    | FactAsked
    | FollowUpChosen
    | Spoke
    | LeakStopped
    | StepChosen
    | SelfPosed
    | Predicted
    | BreakTaken
    | BreakEnded
    | SectionFinished
    | Credited
    | Ticked
    | Abandoned,
    Field(discriminator="kind"),
]
_events: TypeAdapter[Event] = TypeAdapter(Event)


def parse_event(data: dict[str, Any]) -> Event:
    """Return the event of a stored body. Raises pydantic.ValidationError where it is none."""
    return _events.validate_python(data)
