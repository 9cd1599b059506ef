"""`examiner keys`: API keys of staff."""

from typing import Annotated

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="API keys: create, list, revoke.")

Tenant = Annotated[str | None, typer.Option(help="Whose keys; EXAMINER_TENANT by default.")]


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Whose key it is; reviewers label under this name.")],
    role: Annotated[str, typer.Option(help="reviewer, hiring, researcher or admin.")],
    scope: Annotated[list[str] | None, typer.Option(help="Narrow the key to this scope; may be repeated.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires; never by default.")] = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Make a key; it is shown now and never again."""
    from examiner.service.access.authority import create_key

    identity, key = create_key(open_examiner(tenant=tenant), name, role, tuple(scope or ()), days)
    if as_json:
        emit({"id": identity, "key": key})
        return
    typer.echo(key)
    say(f"key {identity} of role {role}; only its hash is kept: copy it now")


@app.command("list")
def list_keys(tenant: Tenant = None, as_json: Json = False) -> None:
    """List the keys with role, scopes and state; the secrets are not kept."""
    from examiner.service.access.authority import list_keys as listed

    rows = listed(open_examiner(tenant=tenant))
    if as_json:
        emit({"keys": rows})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("id", "name", "role", "created", "expires", "revoked"):
        table.add_column(column)
    for row in rows:
        table.add_row(*(row[c][:19] for c in ("id", "name", "role", "created", "expires", "revoked")))
    console().print(table if rows else "No keys. Make one: examiner keys create --name NAME --role hiring")


@app.command()
def revoke(identity: Annotated[str, typer.Argument(metavar="ID")], tenant: Tenant = None) -> None:
    """End a key; it opens nothing from now on."""
    from examiner.service.access.authority import revoke_key

    revoke_key(open_examiner(tenant=tenant), identity)
    say(f"{identity} is revoked")
