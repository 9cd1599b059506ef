"""What waits for a person as rows of its own; whose session a kept answer to a request speaks of, for erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table and the column; the rows are made from the events when the house wakes."""
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(80), primary_key=True, nullable=False),
        sa.Column("tenant", sa.String(40), nullable=False, server_default="default"),
        sa.Column("session", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("since", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("reviews_by_since", "reviews", ["tenant", "kind", "since", "id"])
    op.create_index("reviews_by_session", "reviews", ["session"])
    op.add_column("requests", sa.Column("sitting", sa.String(60), nullable=False, server_default=""))
    op.create_index("requests_by_sitting", "requests", ["sitting"])


def downgrade() -> None:
    """Remove them; nothing is lost that the events do not hold."""
    op.drop_table("reviews")
    op.drop_index("requests_by_sitting", "requests")
    op.drop_column("requests", "sitting")
