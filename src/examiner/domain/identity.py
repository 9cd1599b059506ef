"""Canonical bytes and tagged hashes: the same value has the same name everywhere."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

ALGORITHM = "sha256"
_HELD = 64
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_T = TypeVar("_T")
_R = TypeVar("_R")


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, UTF-8 kept, no NaN.

    Raises:
        ValueError: a float is NaN or infinite (such a value has no canonical text).

    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return _ENCODER.encode(value)


def fingerprint(value: Any) -> str:
    """Return `sha256:<64 hex>` over the canonical JSON of `value`."""
    return f"{ALGORITHM}:{hashlib.sha256(canonical_json(value).encode()).hexdigest()}"


def short(tagged: str) -> str:
    """Return the first 12 hex digits of a tagged hash, for people to read."""
    return tagged.partition(":")[2][:12]


def once_each(work: Callable[[_T], _R]) -> Callable[[_T], _R]:
    """Return `work` of one frozen object, done once for each object of the last few and not for each equal one.

    Hashing a rubric by value costs as much as the hash that is asked for; the same rubric comes again as the same object.
    The object is kept alive with its result, so that its place in memory is not another's.
    """
    held: dict[int, tuple[_T, _R]] = {}

    def known(subject: _T) -> _R:
        found = held.get(id(subject))
        if found is not None and found[0] is subject:
            return found[1]
        made = work(subject)
        while len(held) >= _HELD:
            held.pop(next(iter(list(held))), None)
        held[id(subject)] = (subject, made)
        return made

    return known
