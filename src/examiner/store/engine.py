"""Databases as the store wants them: durable commits, writers that wait their turn, errors in words."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from examiner.domain.errors import Busy, Corrupt, ExaminerError, Invalid, NoSpace

PATIENCE = 10_000  # ms that a writer waits for another
_WRITERS = 0x6578616D  # the advisory lock of whoever writes


def open_engine(url: str) -> Engine:
    """Return the engine of a database URL; a SQLite file is made 0600. Raises Invalid."""
    try:
        parsed = make_url(url)
    except Exception:
        raise Invalid(f"'{url}' is not a database URL", hint="such as sqlite:///examiner.db") from None
    if parsed.get_backend_name() != "sqlite":
        return _served(parsed)
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


def _served(parsed: URL) -> Engine:
    """Return the engine of a database server: one writer at a time, as SQLite has it, so that no chain forks.

    A writer waits for the lock before its first look: whoever looked first and waited then would see what was.
    """
    engine = create_engine(parsed, isolation_level="READ COMMITTED", hide_parameters=True, pool_pre_ping=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if connection.dialect.name == "postgresql" and not connection.get_execution_options().get("read_only", False):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")

    return engine


# What a server's SQLSTATE means for whoever waits for an acknowledgement.
_FULL = ("53100",)
_PASSING = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300")


def refusal(error: OperationalError) -> ExaminerError:
    """Return what a refused write means for the user."""
    text, state = str(error.orig), getattr(error.orig, "sqlstate", None)
    if state in _FULL or "full" in text or "disk I/O" in text:
        return NoSpace(f"the disk took nothing more: {text}", hint="nothing was acknowledged; make room and try again")
    if state in _PASSING or "locked" in text or "busy" in text:
        return Busy(f"the database is busy: {text}", hint="nothing was acknowledged; try again")
    if error.connection_invalidated or "connection" in text:
        return Busy("the database is not reached", hint="nothing was acknowledged; try again")
    return Corrupt(f"the database refused a write: {text}", hint="nothing was acknowledged; check rights and file")
