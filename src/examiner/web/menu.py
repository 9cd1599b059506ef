"""The menu of staff: four rooms and the pages of each. What a key does not open is not there."""

from collections.abc import Sequence
from typing import Any

from examiner.service.access.authority import Principal

_PAGES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "Review": (
        ("review:read", "/staff/reviews", "Reviews", "answers that wait for a person"),
        ("anchors:read", "/staff/anchors", "Anchors", "blind labels, agreement, what to settle"),
        ("appeals:settle", "/staff/appeals", "Appeals", "what candidates want looked at again"),
    ),
    "Hiring": (
        ("sessions:manage", "/staff/sessions", "Sessions", "invitations, links, more time"),
        ("candidates:read", "/staff/candidates", "Candidates", "their data, holds, erasure"),
        ("reports:read", "/staff/cohort", "Cohort", "candidates side by side"),
    ),
    "Judges": (
        ("certificates:read", "/staff/certificates", "Certificates", "what each judge has earned"),
        ("drift:read", "/staff/drift", "Drift", "whether it still is that judge"),
        ("drift:read", "/staff/probes", "Probes", "what it falls for"),
    ),
    "House": (
        ("keys:write", "/staff/keys", "Keys", "who may do what"),
        ("hooks:write", "/staff/webhooks", "Webhooks", "who is told of what"),
        ("audit:read", "/staff/audit", "Audit log", "who read, granted and erased what"),
    ),
}
_ALSO = {"/staff/reports": "/staff/sessions"}  # a page without an entry of its own, by the one it belongs to


def menu(who: Principal, path: str) -> list[dict[str, Any]]:
    """Return the rooms that are open to somebody, each with its pages and whether it is the one shown."""
    rooms = []
    for title, pages in _PAGES.items():
        shown = [
            {"href": href, "says": says, "about": about, "here": _here(href, path)}
            for scope, href, says, about in pages
            if who.may(scope)
        ]
        if shown:
            rooms.append({"title": title, "pages": shown, "here": any(p["here"] for p in shown)})
    return rooms


def current(rooms: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the room that the shown page lies in."""
    return next((room for room in rooms if room["here"]), None)


def _here(href: str, path: str) -> bool:
    places = [href, *(also for also, belongs in _ALSO.items() if belongs == href)]
    return any(path == place or path.startswith(f"{place}/") for place in places)
