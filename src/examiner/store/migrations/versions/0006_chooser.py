"""Which process chooses a sitting's next question, so that one that died with it is replaced at once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; nobody is known to choose yet."""
    op.add_column("sittings", sa.Column("chooser", sa.String(20), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove it; what is owed is then asked after a while."""
    op.drop_column("sittings", "chooser")
