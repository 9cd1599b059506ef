"""The event log: what is appended is on the disk before `append` returns, and is never changed.

Each stream is a chain: an event's hash covers the hash before it, so an altered, missing or
reordered event is found. A second writer of the same stream gets `Conflict` and writes nothing.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, create_engine, event, func, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from examiner.domain.base import Frozen
from examiner.domain.errors import Conflict, Corrupt, Invalid
from examiner.domain.identity import canonical_json, fingerprint
from examiner.store.migrate import migrate
from examiner.store.tables import audits, events, judgements

GENESIS = "sha256:" + "0" * 64


class Entry(Frozen):
    """An event to append: its kind, its body as plain data, and its time."""

    kind: str
    body: dict[str, Any]
    at: datetime


class Record(Frozen):
    """An event as stored."""

    stream: str
    seq: int
    kind: str
    body: dict[str, Any]
    at: datetime
    previous: str
    hash: str


class StreamSummary(Frozen):
    """A stream's name, number of events, and the times of its first and last."""

    stream: str
    events: int
    first: datetime
    last: datetime


class Ledger:
    """The event log of one database. Safe to share between threads."""

    def __init__(self, engine: Engine, table: Table = events) -> None:
        self._engine = engine
        self._table = table
        self._reader = engine.execution_options(read_only=True)

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """Open a database, making and migrating it where needed.

        Raises:
            Invalid: the URL is not one.
            Corrupt: the file is no database, is damaged, or belongs to a newer examiner.

        """
        engine = _engine(url)
        try:
            with engine.begin() as connection:
                migrate(connection)
        except OperationalError as error:
            raise Invalid(f"the database {engine.url} cannot be opened: {error.orig}") from None
        except DatabaseError as error:
            raise Corrupt(
                f"{engine.url.database} is not a usable database: {error.orig}",
                hint="restore a backup, or name another file with EXAMINER_DATABASE_URL",
            ) from None
        return cls(engine)

    @property
    def audits(self) -> "Ledger":
        """The audits of judges: streams like those of the events, in a table whose rows nothing may change."""
        return Ledger(self._engine, audits)

    def append(self, stream: str, entries: Sequence[Entry], after: int) -> tuple[Record, ...]:
        """Append events to a stream in one transaction; they are durable when this returns.

        Args:
            stream: the stream's name.
            entries: what to append, in order; at least one.
            after: the sequence number that the caller has seen last (0: none).

        Raises:
            Conflict: the stream has moved on; nothing was written.
            Invalid: there is nothing to append.

        """
        if not entries:
            raise Invalid("there is nothing to append")
        try:
            with self._engine.begin() as connection:
                row = connection.execute(
                    select(self._table.c.seq, self._table.c.hash)
                    .where(self._table.c.stream == stream)
                    .order_by(self._table.c.seq.desc())
                    .limit(1)
                ).first()
                seq, previous = (row[0], row[1]) if row else (0, GENESIS)
                if seq != after:
                    raise Conflict(f"stream '{stream}' is at {seq}, not at {after}", hint="load it again")
                records = tuple(_chain(stream, seq, previous, entries))
                connection.execute(insert(self._table), [_row(record) for record in records])
        except IntegrityError:
            raise Conflict(f"stream '{stream}' was written by another", hint="load it again") from None
        except OperationalError as error:
            raise _disk(error) from None
        return records

    def read(self, stream: str, after: int = 0) -> list[Record]:
        """Return a stream's events behind `after`, in order."""
        query = (
            select(self._table)
            .where(self._table.c.stream == stream, self._table.c.seq > after)
            .order_by(self._table.c.seq)
        )
        with self._reader.connect() as connection:
            return [_record(row) for row in connection.execute(query)]

    def head(self, stream: str) -> int:
        """Return the last sequence number of a stream, 0 for an empty one."""
        query = select(func.max(self._table.c.seq)).where(self._table.c.stream == stream)
        with self._reader.connect() as connection:
            return connection.execute(query).scalar() or 0

    def streams(self, prefix: str = "") -> list[StreamSummary]:
        """Return the streams whose names begin with `prefix`, the latest first."""
        query = (
            select(self._table.c.stream, func.count(), func.min(self._table.c.at), func.max(self._table.c.at))
            .where(self._table.c.stream.startswith(prefix, autoescape=True))
            .group_by(self._table.c.stream)
            .order_by(func.max(self._table.c.at).desc())
        )
        with self._reader.connect() as connection:
            return [
                StreamSummary(stream=s, events=n, first=datetime.fromisoformat(a), last=datetime.fromisoformat(z))
                for s, n, a, z in connection.execute(query)
            ]

    def verify(self, stream: str | None = None) -> list[str]:
        """Return every break of a chain; [] where all is intact."""
        query = select(self._table).order_by(self._table.c.stream, self._table.c.seq)
        if stream is not None:
            query = query.where(self._table.c.stream == stream)
        problems: list[str] = []
        current, seq, previous = None, 0, GENESIS
        with self._reader.connect() as connection:
            for row in connection.execute(query):
                if row.stream != current:
                    current, seq, previous = row.stream, 0, GENESIS
                if row.seq != seq + 1:
                    problems.append(f"{row.stream}: event {seq + 1} is missing before {row.seq}")
                if row.previous != previous:
                    problems.append(f"{row.stream}: event {row.seq} does not follow the one before it")
                if row.hash != _hash(row.previous, row.stream, row.seq, row.kind, row.body, row.at):
                    problems.append(f"{row.stream}: event {row.seq} was altered")
                seq, previous = row.seq, row.hash
        return problems

    def check(self) -> list[str]:
        """Return what the database itself and the chains report as damaged."""
        problems = []
        if self._engine.dialect.name == "sqlite":
            with self._reader.connect() as connection:
                rows = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            problems = [str(row) for row in rows if row != "ok"]
        return problems + self.verify() + self.audits.verify()

    def backup(self, path: Path) -> None:
        """Copy a SQLite database while it is in use. Raises Invalid for other databases."""
        if self._engine.dialect.name != "sqlite":
            raise Invalid("backup copies SQLite files only", hint="use pg_dump for Postgres")
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = self._engine.raw_connection()
        try:
            target = sqlite3.connect(path)
            try:
                source: Any = raw.driver_connection
                source.backup(target)
            finally:
                target.close()
        finally:
            raw.close()
        path.chmod(0o600)

    def save_judgement(self, key: str, body: dict[str, Any], at: datetime) -> bool:
        """Store a judgement under its request fingerprint; the first write wins. Tell whether it was new."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(judgements).values(key=key, body=canonical_json(body), at=at.isoformat()))
        except IntegrityError:
            return False
        except OperationalError as error:
            raise _disk(error) from None
        return True

    def judgement(self, key: str) -> dict[str, Any] | None:
        """Return a stored judgement, or None."""
        with self._reader.connect() as connection:
            text = connection.execute(select(judgements.c.body).where(judgements.c.key == key)).scalar()
        return None if text is None else dict(json.loads(text))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except Exception:
        raise Invalid(f"'{url}' is not a database URL", hint="such as sqlite:///examiner.db") from None
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, isolation_level="SERIALIZABLE")
    if parsed.database and parsed.database != ":memory:":
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Answers are personal data: nobody else on the machine may read them.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(parsed, connect_args={"check_same_thread": False, "timeout": 10})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, see below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A writer that starts as a reader can be refused half-way; IMMEDIATE waits at the start instead.
        reading = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _disk(error: OperationalError) -> Corrupt:
    return Corrupt(
        f"the database refused a write: {error.orig}",
        hint="nothing was acknowledged; check disk space and rights",
    )


def _chain(stream: str, seq: int, previous: str, entries: Sequence[Entry]) -> Iterator[Record]:
    for entry in entries:
        seq += 1
        body, at = canonical_json(entry.body), entry.at.isoformat()
        digest = _hash(previous, stream, seq, entry.kind, body, at)
        yield Record(
            stream=stream,
            seq=seq,
            kind=entry.kind,
            body=entry.body,
            at=entry.at,
            previous=previous,
            hash=digest,
        )
        previous = digest


def _hash(previous: str, stream: str, seq: int, kind: str, body: str, at: str) -> str:
    return fingerprint([previous, stream, seq, kind, body, at])


def _row(record: Record) -> dict[str, Any]:
    return {
        "stream": record.stream,
        "seq": record.seq,
        "kind": record.kind,
        "body": canonical_json(record.body),
        "at": record.at.isoformat(),
        "previous": record.previous,
        "hash": record.hash,
    }


def _record(row: Any) -> Record:
    return Record(
        stream=row.stream,
        seq=row.seq,
        kind=row.kind,
        body=json.loads(row.body),
        at=datetime.fromisoformat(row.at),
        previous=row.previous,
        hash=row.hash,
    )
