"""The event log: what is appended is on the disk before `append` returns, and is never changed.

Each stream is a chain (`store.chain`). A second writer of the same stream gets `Conflict` and writes nothing.
A stream is the current tenant's (`store.tenancy`); only `verify`, `check` and `backup` see the whole file.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, insert, not_, or_, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from examiner.domain.base import Frozen
from examiner.domain.errors import Conflict, Corrupt, Invalid
from examiner.store import tenancy
from examiner.store.chain import ERASED, GENESIS, Entry, Record, breaks, chain, record_of, row_of
from examiner.store.engine import PATIENCE, open_engine, refusal
from examiner.store.judgements import Judgements
from examiner.store.migrate import HEAD, migrate, version
from examiner.store.tables import audits, events, judgements, requests, sittings, subjects
from examiner.telemetry import traces

ERASURES = "erasures"  # the stream of the audits that says which streams were erased, by whom and why


class StreamSummary(Frozen):
    """A stream's name, number of events, and the times of its first and last."""

    stream: str
    events: int
    first: datetime
    last: datetime


class Ledger:
    """The event log of one database. Safe to share between threads."""

    def __init__(self, engine: Engine, table: Table = events, lock: Any = None) -> None:
        self.engine = engine
        self.listeners: list[Callable[[str, int], None]] = []  # told of each append once it is on the disk
        self._table = table
        self._named = {"db.system.name": engine.dialect.name, "db.operation.name": "COMMIT"}
        self.reader = engine.execution_options(read_only=True)
        # SQLite lets a second writer poll with growing sleeps; a lock hands over at once.
        self._writing = lock or threading.RLock()

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """Open a database, making and migrating it where needed.

        Raises:
            Invalid: the URL is not one.
            Corrupt: the file is no database, is damaged, or belongs to a newer examiner.

        """
        engine = open_engine(url)
        try:
            with engine.begin() as connection:
                migrate(connection)
        except Corrupt:
            engine.dispose()
            raise
        except OperationalError as error:
            engine.dispose()
            raise Invalid(f"the database {engine.url} cannot be opened: {error.orig}") from None
        except DatabaseError as error:
            engine.dispose()
            raise Corrupt(
                f"{engine.url.database} is not a usable database: {error.orig}",
                hint="restore a backup, or name another file with EXAMINER_DATABASE_URL",
            ) from None
        return cls(engine)

    @property
    def audits(self) -> "Ledger":
        """The audits of judges: streams like those of the events, in a table whose rows nothing may change."""
        return Ledger(self.engine, audits, self._writing)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one write transaction; it is durable when the block ends.

        Raises:
            NoSpace: the disk is full; nothing was written.
            Busy: other writers held the database too long.
            Corrupt: the database refused for another reason.

        """
        try:
            with traces.span("commit", self._named, kind="client"), self._writing, self.engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise refusal(error) from None

    def append(
        self,
        stream: str,
        entries: Sequence[Entry],
        after: int | None,
        row: Mapping[str, Any] | None = None,
        request: tuple[str, str] | None = None,
    ) -> tuple[Record, ...]:
        """Append events to a stream in one transaction; they are durable when this returns.

        Args:
            stream: the stream's name.
            entries: what to append, in order; at least one.
            after: the sequence number that the caller has seen last (0: none); None appends wherever the stream is.
            row: what the index of sittings says from now on, written in the same transaction.
            request: key and hash of the request that this answers; its mark is written likewise.

        Raises:
            Conflict: the stream has moved on; nothing was written.
            Invalid: there is nothing to append.

        """
        if not entries:
            raise Invalid("there is nothing to append")
        kept = tenancy.stored(stream)
        try:
            with self.writing() as connection:
                records = _write(connection, self._table, kept, entries, after)
                if row is not None:
                    _index(connection, row)
                if request is not None:
                    mark = {"key": request[0], "request": request[1], "status": 0, "body": ""}
                    connection.execute(insert(requests).values(**mark, at=entries[-1].at.isoformat()))
        except IntegrityError:
            raise Conflict(f"stream '{stream}' was written by another", hint="load it again") from None
        for listener in self.listeners:
            listener(stream, records[-1].seq)
        return tuple(r.model_copy(update={"stream": stream}) for r in records) if kept != stream else records

    def erase(self, streams: Sequence[str], why: Entry) -> int:
        """Erase the bodies of streams and the judgements of them, for good; their chains still verify.

        What was erased, by whom and why is appended to the audits in the same transaction. Returns the events erased.
        """
        kept = [tenancy.stored(stream) for stream in streams]
        with self.writing() as connection:
            count = 0
            for stream in kept:
                spoken = select(subjects.c.key).where(subjects.c.stream == stream)
                connection.execute(delete(judgements).where(judgements.c.key.in_(spoken)))
                connection.execute(delete(subjects).where(subjects.c.stream == stream))
                done = connection.execute(
                    update(self._table).where(self._table.c.stream == stream).values(body=ERASED, salt=None)
                )
                count += done.rowcount
            body = why.body | {"streams": kept, "events": count}
            _write(connection, audits, tenancy.stored(ERASURES), [why.model_copy(update={"body": body})])
        return count

    def shred(self) -> bool:
        """Leave no erased bytes beside the tables: empty SQLite's log; tell whether readers let it.

        Erased rows themselves are overwritten (`secure_delete`). Postgres reuses their space after its own vacuum.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT", read_only=True) as raw:
            raw.exec_driver_sql("PRAGMA busy_timeout=200")  # whoever reads is not waited for
            busy = raw.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").first()
            raw.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE}")
        return busy is not None and not busy[0]

    def read(self, stream: str, after: int = 0) -> list[Record]:
        """Return a stream's events behind `after`, in order."""
        query = (
            select(self._table)
            .where(self._table.c.stream == tenancy.stored(stream), self._table.c.seq > after)
            .order_by(self._table.c.seq)
        )
        with self.reader.connect() as connection:
            return [record_of(row) for row in connection.execute(query)]

    def head(self, stream: str) -> int:
        """Return the last sequence number of a stream, 0 for an empty one."""
        query = select(func.max(self._table.c.seq)).where(self._table.c.stream == tenancy.stored(stream))
        with self.reader.connect() as connection:
            return connection.execute(query).scalar() or 0

    def streams(self, prefix: str = "") -> list[StreamSummary]:
        """Return the streams whose names begin with `prefix`, the latest first."""
        query = (
            select(self._table.c.stream, func.count(), func.min(self._table.c.at), func.max(self._table.c.at))
            .where(self._table.c.stream.startswith(tenancy.stored(prefix), autoescape=True))
            .where(not_(tenancy.others(self._table.c.stream)))
            .group_by(self._table.c.stream)
            .order_by(func.max(self._table.c.at).desc())
        )
        with self.reader.connect() as connection:
            return [
                StreamSummary(
                    stream=tenancy.spoken(s), events=n, first=datetime.fromisoformat(a), last=datetime.fromisoformat(z)
                )
                for s, n, a, z in connection.execute(query)
            ]

    def verify(self, stream: str | None = None) -> list[str]:
        """Return every break of a chain; [] where all is intact."""
        query = select(self._table).order_by(self._table.c.stream, self._table.c.seq)
        if stream is not None:
            query = query.where(self._table.c.stream == stream)
        erased = self._erased() if "salt" in self._table.c else frozenset()
        with self.reader.connect() as connection:
            return list(breaks(connection.execute(query), erased))

    def verify_next(self, after: str, limit: int) -> tuple[list[str], str]:
        """Check the next streams behind one, by name as kept; return their breaks and the last one's name, "" at the end."""
        names = select(self._table.c.stream).where(self._table.c.stream > after).distinct()
        with self.reader.connect() as connection:
            found = list(connection.execute(names.order_by(self._table.c.stream).limit(limit)).scalars())
        problems = [problem for name in found for problem in self.verify(name)]
        return problems, found[-1] if len(found) == limit else ""

    def _erased(self) -> frozenset[str]:
        said = or_(audits.c.stream == ERASURES, audits.c.stream.like(f"@%/{ERASURES}"))
        with self.reader.connect() as connection:
            bodies = connection.execute(select(audits.c.body).where(said)).scalars()
            return frozenset(stream for body in bodies for stream in json.loads(body)["streams"])

    def standing(self) -> str:
        """Return "ok" where the database answers and has this code's schema, else what is wrong."""
        try:
            with self.reader.connect() as connection:
                found = version(connection)
        except (DatabaseError, OSError) as error:
            return f"it does not answer: {type(error).__name__}"
        return "ok" if found == HEAD else f"its schema is {found}, this examiner's is {HEAD}: examiner db migrate"

    def check(self) -> list[str]:
        """Return what the database itself and the chains report as damaged."""
        problems = []
        if self.engine.dialect.name == "sqlite":
            with self.reader.connect() as connection:
                rows = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            problems = [str(row) for row in rows if row != "ok"]
        return problems + self.verify() + self.audits.verify()

    def backup(self, path: Path) -> None:
        """Copy a SQLite database while it is in use. Raises Invalid for other databases."""
        if self.engine.dialect.name != "sqlite":
            raise Invalid("backup copies SQLite files only", hint="use pg_dump for Postgres")
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = self.engine.raw_connection()
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

    @property
    def judgements(self) -> Judgements:
        """What judges said, by request."""
        return Judgements(self.reader, self.writing)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _index(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write a sitting's row of the index; its epoch is left alone once it is there."""
    own = {"tenant": tenancy.current()}
    ours = sittings.c.id == row["id"], sittings.c.tenant == own["tenant"]
    changed = connection.execute(update(sittings).where(*ours).values(**row))
    if not changed.rowcount:
        connection.execute(insert(sittings).values(**{"created": row["updated"], "epoch": 1, **row, **own}))


def _write(
    connection: Connection, table: Table, stream: str, entries: Sequence[Entry], after: int | None = None
) -> tuple[Record, ...]:
    """Chain and insert events; Conflict where the stream is not at `after` (None: wherever it is)."""
    last = connection.execute(
        select(table.c.seq, table.c.hash).where(table.c.stream == stream).order_by(table.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (last[0], last[1]) if last else (0, GENESIS)
    if after is not None and seq != after:
        raise Conflict(f"stream '{stream}' is at {seq}, not at {after}", hint="load it again")
    chained = list(chain(stream, seq, previous, entries, salted="salt" in table.c))
    connection.execute(insert(table), [row_of(record) | extra for record, extra in chained])
    return tuple(record for record, _ in chained)
