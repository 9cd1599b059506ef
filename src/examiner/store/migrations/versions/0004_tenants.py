"""Tenants: whose a row is. What is there belongs to the default tenant. Sessions of staff, and what models cost."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_OWNED = ("sittings", "candidates", "api_keys", "links", "facts", "hooks", "deliveries")
_TABLES: dict[str, list[tuple[str, sa.types.TypeEngine[str] | sa.types.TypeEngine[int], bool]]] = {
    "tenants": [
        ("id", sa.String(40), True),
        ("name", sa.String(120), False),
        ("created", sa.String(40), False),
        ("day_usd", sa.String(20), False),
        ("month_usd", sa.String(20), False),
    ],
    "costs": [
        ("tenant", sa.String(40), True),
        ("day", sa.String(10), True),
        ("spent", sa.BigInteger(), False),
        ("held", sa.BigInteger(), False),
        ("calls", sa.Integer(), False),
    ],
    "staff_sessions": [
        ("digest", sa.String(80), True),
        ("tenant", sa.String(40), False),
        ("person", sa.String(40), False),
        ("name", sa.String(120), False),
        ("role", sa.String(20), False),
        ("id_token", sa.Text(), False),
        ("created", sa.String(40), False),
        ("expires", sa.String(40), False),
    ],
}
_INDEXES = {"staff_sessions": ("expires",), "sittings": ("tenant", "created")}


def upgrade() -> None:
    """Add the column and the tables."""
    for name in _OWNED:
        op.add_column(name, sa.Column("tenant", sa.String(40), nullable=False, server_default="default"))
    for name, columns in _TABLES.items():
        op.create_table(name, *(sa.Column(n, kind, primary_key=key, nullable=False) for n, kind, key in columns))
    for name, columns_of in _INDEXES.items():
        op.create_index(f"{name}_by_{'_'.join(columns_of)}", name, list(columns_of))


def downgrade() -> None:
    """Remove them; only the default tenant's streams can be read afterwards."""
    op.drop_index("sittings_by_tenant_created", "sittings")
    for name in _TABLES:
        op.drop_table(name)
    for name in _OWNED:
        op.drop_column(name, "tenant")
