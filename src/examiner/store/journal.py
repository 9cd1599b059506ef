"""The terminal's draft journal: what was typed is on the disk before it reaches the store."""

import json
import os
from pathlib import Path


class DraftJournal:
    """An append-only file of (turn, text) lines, mode 0600; a torn last line is skipped.

    Args:
        path: the file; made on the first save.
        durable: fsync each save, so that a power cut loses nothing either.

    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._path = path
        self._durable = durable

    def save(self, turn: str, text: str) -> None:
        """Append what stands in the editor now."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"turn": turn, "text": text}, ensure_ascii=False) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode())
            if self._durable:
                os.fsync(handle)
        finally:
            os.close(handle)

    def last(self, turn: str) -> str | None:
        """Return the latest text of a turn, or None."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return None
        for line in reversed(lines):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and entry.get("turn") == turn:
                return str(entry.get("text", ""))
        return None

    def clear(self) -> None:
        """Forget the drafts, once the store has acknowledged what came of them."""
        self._path.unlink(missing_ok=True)
