"""Scripts for families that nobody wrote one for, made of the family's own rubric.

Strong says each point in its last variant, which is how a candidate would put it, and a keyed point with its number;
bluffing fills shared empty sentences with the rubric's words. Such a script walks a family through a loop: drawing,
follow-ups, numbers, caps, report. It says nothing of how well a judge reads words that are not the rubric's: for that
there are the written scripts.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from examiner.domain.errors import NotFound
from examiner.domain.question import Instance, Point
from examiner.evals.candidates import Line, Script

_WORD = re.compile(r"[a-z][a-z-]{4,}")
_NOTHING = "Nothing more comes to mind."


def derived(instance: Instance, frames: Sequence[str]) -> Script:
    """Return what may be said to an instance; the text is rendered already, so it holds no templates."""
    return Script(
        family=instance.family,
        strong=tuple(Line(says=_sentence(_said(point)), points=(point.id,)) for point in instance.points),
        bluff=_bluff(instance, frames),
        invited=instance.invites.answer if instance.invites else _NOTHING,
    )


@lru_cache(maxsize=8)
def read_frames(root: Path) -> tuple[str, ...]:
    """Return the empty sentences, with places A to D for a family's words. Raises NotFound."""
    path = root / "evals" / "candidates" / "frames.txt"
    if not path.is_file():
        raise NotFound(f"{path} is missing", hint="a content folder holds evals/candidates")
    return tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def _said(point: Point) -> str:
    return point.claim if point.quantity or not point.variants else point.variants[-1]


def _sentence(text: str) -> str:
    bare = text.strip().rstrip(".")
    worded = bare.split(" ", 1)[0].isalpha()  # a formula stays as it is
    return f"{bare[:1].upper() if worded else bare[:1]}{bare[1:]}."


def _bluff(instance: Instance, frames: Sequence[str]) -> str:
    """Fill the frames with words of the rubric that are no numbers; which ones goes by the question alone."""
    words = sorted({word for point in instance.points for word in _WORD.findall(point.claim.lower())})
    order = sorted(words, key=lambda word: hashlib.sha256(f"{instance.family}/{word}".encode()).digest())
    picked = order or ["it"]
    return " ".join(
        _sentence(frame.format(**{slot: picked[(4 * n + k) % len(picked)] for k, slot in enumerate("ABCD")}))
        for n, frame in enumerate(frames)
    )
