"""What came second? Habits: which error messages a service writes in calm times too."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "habits",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("latest", sa.Float, nullable=False),
        sa.Column("calm", sa.Float),
        sa.Column("per_hour", sa.Float, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("trouble", sa.Float),
    )
    op.create_index("ix_habits_scope", "habits", ["scope"])
    op.create_index("ix_habits_latest", "habits", ["latest"])


def downgrade() -> None:
    """Removes it."""
    op.drop_table("habits")
