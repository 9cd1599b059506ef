"""Read a user's file for an importer: one clear line where it cannot be read."""

import json
from pathlib import Path
from typing import Any

from examiner.domain.errors import Invalid, NotFound

_LIMIT = 64 * 1024 * 1024  # bytes; the largest known collection is under half of it


def read_text(path: Path) -> str:
    """Return the file's text as UTF-8. Raises NotFound, Invalid."""
    if not path.exists():
        raise NotFound(f"{path} does not exist")
    if path.is_dir():
        raise Invalid(f"{path} is a folder", hint="this format is a single file")
    if path.stat().st_size > _LIMIT:
        raise Invalid(f"{path} is larger than {_LIMIT >> 20} MiB", hint="split it")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{path}: byte {error.start} is not UTF-8", hint="convert the file to UTF-8") from None
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror or error}") from None


def read_json(path: Path) -> Any:
    """Return the file's JSON. Raises NotFound, Invalid."""
    text = read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Invalid(f"{path} line {error.lineno}, column {error.colno}: {error.msg}") from None
