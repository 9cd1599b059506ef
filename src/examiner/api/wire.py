"""All that enters by HTTP, and the shapes of what leaves. Candidates' shapes hold no key, no rubric and no score."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from examiner.domain.events import MAX_ANSWER
from examiner.service.batch.studying import JudgeName


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a NUL character is no text")
    text.encode()  # a lone surrogate is no text either
    return text


Text = Annotated[str, AfterValidator(_no_nul)]
Name = Annotated[str, StringConstraints(max_length=120), AfterValidator(_no_nul)]
Turn = Annotated[str, StringConstraints(max_length=20)]


class Wire(BaseModel):
    """Strict shapes: an unknown field or a value of another type is an error, not a guess."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SessionIn(Wire):
    """What staff sends to create a session."""

    loop: Name = "mock-staff"
    candidate: Name = "candidate"
    seed: int | None = Field(default=None, ge=0, le=2**53)
    pace: float | None = Field(default=1.0, gt=0, le=1000)
    multiplier: float = Field(default=1.0, ge=1, le=5)


class SessionOut(Wire):
    """A new session: the token is shown once and opens this session only."""

    session: str
    token: str


class LinkIn(Wire):
    """A one-time link to open."""

    link: str = Field(max_length=200)


class LinkOut(Wire):
    """A one-time link for a candidate; it opens once."""

    link: str
    expires: str


class LinkAsk(Wire):
    """How long a link lives."""

    hours: int = Field(default=72, ge=1, le=24 * 90)


class AnswerIn(Wire):
    """An answer to the open turn."""

    turn: Turn
    text: Text = Field(min_length=1, max_length=MAX_ANSWER)


class TurnIn(Wire):
    """The open turn."""

    turn: Turn


class DraftIn(Wire):
    """What was typed so far. `version` counts this writer's drafts of the turn from 1; 0 leaves that to the server."""

    turn: Turn
    text: Text = Field(max_length=MAX_ANSWER)
    version: int = Field(default=0, ge=0, le=2**31)
    client_at: str = Field(default="", max_length=40)


class SelfPosedIn(Wire):
    """A follow-up that the candidate poses and answers; empty declines."""

    ask: Text = Field(default="", max_length=2_000)
    answer: Text = Field(default="", max_length=MAX_ANSWER)


class PredictionIn(Wire):
    """The candidate's forecast, or null."""

    value: int | None = Field(default=None, ge=0, le=3)


class FactIn(Wire):
    """A question about the system."""

    ask: Text = Field(min_length=1, max_length=2_000)


class TextOut(Wire):
    """A text: a hint or a fact."""

    text: str


class ConsentIn(Wire):
    """The hash of the notice that was read and accepted."""

    sha256: str = Field(max_length=64)
    locale: str = Field(default="en", max_length=10)


class AccommodationIn(Wire):
    """More time or breaks; null leaves a part as it is."""

    multiplier: float | None = Field(default=None, ge=1, le=5)
    breaks_inside: bool | None = None
    reason: Text = Field(default="", max_length=500)


class AppealIn(Wire):
    """What a candidate wants looked at again."""

    item: int | None = Field(default=None, ge=0, le=10_000)
    text: Text = Field(min_length=1, max_length=5_000)


class SettlementIn(Wire):
    """How an appeal was settled."""

    outcome: Annotated[str, StringConstraints(pattern="^(upheld|changed)$")]
    why: Text = Field(min_length=1, max_length=5_000)


class DecisionIn(Wire):
    """What a named person decided; no score decides by itself."""

    outcome: Annotated[str, StringConstraints(pattern="^(advance|hold|decline)$")]
    by: Name = Field(min_length=1)
    why: Text = Field(min_length=1, max_length=5_000)


class RatingIn(Wire):
    """A blind rating: a level for each criterion and for the whole, each 0-3."""

    score: int = Field(ge=0, le=3)
    criteria: dict[Name, Annotated[int, Field(ge=0, le=3)]] = Field(default_factory=dict, max_length=20)
    note: Text = Field(default="", max_length=5_000)


class GradeIn(Wire):
    """A human grade; it wins, and the machine's is kept."""

    score: int = Field(ge=0, le=3)
    why: Text = Field(min_length=1, max_length=5_000)


class LabelIn(Wire):
    """One blind label; a null score means "cannot say"."""

    item: Name
    criterion: Name
    score: float | None = Field(default=None, ge=-1000, le=1000, allow_inf_nan=False)


class AdjudicationIn(Wire):
    """What was settled where raters disagree."""

    item: Name
    criterion: Name
    score: int = Field(ge=-1000, le=1000)
    why: Text = Field(min_length=1, max_length=5_000)


class GradingIn(Wire):
    """Answers to grade, as `examiner grade` reads them."""

    answers: list[dict[str, object]] = Field(min_length=1, max_length=50)


class CalibrationIn(Wire):
    """A calibration round to run."""

    judge: JudgeName = "embedded"
    anchors: Name
    policy: Annotated[str, StringConstraints(pattern="^(practice|hiring|high-stakes|research)$")] = "hiring"
    seed: int = Field(default=0, ge=0, le=2**31)


class DriftIn(Wire):
    """A judge to audit on its frozen sentinels."""

    judge: JudgeName = "embedded"


class WhyIn(Wire):
    """A reason."""

    why: Text = Field(min_length=1, max_length=2_000)


class HoldIn(Wire):
    """Why this person's data may not be erased; empty lifts the hold."""

    reason: Text = Field(default="", max_length=2_000)


class KeyIn(Wire):
    """A key to make."""

    name: Name = ""
    role: Name
    scopes: list[Name] = Field(default_factory=list, max_length=50)
    days: int | None = Field(default=None, ge=1, le=3650)


class HookIn(Wire):
    """A webhook endpoint; `kinds` empty means all."""

    url: str = Field(min_length=8, max_length=2_000)
    kinds: list[Name] = Field(default_factory=list, max_length=20)


class MeOut(Wire):
    """Who asks."""

    id: str
    name: str
    role: str
    tenant: str
    scopes: list[str]


class TenantIn(Wire):
    """A tenant to make: its id is in the addresses of its data and never changes."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$")]
    name: Name = ""


Usd = Annotated[str, StringConstraints(pattern=r"^(|none|\d{1,9}(\.\d{1,6})?)$")]


class BudgetIn(Wire):
    """A tenant's limits for models, in USD; null leaves one as it is."""

    day_usd: Usd | None = None
    month_usd: Usd | None = None
