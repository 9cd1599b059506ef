"""What the service keeps beside the events: an index of sittings, people, keys, links, repeated requests, webhooks.

The events get a salt and a digest, so that a body can be erased while its chain still verifies.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TABLES: dict[str, list[tuple[str, sa.types.TypeEngine[str] | sa.types.TypeEngine[int], bool]]] = {
    "sittings": [
        ("id", sa.String(60), True),
        ("candidate", sa.String(60), False),
        ("loop", sa.String(80), False),
        ("policy", sa.String(40), False),
        ("status", sa.String(20), False),
        ("deadline", sa.String(40), False),
        ("waiting", sa.Integer(), False),
        ("epoch", sa.Integer(), False),
        ("created", sa.String(40), False),
        ("updated", sa.String(40), False),
    ],
    "candidates": [
        ("id", sa.String(60), True),
        ("name", sa.Text(), False),
        ("created", sa.String(40), False),
        ("hold", sa.Text(), False),
        ("erased", sa.String(40), False),
    ],
    "api_keys": [
        ("id", sa.String(40), True),
        ("digest", sa.String(80), False),
        ("name", sa.String(120), False),
        ("role", sa.String(20), False),
        ("scopes", sa.Text(), False),
        ("created", sa.String(40), False),
        ("expires", sa.String(40), False),
        ("revoked", sa.String(40), False),
    ],
    "links": [
        ("digest", sa.String(80), True),
        ("sitting", sa.String(60), False),
        ("expires", sa.String(40), False),
        ("used", sa.String(40), False),
    ],
    "requests": [
        ("key", sa.String(80), True),
        ("request", sa.String(80), False),
        ("status", sa.Integer(), False),
        ("body", sa.Text(), False),
        ("at", sa.String(40), False),
    ],
    "subjects": [
        ("key", sa.String(80), True),
        ("stream", sa.String(120), True),
    ],
    "facts": [
        ("name", sa.String(80), True),
        ("value", sa.Text(), False),
    ],
    "hooks": [
        ("id", sa.String(40), True),
        ("url", sa.Text(), False),
        ("kinds", sa.Text(), False),
        ("secret", sa.Text(), False),
        ("created", sa.String(40), False),
        ("disabled", sa.String(40), False),
    ],
    "deliveries": [
        ("id", sa.String(60), True),
        ("hook", sa.String(40), False),
        ("kind", sa.String(60), False),
        ("body", sa.Text(), False),
        ("tries", sa.Integer(), False),
        ("due", sa.String(40), False),
        ("done", sa.String(40), False),
        ("error", sa.Text(), False),
    ],
}
_INDEXES = {
    "sittings": ("candidate", "deadline", "created"),
    "deliveries": ("due",),
    "subjects": ("stream",),
    "requests": ("at",),
}


def upgrade() -> None:
    """Create the tables and the two columns."""
    op.add_column("events", sa.Column("salt", sa.String(40), nullable=True))
    op.add_column("events", sa.Column("digest", sa.String(80), nullable=True))
    for name, columns in _TABLES.items():
        op.create_table(name, *(sa.Column(n, kind, primary_key=key, nullable=False) for n, kind, key in columns))
        for column in _INDEXES.get(name, ()):
            op.create_index(f"{name}_by_{column}", name, [column])


def downgrade() -> None:
    """Remove them; keys, links and the index are lost, salted events verify no more."""
    for name in _TABLES:
        op.drop_table(name)
    op.drop_column("events", "digest")
    op.drop_column("events", "salt")
