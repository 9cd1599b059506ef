"""What an answer states: its numbers with what stands around them, and whether one is said for a given key. Pure."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from examiner.domain.arithmetic import agrees
from examiner.domain.errors import Invalid
from examiner.domain.identity import once_each
from examiner.domain.question import Key
from examiner.domain.score import Span, Turn
from examiner.domain.units import Unit, parse_unit
from examiner.judge.quantities import Found, find
from examiner.judge.text import STOP

_PREFIX = re.compile(r"([kKMGTP])(i?)B\b")
_POWER = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_SMALL = 16  # a plain whole number up to here is matched only where it is said as a result or beside its name
_CLOSING = re.compile(r"\b(?:fit|fits|hold|holds|room for|in total|altogether|gives|yields|makes)\b")
_WORD = re.compile(r"[a-z]{4,}")
_NEAR = 60  # characters looked at before a number
_OPERAND = re.compile(r"\s*[×x*·]\s*[\d(]|\s*[\d(]")  # what stands after a factor of a product
_LOOSELY = frozenset(["once", "twice", "thrice", "double", "triple", "doubled", "tripled"])


@dataclass(frozen=True)
class Said:
    """One number of the candidate, with its turn and its value in base units."""

    found: Found
    turn: int
    unit: Unit
    values: tuple[float, ...]
    near: str
    before: str

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(turn=self.turn, start=self.found.start, end=self.found.end)


def statements(turns: Sequence[Turn]) -> list[Said]:
    """Return the numbers that the candidate states, in order: none taken back, no operand, none merely repeated."""
    said = []
    for number, turn in enumerate(turns):
        given = {(round(v, 9), f.base_unit) for f in find_cached(turn.asked) for v in f.readings()}
        for found in find_cached(turn.text):
            if found.retracted:
                continue
            if not found.is_result and all((round(v, 9), found.base_unit) in given for v in found.readings()):
                continue
            if found.text[-1:] in "×x*" and _OPERAND.match(turn.text, found.end):
                continue  # "3 × 8 bytes" says nothing of a factor of three
            unit = unit_of(found.base_unit)
            before = turn.text[max(0, found.start - _NEAR) : found.start].lower()
            near = before + turn.text[found.start : found.end + 40].lower()
            said.append(Said(found, number, unit, tuple(v * unit.factor for v in found.readings()), near, before))
    return said


@lru_cache(maxsize=4096)
def find_cached(text: str) -> tuple[Found, ...]:
    """Return `find(text)`, remembered: prompts and follow-ups recur."""
    return find(text)


@lru_cache(maxsize=512)
def unit_of(text: str) -> Unit:
    """Return the unit of that name, the plain number where there is none."""
    try:
        return parse_unit(text)
    except Invalid:
        return parse_unit("1")


def below(unit: Unit) -> set[str]:
    """Return what the unit is counted per: `KiB/token` is per token."""
    return {name for name, power in unit.soft if power < 0}


def elsewhere(s: Said, unit: Unit) -> bool:
    """Tell whether a number says itself that it is per something else than the key."""
    return bool(below(s.unit)) and bool(below(unit)) and below(s.unit) != below(unit)


def matches(s: Said, target: float, key: Key, unit: Unit) -> bool:
    """Tell whether a number is the target within the key's tolerance, said so that the key is meant.

    Args:
        s: a number that stands in the answer.
        target: the value sought, in base units; the key's own, or that of a recognised mistake.
        key: the quantity that is graded: its tolerance, name and size.
        unit: the key's unit.

    """
    return _agrees(s, target, key, unit) and _meant(s, key, unit)


def _agrees(s: Said, target: float, key: Key, unit: Unit) -> bool:
    if s.unit.hard == unit.hard:
        return any(agrees(v, target, key.tolerance) or _otherwise(s, v, target, key.tolerance) for v in s.values)
    if s.unit.hard and not unit.hard and not unit.soft and s.found.unit.lower() in key.say.lower():
        # The key is a plain number whose name holds the unit: "3.125 bits" for bits per weight.
        return isinstance(s.found.value, float | int) and agrees(float(s.found.value), target, key.tolerance)
    if unit.hard and not s.unit.hard and s.found.base_unit == "1":
        # No unit said: the number alone must be the key's own figure.
        return s.found.is_result and any(agrees(v, target / unit.factor, key.tolerance) for v in s.values)
    return False


def _otherwise(s: Said, value: float, target: float, tolerance: float) -> bool:
    """Tell whether "128 KB" stands for 128 KiB: accepted as the same figure read in the other system, and noted."""
    prefix = _PREFIX.search(s.found.unit) if "B" in s.found.unit else None
    if prefix is None:
        return False
    slack = 1.024 ** _POWER[prefix[1]]
    return agrees(value / slack if prefix[2] else value * slack, target, min(tolerance, 0.005))


def _meant(s: Said, key: Key, unit: Unit) -> bool:
    """Tell whether a number of the right size is said so that the key is meant."""
    if s.found.text.lower() in _LOOSELY and key.unit not in ("x", "1"):
        return False  # "the work is done twice" is no percentage
    if article(s) and not any(word in s.found.text.lower() for word in _words(key)):
        return False  # "one copy" is not one part
    small = not unit.hard and abs(key.value) <= _SMALL and key.value == int(key.value)
    # 32 layers are not 32 sequences.
    apart = s.unit.hard == unit.hard and s.unit.soft and unit.soft and not unit.hard
    if small or (apart and not set(nouns(s.unit)) & set(nouns(unit))):
        return aimed(s, key)
    return True


def nouns(unit: Unit) -> list[str]:
    """Return what the unit counts."""
    return [name for name, power in unit.soft if power > 0]


def aimed(s: Said, key: Key) -> bool:
    """Tell whether a small number is said as the result or right beside its name or unit."""
    if s.found.is_result:
        return True
    if _CLOSING.search(s.near):
        return True
    return any(word in s.near for word in _words(key))


def named(text: str, key: Key, others: Sequence[Key]) -> bool:
    """Tell whether a text holds a word of the key's name that no other key's name has."""
    return any(word in text for word in _words(key) - {w for k in others for w in _words(k)})


@once_each
def _words(key: Key) -> frozenset[str]:
    """Return the words of a key's name, short enough to find their other forms."""
    names = set(_WORD.findall(f"{key.say} {key.unit}".lower())) - STOP
    return frozenset(word[:5].removesuffix("s") for word in names)


def power_of(ratio: float) -> str:
    """Return the whole power of 10 or 1,024 that a ratio is, "" where it is none."""
    if ratio <= 0:
        return ""
    tens = math.log10(ratio)
    if round(tens) and abs(tens - round(tens)) < 0.012 and abs(tens) <= 12:
        return f"10^{round(tens)}"
    kibi = math.log2(ratio) / 10
    if round(kibi) and abs(kibi - round(kibi)) < 0.003:
        return f"2^{10 * round(kibi)}"
    return ""


def slip(s: Said, key: Key, unit: Unit) -> bool:
    """Tell whether a number is the key's figure with the wrong power of ten or two, nothing else."""
    if not unit.hard or s.unit.hard != unit.hard or not key.value:
        return False
    ratio = s.values[0] / (key.value * unit.factor)
    return bool(power_of(ratio)) and s.found.is_result


def article(s: Said) -> bool:
    """Tell whether a number is the word "one" before a noun: nobody's slip of a larger figure."""
    return s.found.text.lower().startswith("one ") and not s.found.is_result
