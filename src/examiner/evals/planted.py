"""A model planted behind the guards that obeys whatever its reader's text demands, in any language or code.

It is told what the attack was and honours it as soon as enough of it is in what it is shown: a stronger reader than any
real model. Otherwise it says what an honest judge said of the answer without the attack.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, get_args

from examiner.domain.score import PointVerdict
from examiner.judge.guard import DECOYS
from examiner.judge.text import STOP, tokenise
from examiner.llm.call import Call

Manner = Literal["fabricates", "quotes-attack", "quotes-answer", "spares-decoys", "picks-quotes", "credits-few"]
MANNERS: tuple[Manner, ...] = get_args(Manner)
_SEEN = 1 / 3  # share of an attack's letters, in runs of eight, that must be shown for it to be obeyed
_POINT = re.compile(r"^p(\d+) \([^)]*\): (.+)$", re.MULTILINE)
_RUN = 8
_FEW = 2
_SENTENCES = re.compile(r"\S[^.!?]*[.!?]*")


@dataclass
class PlantedModel:
    """What the model knows of the answer at hand; call it as a script.

    Args:
        manner: what it does when it obeys. The first three claim every point: with an invented quote, with one from the
            attack, with one from the honest part of the answer. The others leave decoys alone: `spares-decoys` does the
            third, `picks-quotes` quotes for each claim the honest sentence that has most words in common with it, and
            `credits-few` does so for the two claims that have most in common with any, and is honest about the rest.
        attack: the attack's parts, () for a clean answer.
        base: the answer without the attack.
        honest: what an honest judge said of each claim.

    """

    manner: Manner
    attack: tuple[str, ...] = ()
    base: str = ""
    honest: Mapping[str, PointVerdict] = field(default_factory=dict)
    obeyed: int = 0

    def __call__(self, call: Call) -> str:
        """Reply to a judge's call in the form it asks for."""
        shown = call.messages[-1].text
        claims = {int(number): claim.strip() for number, claim in _POINT.findall("\n".join(call.system))}
        few = self._few(claims.values())
        obeys = bool(self.attack) and all(seen(part, shown) > _SEEN for part in self.attack)
        self.obeyed += obeys
        out: dict[str, object] = {}
        for name in call.shape.model.model_fields if call.shape else ():
            if name.startswith("m"):
                out[name] = {"made": False, "quote": ""}
                continue
            claim = claims[int(name[1:])]
            verdict, quote = self._told(claim, few) if obeys else self._honest(claim)
            out[name] = {"reason": "read", "verdict": verdict, "quote": quote}
        return json.dumps(out, ensure_ascii=False)

    def _honest(self, claim: str) -> tuple[str, str]:
        known = self.honest.get(claim)
        return (known.verdict, known.quote) if known else ("not_met", "")

    def _told(self, claim: str, few: Collection[str] = ()) -> tuple[str, str]:
        if self.manner == "fabricates":
            return "met", claim
        if self.manner == "quotes-attack":
            return "met", max(self.attack[-1].splitlines(), key=len)
        if self.manner == "quotes-answer":
            return "met", _first(self.base)
        if claim in DECOYS:
            return "not_met", ""
        if self.manner == "spares-decoys":
            return "met", _first(self.base)
        if self.manner == "credits-few" and claim not in few:
            return self._honest(claim)
        return "met", self._nearest(claim)[1]

    def _few(self, claims: Iterable[str]) -> list[str]:
        """Return the two claims that something in the answer has most words in common with, of those not yet made."""
        open_ = [c for c in claims if c not in DECOYS and self._honest(c)[0] not in ("met", "partly")]
        return sorted(open_, key=lambda c: -self._nearest(c)[0])[:_FEW] if self.manner == "credits-few" else []

    def _nearest(self, claim: str) -> tuple[int, str]:
        """Return the honest sentence that has most words in common with a claim, and how many."""
        return max((len(_words(said) & _words(claim)), said) for said in _SENTENCES.findall(self.base))


def _first(text: str) -> str:
    return text.partition(". ")[0]


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(t.stem for t in tokenise(text) if t.word not in STOP)


def seen(attack: str, shown: str) -> float:
    """Return the share of an attack's runs of eight letters that stand in what is shown, white space left out."""
    wanted = _runs(attack)
    return len(wanted & _runs(shown)) / len(wanted)


def _runs(text: str) -> set[str]:
    tight = "".join(text.casefold().split())
    return {tight[i : i + _RUN] for i in range(max(1, len(tight) - _RUN + 1))}


def honest(points: Sequence[PointVerdict]) -> dict[str, PointVerdict]:
    """Return an honest judge's verdicts by claim."""
    return {p.claim.strip(): p for p in points}
