"""What judges said, kept under the fingerprint of the request: the first write wins."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from examiner.domain.identity import canonical_json
from examiner.store import tenancy
from examiner.store.tables import judgements, subjects


class Judgements:
    """The judgements of one database, the current tenant's.

    Args:
        reader: the database, opened for reading.
        writing: opens a write transaction.

    """

    def __init__(self, reader: Engine, writing: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._reader, self._writing = reader, writing

    def save(self, key: str, body: dict[str, Any], at: datetime, stream: str = "") -> bool:
        """Store a judgement under its request fingerprint; the first write wins. Tell whether it was new.

        `stream` is what the judgement speaks of: it is erased with that stream.
        """
        key, about = tenancy.judgement_key(key), tenancy.stored(stream) if stream else ""
        if self._kept(key, about):
            return False
        with self._writing() as connection:
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
        with self._reader.connect() as connection:
            return connection.execute(known).first() is not None

    def get(self, key: str) -> dict[str, Any] | None:
        """Return a stored judgement, or None."""
        with self._reader.connect() as connection:
            kept = judgements.c.key == tenancy.judgement_key(key)
            text = connection.execute(select(judgements.c.body).where(kept)).scalar()
        return None if text is None else dict(json.loads(text))
