"""Which deliveries did we promise to handle, and which are still open?"""

from sqlalchemy import select, update

from tools.memory.schema import DELIVERIES
from tools.memory.store import Store, cleaned


class Deliveries:
    """The admission part of the Memory port."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, key: str, body: str, at: float) -> bool:
        """On the disk when it returns. False if `key` was admitted before."""
        row = self._store.insert(DELIVERIES).values(key=cleaned(key), body=cleaned(body), at=at)
        async with self._store.writing() as connection:
            kept = await connection.execute(row.on_conflict_do_nothing())
            return kept.rowcount == 1

    async def settle(self, key: str) -> None:
        """Forgets the body, keeps the key."""
        async with self._store.writing() as connection:
            await connection.execute(update(DELIVERIES).where(DELIVERIES.c.key == cleaned(key)).values(body=None))

    async def unsettled(self) -> tuple[tuple[str, str], ...]:
        """(key, body), oldest first."""
        open_ones = select(DELIVERIES.c.key, DELIVERIES.c.body).where(DELIVERIES.c.body.is_not(None))
        async with self._store.reading() as connection:
            rows = await connection.execute(open_ones.order_by(DELIVERIES.c.at, DELIVERIES.c.key))
            return tuple((row.key, row.body) for row in rows)
