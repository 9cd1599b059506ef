"""Lists in pages of a hundred rows: links to the next and the one before, filters kept, no script needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query

from examiner.domain.errors import NotFound
from examiner.web.view import SHOWN

Number = Annotated[int, Query(ge=1, le=100_000, description="Which page, from 1.")]


@dataclass(frozen=True)
class Leaf:
    """One page of a list.

    Attributes:
        number: which, from 1.
        rows: what stands on it.
        more: there is another behind it.
        filters: what the list is narrowed to, kept by the links.
        first: how many rows stand before it.

    """

    number: int
    rows: Sequence[Any]
    more: bool
    filters: tuple[tuple[str, str], ...] = ()
    first: int = 0

    def address(self, step: int) -> str:
        """Return the address of the page so many on."""
        return "?" + urlencode([*((n, v) for n, v in self.filters if v), ("page", str(self.number + step))])


def skipped(number: int) -> int:
    """Return how many rows stand before a page."""
    return (number - 1) * SHOWN


def leaf(number: int, rows: Sequence[Any], *, more: bool, **filters: str) -> Leaf:
    """Return a page of rows that were read as such. Raises NotFound behind the last."""
    if number > 1 and not rows:
        raise NotFound(f"There is no page {number} of this list.", hint="take the first one")
    return Leaf(number, rows, more, tuple(filters.items()), skipped(number))


def cut(number: int, rows: Sequence[Any], **filters: str) -> Leaf:
    """Return a page of rows that are all in memory. Raises NotFound behind the last."""
    first = skipped(number)
    return leaf(number, rows[first : first + SHOWN], more=len(rows) > first + SHOWN, **filters)
