"""How does one transaction run, on either database, and what happens when it cannot?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError
from sqlalchemy import Connection, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from clew.errors import Misconfigured, StoreError

SECONDS = 10.0
"""No transaction may take longer; the waiting for its turn included."""
BODY_CHARACTERS = 8_000_000
MIGRATION_LOCK = 6_220_114
"""Any fixed number: two processes that start at once take turns at it."""
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def address(url: str) -> URL:
    """The database's address with the async driver. Raises Misconfigured; never shows a password."""
    try:
        given = make_url(url)
    except ArgumentError as error:
        raise Misconfigured(
            "CLEW_STORE__URL is no database address. Use sqlite:///clew.db or postgresql://..."
        ) from error
    driver = DRIVERS.get(given.drivername)
    if driver is None:
        raise Misconfigured(
            f"CLEW_STORE__URL: {given.drivername!r} is not supported. Use sqlite:///FILE or postgresql://..."
        )
    if driver.startswith("sqlite") and given.database in (None, "", ":memory:"):
        raise Misconfigured("CLEW_STORE__URL names no file, so nothing would be kept. Use sqlite:///clew.db")
    return given.set(drivername=driver)


def cleaned(body: str) -> str:
    """Text that both databases can keep: no NUL, no half characters. Raises StoreError if it is too long."""
    if len(body) > BODY_CHARACTERS:
        raise StoreError(f"{len(body):,} characters are more than the {BODY_CHARACTERS:,} that are kept in one piece")
    return body.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class Store:
    """An engine, and the one place where its errors become StoreError."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite lets one writer in at a time: waiting here is fair and cheap, its own busy loop is neither
        self._turn = asyncio.Semaphore(1) if engine.dialect.name == "sqlite" else None

    @property
    def says(self) -> str:
        """Where it is, without a password."""
        url = self._engine.url
        if url.get_backend_name() == "sqlite":
            return f"keeps everything in one SQLite file, {url.database}"
        return f"keeps everything in {url.render_as_string(hide_password=True)}"

    def insert(self, table: Table) -> Any:
        """INSERT with ON CONFLICT, in the dialect's own words."""
        return sqlite.insert(table) if self._engine.dialect.name == "sqlite" else postgresql.insert(table)

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction: committed, to the disk, when the block ends. Raises StoreError."""
        turn: AbstractAsyncContextManager[Any] = self._turn or nullcontext()
        with mapped():
            async with asyncio.timeout(SECONDS), turn, self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """One consistent look. Raises StoreError."""
        with mapped():
            async with asyncio.timeout(SECONDS), self._engine.connect() as plain:
                yield await plain.execution_options(clew_reading=True)


class mapped:  # noqa: N801 - reads as a verb in `with mapped():`
    """Turns what databases and decoders raise into StoreError."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            raise StoreError("the store refused: no such incident is kept, or a key was taken twice") from error
        if isinstance(error, TimeoutError):
            raise StoreError(f"the store gave no answer within {SECONDS:.0f} s") from error
        if isinstance(error, ValidationError | PydanticSerializationError | UnicodeError):
            raise StoreError(
                "a kept row cannot be read or written by this version; was it written by a newer one?"
            ) from error
        if isinstance(error, SQLAlchemyError | OSError | CommandError):
            reason = str(getattr(error, "orig", None) or error).splitlines()[0][:300]
            raise StoreError(f"the store cannot answer: {reason}") from error


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[Store]:
    """A store with its tables made or brought up to date. Raises Misconfigured or StoreError."""
    target = address(url)
    if target.drivername.startswith("sqlite"):
        with mapped():
            await asyncio.to_thread(_made, Path(target.database or ""))
        engine = create_async_engine(target, pool_size=5, max_overflow=0, pool_timeout=SECONDS)
        event.listen(engine.sync_engine, "connect", _on_sqlite_connect)
        event.listen(engine.sync_engine, "begin", _on_sqlite_begin)
    else:
        engine = create_async_engine(target, pool_size=10, max_overflow=0, pool_timeout=SECONDS, pool_pre_ping=True)
    try:
        with mapped():
            async with engine.begin() as connection:
                await connection.run_sync(_upgraded)
        yield Store(engine)
    finally:
        await engine.dispose()


def _made(path: Path) -> None:
    """The file, readable by its owner alone: it holds what people said and, once installed, tokens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)


def _on_sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver opens no transactions of its own: we do, below
    cursor = connection.cursor()
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    # a writer takes the lock at once: a reader that turns writer midway would be refused instead of waiting
    reading = connection.get_execution_options().get("clew_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _upgraded(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
