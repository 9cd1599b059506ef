"""Where the routes are registered."""

from collections.abc import Callable, Mapping
from typing import Any

Plain = Mapping[str, Any]
Route = Callable[[Plain], Mapping[str, float]]
ROUTES: dict[str, Route] = {}


def route(family: str) -> Callable[[Route], Route]:
    """Register a function as the second route of a family. Raises ValueError where there is one already."""

    def keep(function: Route) -> Route:
        if family in ROUTES:
            raise ValueError(f"two second routes for {family}")
        ROUTES[family] = function
        return function

    return keep
