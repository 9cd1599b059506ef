"""`examiner tenants`: teams that share a house and nothing else, and what each may spend on models."""

import sys
from typing import Annotated, Any

import typer

from examiner.cli.common import Json, emit, open_examiner, say, table
from examiner.cli.lazy import Group

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Tenants: add, list, delete; what each may spend on models.",
)
Identity = Annotated[str, typer.Argument(metavar="ID", help="3 to 40 of a-z, 0-9 and -.")]


@app.command()
def add(
    identity: Identity,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    as_json: Json = False,
) -> None:
    """Make a tenant; its first admin key is shown now and never again."""
    from examiner.service.access.tenants import add as make

    row, key = make(open_examiner(), identity, name)
    if as_json:
        emit(row | {"key": key})
        return
    typer.echo(key)
    say(f"tenant {identity}; the key above is its first admin's. Commands for it: EXAMINER_TENANT={identity}")


@app.command("list")
def list_tenants(as_json: Json = False) -> None:
    """List the tenants with what each has spent on models and may spend."""
    from examiner.service.access.tenants import listed
    from examiner.service.budgets import standing

    examiner = open_examiner()
    rows = [row | {"budget": standing(examiner, row["id"])} for row in listed(examiner)]
    if as_json:
        emit({"tenants": rows})
        return
    cells = [
        (row["id"], row["name"], row["created"][:10], _spent(row["budget"]["day"]), _spent(row["budget"]["month"]))
        for row in rows
    ]
    table(("id", "name", "created", "today", "this month"), cells)


@app.command()
def budget(
    identity: Annotated[str, typer.Argument(metavar="[ID]", help="The tenant; EXAMINER_TENANT by default.")] = "",
    day_usd: Annotated[str | None, typer.Option(help='Most a day in USD; "none", or "" for the setting.')] = None,
    month_usd: Annotated[str | None, typer.Option(help="Likewise a month.")] = None,
    as_json: Json = False,
) -> None:
    """Show what a tenant may spend on models and has spent; with an option, set its limit."""
    from examiner.service import budgets
    from examiner.service.access.tenants import tenant

    examiner = open_examiner()
    identity = tenant(examiner, identity or examiner.settings.tenant)["id"]
    given: dict[budgets.Period, str | None] = {"day": day_usd, "month": month_usd}
    limits = {period: text for period, text in given.items() if text is not None}
    found = budgets.set_limits(examiner, identity, limits) if limits else budgets.standing(examiner, identity)
    if as_json:
        emit(found)
        return
    for period in budgets.PERIODS:
        figures = found[period]
        typer.echo(f"{period:6}{_spent(figures)}, {figures['calls']} calls, resets {figures['resets_at']}")


@app.command()
def delete(
    identity: Identity,
    why: Annotated[str, typer.Option(help="The reason, for the audit log.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the id to be typed.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go and what would stay; delete nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Delete a tenant for good: what its people said, its keys, rows and files. A legal hold forbids it.

    --json: tenant, name, candidates, sessions, running, keys, signed_in, webhooks, events, files, holds,
    days_of_costs_kept; when it is done also erased_events, erased_replies, why, at.
    """
    from examiner.domain.errors import Invalid
    from examiner.service.people import leaving

    examiner = open_examiner()
    had = leaving.contents(examiner, identity)
    if dry_run or not as_json:
        _tell(had, as_json=as_json)
    if dry_run:
        return
    if not had["holds"] and not yes:
        if not sys.stdin.isatty():
            raise Invalid("nobody is there to confirm it", hint="--yes deletes without asking; --dry-run says what")
        if typer.prompt(f"Type {identity} to delete it for good", err=True).strip() != identity:
            raise Invalid("that is not its id", hint="nothing was deleted")
    receipt = leaving.delete(examiner, identity, "command line", why or "asked on the command line")
    if as_json:
        emit(receipt)
    else:
        say(
            f"tenant {identity} is deleted; {receipt['erased_events']} events are erased, and every chain still verifies"
        )


def _tell(had: dict[str, Any], *, as_json: bool) -> None:
    """Say what would go and what would stay."""
    if as_json:
        emit(had)
        return
    going = ("candidates", "sessions", "keys", "signed_in", "webhooks", "events", "files")
    typer.echo(f"tenant {had['tenant']} ({had['name']})")
    typer.echo("goes:  " + ", ".join(f"{had[name]} {name.replace('_', ' ')}" for name in going))
    if had["running"]:
        typer.echo(f"       {had['running']} of the sessions are running: their candidates lose what they write")
    typer.echo(
        f"stays: the audit log, hashes and times of the chains, {had['days_of_costs_kept']} days of what models cost"
    )
    typer.echo("       and what is not the house's to change: backups, older copies of the database, exported files")
    if had["holds"]:
        typer.echo(f"legal holds forbid it: {', '.join(had['holds'])}")


def _spent(figures: dict[str, Any]) -> str:
    limit = figures["limit_usd"]
    held = f" + {figures['held_usd']:.2f} held" if figures["held_usd"] else ""
    return f"{figures['spent_usd']:.2f}{held} of {'no limit' if limit is None else f'{limit:.2f} USD'}"
