"""Which facts did an incident collect, under which numbers, and for how long are their bodies kept?"""

from collections.abc import Callable

from sqlalchemy import Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clew.errors import StoreError
from clew.evidence import Evidence, Note
from clew.progress import Numbered
from tools.memory.schema import FACTS, HYPOTHESES, INCIDENTS
from tools.memory.store import Store

KEPT_SECONDS = 30 * 86_400.0
PURGE_ROWS = 500


class Facts:
    """The evidence part of the Memory port, and the numbering of hypotheses."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    async def keep(self, incident_id: str, fact: Evidence) -> Numbered:
        """The same fact keeps its number and its first body."""
        async with self._store.writing() as connection:
            await locked(connection, incident_id)
            mine = (FACTS.c.incident == incident_id, FACTS.c.id == fact.id)
            row = (await connection.execute(select(FACTS.c.number, FACTS.c.body).where(*mine))).first()
            if row is not None:
                return Numbered(number=row.number, fact=Evidence.model_validate_json(row.body))
            number = await _next(connection, FACTS, incident_id)
            values = {"kept_at": self._now(), "purged": False, "body": fact.model_dump_json()}
            await connection.execute(FACTS.insert().values(incident=incident_id, id=fact.id, number=number, **values))
            return Numbered(number=number, fact=fact)

    async def recall(self, incident_id: str) -> tuple[Numbered, ...]:
        """All facts by number; of one whose time is over the sentence and the query remain."""
        mine = select(FACTS.c.number, FACTS.c.body).where(FACTS.c.incident == incident_id)
        async with self._store.reading() as connection:
            rows = await connection.execute(mine.order_by(FACTS.c.number))
            return tuple(Numbered(number=row.number, fact=Evidence.model_validate_json(row.body)) for row in rows)

    async def number(self, incident_id: str, hypothesis_id: str) -> int:
        """The stable number of a hypothesis, given at first use."""
        async with self._store.writing() as connection:
            await locked(connection, incident_id)
            mine = (HYPOTHESES.c.incident == incident_id, HYPOTHESES.c.id == hypothesis_id)
            given = await connection.scalar(select(HYPOTHESES.c.number).where(*mine))
            if given is not None:
                return given
            number = await _next(connection, HYPOTHESES, incident_id)
            await connection.execute(HYPOTHESES.insert().values(incident=incident_id, id=hypothesis_id, number=number))
            return number

    async def purge(self, older_than: float = KEPT_SECONDS) -> int:
        """Deletes the bodies of facts kept more than `older_than` seconds ago; returns how many. Id, sentence, query and
        digest stay, so that old threads still make sense. Takes PURGE_ROWS a transaction, so nobody waits long."""
        count = 0
        while purged := await self._purge_some(self._now() - older_than):
            count += purged
        return count

    async def _purge_some(self, before: float) -> int:
        due = select(FACTS.c.incident, FACTS.c.id, FACTS.c.body).where(
            FACTS.c.kept_at < before, FACTS.c.purged.is_(False)
        )
        async with self._store.writing() as connection:
            rows = (await connection.execute(due.limit(PURGE_ROWS))).all()
            for row in rows:
                bare = _without_body(Evidence.model_validate_json(row.body))
                mine = (FACTS.c.incident == row.incident, FACTS.c.id == row.id)
                await connection.execute(update(FACTS).where(*mine).values(purged=True, body=bare.model_dump_json()))
            return len(rows)


async def locked(connection: AsyncConnection, incident_id: str) -> None:
    """Takes the incident's row until the transaction ends, so numbers are given one at a time. StoreError if it is unknown."""
    row = select(INCIDENTS.c.id).where(INCIDENTS.c.id == incident_id).with_for_update()
    if await connection.scalar(row) is None:
        raise StoreError(f"no incident {incident_id} is kept: open it first")


async def _next(connection: AsyncConnection, table: Table, incident_id: str) -> int:
    last = await connection.scalar(select(func.max(table.c.number)).where(table.c.incident == incident_id))
    return (last or 0) + 1


def _without_body(fact: Evidence) -> Evidence:
    gone = Note(text="The body of this fact was deleted when its time was over.", service=fact.payload.service)
    return fact.model_copy(update={"payload": gone})
