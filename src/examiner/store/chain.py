"""The chain of a stream: each event's hash covers the hash before it. Pure.

An altered, missing or reordered event breaks the chain; one that was erased, and is known to be, does not.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from examiner.domain.base import Frozen
from examiner.domain.identity import canonical_json, fingerprint
from examiner.store import tenancy

GENESIS = "sha256:" + "0" * 64
ERASED = '{"erased":true}'


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


def chain(
    stream: str, seq: int, previous: str, entries: Sequence[Entry], *, salted: bool
) -> Iterator[tuple[Record, dict[str, str]]]:
    """Yield each event as the next of its stream's chain, with the further columns of its row.

    Args:
        stream: the stream's name as stored.
        seq: the number of the stream's last event, 0 for none.
        previous: that event's hash, `GENESIS` for none.
        entries: what to append, in order.
        salted: whether the chain covers a salted digest of each body, so that bodies may be erased.

    """
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


def breaks(rows: Iterable[Any], erased: frozenset[str]) -> Iterator[str]:
    """Yield in words each break of the chains of stored events.

    Args:
        rows: the stored events by stream and number, from each stream's first.
        erased: the streams whose events may have lost their bodies.

    """
    current, seq, previous = None, 0, GENESIS
    for row in rows:
        if row.stream != current:
            current, seq, previous = row.stream, 0, GENESIS
        if row.seq != seq + 1:
            yield f"{row.stream}: event {seq + 1} is missing before {row.seq}"
        if row.previous != previous:
            yield f"{row.stream}: event {row.seq} does not follow the one before it"
        if not _whole(row, erased):
            yield f"{row.stream}: event {row.seq} was altered"
        seq, previous = row.seq, row.hash


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


def row_of(record: Record) -> dict[str, Any]:
    """Return an event as its table takes it; `record_of` reads it back."""
    return {
        "stream": record.stream,
        "seq": record.seq,
        "kind": record.kind,
        "body": canonical_json(record.body),
        "at": record.at.isoformat(),
        "previous": record.previous,
        "hash": record.hash,
    }


def record_of(row: Any) -> Record:
    """Return a row of a table of events as the current tenant sees it."""
    return Record(
        stream=tenancy.spoken(row.stream),
        seq=row.seq,
        kind=row.kind,
        body=json.loads(row.body),
        at=datetime.fromisoformat(row.at),
        previous=row.previous,
        hash=row.hash,
    )
