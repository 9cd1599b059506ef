"""Replies kept on disk, found again by the whole call: recordings for tests, and a journal that a crash cannot lose.

One JSONL file; the key of a line is `Call.fingerprint`, so that a changed prompt, schema or parameter finds nothing.
A reply quotes what somebody said: each line names the stream that it speaks of, and is erased with it (`blank`).
"""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Container, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from pydantic_core import to_json

from examiner.domain.errors import Corrupt, NotFound
from examiner.llm.call import Call, Reply, Usage

# The stream of the ledger that the running call speaks of; "" where it is nobody's.
subject: ContextVar[str] = ContextVar("subject", default="")
Mode = Literal["record", "replay", "resume"]
NAME = "replies.jsonl"
_KNOWN = 8192  # replies that resume finds again; the oldest are forgotten, memory stays flat
_TAIL = 16 * 1024 * 1024  # resume looks this far back: replies without a result are at most the last in flight


class Cassette:
    """Recorded replies.

    `record` appends. `replay` answers from the file alone: a call that was not recorded is an error, and so is
    leaving (`with`, or `finish`) while recordings are unplayed. `resume` answers what it knows, as often as it is asked,
    and appends the rest.

    Args:
        path: the JSONL file, or a folder that holds `replies.jsonl`.
        mode: see above.

    """

    def __init__(self, path: Path, mode: Mode) -> None:
        self.path = path / NAME if path.is_dir() or not path.suffix else path
        self.mode = mode
        self._left: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._out: int | None = None
        self._named: set[tuple[str, str]] = set()  # replies that were found again for another stream
        if mode == "replay" and not self.path.is_file():
            raise NotFound(f"no recording {self.path}")
        if mode != "record" and self.path.is_file():
            self._index(0 if mode == "replay" else max(0, self.path.stat().st_size - _TAIL))

    def find(self, call: Call, via: str = "") -> Reply | None:
        """Return the next recorded reply to this very call, or None where the mode allows to ask.

        `via` names the way to the model: two members of a panel may ask the same model over different ways.

        Raises:
            Corrupt: replaying, and the call was not recorded: the recording is stale.

        """
        if not self._left and self.mode != "replay":
            return None
        key = call.fingerprint
        for name in (_place(key, via), key):  # a line that names no way is anybody's
            places = self._left.get(name)
            found = self._at(key, *(places.pop(0) if self.mode == "replay" else places[-1])) if places else None
            if found is not None:
                self._also(key, found[1])
                return found[0]
        if self.mode == "replay":
            raise Corrupt(
                f"{self.path} holds no reply to this call ({call.purpose}, {call.model}, {key[7:19]})",
                hint="the recording is stale; record it anew",
            )
        return None

    def _at(self, key: str, start: int, length: int) -> tuple[Reply, str] | None:
        """Return the reply there and whose it is; None where another process's line came between or it was erased."""
        with self.path.open("rb") as file:
            file.seek(start)
            try:
                entry = json.loads(file.read(length))
            except ValueError:
                return None
        fits = entry.get("key") == key and "reply" in entry
        return (_reply(entry["reply"]), str(entry.get("of", ""))) if fits else None

    def _also(self, key: str, of: str) -> None:
        """Note that a reply speaks of a second stream too: whoever said the same is erased with either."""
        now = subject.get()
        if self.mode == "resume" and now and now != of and (key, now) not in self._named:
            self._named.add((key, now))
            self._write({"key": key, "of": now})

    def keep(self, call: Call, reply: Reply, via: str = "") -> None:
        """Append a reply as it came, in one write, before anything reads it."""
        if self.mode == "replay":
            return
        key = call.fingerprint
        line = {"key": key, "of": subject.get(), "purpose": call.purpose, "asked": call.model, "reply": _plain(reply)}
        if via:
            line["via"] = via
        start, length = self._write(line)
        if self.mode == "resume":
            self._left[_place(key, via)] = [(start, length)]
            while len(self._left) > _KNOWN:
                del self._left[next(iter(self._left))]

    def _write(self, line: dict[str, Any]) -> tuple[int, int]:
        """Append a line; return where it stands and how long it is."""
        if self._out is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._out = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            _mend(self.path, self._out)
        text = to_json(line) + b"\n"
        start = os.lseek(self._out, 0, os.SEEK_END)
        os.write(self._out, text)
        return start, len(text)

    def finish(self) -> None:
        """Close. Raises Corrupt where a replayed recording was not played completely."""
        if self._out is not None:
            os.close(self._out)
            self._out = None
        unplayed = sum(len(places) for places in self._left.values())
        if self.mode == "replay" and unplayed:
            raise Corrupt(f"{self.path}: {unplayed} recorded replies were not asked for", hint="the recording is stale")

    def __enter__(self) -> "Cassette":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is None:
            self.finish()
        elif self._out is not None:
            os.close(self._out)
            self._out = None

    def _index(self, start: int) -> None:
        with self.path.open("rb") as file:
            file.seek(start)
            if start:
                file.readline()
            at = file.tell()
            for line in file:
                if line.endswith(b"\n"):
                    try:
                        entry = json.loads(line)
                        if "reply" in entry or self.mode == "replay":
                            self._left[_place(entry["key"], entry.get("via", ""))].append((at, len(line)))
                    except (ValueError, KeyError):
                        if self.mode == "replay":
                            raise Corrupt(f"{self.path}: the line at byte {at} is no recording") from None
                at += len(line)


def _place(key: str, via: str) -> str:
    return f"{key} {via}" if via else key


def _mend(path: Path, out: int) -> None:
    """End a line that a crash cut, so that the next one stands alone."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
            os.write(out, b"\n")


@contextmanager
def speaking_of(stream: str) -> Iterator[None]:
    """Journal the calls of a block under a stream."""
    before = subject.set(stream)
    try:
        yield
    finally:
        subject.reset(before)


def blank(path: Path, streams: Container[str]) -> int:
    """Erase the replies that speak of some streams, and those that do not say whose they are; return how many.

    The bytes are overwritten where they stand: other processes that append or read keep their places.
    """
    if not path.is_file():
        return 0
    keys, done = set[str](), 0
    with path.open("r+b") as file:
        for line in file:
            entry = _entry(line)
            if entry is not None and ("of" not in entry or entry["of"] in streams):
                keys.add(str(entry.get("key")))
        file.seek(0)
        at = 0
        for line in iter(file.readline, b""):
            entry, bare = _entry(line), line.rstrip(b"\n")
            if bare.strip() and (entry is None or ("reply" in entry and entry.get("key") in keys)):
                kept = {} if entry is None else {n: entry.get(n, "") for n in ("key", "purpose", "asked")}
                stone = json.dumps(kept | {"erased": True}).encode() if entry is not None else b""
                file.seek(at)
                file.write(stone.ljust(len(bare))[: len(bare)])
                done += 1
            at += len(line)
            file.seek(at)
        file.flush()
        os.fsync(file.fileno())
    return done


def _entry(line: bytes) -> dict[str, Any] | None:
    """Return a line of the journal; None for one that a crash cut."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def digest(text: str) -> int:
    """Return 8 bytes of a hash as a number: a set of them names a million lines in little memory."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _plain(reply: Reply) -> dict[str, Any]:
    return {
        "text": reply.text,
        "model": reply.model,
        "usage": [reply.usage.input, reply.usage.cache_write, reply.usage.cache_read, reply.usage.output],
        "cost_usd": reply.cost_usd,
        "system_fingerprint": reply.system_fingerprint,
        "stop": reply.stop,
        "seconds": round(reply.seconds, 4),
        "request_id": reply.request_id,
        "attempts": reply.attempts,
    }


def _reply(plain: dict[str, Any]) -> Reply:
    return Reply(**{**plain, "usage": Usage(*plain["usage"])})
