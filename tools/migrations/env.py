"""How does Alembic reach the database? Through the connection that `tools.memory.opened` hands it."""

from alembic import context

from tools.memory.schema import METADATA


def migrate() -> None:
    """Runs what is missing, all of it or nothing."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=METADATA, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic loads this file; importing it does nothing
    migrate()
