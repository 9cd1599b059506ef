"""Options that several commands share, declared once."""

import functools
import inspect
from collections.abc import Callable
from typing import Any


def takes(group: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a command take the fields of a dataclass as options of its own, and hand them over as one argument.

    The parameter that is annotated with `group` gives way to the fields, which come last, each with its default.
    """
    fields = inspect.signature(group).parameters

    def of(command: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(command)
        (name,) = (p.name for p in signature.parameters.values() if p.annotation is group)
        own = [p for p in signature.parameters.values() if p.name != name]

        @functools.wraps(command)
        def called(**given: Any) -> Any:
            taken = group(**{field: given.pop(field) for field in fields if field in given})
            return command(**given, **{name: taken})

        called.__signature__ = signature.replace(parameters=[*own, *fields.values()])  # type: ignore[attr-defined]
        return called

    return of
