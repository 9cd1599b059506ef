"""Append-only files whose every line carries the hash of the line before it.

A line is canonical JSON `{"hash", "prev", "record"}`, so a changed, dropped or moved line shows, down to one byte of white
space. The chain has no key: who rewrites all of it makes another valid chain, with another last hash. Whatever relies
on a chain therefore keeps that hash elsewhere (a certificate, a manifest).
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from examiner.domain.errors import Conflict, Corrupt
from examiner.domain.identity import canonical_json, fingerprint

START = "sha256:" + "0" * 64


def append(path: Path, record: dict[str, Any], start: str) -> str:
    """Add one record to a chain and return its hash; it is on the disk (fsync) when this returns.

    A torn last line, left by a crash before it was acknowledged, is cut off first.

    Raises:
        Conflict: another process is writing to the same file.
        Corrupt: the chain so far does not hold.

    """
    import fcntl  # noqa: PLC0415 - only where labels are written

    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"{path}: somebody is writing to it", hint="close the other terminal") from None
        _, head = read_chain(path, start, torn=True)
        whole = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(handle, whole)
        os.lseek(handle, whole, os.SEEK_SET)
        (line,), new_head = chain([record], head)
        os.write(handle, line.encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    return new_head


def chain(records: Iterable[dict[str, Any]], start: str) -> tuple[list[str], str]:
    """Return the lines of a chain that begins at `start`, and the hash of the last."""
    lines, prev = [], start
    for record in records:
        made = fingerprint({"prev": prev, "record": record})
        lines.append(canonical_json({"prev": prev, "record": record, "hash": made}))
        prev = made
    return lines, prev


def read_chain(path: Path, start: str, *, torn: bool = False) -> tuple[list[dict[str, Any]], str]:
    """Return the records of a chain and its last hash; every byte of every line is checked.

    Args:
        path: the file; an absent one is an empty chain.
        start: what the first line must carry as the hash before it.
        torn: accept (and skip) a last line without its end, as a crash leaves it.

    Raises:
        Corrupt: a line is not the one that was written there; says which.

    """
    if not path.exists():
        return [], start
    lines = path.read_bytes().split(b"\n")
    tail = lines.pop()
    if tail and not torn:
        raise Corrupt(f"{path}: the last line has no end")
    records, prev = [], start
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            record, made = entry["record"], fingerprint({"prev": prev, "record": entry["record"]})
            good = line == canonical_json({"prev": prev, "record": record, "hash": made}).encode()
        except (ValueError, KeyError, TypeError):
            good = False
        if not good:
            raise Corrupt(f"{path}, line {number}: it was changed since it was written", hint="restore it from a copy")
        records.append(record)
        prev = made
    return records, prev
