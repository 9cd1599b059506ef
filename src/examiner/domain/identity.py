"""Canonical bytes and tagged hashes: the same value has the same name everywhere."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel

ALGORITHM = "sha256"


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, UTF-8 kept, no NaN.

    Raises:
        ValueError: a float is NaN or infinite (such a value has no canonical text).

    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(value: Any) -> str:
    """Return `sha256:<64 hex>` over the canonical JSON of `value`."""
    return f"{ALGORITHM}:{hashlib.sha256(canonical_json(value).encode()).hexdigest()}"


def short(tagged: str) -> str:
    """Return the first 12 hex digits of a tagged hash, for people to read."""
    return tagged.partition(":")[2][:12]
