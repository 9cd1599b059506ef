"""`examiner db`: migrate, check and back up the event log."""

from pathlib import Path
from typing import Annotated

import typer

from examiner.cli.common import Json, end_intact, open_examiner
from examiner.cli.lazy import Group

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Migrate, check, back up and restore the event log.",
)


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema (done by itself when it is opened)."""
    examiner = open_examiner()
    examiner.ledger.close()
    typer.echo(f"{examiner.settings.database_url} is up to date")


@app.command()
def check(
    path: Annotated[Path | None, typer.Argument(help="A backup; the database in use by default.")] = None,
    as_json: Json = False,
) -> None:
    """Check the file and every hash chain; exit code 6 where something is damaged."""
    from examiner.service.upkeep.restoring import check_copy

    problems = check_copy(path) if path is not None else open_examiner().ledger.check()
    end_intact(problems, as_json=as_json)


@app.command()
def backup(path: Path) -> None:
    """Copy the database while it is in use."""
    open_examiner().ledger.backup(path)
    typer.echo(f"written {path}")


@app.command()
def restore(
    path: Path,
    force: Annotated[bool, typer.Option("--force", help="Replace a database that holds events.")] = False,
) -> None:
    """Put a backup in the place of the database, after checking it; the one that was there is kept beside it."""
    from examiner.service.upkeep.restoring import restore as put_back

    examiner = open_examiner()
    kept = put_back(examiner, path, force=force)
    typer.echo(f"restored {path}" + (f"; what was there is {kept}" if kept else ""))
