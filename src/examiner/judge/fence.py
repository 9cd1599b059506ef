"""A candidate's words as data in a prompt: behind a marker nobody can guess, with nothing that reads as structure. Pure.

Every character that could open or close something is replaced by one that looks like it, one for one, so a quote from
the shown text leads back to the original's characters. Flagged passages are withheld: they carry no evidence anyway.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from examiner.domain.score import Span, Turn
from examiner.judge.cleaning import clean

WITHHELD = "[a passage that addresses the grader is withheld]"
_WHITE = re.compile(r"\s+")
# What reads as structure to a model, and the characters within it that are replaced.
_STRUCTURE = re.compile(
    r"</?[A-Za-z!?|][^<>\n]{0,200}>?|<{2,}|>{2,}|\|>|<\|"  # tags, comments, chat-template tokens
    r"|\[/?\s*(?:INST|SYS|SYSTEM|USER|ASSISTANT|TOOL\w*|END[^\]\n]{0,40})\s*\]"
    r"|`{3,}|~{3,}|\"{3,}|'{3,}"
    r"|^[ \t]*(?:#{1,6}|[-=*_]{3,})"
    r"|^[ \t]*(?:system|assistant|developer|user|human|ai|grader|judge|tool|function)[ \t]*(?:\([^)\n]{0,40}\))?[ \t]*:"
    r"|[{}]",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNS = re.compile(r"[<>|\[`~{}#:]|\"{3}|'{3}|[-=*_]{3}")  # one of them is in all that reads as structure
_TWINS = str.maketrans("<>|[]`~\"'#-=*_:{}", "‹›ǀ⟦⟧ˋ˜″′＃‒＝∗＿꞉❴❵")


@dataclass(frozen=True)
class Shown:
    """One turn as a model is shown it. Character i stands at `starts[i]` to `ends[i]` of the original; withheld ones at -1."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @cached_property
    def _sought(self) -> tuple[str, str]:
        """The text as quotes are looked up in it, and in small letters.

        Delimiters and their twins count as the same: which of them were replaced depends on what stands around them.
        """
        text = self.text.translate(_TWINS)
        return text, text.lower()

    def locate(self, quote: str, turn: int) -> Span | None:
        """Return the original's characters that a quote from the shown text stands for, white space folded, or None."""
        words = _WHITE.split(clean(quote).text.translate(_TWINS).lower().strip())
        if words == [""]:
            return None
        text, low = self._sought
        plain = " ".join(words)
        start = low.find(plain) if len(low) == len(text) else -1
        end = start + len(plain)
        if start < 0:
            match = re.search(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE)
            if match is None:
                return None
            start, end = match.span()
        if not isinstance(self.starts, range) and -1 in self.starts[start:end]:
            return None
        return Span(turn=turn, start=self.starts[start], end=self.ends[end - 1])


@dataclass(frozen=True, slots=True)
class Fenced:
    """All turns of an answer, ready for a prompt."""

    text: str
    marker: str
    turns: tuple[Shown, ...]

    def locate(self, quote: str) -> Span | None:
        """Return where a quote stands in what the candidate wrote, or None; the earliest turn that has it."""
        found = (shown.locate(quote, number) for number, shown in enumerate(self.turns))
        return next((span for span in found if span is not None), None)


def marker(secret: bytes, *parts: str) -> str:
    """Return the marker of one call: unknown without the secret, the same for the same call, so that replays match."""
    return hmac.new(secret, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()[:20]


def neutralise(text: str) -> str:
    """Return the text with delimiters replaced by lookalikes, of the same length."""
    return _STRUCTURE.sub(lambda match: match[0].translate(_TWINS), text) if _SIGNS.search(text) else text


def show(text: str, withheld: Sequence[Span] = ()) -> Shown:
    """Return one turn as a model is shown it.

    Args:
        text: what the candidate wrote.
        withheld: passages of this turn that are left out, with a note in their place.

    """
    cleaned = clean(text)
    plain = neutralise(cleaned.text)
    if not withheld:
        return Shown(plain, cleaned.starts, cleaned.ends)
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    noted = -1
    for char, start, end in zip(plain, cleaned.starts, cleaned.ends, strict=True):
        number = next((n for n, s in enumerate(withheld) if s.start < end and start < s.end), -1)
        if number < 0:
            out.append(char)
            starts.append(start)
            ends.append(end)
        elif number != noted:
            note = f" {WITHHELD} "
            out.append(note)
            starts += [-1] * len(note)
            ends += [-1] * len(note)
        noted = number
    return Shown("".join(out), tuple(starts), tuple(ends))


def fence(turns: Sequence[Turn], mark: str, withheld: Sequence[Span] = ()) -> Fenced:
    """Return the answer as one block of data.

    Args:
        turns: what the candidate said; what was asked stands before each follow-up's answer, outside the data.
        mark: the marker of this call, from `marker`.
        withheld: flagged passages, from `injection.find`.

    Raises:
        ValueError: the marker stands in the answer; make another.

    """
    if any(mark in turn.text for turn in turns):
        raise ValueError("the marker stands in the answer")
    shown = tuple(show(t.text, [s for s in withheld if s.turn == n]) for n, t in enumerate(turns))
    blocks = []
    for number, (turn, piece) in enumerate(zip(turns, shown, strict=True)):
        asked = f"Follow-up asked: {' '.join(turn.asked.split())}\n" if number and turn.asked else ""
        blocks.append(f"{asked}<<data {mark} turn {number}>>\n{piece.text}\n<<end {mark} turn {number}>>")
    return Fenced("\n".join(blocks), mark, shown)
