"""An iCalendar file (RFC 5545) of what is due: one all-day event a day, and one for each rerun."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

_WIDTH = 75  # octets a line may have; longer ones are folded


def ics(days: Mapping[date, Sequence[str]], reruns: Iterable[tuple[date, str]], now: datetime, who: str) -> str:
    """Return the calendar.

    Args:
        days: titles due, by day.
        reruns: (day, what is rerun).
        now: the time stamp of the file, timezone-aware UTC.
        who: the candidate; makes the events' ids stable, so that a newer file replaces an older one.

    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//examiner//practice//EN", "CALSCALE:GREGORIAN"]
    for day, titles in sorted(days.items()):
        count = f"{len(titles)} question{'s' if len(titles) != 1 else ''}"
        lines += _event(f"due-{day:%Y%m%d}-{who}", day, f"Practice: {count} due", "\n".join(titles), now)
    for day, what in reruns:
        lines += _event(f"rerun-{day:%Y%m%d}-{what}-{who}", day, f"Rerun: {what}", "examiner practice rerun", now)
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(uid: str, day: date, title: str, details: str, now: datetime) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{_escaped(uid)}@examiner",
        f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(title)}",
        f"DESCRIPTION:{_escaped(details)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Fold at 75 octets without cutting a character in two."""
    parts, room = [""], _WIDTH
    for character in line:
        size = len(character.encode())
        if size > room:
            parts.append("")
            room = _WIDTH - 1
        parts[-1] += character
        room -= size
    return "\r\n ".join(parts)
