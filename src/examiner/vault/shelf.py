"""The build cache of a vault: one file, read as far as it is needed.

Four lines of JSON (how long the families are together, what all commands need, the cards, where each family stands) and
then the families, one after another. A family is read and validated when it is first asked for.
"""

import contextlib
import json
import mmap
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from examiner.domain.errors import Corrupt
from examiner.domain.question import Card, Family

_cards = TypeAdapter(dict[str, Card])
SUFFIX = ".shelf"
_CARD = frozenset(Card.model_fields)


class File(NamedTuple):
    """A file of the content folder as a scan finds it: path below the folder, bytes, time of change in nanoseconds."""

    path: str
    size: int
    changed: int


class Place(NamedTuple):
    """Where a family's text stands in the cache, and the file that it was built from."""

    start: int
    length: int
    path: str
    size: int
    changed: int


class Shelf(Mapping[str, Family]):
    """The families of a cache file, read one by one.

    Args:
        data: the file's bytes.
        path: its name, for messages.

    Raises:
        ValueError: it is no whole cache file.

    """

    def __init__(self, data: mmap.mmap, path: Path) -> None:
        self._data = data
        self._path = path
        self._read: dict[str, Family] = {}
        lines = [data.readline() for _ in range(4)]
        self._bodies = data.tell()
        if len(data) != self._bodies + int(lines[0]):
            raise ValueError(f"{path.name} is cut off")
        self.common: dict[str, Any] = from_json(lines[1])
        self._card_text = lines[2]
        self.places = {name: Place(*row) for name, row in from_json(lines[3]).items()}

    @cached_property
    def cards(self) -> dict[str, Card]:
        """What every family is chosen by."""
        return _cards.validate_json(self._card_text)

    def raw(self, family: str) -> dict[str, Any]:
        """Return a family's plain data. Raises KeyError."""
        made: dict[str, Any] = from_json(self._text(family))
        return made

    def __getitem__(self, family: str) -> Family:
        """Return the family of that id. Raises KeyError; Corrupt where its text is damaged."""
        if family not in self._read:
            text = self._text(family)
            try:
                self._read[family] = Family.model_validate_json(text)
            except ValidationError:
                raise Corrupt(
                    f"{self._path}: '{family}' is damaged", hint="remove the file; it is built anew"
                ) from None
        return self._read[family]

    def __contains__(self, family: object) -> bool:
        """Whether there is such a family; nothing is read."""
        return family in self.places

    def __iter__(self) -> Iterator[str]:
        """Yield the ids in the order of the files."""
        return iter(self.places)

    def __len__(self) -> int:
        """Return how many families there are."""
        return len(self.places)

    def _text(self, family: str) -> bytes:
        place = self.places[family]
        start = self._bodies + place.start
        return self._data[start : start + place.length]


def open_shelf(path: Path) -> Shelf:
    """Return the cache file at `path`. Raises OSError, ValueError where it is missing or damaged."""
    with path.open("rb") as stream:
        return Shelf(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ), path)


def store(
    path: Path,
    of: str,
    common: Mapping[str, Any],
    families: Mapping[str, Mapping[str, Any]],
    files: Mapping[str, File],
) -> None:
    """Write a cache file in one step, and remove those it replaces. Without a writable folder nothing is written.

    Args:
        path: the file.
        of: how the names begin of all caches of the same content folder.
        common: what all commands need.
        families: the families by id.
        files: the file of each family.

    """
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        with scratch.open("wb") as out:
            out.writelines(_lines(common, families, files))
        scratch.replace(path)
        for old in path.parent.glob(f"{of}*"):
            if old != path and old.suffix != ".tmp":
                old.unlink(missing_ok=True)


def newest(folder: Path, of: str) -> Shelf | None:
    """Return the cache that was written last of those whose names begin with `of`; None where there is none."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return open_shelf(max(folder.glob(f"{of}*{SUFFIX}"), key=lambda p: p.stat().st_mtime_ns))
    return None


def scan(root: Path, folders: tuple[str, ...]) -> list[File]:
    """Return every file below `root`/folder for each folder, by path."""
    found: list[File] = []
    pending = [(str(root / name), name) for name in folders]
    while pending:
        folder, below = pending.pop()
        with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                path = f"{below}/{entry.name}"
                if entry.is_dir():
                    pending.append((entry.path, path))
                else:
                    stat = entry.stat()
                    found.append(File(path, stat.st_size, stat.st_mtime_ns))
    return sorted(found)


def _lines(
    common: Mapping[str, Any], families: Mapping[str, Mapping[str, Any]], files: Mapping[str, File]
) -> Iterator[bytes]:
    bodies = {name: _json(raw) for name, raw in families.items()}
    cards = {name: {k: raw[k] for k in raw.keys() & _CARD} for name, raw in families.items()}
    places, start = {}, 0
    for name, body in bodies.items():
        places[name] = Place(start, len(body), *files[name])
        start += len(body)
    for line in (start, common, cards, places):
        yield _json(line) + b"\n"
    yield from bodies.values()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
