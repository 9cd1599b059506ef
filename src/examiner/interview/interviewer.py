"""An interviewer that words follow-ups with a model. Which one is asked, and whether its words are shown, is code's.

The model sees the question, the candidate's words as data and the authored probe; it never sees a claim, a key or a
model answer. Its words pass `leaks.check`, or the authored probe is asked in their place. They are taken as they arrive: a piece that
passes is handed on before the rest is there, and where the rest fails the author's words take its place.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from examiner.domain.errors import ExaminerError
from examiner.domain.templates import Templates
from examiner.interview.leaks import LEAKS, Forbidden, asks, check, faithful, partial_faults, territory
from examiner.interview.streaming import Cutter
from examiner.llm.call import Call, CallFailed, Message, Model, Reply, Shape

NAMES = ("instructions", "question", "private", "rephrase", "compose", "clarify")
DEADLINE = 6.0  # seconds for a whole follow-up
FIRST = 0.5  # share of them within which the first words come, or the authored probe does
REST = 60.0  # seconds for which a model that failed twice in a row is not asked
_IN_A_ROW = 2
PAUSE = 0.2  # seconds before a failed call is made once more, where nothing was heard of it
Source = Literal["model", "begun", "authored"]
Show = Callable[[str], None]


class ChoiceReply(BaseModel):
    """Which fact answers a candidate's question: its id, `refuse` or `none`."""

    model_config = ConfigDict(extra="forbid")

    choice: str = Field(max_length=80)


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
        canary: a word that is to stand in no reply.

    """

    prompt: str
    said: str
    probe: str = ""
    side: str = ""
    asked: tuple[str, ...] = ()
    canary: str = ""


@dataclass(frozen=True)
class Worded:
    """A follow-up to ask: its text, whose words they are, and why the model's were not taken, where they were not.

    `begun`: the model began and the author's words end it. `leaks`: what the model's words gave away, and to nobody.
    """

    text: str
    source: Source
    why: str = ""
    refused: str = ""
    leaks: tuple[str, ...] = ()


class Interviewer:
    """Words follow-ups through a model.

    Args:
        model: who is asked; a gateway.
        model_name: the provider's name of the model.
        texts: template text by name, one for each of `NAMES`.
        deadline: seconds for a whole follow-up; the first words have half of them. Then the authored probe is asked.

    """

    def __init__(self, model: Model, model_name: str, texts: Mapping[str, str], *, deadline: float = DEADLINE) -> None:
        self.model = model
        self._model_name = model_name
        self._deadline = deadline
        self._failures = 0
        self._rest_until = 0.0
        self._templates = Templates(texts, NAMES)
        self.digest = self._templates.digest

    def call(self, brief: Brief) -> Call:
        """Return exactly what is sent for a follow-up."""
        name = "rephrase" if brief.probe else "compose"
        values = {"asked": brief.asked, "said": brief.said, "probe": brief.probe, "side": brief.side}
        return self._call(brief, self._templates.render(name, **values))

    async def word(self, brief: Brief, secret: Forbidden, said: Sequence[str], show: Show | None = None) -> Worded:
        """Return the follow-up in the model's words, or the authored one where they do not come, or do not pass.

        Args:
            brief: what the model is told.
            secret: what must not be said.
            said: the candidate's turns, as they are.
            show: called, in a thread of its own, with each piece that may be shown before the rest is there. What it
                was called with is the beginning of the text that is returned. The text is empty where a follow-up was
                to be composed and none came that passes.

        """
        cutter = Cutter(secret, said, brief.probe)
        # What is composed has no authored probe to fall back to, so it is shown whole or not at all.
        why = await self._listen(self.call(brief), cutter, show if brief.probe else None)
        return judged(cutter, brief, secret, said, why)

    async def _listen(self, call: Call, cutter: Cutter, show: Show | None) -> str:
        """Feed what the model says to the cutter and show what may be shown; return why it broke off, or ""."""
        clock = asyncio.get_running_loop().time
        if clock() < self._rest_until:
            return "the model failed lately; not asked"
        first, end = clock() + self._deadline * (FIRST if show else 1.0), clock() + self._deadline
        why = ""
        for last in (False, True):
            pieces: asyncio.Queue[str | None] = asyncio.Queue()
            asking = asyncio.create_task(self.model.reply(replace(call, on_text=pieces.put_nowait)))
            asking.add_done_callback(partial(_close, pieces))
            try:
                async with asyncio.timeout_at(end):
                    await self._follow(asking, pieces, cutter, show, first)
                self._tell(failed=False)
                return ""
            except TimeoutError:
                why = f"no reply in {self._deadline:g} s" if clock() >= end else "no words in time"
                break
            except CallFailed as error:
                why = f"the model failed: {error.kind}"
                if last or cutter.heard or not error.passing or clock() + (error.retry_after or PAUSE) >= first:
                    break
                await asyncio.sleep(error.retry_after or PAUSE)
            except ExaminerError as error:
                return f"the model was not asked: {error.message}"
            finally:
                asking.cancel()
        self._tell(failed=True)
        return why

    async def _follow(
        self,
        asking: "asyncio.Task[Reply]",
        pieces: "asyncio.Queue[str | None]",
        cutter: Cutter,
        show: Show | None,
        first: float,
    ) -> None:
        """Take what comes until the model ends or is stopped. Raises TimeoutError, and what the call raises."""
        while not cutter.stopped:
            async with asyncio.timeout_at(None if cutter.shown else first):
                text = await pieces.get()
            if text is None:
                # What a repeated request said counts, not what the broken one began.
                cutter.heard = (await asking).text
                return
            for piece in cutter.feed(text):
                if show is not None:
                    await asyncio.to_thread(show, piece)

    def _tell(self, *, failed: bool) -> None:
        """Count failures in a row: whoever failed twice is left alone for a while, so that nobody waits for it."""
        self._failures = self._failures + 1 if failed else 0
        if self._failures >= _IN_A_ROW:
            self._rest_until = asyncio.get_running_loop().time() + REST

    async def choose_fact(self, prompt: str, said: str, facts: Sequence[tuple[str, str]]) -> str:
        """Return the id of the fact that answers a candidate's question, `refuse` or `none`; `none` on any failure.

        The model sees ids and cue words, not what the facts say, so it cannot tell them.
        """
        text = self._templates.render("clarify", facts=facts, said=said)
        try:
            async with asyncio.timeout(self._deadline):
                reply = await self.model.reply(self._call(Brief(prompt, said), text, _CHOICE))
        except (TimeoutError, ExaminerError):
            return "none"
        choice = reply.value.choice if isinstance(reply.value, ChoiceReply) else "none"
        return choice if choice in {*(f for f, _ in facts), "refuse"} else "none"

    def _call(self, brief: Brief, text: str, shape: Shape | None = None) -> Call:
        blocks = {"instructions": {}, "question": {"prompt": brief.prompt.strip()}, "private": {"canary": brief.canary}}
        return Call(
            purpose="interview",
            model=self._model_name,
            system=tuple(
                self._templates.render(name, **values)
                for name, values in blocks.items()
                if name != "private" or brief.canary
            ),
            messages=(Message("user", text),),
            shape=shape,
            max_tokens=300,
        )


def _close(pieces: "asyncio.Queue[str | None]", _: "asyncio.Task[Reply]") -> None:
    pieces.put_nowait(None)


def judged(cutter: Cutter, brief: Brief, secret: Forbidden, said: Sequence[str], why: str = "") -> Worded:
    """Return what is asked in the end, given what was heard and what of it was shown. Pure.

    Args:
        cutter: what arrived, and what of it was shown.
        brief: what the model was told.
        secret: what must not be said.
        said: the candidate's turns.
        why: the reason for which the model broke off, where it did.

    """
    text = " ".join(cutter.heard.split())
    reasons = (why,) if why else cutter.stopped or faults(text, brief, secret, said)
    if not reasons and text.startswith(cutter.shown):
        return Worded(text, "model")
    found = tuple(r for r in partial_faults(cutter.heard, secret, said, brief.probe) if r in LEAKS)
    said_why = "; ".join(dict.fromkeys((*reasons, *found))) or "other words than those that were shown"
    if cutter.shown:
        whole = stands(cutter.shown, brief, secret, said)
        text = cutter.shown if whole else f"{cutter.shown} {brief.probe}"
        return Worded(text, "model" if whole else "begun", said_why, cutter.heard, found)
    return Worded(brief.probe, "authored", said_why, cutter.heard, found)


def stands(shown: str, brief: Brief, secret: Forbidden, said: Sequence[str]) -> bool:
    """Tell whether what was shown of a follow-up that broke off is one already."""
    return asks(shown) and not faults(shown, brief, secret, said)


def faults(text: str, brief: Brief, secret: Forbidden, said: Sequence[str]) -> tuple[str, ...]:
    """Return why a whole follow-up must not be asked; () where it may."""
    reasons = check(text, secret, said, brief.asked, brief.probe)
    if brief.probe and not faithful(text, brief.probe):
        reasons = (*reasons, "asks something else")
    if not brief.probe and not territory(text, secret, said):
        reasons = (*reasons, "leaves the question's territory")
    return reasons
