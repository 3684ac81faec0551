"""Which error messages are usual for a service, as earlier incidents showed?"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clew.habit import IN_ALL, KEPT, PER_SERVICE, Habit
from tools.memory.schema import HABITS
from tools.memory.store import Store

_ROWS = 500
"""Ids or rows in one statement."""


class Habits:
    """The log templates' part of the Memory port."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def learn(self, told: Sequence[Habit]) -> None:
        """Merges what is known already; newcomers are kept while their service and the whole have room."""
        if not told:
            return
        async with self._store.writing() as connection:
            stale = HABITS.c.latest < max(habit.latest for habit in told) - KEPT
            await connection.execute(delete(HABITS).where(stale))
            stand = {habit.id: habit for habit in await _found(connection, [habit.id for habit in told])}
            room = await _room(connection, {habit.scope for habit in told})
            changed: dict[str, Habit] = {}
            for habit in told:
                stands = stand.get(habit.id)
                if stands is not None or room.take(habit.scope):
                    stand[habit.id] = changed[habit.id] = habit if stands is None else stands.after(habit)
            if changed:
                made = self._store.insert(HABITS)
                kept = {column.name: made.excluded[column.name] for column in HABITS.c if column.name != "id"}
                rows = [
                    changed[key].model_dump() for key in sorted(changed)
                ]  # one order: two processes never wait in a circle
                await connection.execute(made.on_conflict_do_update(index_elements=["id"], set_=kept), rows)

    async def habits(self, ids: Sequence[str]) -> tuple[Habit, ...]:
        """What is kept about these templates, by id."""
        async with self._store.reading() as connection:
            return tuple(sorted(await _found(connection, ids), key=lambda habit: habit.id))


class _Room:
    """How many newcomers may still be kept."""

    def __init__(self, kept: int, scopes: dict[str, int]) -> None:
        self._kept = kept
        self._scopes = Counter(scopes)

    def take(self, scope: str) -> bool:
        if self._kept >= IN_ALL or self._scopes[scope] >= PER_SERVICE:
            return False
        self._kept += 1
        self._scopes[scope] += 1
        return True


async def _room(connection: AsyncConnection, scopes: set[str]) -> _Room:
    kept = await connection.scalar(select(func.count()).select_from(HABITS)) or 0
    each = select(HABITS.c.scope, func.count().label("kept")).group_by(HABITS.c.scope)
    counts: dict[str, int] = {}
    for part in _parts(sorted(scopes)):
        rows = await connection.execute(each.where(HABITS.c.scope.in_(part)))
        counts.update((row.scope, row.kept) for row in rows)
    return _Room(kept, counts)


async def _found(connection: AsyncConnection, ids: Sequence[str]) -> list[Habit]:
    found: list[Habit] = []
    for part in _parts(sorted(set(ids))):
        rows = await connection.execute(select(HABITS).where(HABITS.c.id.in_(part)))
        found.extend(Habit.model_validate(dict(row)) for row in rows.mappings())
    return found


def _parts(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + _ROWS] for at in range(0, len(names), _ROWS)]
