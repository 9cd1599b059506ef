"""`examiner db`: migrate, check and back up the event log."""

from pathlib import Path

import typer

from examiner.cli.common import Json, emit, open_examiner

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Migrate, check and back up the event log.")


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema (done by itself when it is opened)."""
    examiner = open_examiner()
    examiner.ledger.close()
    typer.echo(f"{examiner.settings.database_url} is up to date")


@app.command()
def check(as_json: Json = False) -> None:
    """Check the file and every hash chain; exit code 6 where something is damaged."""
    problems = open_examiner().ledger.check()
    if as_json:
        emit({"problems": problems})
    else:
        typer.echo("\n".join(problems) if problems else "intact")
    raise typer.Exit(6 if problems else 0)


@app.command()
def backup(path: Path) -> None:
    """Copy the database while it is in use."""
    open_examiner().ledger.backup(path)
    typer.echo(f"written {path}")
