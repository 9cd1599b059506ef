"""`examiner keys`: API keys of staff, and who is signed in without one."""

from typing import Annotated

import typer

from examiner.cli.common import Json, console, emit, open_examiner, say, table
from examiner.cli.lazy import Group
from examiner.domain.errors import Invalid, NotFound

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="API keys: create, list, revoke; sign-ins.",
)

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
    columns = ("id", "name", "role", "created", "expires", "revoked")
    if rows:
        table(columns, [tuple(row[c][:19] for c in columns) for row in rows])
    else:
        console().print("No keys. Make one: examiner keys create --name NAME --role hiring")


@app.command()
def revoke(identity: Annotated[str, typer.Argument(metavar="ID")], tenant: Tenant = None) -> None:
    """End a key; it opens nothing from now on."""
    from examiner.service.access.authority import revoke_key

    revoke_key(open_examiner(tenant=tenant), identity)
    say(f"{identity} is revoked")


@app.command("signed-in")
def signed_in(tenant: Tenant = None, as_json: Json = False) -> None:
    """List who is signed in by their organisation."""
    from examiner.service.access.staff_sso import signed_in as running

    rows = running(open_examiner(tenant=tenant))
    if as_json:
        emit({"signed_in": rows})
    elif rows:
        table(
            tuple(rows[0]),
            [tuple(value[:19] if value[10:11] == "T" else value for value in row.values()) for row in rows],
        )
    else:
        say("nobody is signed in by their organisation")


@app.command("sign-out")
def sign_out(
    person: Annotated[str, typer.Argument(metavar="[PERSON]", help="As `examiner keys signed-in` shows.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Everybody of the tenant.")] = False,
    tenant: Tenant = None,
) -> None:
    """End the browser sessions of somebody who signed in by their organisation, at once."""
    from examiner.service.access.staff_sso import end_all

    if bool(person) == everybody:
        raise Invalid("say who: PERSON, or --all")
    count = end_all(open_examiner(tenant=tenant), person)
    if not count and person:
        raise NotFound(f"'{person}' is not signed in", hint="examiner keys signed-in")
    say(f"{count} ended")
