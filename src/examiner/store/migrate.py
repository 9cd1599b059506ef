"""Bring a database to the schema of this code."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from examiner.domain.errors import Corrupt

HEAD = "0006"


def version(connection: Connection) -> str | None:
    """Return the schema version of a database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return row[0] if row else None


def migrate(connection: Connection) -> str | None:
    """Upgrade to HEAD where needed; return the version it came from.

    Raises:
        Corrupt: the database was written by a newer examiner.

    """
    found = version(connection)
    if found == HEAD:
        return found
    if found is not None and found > HEAD:
        raise Corrupt(
            f"the database has schema {found}, this examiner knows {HEAD}",
            hint="upgrade examiner; an older one must not write to it",
        )
    from alembic import command  # noqa: PLC0415 - a database that is up to date needs no alembic
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return found
