"""What a model judge is sent. Pure: templates and values in, text out.

The static part comes first and is the same, byte for byte, for every answer to one question; what the candidate said
comes last, cleaned, between markers that it cannot know.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from functools import lru_cache

from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid
from examiner.domain.question import Instance, Mistake, Point
from examiner.domain.rubric import Rubric
from examiner.domain.score import NumberVerdict, Turn, Verdict
from examiner.domain.templates import Templates
from examiner.judge.fence import Shown, show

NAMES = ("instructions", "question", "points", "answer", "missing")
_LONGEST = 20_000
SELF_POSED = "self-posed"  # the candidate put this question: its words are the candidate's too


class Example(Frozen):
    """An answer to the question with what was decided about it, from anchors that no gate uses.

    Attributes:
        answer: its text, made harmless.
        points: the verdict of each point, where points were decided.
        levels: the level of each criterion, for labels that know no points.
        by: who decided, in words.
        source: the hash of the anchor's text.

    """

    answer: str
    points: dict[str, Verdict] = {}
    levels: dict[str, int] = {}
    by: str = ""
    source: str = ""


@lru_cache(maxsize=512)
def clean(text: str) -> Shown:
    """Return the text without invisible characters, NFC, with imitated markup made harmless; remembered.

    An answer is shown and then quoted from, the question stands before each.
    """
    return show(text)


class Prompts:
    """The versioned templates of a judge.

    Args:
        texts: template text by name, one for each of `NAMES`.

    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._templates = Templates(texts, NAMES)
        self._prefixes: dict[tuple[object, ...], tuple[str, ...]] = {}

    @property
    def digest(self) -> str:
        """The hash of all templates: part of every judge's fingerprint."""
        return self._templates.digest

    def prefix(
        self,
        instance: Instance,
        rubric: Rubric,
        points: Sequence[Point],
        mistakes: Sequence[Mistake] = (),
        examples: Sequence[Example] = (),
    ) -> tuple[str, ...]:
        """Return the static blocks, most general first: instructions, the question, the points to decide."""
        key = (
            instance.ref,
            instance.rubric_hash,
            rubric.id,
            tuple(p.id for p in points),
            len(mistakes),
            tuple(e.answer for e in examples),
        )
        if key not in self._prefixes:
            if len(self._prefixes) > 4096:
                self._prefixes.clear()
            self._prefixes[key] = (
                self._templates.render("instructions", criteria=rubric.criteria),
                self._templates.render(
                    "question",
                    prompt=instance.prompt.strip(),
                    reference=instance.model_answer.strip(),
                    keys=[k for k in instance.keys if k.role != "given"],
                    follow_ups=[f.ask for f in instance.follow_ups],
                ),
                self._templates.render("points", points=points, mistakes=mistakes, examples=examples),
            )
        return self._prefixes[key]

    def answer(self, turns: Sequence[Turn], numbers: Sequence[NumberVerdict], marker: str) -> str:
        """Return the part that varies: what code found out about the numbers, and what the candidate said.

        Raises:
            Invalid: a turn is longer than any answer; nothing is cut off silently.

        """
        for n, turn in enumerate(turns):
            if len(turn.text) > _LONGEST:
                raise Invalid(f"turn {n + 1} has {len(turn.text)} characters; at most {_LONGEST} are judged")
        said = [
            {
                "asked": clean(turn.asked).text.strip() if n else "",
                "own": turn.probe == SELF_POSED,
                "text": clean(turn.text).text,
            }
            for n, turn in enumerate(turns)
        ]
        return self._templates.render("answer", facts=[_fact(n) for n in numbers], turns=said, marker=marker)

    def missing(self, names: Sequence[str]) -> str:
        """Return the words of the one retry for quotes that do not stand in the answer."""
        return self._templates.render("missing", names=names)


def marker(salt: bytes, instance: Instance, turns: Sequence[Turn], sample: int = 0) -> str:
    """Return a word that the candidate cannot know, new for each answer and replicate.

    It is a keyed hash and not a coin, so that the same request is the same call and is never paid for twice.
    """
    message = "\0".join((instance.ref, str(sample), *(turn.text for turn in turns)))
    return f"[[{hmac.new(salt, message.encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:12]}]]"


def _fact(number: NumberVerdict) -> str:
    name = number.quantity.replace("_", " ")
    words = number.verdict.replace("_", " ")
    if number.verdict == "absent":
        return f"{name}: not said"
    return f"{name}: {words} (said {clean(number.stated).text[:40]!r})"
