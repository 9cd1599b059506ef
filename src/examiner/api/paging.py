"""Cursor pages: `?limit=&cursor=` gives `{items, next_cursor}`. A cursor is opaque and says where to go on."""

import base64
import binascii
import json
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel

from examiner.domain.errors import Invalid

Limit = Annotated[int, Query(ge=1, le=200, description="How many, 200 at most.")]
Cursor = Annotated[str, Query(max_length=500, description="`next_cursor` of the page before.")]


class Page(BaseModel):
    """A page; `next_cursor` null means that there is no more."""

    items: list[dict[str, Any]]
    next_cursor: str | None = None


def encode(place: tuple[str, ...] | None) -> str | None:
    """Return the cursor of a place."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode() if place else None


def decode(cursor: str) -> tuple[str, ...]:
    """Return the place of a cursor, () for none. Raises Invalid."""
    if not cursor:
        return ()
    try:
        place = json.loads(base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True))
        if not (isinstance(place, list) and len(place) == 2 and all(isinstance(p, str) for p in place)):
            raise ValueError
    except (ValueError, binascii.Error, UnicodeError, RecursionError):
        raise Invalid("cursor: not one of ours", hint="use next_cursor of the page before") from None
    return tuple(place)


def slice_of(rows: list[dict[str, Any]], limit: int, cursor: str) -> Page:
    """Return a page of rows that are in memory, by position."""
    place = decode(cursor)
    if place and not (place[1].isascii() and place[1].isdecimal() and len(place[1]) < 12):
        raise Invalid("cursor: not one of ours", hint="use next_cursor of the page before")
    start = int(place[1]) if place else 0
    end = start + limit
    return Page(items=rows[start:end], next_cursor=encode(("n", str(end))) if end < len(rows) else None)
