"""The event log: what is appended is on the disk before `append` returns, and is never changed.

Each stream is a chain: an event's hash covers the hash before it, so an altered, missing or
reordered event is found. A second writer of the same stream gets `Conflict` and writes nothing.
A stream is the current tenant's (`store.tenancy`); only `verify`, `check` and `backup` see the whole file.
"""

import hashlib
import json
import secrets
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
from examiner.domain.identity import canonical_json, fingerprint
from examiner.store import tenancy
from examiner.store.engine import PATIENCE, open_engine, refusal
from examiner.store.migrate import HEAD, migrate, version
from examiner.store.tables import audits, events, judgements, requests, sittings, subjects
from examiner.telemetry import traces

GENESIS = "sha256:" + "0" * 64
ERASED = '{"erased":true}'
ERASURES = "erasures"  # the stream of the audits that says which streams were erased, by whom and why


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
            return [_record(row) for row in connection.execute(query)]

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
        problems: list[str] = []
        current, seq, previous = None, 0, GENESIS
        erased = self._erased() if "salt" in self._table.c else frozenset()
        with self.reader.connect() as connection:
            for row in connection.execute(query):
                if row.stream != current:
                    current, seq, previous = row.stream, 0, GENESIS
                if row.seq != seq + 1:
                    problems.append(f"{row.stream}: event {seq + 1} is missing before {row.seq}")
                if row.previous != previous:
                    problems.append(f"{row.stream}: event {row.seq} does not follow the one before it")
                if not _whole(row, erased):
                    problems.append(f"{row.stream}: event {row.seq} was altered")
                seq, previous = row.seq, row.hash
        return problems

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

    def save_judgement(self, key: str, body: dict[str, Any], at: datetime, stream: str = "") -> bool:
        """Store a judgement under its request fingerprint; the first write wins. Tell whether it was new.

        `stream` is what the judgement speaks of: it is erased with that stream.
        """
        key, about = tenancy.judgement_key(key), tenancy.stored(stream) if stream else ""
        if self._kept(key, about):
            return False
        with self.writing() as connection:
            new = connection.execute(select(judgements.c.key).where(judgements.c.key == key)).first() is None
            if new:
                connection.execute(insert(judgements).values(key=key, body=canonical_json(body), at=at.isoformat()))
            if about:
                known = select(subjects.c.key).where(subjects.c.key == key, subjects.c.stream == about)
                if connection.execute(known).first() is None:
                    connection.execute(insert(subjects).values(key=key, stream=about))
        return new

    def _kept(self, key: str, stream: str) -> bool:
        """Tell without waiting for writers whether a judgement is there and known to speak of a stream."""
        known = select(judgements.c.key).where(judgements.c.key == key)
        if stream:
            known = known.join(subjects, subjects.c.key == judgements.c.key).where(subjects.c.stream == stream)
        with self.reader.connect() as connection:
            return connection.execute(known).first() is not None

    def judgement(self, key: str) -> dict[str, Any] | None:
        """Return a stored judgement, or None."""
        with self.reader.connect() as connection:
            kept = judgements.c.key == tenancy.judgement_key(key)
            text = connection.execute(select(judgements.c.body).where(kept)).scalar()
        return None if text is None else dict(json.loads(text))

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
    chained = list(_chain(stream, seq, previous, entries, salted="salt" in table.c))
    connection.execute(insert(table), [_row(record) | extra for record, extra in chained])
    return tuple(record for record, _ in chained)


def _chain(
    stream: str, seq: int, previous: str, entries: Sequence[Entry], *, salted: bool
) -> Iterator[tuple[Record, dict[str, str]]]:
    for entry in entries:
        seq += 1
        body, at = canonical_json(entry.body), entry.at.isoformat()
        # The chain covers a salted digest, not the body: a body may be erased, and a short answer not be guessed back.
        salt = secrets.token_hex(16) if salted else ""
        digest = _digest(salt, body)
        made = _hash(previous, stream, seq, entry.kind, digest if salted else body, at)
        record = Record(
            stream=stream, seq=seq, kind=entry.kind, body=entry.body, at=entry.at, previous=previous, hash=made
        )
        yield record, {"salt": salt, "digest": digest} if salted else {}
        previous = made


def _digest(salt: str, body: str) -> str:
    return hashlib.sha256(f"{salt}:{body}".encode()).hexdigest()


def _hash(previous: str, stream: str, seq: int, kind: str, said: str, at: str) -> str:
    return fingerprint([previous, stream, seq, kind, said, at])


def _whole(row: Any, erased: frozenset[str]) -> bool:
    """Tell whether a stored event is as it was written, or was erased and says so."""
    digest = getattr(row, "digest", None)
    gone = row.body == ERASED and row.stream in erased
    if digest is None:  # written before digests were: an erased one keeps its place in the chain alone
        return gone or row.hash == _hash(row.previous, row.stream, row.seq, row.kind, row.body, row.at)
    kept = gone or (row.salt is not None and digest == _digest(row.salt, row.body))
    return kept and row.hash == _hash(row.previous, row.stream, row.seq, row.kind, digest, row.at)


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
        stream=tenancy.spoken(row.stream),
        seq=row.seq,
        kind=row.kind,
        body=json.loads(row.body),
        at=datetime.fromisoformat(row.at),
        previous=row.previous,
        hash=row.hash,
    )
