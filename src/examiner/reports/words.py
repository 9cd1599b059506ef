"""The words that all reports share."""

import re

from examiner.domain.report import AskedItem

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
