"""What fired, which incident does each alert belong to, and did people see it?"""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clew.alert import Alert
from clew.burst import FORGOTTEN, Book, Burst, Kept, Sorted
from tools.memory.schema import ALERTS, BOOKS, BURSTS
from tools.memory.store import Store, cleaned

NAME = "alerts"
AT_ONCE = 500
"""Alerts that one statement asks about; databases bound the parameters of a statement."""
BURSTS_AT_ONCE = 500
"""The newest bursts that a book holds: an alert that could join more of them has other troubles."""


class Alerts:
    """The alert part of the Memory port. Who sorts alerts in holds a version of the book and may keep its result only
    while nobody else kept one: of two processes that hear the same burst, one opens it and the other joins."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def alert_book(self, ids: Sequence[str], since: float) -> Book:
        """One consistent look."""
        wanted = tuple(dict.fromkeys(ids))
        async with self._store.reading() as connection:
            version = await connection.scalar(select(BOOKS.c.version).where(BOOKS.c.name == NAME))
            known: list[Kept] = []
            for start in range(0, len(wanted), AT_ONCE):
                some = select(ALERTS.c.incident, ALERTS.c.body).where(ALERTS.c.id.in_(wanted[start : start + AT_ONCE]))
                known += [_kept(row.incident, row.body) for row in await connection.execute(some)]
            bursts = await _near(connection, tuple({kept.incident for kept in known}), since)
        return Book(version=version or 0, known=tuple(known), bursts=bursts)

    async def keep_alerts(self, version: int, told: Sorted, at: float) -> bool:
        """Compare and set on the book's version, in one transaction with what it holds."""
        first = self._store.insert(BOOKS).values(name=NAME, version=0).on_conflict_do_nothing()
        turned = update(BOOKS).where(BOOKS.c.name == NAME, BOOKS.c.version == version).values(version=version + 1)
        async with self._store.writing() as connection:
            await connection.execute(first)
            if (await connection.execute(turned)).rowcount != 1:
                return False
            await self._write(connection, told, at)
            await connection.execute(
                delete(ALERTS).where(ALERTS.c.heard_at < at - FORGOTTEN, ALERTS.c.firing.is_(False))
            )
            return True

    async def _write(self, connection: AsyncConnection, told: Sorted, at: float) -> None:
        alerts = self._store.insert(ALERTS)
        columns = ("incident", "told_at", "heard_at", "firing", "body")
        keep = alerts.on_conflict_do_update(
            index_elements=["id"], set_={name: getattr(alerts.excluded, name) for name in columns}
        )
        if told.kept:
            await connection.execute(keep, [_row(kept, at) for kept in told.kept])
        bursts = self._store.insert(BURSTS)
        grow = bursts.on_conflict_do_update(
            index_elements=["id"],
            set_={name: getattr(bursts.excluded, name) for name in ("latest_at", "version", "body")},
        )
        if told.bursts:
            await connection.execute(grow, [_burst_row(burst) for burst in told.bursts])

    async def burst(self, burst_id: str) -> Burst | None:
        async with self._store.reading() as connection:
            row = (await connection.execute(select(BURSTS).where(BURSTS.c.id == burst_id))).one_or_none()
            return _burst(row.body, row.shown) if row else None

    async def unshown_bursts(self) -> tuple[Burst, ...]:
        """Oldest first."""
        behind = select(BURSTS).where(BURSTS.c.shown < BURSTS.c.version).order_by(BURSTS.c.latest_at, BURSTS.c.id)
        async with self._store.reading() as connection:
            return tuple(_burst(row.body, row.shown) for row in await connection.execute(behind))

    async def burst_shown(self, burst_id: str, version: int) -> None:
        """Only forward."""
        seen = update(BURSTS).where(BURSTS.c.id == burst_id, BURSTS.c.shown < version).values(shown=version)
        async with self._store.writing() as connection:
            await connection.execute(seen)

    async def alerts_of(self, burst_id: str, limit: int) -> tuple[Alert, ...]:
        """Those that fire first, in the order in which they were heard."""
        here = select(ALERTS.c.body).where(ALERTS.c.incident == burst_id)
        first = here.order_by(ALERTS.c.firing.desc(), ALERTS.c.heard_at, ALERTS.c.id).limit(max(0, limit))
        async with self._store.reading() as connection:
            return tuple(Alert.model_validate_json(body) for body in await connection.scalars(first))


async def _near(connection: AsyncConnection, ids: Sequence[str], since: float) -> tuple[Burst, ...]:
    """The bursts of these ids, and the newest of the others."""
    newest = select(BURSTS).where(BURSTS.c.latest_at > since).order_by(BURSTS.c.latest_at.desc()).limit(BURSTS_AT_ONCE)
    found = {row.id: _burst(row.body, row.shown) for row in await connection.execute(newest)}
    for start in range(0, len(ids), AT_ONCE):
        named = select(BURSTS).where(BURSTS.c.id.in_(ids[start : start + AT_ONCE]))
        found |= {row.id: _burst(row.body, row.shown) for row in await connection.execute(named)}
    return tuple(found.values())


def _kept(incident: str, body: str) -> Kept:
    return Kept(incident=incident, alert=Alert.model_validate_json(body))


def _burst(body: str, shown: int) -> Burst:
    return Burst.model_validate_json(body).model_copy(update={"shown": shown})


def _row(kept: Kept, at: float) -> dict[str, object]:
    alert = kept.alert
    return {
        "id": alert.id,
        "incident": kept.incident,
        "told_at": alert.told_at,
        "heard_at": at,
        "firing": alert.firing,
        "body": cleaned(alert.model_dump_json()),
    }


def _burst_row(burst: Burst) -> dict[str, object]:
    return {
        "id": burst.id,
        "latest_at": burst.latest_at,
        "version": burst.version,
        "shown": 0,
        "body": cleaned(burst.model_dump_json()),
    }
