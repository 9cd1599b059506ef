"""`examiner config`: what is set, and where it came from."""

from typing import Annotated

import typer

from examiner.cli.common import Json, emit, table
from examiner.cli.lazy import Group
from examiner.settings import load

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show the settings and where each came from.",
)


@app.callback()
def _group() -> None:
    """Keep `show` a sub-command."""


@app.command()
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value came from.")] = False,
    as_json: Json = False,
) -> None:
    """Show every setting; secrets are masked."""
    settings = load()
    values = settings.shown()
    if as_json:
        emit({n: {"value": v, "origin": settings.origins[n]} if origin else v for n, v in values.items()})
        return
    table(
        ("setting", "value", *(("from",) if origin else ())),
        [(name, value, *((settings.origins[name],) if origin else ())) for name, value in values.items()],
    )
