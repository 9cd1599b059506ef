"""Changes to the numbers of a text: a wrong value, a wrong unit, another form of the same value. Pure."""

import math
import re
from random import Random

from examiner.vault.render import show

_NUMBER = re.compile(
    r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]*\w)|(?<![\w.,/^*])\d+(?:\.\d+)?(?![\d,]*\w)(?!\.\d)"
)
_UNITS = (
    ("GiB", "MiB"), ("MiB", "KiB"), ("KiB", "GiB"), ("GB", "MB"), ("MB", "kB"), ("TB", "GB"), ("ms", "s"), ("us", "ms"),
    ("µs", "ms"), ("seconds", "minutes"), ("milliseconds", "seconds"), ("microseconds", "milliseconds"),
    ("TFLOP", "GFLOP"), ("GFLOP", "TFLOP"), ("bytes", "kilobytes"), ("hours", "minutes"), ("days", "hours"), ("s", "ms"),
    ("million", "billion"), ("billion", "million"), ("thousand", "million"),
)  # fmt: skip
_FACTORS = (0.23, 0.31, 0.55, 1.7, 2.6, 3.7)
# A forgotten factor of two or a slipped power of ten is a mistake of its own that may earn half: not what is tried here.
_ROUND = tuple(sorted({float(n) for n in range(1, 11)} | {16.0, 100.0, 1000.0, 1024.0}))


def occurrences(text: str, value: float) -> list[tuple[int, int]]:
    """Return where a value stands in a text as `show` prints it."""
    pattern = rf"(?<![\d.,]){re.escape(show(value))}(?![\d%]|[.,]\d)"
    return [match.span() for match in re.finditer(pattern, text)]


def wrong_value(value: float, rng: Random, *, avoid: tuple[float, ...] = (), tolerance: float = 0.05) -> float:
    """Return another value, far outside the tolerance of this one and of those to avoid, at no simple ratio to it.

    `tolerance` is relative; whole values of 4 and more stay whole. Where no choice fits, it is 1.37 times the value.
    """
    choices = [value * factor for factor in _FACTORS]
    if abs(value) >= 4 and value == round(value):
        choices = [float(round(c)) for c in choices]
    rng.shuffle(choices)
    far = math.log1p(max(0.1, 3 * tolerance))
    others = [v for v in (value, *avoid) if v > 0]
    good = [c for c in choices if c and all(abs(math.log(c / v)) > far for v in others) and not _simple(c / value)]
    return (good or [value * 1.37])[0]


def _simple(ratio: float) -> bool:
    size = abs(math.log(ratio))
    return any(abs(size - math.log(n)) < 0.03 for n in _ROUND)


def wrong_unit(text: str, end: int) -> str | None:
    """Exchange the unit that follows position `end` for one of another size; None where there is none known."""
    behind = text[end:]
    for unit, other in _UNITS:
        match = re.match(rf"(\s*){unit}(?![A-Za-z])", behind)
        if match:
            return text[:end] + match[1] + other + behind[match.end() :]
    return None


def other_forms(text: str, rng: Random) -> str:
    """Write numbers in another form of the same value: grouping taken away or put in, a decimal zero."""

    def one(match: re.Match[str]) -> str:
        number = match[0]
        if "," in number:
            return number.replace(",", "")
        if "." not in number and len(number) >= 5:
            return f"{int(number):,}"
        if "." in number:
            return number + "0"
        return f"{number}.0" if rng.random() < 0.5 else number

    return _NUMBER.sub(one, text)
