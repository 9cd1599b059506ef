"""The words that all reports share."""

import re

from examiner.domain.report import AskedItem
from examiner.domain.score import Cap, Score

VERDICTS = {
    "met": ("✓", "met"),
    "partly": ("◐", "partly"),
    "not_met": ("○", "not met"),
    "contradicted": ("✗", "contradicted"),
    "unclear": ("?", "unclear: a person should look"),
    "disputed": ("⚖", "disputed: a person should look"),
}
NUMBERS = {
    "right": "right",
    "carried": "follows from an earlier figure",
    "mistake": "a recognised mistake",
    "disputed": "disputed",
    "wrong_unit": "wrong unit",
    "wrong_power": "wrong power of ten",
    "missing_factor": "a factor is missing",
    "wrong": "wrong",
    "absent": "not said",
}


def figure(item: AskedItem) -> str:
    """Return what may be shown of an item's score, in a few characters."""
    if item.release.shown is None:
        return "withheld" if item.release.label == "withheld" else "–"
    return str(item.release.shown)


def biting(score: Score) -> Cap | None:
    """Return the lowest cap that holds a score below its quality, None where none does."""
    caps = [cap for cap in score.caps if cap.criterion is None and cap.ceiling < score.quality]
    return min(caps, key=lambda cap: cap.ceiling, default=None)


def within(score: Score) -> str:
    """Return a score's interval in words. A cap that bites is named first: the interval lies under it, the quality above."""
    low, high = score.interval
    cap = biting(score)
    if cap is None:
        return f"between {low} and {high}"
    return f"capped at {cap.ceiling:g} because {cap.reason}: between {low} and {high}"


def number(value: float | None) -> str:
    """Return a figure for people: 4 significant digits, thousands grouped."""
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e12:
        return f"{int(value):,}"
    return f"{value:.4g}"


def flowed(text: str) -> str:
    """Return a text whose paragraphs are lines, for a terminal to wrap; lists and indented lines stay as they are."""
    return re.sub(r"(?<=\S)[ \t]*\n(?!\s|[*|#-]|\d+[.)]\s)", " ", text.strip())
