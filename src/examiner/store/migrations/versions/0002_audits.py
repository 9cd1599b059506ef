"""The audits of judges: append-only, which SQLite itself enforces."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table; on SQLite with triggers that refuse every change of a row."""
    op.create_table(
        "audits",
        sa.Column("stream", sa.String(120), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("previous", sa.String(80), nullable=False),
        sa.Column("hash", sa.String(80), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audits_no_{verb.lower()} BEFORE {verb} ON audits "
                "BEGIN SELECT RAISE(ABORT, 'audits are append-only'); END"
            )


def downgrade() -> None:
    """Remove it; the audits are lost."""
    op.drop_table("audits")
