"""What outlives the process? Memory on SQL: SQLite for one machine, Postgres for many, the same code."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import text

from clew.errors import StoreError
from clew.ports import Health
from tools.memory.alerts import Alerts
from tools.memory.changes import Changes
from tools.memory.deliveries import Deliveries
from tools.memory.effects import Effects
from tools.memory.facts import Facts
from tools.memory.habits import Habits
from tools.memory.incidents import Incidents
from tools.memory.store import Store, connected
from tools.memory.votes import Votes


class SqlMemory(Deliveries, Incidents, Facts, Votes, Habits, Alerts, Changes, Effects):
    """The Memory port. Each part has its file; they share one store."""

    def __init__(self, store: Store, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._now = now

    async def check(self) -> Health:
        """Never raises."""
        try:
            async with self._store.reading() as connection:
                await connection.execute(text("SELECT count(*) FROM leases"))
        except StoreError as error:
            return Health(source="store", ok=False, says=f"{error}. Check CLEW_STORE__URL and that the database runs.")
        return Health(source="store", ok=True, says=self._store.says)


@asynccontextmanager
async def opened(url: str, *, now: Callable[[], float] = time.time) -> AsyncGenerator[SqlMemory]:
    """The memory at `url` (sqlite:///FILE or postgresql://...), its tables up to date. Raises Misconfigured or StoreError."""
    async with connected(url) as store:
        yield SqlMemory(store, now)
