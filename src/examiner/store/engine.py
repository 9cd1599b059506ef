"""Databases as the store wants them: durable commits, writers that wait their turn, errors in words."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from examiner.domain.errors import Busy, Corrupt, ExaminerError, Invalid, NoSpace

PATIENCE = 10_000  # ms that a writer waits for another


def open_engine(url: str) -> Engine:
    """Return the engine of a database URL; a SQLite file is made 0600. Raises Invalid."""
    try:
        parsed = make_url(url)
    except Exception:
        raise Invalid(f"'{url}' is not a database URL", hint="such as sqlite:///examiner.db") from None
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, isolation_level="SERIALIZABLE", hide_parameters=True)
    if parsed.database and parsed.database != ":memory:":
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Answers are personal data: nobody else on the machine may read them.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    # An error that quoted its parameters would carry answers into whatever shows it.
    lite = {"check_same_thread": False, "timeout": 10}
    engine = create_engine(parsed, connect_args=lite, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, see below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=10000",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A writer that starts as a reader can be refused half-way; IMMEDIATE waits at the start instead.
        reading = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def refusal(error: OperationalError) -> ExaminerError:
    """Return what a refused write means for the user."""
    text = str(error.orig)
    if "full" in text or "disk I/O" in text:
        return NoSpace(f"the disk took nothing more: {text}", hint="nothing was acknowledged; make room and try again")
    if "locked" in text or "busy" in text:
        return Busy(f"the database is busy: {text}", hint="nothing was acknowledged; try again")
    return Corrupt(f"the database refused a write: {text}", hint="nothing was acknowledged; check rights and file")
