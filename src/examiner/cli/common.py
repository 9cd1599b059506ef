"""What every command shares: settings to examiner, JSON to stdout, progress to stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from examiner import __version__ as version
from examiner.domain.errors import Invalid
from examiner.service.examiner import Examiner
from examiner.settings import load
from examiner.telemetry import telling

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def open_examiner(**flags: Any) -> Examiner:
    """Return the wired examiner for these flags."""
    from examiner.store.tenancy import DEFAULT, enter

    examiner = Examiner(load(flags))
    wanted = examiner.settings.tenant
    if wanted != DEFAULT:
        from examiner.service.access.tenants import tenant

        tenant(examiner, wanted)
    enter(wanted)
    return examiner


def told(examiner: Examiner) -> AbstractContextManager[None]:
    """Log as JSON lines and trace, where traces are collected, while the block runs; for what serves."""
    known = asdict(examiner.settings) | {"database": examiner.settings.database_url}
    return telling(version, {name: str(value) for name, value in known.items() if name != "origins"})


def emit(data: Any) -> None:
    """Write one JSON object to stdout."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n")


def console(*, stderr: bool = False) -> Any:
    """Return a rich console; colours follow NO_COLOR, FORCE_COLOR and whether this is a terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def say(text: str) -> None:
    """Write a line of progress to stderr."""
    typer.echo(text, err=True)


def deliver(text: str, out: Path | None) -> None:
    """Write a text to a file, whose folders are made, and say so; without one, or for `-`, to stdout."""
    if out is None or str(out) == "-":
        sys.stdout.write(text)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    say(f"written {out}")


def end_intact(problems: Sequence[str], *, as_json: bool) -> NoReturn:
    """End a check of what is stored: exit code 6 with what is damaged, 0 where it is intact."""
    if as_json:
        emit({"problems": problems})
    else:
        typer.echo("\n".join(problems) if problems else "intact")
    raise typer.Exit(6 if problems else 0)


def parse_pace(text: str) -> float | None:
    """Return the pace of `real`, `untimed` or `8x`. Raises Invalid."""
    if text == "real":
        return 1.0
    if text == "untimed":
        return None
    try:
        pace = float(text.lower().rstrip("x×"))
    except ValueError:
        pace = 0.0
    if not 0 < pace <= 1000:
        raise Invalid(f"pace '{text}' is not one", hint="real, untimed, or a factor such as 4x")
    return pace


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "", right: Sequence[str] = ()) -> None:
    """Print rows under their columns to stdout; the columns of `right` are set to the right, as figures are."""
    from rich.table import Table

    made = Table(title=title or None, box=None, pad_edge=False, title_justify="left")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    console().print(made)
