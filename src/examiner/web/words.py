"""How pages say things: times, levels, states, quotes marked in what was said."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from examiner.reports.agreement_words import got
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
DEEDS = {
    "read_report": "read a report",
    "read_cohort": "read the cohort",
    "read_answer": "read an answer",
    "read_transcript": "read a transcript",
    "exported": "took out all that is kept",
    "erased": "erased somebody",
    "hold": "put under a hold, or lifted it",
    "created_session": "made a session",
    "made_link": "made a link",
    "accommodated": "gave more time or breaks",
    "key_made": "made a key",
    "key_revoked": "revoked a key",
    "webhook_made": "added a webhook",
    "webhook_deleted": "deleted a webhook",
    "tenant_made": "made a tenant",
    "tenant_deleted": "deleted a tenant",
}
_PLACES = {"session": "sessions", "candidate": "candidates"}
_NOUNS = {"item": "answer", "why": "because", "reason": "because"}
OUTCOMES = {"advance": "Advance", "hold": "Hold", "decline": "Decline"}


def deed_of(row: dict[str, Any]) -> Markup:
    """Return what a line of the audit log is about; sessions and candidates lead to their pages."""
    parts = []
    for name, value in row.items():
        if name in ("seq", "kind", "at", "by", "streams") or value in ("", None):
            continue
        text = escape(str(value + 1 if name == "item" else value))
        if name in _PLACES:
            parts.append(f'<a href="/staff/{_PLACES[name]}/{text}">{text}</a>')
        else:
            parts.append(f"{escape(_NOUNS.get(name, name.replace('_', ' ')))} {text}")
    return Markup(", ".join(parts))  # noqa: S704 - every part is escaped


def level(value: float | None) -> Markup:
    """Return pips for a level; the figure stands beside them."""
    return Markup(_pips(value))  # noqa: S704 - drawn from a number


def heads(*titles: str) -> Markup:
    """Return the head of a table of stacked rows; `#` before a title sets its column right, for figures."""
    cells = (
        f'<th scope="col" role="columnheader"{numeric}>{escape(title.removeprefix("#"))}</th>'
        for title in titles
        for numeric in [' class="n"' if title.startswith("#") else ""]
    )
    return Markup(f'<thead role="rowgroup"><tr role="row">{"".join(cells)}</tr></thead>')  # noqa: S704 - escaped


def cell(title: str, more: str = "") -> Markup:
    """Return the attributes of a table's cell: on a phone rows are stacked and each cell says its column itself."""
    extra = f' class="{escape(more)}"' if more else ""
    return Markup(f' role="cell" data-label="{escape(title)}"{extra}')  # noqa: S704 - escaped


def clock(at: datetime | str | None) -> str:
    """Return a time of day in UTC, as 12:03:04."""
    then = _moment(at)
    return f"{then:%H:%M:%S}" if then else ""


def day(at: datetime | str | None) -> str:
    """Return a date and time in UTC, as 3 May 2026, 12:03."""
    then = _moment(at)
    return _day(then) if then else ""


def moment(at: datetime | str | None, *, day: bool = False) -> Markup:
    """Return a time as an element that `times.js` puts into the reader's zone; without scripts it says UTC."""
    then = _moment(at)
    if then is None:
        return Markup("")
    says = _day(then) if day else clock(then)
    return Markup(f'<time datetime="{then.isoformat()}"{" data-day" if day else ""}>{says} UTC</time>')  # noqa: S704


def span(seconds: float | None) -> str:
    """Return a duration in minutes and seconds, as 12:03 or 1:02:03."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def minutes(value: float) -> str:
    """Return minutes as `12`, or `18:45` where they are no whole ones."""
    whole, seconds = divmod(round(value * 60), 60)
    return f"{whole}:{seconds:02}" if seconds else str(whole)


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


def _day(then: datetime) -> str:
    return f"{then.day} {then:%b %Y, %H:%M}"


def _moment(at: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(at) if isinstance(at, str) and at else at if isinstance(at, datetime) else None


FILTERS = {
    "clock": clock,
    "day": day,
    "moment": moment,
    "span": span,
    "minutes": minutes,
    "sentence": sentence,
    "quoted": quoted,
    "brief": brief,
    "reason": lambda why: "no score may be released" if why.startswith("withheld") else why,
    "inline": inline,
    "kind": lambda k: KINDS.get(k, k),
    "status": lambda s: STATUS.get(s, ("", s)),
    "got": got,
    "deed": lambda k: DEEDS.get(k, str(k).replace("_", " ")),
    "deed_of": deed_of,
    "outcome": lambda o: OUTCOMES.get(o, o),
}
