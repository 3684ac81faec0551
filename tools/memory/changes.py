"""Which changes were announced to us, and when did they go live?"""

from collections.abc import Sequence

from sqlalchemy import delete, func, select

from clew.announcement import IN_ALL, KEPT, Announcement
from clew.errors import StoreError
from tools.memory.schema import ANNOUNCED
from tools.memory.store import Store, cleaned

_ROWS = 500
"""Ids in one statement."""


class Changes:
    """The change feed's part of the Memory port."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def announce(self, told: Sequence[Announcement]) -> tuple[int, int]:
        """On the disk when it returns."""
        last = {cleaned(one.id): one for one in told}
        if not last:
            return 0, 0
        bodies = {key: cleaned(one.model_dump_json()) for key, one in last.items()}
        ids = sorted(last)  # one order: two processes never wait in a circle
        async with self._store.writing() as connection:
            stale = max(one.change.at for one in last.values()) - KEPT
            await connection.execute(delete(ANNOUNCED).where(ANNOUNCED.c.at < stale))
            stand: dict[str, str] = {}
            for start in range(0, len(ids), _ROWS):
                part = ids[start : start + _ROWS]
                rows = await connection.execute(
                    select(ANNOUNCED.c.id, ANNOUNCED.c.body).where(ANNOUNCED.c.id.in_(part))
                )
                stand.update((row.id, row.body) for row in rows)
            new = len(last) - len(stand)
            kept = await connection.scalar(select(func.count()).select_from(ANNOUNCED)) or 0
            if new and kept + new > IN_ALL:
                raise StoreError(
                    f"the change feed holds {kept:,} changes and takes no more until old ones are forgotten"
                )
            altered = [key for key in ids if stand.get(key) != bodies[key]]
            if altered:
                made = self._store.insert(ANNOUNCED)
                changed = {"at": made.excluded.at, "body": made.excluded.body}
                rows = [{"id": key, "at": last[key].change.at, "body": bodies[key]} for key in altered]
                await connection.execute(made.on_conflict_do_update(index_elements=["id"], set_=changed), rows)
            return new, len(altered) - new

    async def announced(self, start: float, end: float, limit: int) -> tuple[Announcement, ...]:
        """Newest first, at most `limit`."""
        inside = select(ANNOUNCED.c.body).where(ANNOUNCED.c.at >= start, ANNOUNCED.c.at <= end)
        async with self._store.reading() as connection:
            bodies = await connection.scalars(
                inside.order_by(ANNOUNCED.c.at.desc(), ANNOUNCED.c.id).limit(max(0, limit))
            )
            return tuple(Announcement.model_validate_json(body) for body in bodies)
