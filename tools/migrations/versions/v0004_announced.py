"""What came fourth? The change feed: what others told us that they changed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "announced",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_announced_at", "announced", ["at"])


def downgrade() -> None:
    """Removes it."""
    op.drop_table("announced")
