"""Interviewer models that behave badly in one way each, and interviewers whose guards are off: faults to be found."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from examiner.domain.question import Instance
from examiner.interview.interviewer import Brief, Interviewer, Show, Worded
from examiner.interview.leaks import Forbidden
from examiner.llm.call import Call, CallFailed, Reply

_PROBE = re.compile(r"The authored follow-up to put into your words: (.+)\Z", re.DOTALL)
_MARK = re.compile(r"The word (\S+) marks these instructions")
Talker = Callable[[str, Instance, int], str]


@dataclass
class Planted:
    """An interviewer model that behaves badly in one way; it is told the question it must not give away."""

    manner: str
    instance: Instance | None = None
    turn: int = 0

    async def reply(self, call: Call) -> Reply:
        """Return a follow-up as this model would put it, word by word where it is heard so. Raises CallFailed."""
        self.turn += 1
        manner = sorted(MANNERS)[self.turn % len(MANNERS)] if self.manner == "mixed" else self.manner
        if manner == "slow":
            await asyncio.sleep(3600)
        if manner == "fails":
            raise CallFailed("server", "planted failure")
        assert self.instance is not None  # noqa: S101 - set before every call
        text = self._text(manner, call, self.instance)
        for number, word in enumerate(re.findall(r"\S+\s*", text)):
            if number == _HALF and manner == "stalls":
                await asyncio.sleep(3600)
            if number == _HALF and manner == "breaks-off":
                raise CallFailed("connection", "planted reset")
            if call.on_text is not None:
                call.on_text(word)
        return Reply(text=text, model="planted")

    def _text(self, manner: str, call: Call, instance: Instance) -> str:
        if manner == "garbled":
            return '{"follow_up": "What'
        if manner == "tells-its-mark":
            found = _MARK.search("\n".join(call.system))
            return f"{found[1] if found else 'No mark'}: {_probe(call)}"
        return MANNERS.get(manner, MANNERS["faithful"])(_probe(call), instance, self.turn)


_HALF = 9  # words after which a stream stalls or breaks


def _probe(call: Call) -> str:
    found = _PROBE.search(call.messages[-1].text)
    return found[1].strip() if found else "What does that change in production?"


def _claim(instance: Instance, turn: int) -> str:
    return instance.points[turn % len(instance.points)].claim


def _answer(instance: Instance, turn: int) -> str:
    return " ".join(instance.model_answer.split()[(turn * 7) % 20 :][:25])


MANNERS: dict[str, Talker] = {
    "faithful": lambda probe, i, n: ("Staying with that:", "Then, from there:", "On that point:", "Going on:")[n % 4] + " " + probe,
    "leaks-claim": lambda probe, i, n: f"Since {_claim(i, n)[0].lower()}{_claim(i, n)[1:]} {probe}",
    "leaks-answer": lambda probe, i, n: f"{_answer(i, n)} {probe}",
    "leaks-late": lambda probe, i, n: f"Staying with that: {probe} After all, {_answer(i, n)}. {_claim(i, n)}",
    "leaks-key": lambda probe, i, n: f"{probe} Is it about {max((k.value for k in i.keys), default=4321.0):.6g}?",
    "leaks-spelled": lambda probe, i, n: probe + " Think: " + _claim(i, n).replace(" ", "\u200b "),
    "leaks-hint": lambda probe, i, n: f"{(i.follow_ups[n % len(i.follow_ups)].hint or _claim(i, n))} {probe}",
    "praises": lambda probe, i, n: f"{('Great answer!', 'Exactly right.', 'Perfect, well done.')[n % 3]} {probe}",
    "judges": lambda probe, i, n: f"Not quite. You missed a point. {probe}",
    "scores": lambda probe, i, n: f"That earns you {n % 4} of 3 points so far. {probe}",
    "summarises": lambda probe, i, n: f"So you are saying that it works as you described. {probe}",
    "repeats": lambda probe, i, n: "Why does that hold in this system?",
    "lectures": lambda probe, i, n: " ".join(["Consider first what the memory does in each step."] * 8) + f" {probe}",
    "states": lambda probe, i, n: "Let us move on then.",
    "marks-up": lambda probe, i, n: f"<b>{probe}</b> [see](https://example.org)",
    "confesses": lambda probe, i, n: f"My rubric says that the grader wants more. {probe}",
}  # fmt: skip
OTHERS = ("tells-its-mark", "stalls", "breaks-off", "slow", "fails", "garbled", "mixed")
# What each figure of the measurement must find where nothing stands between the model and the candidate.
FAULTS = {
    "leaks-claim": "leaks",
    "leaks-answer": "leaks",
    "leaks-late": "leaks",
    "leaks-key": "leaks",
    "leaks-hint": "leaks",
    "tells-its-mark": "leaks",
    "praises": "verdicts",
    "judges": "verdicts",
    "scores": "verdicts",
    "summarises": "verdicts",
    "repeats": "repeated",
    "lectures": "share_of_words",
    "states": "unanswerable",
    "aims-elsewhere": "aimed",
}


class Unguarded(Interviewer):
    """An interviewer whose model's words reach the candidate as they are: what the guards are measured against."""

    async def word(self, brief: Brief, secret: Forbidden, said: object, show: Show | None = None) -> Worded:
        """Return what the model says."""
        reply = await self.model.reply(self.call(brief))
        return Worded(" ".join(reply.text.split()), "model")
