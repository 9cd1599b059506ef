"""Options that several commands share, declared once."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

Question = Annotated[str, typer.Argument(help="A question of the vault, `id` or `id@variant`.")]
Judge = Annotated[str | None, typer.Option(help="The judge; see `examiner judge list`.")]
Target = Annotated[str, typer.Option("--judge", help="The judge; planted:NAME for a planted one.")]
Policy = Annotated[str | None, typer.Option(help="practice, hiring or high-stakes.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of stdout.")]
Plain = Annotated[bool, typer.Option("--plain", help="Line by line, no editor: for pipes and screen readers.")]
Examples = Annotated[
    int | None, typer.Option(min=0, max=8, help="Worked examples in the prompt, from anchors that no gate uses.")
]


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
