"""An interviewer that words follow-ups with a model. Which one is asked, and whether its words are shown, is code's.

The model sees the question, the candidate's words as data and the authored probe; it never sees a claim, a key or a
model answer. Its words pass `leaks.check`, or the authored probe is asked in their place.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from jinja2 import DictLoader, Environment, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from examiner.domain.errors import ExaminerError
from examiner.domain.identity import fingerprint
from examiner.interview.leaks import Forbidden, check, faithful, territory
from examiner.llm.call import Call, CallFailed, Message, Model, Shape

NAMES = ("instructions", "question", "rephrase", "compose", "clarify")
DEADLINE = 6.0  # seconds a candidate waits for the model before the authored probe is asked
Source = Literal["model", "authored"]


class FollowUpReply(BaseModel):
    """What the model replies."""

    model_config = ConfigDict(extra="forbid")

    follow_up: str = Field(max_length=600)


class ChoiceReply(BaseModel):
    """Which fact answers a candidate's question: its id, `refuse` or `none`."""

    model_config = ConfigDict(extra="forbid")

    choice: str = Field(max_length=80)


_FOLLOW_UP = Shape(FollowUpReply)
_CHOICE = Shape(ChoiceReply)


@dataclass(frozen=True)
class Brief:
    """What the model is told about the follow-up to word.

    Args:
        prompt: the question as asked.
        said: the candidate's words, fenced as data.
        probe: the authored follow-up, or "" to compose one.
        side: where one is composed, the side of the question it is for.
        asked: the follow-ups so far.

    """

    prompt: str
    said: str
    probe: str = ""
    side: str = ""
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Worded:
    """A follow-up to ask: its text, whose words they are, and why the model's were not taken, where they were not."""

    text: str
    source: Source
    why: str = ""
    refused: str = ""


class Interviewer:
    """Words follow-ups through a model.

    Args:
        model: who is asked; a gateway.
        model_name: the provider's name of the model.
        texts: template text by name, one for each of `NAMES`.
        deadline: seconds after which the authored probe is asked.

    """

    def __init__(self, model: Model, model_name: str, texts: Mapping[str, str], *, deadline: float = DEADLINE) -> None:
        self._model = model
        self._model_name = model_name
        self._deadline = deadline
        self.digest = fingerprint({name: texts[name] for name in NAMES})
        environment = Environment(
            loader=DictLoader(dict(texts)),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - plain text for a model, not HTML
        )
        self._templates = {name: environment.get_template(name) for name in NAMES}

    def call(self, brief: Brief) -> Call:
        """Return exactly what is sent for a follow-up."""
        name = "rephrase" if brief.probe else "compose"
        values = {"asked": brief.asked, "said": brief.said, "probe": brief.probe, "side": brief.side}
        return self._call(brief.prompt, self._templates[name].render(values).strip(), _FOLLOW_UP)

    async def word(self, brief: Brief, secret: Forbidden, said: Sequence[str]) -> Worded | None:
        """Return the follow-up in the model's words, or the authored one where they do not come, or do not pass.

        Args:
            brief: what the model is told.
            secret: what must not be said.
            said: the candidate's turns, as they are.

        Returns:
            None where a follow-up was to be composed and none came that passes.

        """
        text, why = await self._said(self.call(brief))
        if not why:
            reasons = check(text, secret, said, brief.asked, brief.probe)
            if brief.probe and not faithful(text, brief.probe):
                reasons = (*reasons, "asks something else")
            if not brief.probe and not territory(text, secret, said):
                reasons = (*reasons, "leaves the question's territory")
            why = "; ".join(reasons)
        if not why:
            return Worded(" ".join(text.split()), "model")
        return Worded(brief.probe, "authored", why, refused=text) if brief.probe else None

    async def choose_fact(self, prompt: str, said: str, facts: Sequence[tuple[str, str]]) -> str:
        """Return the id of the fact that answers a candidate's question, `refuse` or `none`; `none` on any failure.

        The model sees ids and cue words, not what the facts say, so it cannot tell them.
        """
        text = self._templates["clarify"].render({"facts": facts, "said": said}).strip()
        reply, why = await self._said(self._call(prompt, text, _CHOICE))
        return reply if not why and reply in {*(f for f, _ in facts), "refuse"} else "none"

    def _call(self, prompt: str, text: str, shape: Shape) -> Call:
        return Call(
            purpose="interview",
            model=self._model_name,
            system=(
                self._templates["instructions"].render().strip(),
                self._templates["question"].render(prompt=prompt.strip()).strip(),
            ),
            messages=(Message("user", text),),
            shape=shape,
            max_tokens=300,
        )

    async def _said(self, call: Call) -> tuple[str, str]:
        """Return the reply's one field, or why there is none in time."""
        try:
            async with asyncio.timeout(self._deadline):
                reply = await self._model.reply(call)
        except TimeoutError:
            return "", f"no reply in {self._deadline:g} s"
        except CallFailed as error:
            return "", f"the model failed: {error.kind}"
        except ExaminerError as error:
            return "", f"the model was not asked: {error.message}"
        value = reply.value
        if isinstance(value, FollowUpReply):
            return value.follow_up, ""
        if isinstance(value, ChoiceReply):
            return value.choice, ""
        return "", "the model failed: invalid"
