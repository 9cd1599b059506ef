"""The tables, as SQLAlchemy Core sees them; migrations make them."""

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()


def _chained(name: str) -> Table:
    """Return a table of append-only streams, each a hash chain."""
    return Table(
        name,
        metadata,
        Column("stream", String(120), primary_key=True),
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("kind", String(60), nullable=False),
        Column("body", Text, nullable=False),  # canonical JSON as text: a JSON column would reorder keys, break hashes
        Column("at", String(40), nullable=False),
        Column("previous", String(80), nullable=False),
        Column("hash", String(80), nullable=False),
    )


events = _chained("events")
audits = _chained(
    "audits"
)  # judges on their frozen sentinels: apart from sittings, so that erasing one spares the other

judgements = Table(
    "judgements",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", String(40), nullable=False),
)

Index("events_by_kind", events.c.kind)
