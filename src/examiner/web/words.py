"""How pages say things: times, levels, states, quotes marked in what was said."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from examiner.reports.pictures import pips as _pips

_CODE = re.compile(r"`([^`\n]+)`")
_REASON = re.compile(r"(?P<head>.*: )?(?P<name>[a-z_]+): (?P<why>[^:;]+)")
KINDS = {
    "rapid": "short questions",
    "deep": "one question in depth",
    "design": "system design",
    "debug": "debugging an incident",
    "practice": "practice",
}
STATUS = {
    "ready": ("○", "not running"),
    "running": ("●", "running"),
    "break": ("◐", "on a break"),
    "ended": ("✓", "ended"),
    "erased": ("–", "erased"),
}
OUTCOMES = {"advance": "Advance", "hold": "Hold", "decline": "Decline"}


def level(value: float | None) -> Markup:
    """Return pips for a level; the figure stands beside them."""
    return Markup(_pips(value))  # noqa: S704 - drawn from a number


def clock(at: datetime | str | None) -> str:
    """Return a time of day in UTC, as 12:03:04."""
    moment = _moment(at)
    return f"{moment:%H:%M:%S}" if moment else ""


def day(at: datetime | str | None) -> str:
    """Return a date and time in UTC, as 3 May 2026, 12:03."""
    moment = _moment(at)
    return f"{moment.day} {moment:%b %Y, %H:%M}" if moment else ""


def span(seconds: float | None) -> str:
    """Return a duration in minutes and seconds, as 12:03 or 1:02:03."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def minutes(value: float) -> str:
    """Return minutes without a needless fraction."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def sentence(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def brief(text: str) -> str:
    """Return a reason with criteria that share one explanation named together: `a: x; b: x` becomes `a, b: x`."""
    found = [_REASON.fullmatch(part) for part in text.split("; ")]
    if not all(found):
        return text
    head, whys = "", dict[str, list[str]]()
    for match in found:
        if match:
            head = head or match["head"] or ""
            whys.setdefault(match["why"], []).append(match["name"].replace("_", " "))
    return head + "; ".join(f"{', '.join(names)}: {why}" for why, names in whys.items())


def inline(text: str) -> Markup:
    """Return one line of text; `code` is kept, everything else escaped."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


def quoted(text: str, points: Sequence[dict[str, Any]], turn: int) -> Markup:
    """Return a turn with the quotes that carried points marked in place; overlapping quotes are joined.

    Args:
        text: what was said.
        points: point verdicts as JSON, with `span`, `verdict`, `claim`.
        turn: the turn's place in its answer.

    """
    carried = sorted(
        (p["span"]["start"], p["span"]["end"], p["claim"])
        for p in points
        if p.get("span") and p["span"]["turn"] == turn and p["verdict"] in ("met", "partly", "disputed")
    )
    joined: list[tuple[int, int, list[str]]] = []
    for start, end, claim in carried:
        if joined and start < joined[-1][1]:
            first, last, claims = joined[-1]
            joined[-1] = (first, max(last, end), [*claims, claim])
        else:
            joined.append((start, end, [claim]))
    out, position = [], 0
    for start, end, claims in joined:
        out.append(str(escape(text[position:start])))
        out.append(f'<mark title="{escape("; ".join(claims))}">{escape(text[start:end])}</mark>')
        position = end
    out.append(str(escape(text[position:])))
    return Markup("".join(out))  # noqa: S704 - every part is escaped


def _moment(at: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(at) if isinstance(at, str) and at else at if isinstance(at, datetime) else None


FILTERS = {
    "clock": clock,
    "day": day,
    "span": span,
    "minutes": minutes,
    "sentence": sentence,
    "quoted": quoted,
    "brief": brief,
    "inline": inline,
    "kind": lambda k: KINDS.get(k, k),
    "status": lambda s: STATUS.get(s, ("", s)),
    "outcome": lambda o: OUTCOMES.get(o, o),
}
