"""What did the first release keep? Deliveries, incidents, facts, hypotheses, votes, effects and leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "deliveries",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("body", sa.Text),
    )
    op.create_index("ix_deliveries_at", "deliveries", ["at"])
    op.create_table(
        "incidents",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("platform", "team", "channel")),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("progress", sa.Text),
    )
    op.create_index("ix_incidents_place", "incidents", ["platform", "team", "channel", "opened_at"])
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at"])
    _evidence()
    _votes()
    op.create_table(
        "effects",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("ref", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
    )


def _incident(table: str, *, key: bool) -> sa.Column[str]:
    name = f"fk_{table}_incident"
    return sa.Column("incident", sa.String, sa.ForeignKey("incidents.id", name=name), primary_key=key, nullable=False)


def _evidence() -> None:
    op.create_table(
        "facts",
        _incident("facts", key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kept_at", sa.Float, nullable=False),
        sa.Column("purged", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("incident", "number", name="uq_facts_incident"),
    )
    op.create_index("ix_facts_kept_at", "facts", ["kept_at"])
    op.create_table(
        "hypotheses",
        _incident("hypotheses", key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.UniqueConstraint("incident", "number", name="uq_hypotheses_incident"),
    )


def _votes() -> None:
    op.create_table(
        "votes",
        sa.Column("hypothesis", sa.String, primary_key=True),
        sa.Column("by", sa.String, primary_key=True),
        _incident("votes", key=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "vote_history",
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("hypothesis", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        _incident("vote_history", key=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_vote_history_hypothesis", "vote_history", ["hypothesis"])


def downgrade() -> None:
    """Removes them all."""
    for name in ("leases", "effects", "vote_history", "votes", "hypotheses", "facts", "incidents", "deliveries"):
        op.drop_table(name)
