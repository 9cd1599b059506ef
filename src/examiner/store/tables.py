"""The tables, as SQLAlchemy Core sees them; migrations make them."""

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()


def _chained(name: str, *, erasable: bool = False) -> Table:
    """Return a table of append-only streams, each a hash chain; an erasable one chains digests of its bodies."""
    extra = [Column("salt", String(40)), Column("digest", String(80))] if erasable else []
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
        *extra,
    )


events = _chained("events", erasable=True)
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


def _table(name: str, keys: str, texts: str, numbers: str = "") -> Table:
    return Table(
        name,
        metadata,
        *(Column(key, Text, primary_key=True) for key in keys.split()),
        *(Column(text, Text, nullable=False, default="") for text in texts.split()),
        *(Column(number, Integer, nullable=False, default=0) for number in numbers.split()),
    )


# One row per sitting, made from its events and rebuilt from them; `epoch` counts who may write (a later one fences off
# the earlier); `waiting`: the interviewer owes a follow-up, which the process `chooser` chooses.
# What has a column `tenant` is read and written within one tenant only, see `store.tenancy`.
sittings = _table(
    "sittings", "id", "tenant candidate loop policy status deadline created updated chooser", "waiting epoch"
)
candidates = _table("candidates", "id", "tenant name created hold erased")
api_keys = _table("api_keys", "id", "tenant digest name role scopes created expires revoked")
staff_sessions = _table("staff_sessions", "digest", "tenant person name role id_token created expires")
links = _table("links", "digest", "tenant sitting expires used")
requests = _table("requests", "key", "request body at sitting", "status")
subjects = _table("subjects", "key stream", "")  # which judgements speak of which stream, for erasure
# What waits for a person, made from the review streams; `since` orders it.
reviews = _table("reviews", "id", "tenant session kind since body")
facts = _table("facts", "name", "tenant value")  # what this installation knows of itself: when it was last alive
hooks = _table("hooks", "id", "tenant url kinds secret created disabled")
deliveries = _table("deliveries", "id", "tenant hook kind body due done error", "tries")
tenants = _table("tenants", "id", "name created day_usd month_usd")
# What models cost, in millionths of a USD; `held` is what calls under way may cost at most.
costs = _table("costs", "tenant day", "", "spent held calls")
