"""What the words before a number say of it: about, at most, the result, taken back. Pure."""

import re
from dataclasses import dataclass

_LOOKED_AT = 40  # characters before a number


class _Before:
    """Words that say something of the number right behind them; `between` may stand between."""

    def __init__(self, *words: str, between: str = r"\s*[$€]?") -> None:
        self._words = words
        edged = (rf"\b{re.escape(w)}" if w[0].isalpha() else re.escape(w) for w in words)
        self._pattern = re.compile(rf"(?:{'|'.join(edged)}){between}$")

    def stands(self, before: str, bare: str) -> bool:
        """Tell whether they end a text in small letters; `bare` is that text without what may stand between."""
        return bare.endswith(self._words) and self._pattern.search(before) is not None


_APPROX = _Before(
    "~", "≈", "\\approx", "about", "roughly", "approximately", "around", "nearly", "some", "circa", "ca.",
    between=r"[\s\\,$€]*",
)  # fmt: skip
_BOUNDS = {
    "<=": _Before("≤", "<=", "at most", "up to", "no more than", "\\le", "\\leq"),
    ">=": _Before("≥", ">=", "at least", "no less than", "\\ge", "\\geq"),
    "<": _Before("<", "less than", "under", "below", "fewer than"),
    ">": _Before(">", "more than", "over", "above", "greater than"),
}
_RESULT = re.compile(r"(?:=|≈|\\approx|:=|->|→|⇒)\s*(?:~|about|roughly|[$€])?\s*$")
_RETRACT_BEFORE = re.compile(
    r"(?:\bnot|\binstead of|\brather than|\bfirst I thought|\bI thought|n't)\s+(?:\w+\s+){0,1}[~$€]?$", re.I
)
_RETRACTS = re.compile(r"not|n't|instead|rather|thought")  # one of them is in all that takes a number back


@dataclass(frozen=True, slots=True)
class Said:
    """What stands before a number; `bound` is one of `<=`, `>=`, `<`, `>`, or empty."""

    approx: bool
    bound: str
    is_result: bool
    retracted: bool


def before(text: str, start: int) -> Said:
    """Return what the words before a number that begins there say of it."""
    said = text[max(0, start - _LOOKED_AT) : start]
    low = said.lower()
    bare = low.rstrip().rstrip("\\,$€ ").rstrip()
    return Said(
        approx=_APPROX.stands(low, bare),
        bound=next((sign for sign, words in _BOUNDS.items() if words.stands(low, bare)), ""),
        is_result=_RESULT.search(said) is not None,
        retracted=_RETRACTS.search(low) is not None and _RETRACT_BEFORE.search(said) is not None,
    )
