"""All that leaves or enters by HTTP. Candidates' shapes hold no key, no rubric and no score."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from examiner.domain.session import MAX_ANSWER


class Wire(BaseModel):
    """Strict shapes: an unknown field is an error, not a guess."""

    model_config = ConfigDict(extra="forbid")


class SessionIn(Wire):
    """What staff sends to create a session."""

    loop: str = "mock-staff"
    candidate: str = Field(default="candidate", max_length=120)
    seed: int | None = Field(default=None, ge=0)
    pace: float | None = Field(default=1.0, gt=0, le=1000)


class SessionOut(Wire):
    """A new session: the token is shown once and opens this session only."""

    session: str
    token: str


class TurnOut(Wire):
    """What the candidate is asked now. `status`: ready, open, posing, predicting, break or ended."""

    session: str
    status: Literal["ready", "open", "choosing", "posing", "predicting", "break", "ended"]
    section: str | None = None
    turn: str | None = None
    question: str | None = None
    follow_up: bool = False
    number: int | None = None
    of: int | None = None
    seconds_left: float | None = None
    draft: str = ""


class AnswerIn(Wire):
    """An answer to the open turn."""

    turn: str = Field(max_length=20)
    text: str = Field(min_length=1, max_length=MAX_ANSWER)


class DraftIn(Wire):
    """What was typed so far."""

    turn: str = Field(max_length=20)
    text: str = Field(max_length=MAX_ANSWER)


class SelfPosedIn(Wire):
    """A follow-up that the candidate poses and answers; empty declines."""

    ask: str = Field(default="", max_length=2_000)
    answer: str = Field(default="", max_length=MAX_ANSWER)


class PredictionIn(Wire):
    """The candidate's forecast, or null."""

    value: int | None = Field(default=None, ge=0, le=3)


class FactIn(Wire):
    """A question about the system."""

    ask: str = Field(min_length=1, max_length=2_000)


class TextOut(Wire):
    """A text: a hint or a fact."""

    text: str
