"""Which tables hold what outlives the process?

`tools/migrations` makes them; a test holds the two equal.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("key", String, primary_key=True),
    Column("at", Float, nullable=False),
    Column("body", Text),  # null: settled
    Index("ix_deliveries_at", "at"),
)
INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", String, primary_key=True),
    Column("platform", String, nullable=False),
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("opened_at", Float, nullable=False),
    Column("state", String, nullable=False),  # empty before the first progress
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("progress", Text),
    Index("ix_incidents_place", "platform", "team", "channel", "opened_at"),
    Index("ix_incidents_opened_at", "opened_at"),
)


def _incident() -> Column[str]:
    return Column("incident", String, ForeignKey("incidents.id"), primary_key=True)


FACTS = Table(
    "facts",
    METADATA,
    _incident(),
    Column("id", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("kept_at", Float, nullable=False),
    Column("purged", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("incident", "number"),
    Index("ix_facts_kept_at", "kept_at"),
)
HYPOTHESES = Table(
    "hypotheses",
    METADATA,
    _incident(),
    Column("id", String, primary_key=True),
    Column("number", Integer, nullable=False),
    UniqueConstraint("incident", "number"),
)
VOTES = Table(
    "votes",
    METADATA,
    Column("hypothesis", String, primary_key=True),
    Column("by", String, primary_key=True),
    Column("incident", String, ForeignKey("incidents.id"), nullable=False),
    Column("at", Float, nullable=False),
    Column("body", Text, nullable=False),
)
VOTE_HISTORY = Table(
    "vote_history",
    METADATA,
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("hypothesis", String, nullable=False),
    Column("by", String, nullable=False),
    Column("incident", String, ForeignKey("incidents.id"), nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_vote_history_hypothesis", "hypothesis"),
)
EFFECTS = Table(
    "effects",
    METADATA,
    Column("key", String, primary_key=True),
    Column("done", Boolean, nullable=False),
    Column("ref", String, nullable=False),
    Column("digest", String, nullable=False),
)
LEASES = Table(
    "leases",
    METADATA,
    Column("key", String, primary_key=True),
    Column("owner", String, nullable=False),  # empty: released
    Column("until", Float, nullable=False),
    Column("fence", Integer, nullable=False),
)
HABITS = Table(
    "habits",
    METADATA,
    Column("id", String, primary_key=True),
    Column("scope", String, nullable=False),
    Column("latest", Float, nullable=False),
    Column("calm", Float),
    Column("per_hour", Float, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("trouble", Float),
    Index("ix_habits_scope", "scope"),
    Index("ix_habits_latest", "latest"),
)
ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", String, primary_key=True),
    Column("incident", String, nullable=False),  # no foreign key: it is opened after its alerts are kept
    Column("told_at", Float, nullable=False),
    Column("heard_at", Float, nullable=False),
    Column("firing", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_alerts_incident", "incident"),
    Index("ix_alerts_heard_at", "heard_at"),
)
BURSTS = Table(
    "bursts",
    METADATA,
    Column("id", String, primary_key=True),
    Column("latest_at", Float, nullable=False),
    Column("version", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_bursts_latest_at", "latest_at"),
)
BOOKS = Table(
    "books",
    METADATA,
    Column("name", String, primary_key=True),
    Column("version", Integer, nullable=False),
)
ANNOUNCED = Table(
    "announced",
    METADATA,
    Column("id", String, primary_key=True),
    Column("at", Float, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_announced_at", "at"),
)
