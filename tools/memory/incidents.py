"""Which incidents are there, and where does each stand?"""

from sqlalchemy import and_, or_, select, update

from clew.errors import StoreError
from clew.incident import Incident
from clew.progress import Progress, RunState
from tools.memory.schema import INCIDENTS
from tools.memory.store import Store

RUNNING = ("", RunState.INVESTIGATING.value, RunState.RECHECKING.value)


class Incidents:
    """The incident part of the Memory port."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open_incident(self, incident: Incident) -> bool:
        """False if the incident exists already."""
        row = self._store.insert(INCIDENTS).values(id=incident.id, state="", revision=-1, **_columns(incident))
        async with self._store.writing() as connection:
            kept = await connection.execute(row.on_conflict_do_nothing())
            return kept.rowcount == 1

    async def incident(self, incident_id: str) -> Incident | None:
        async with self._store.reading() as connection:
            body = await connection.scalar(select(INCIDENTS.c.body).where(INCIDENTS.c.id == incident_id))
            return Incident.model_validate_json(body) if body else None

    async def incident_in(self, platform: str, team: str, channel: str) -> Incident | None:
        """The newest incident of a channel."""
        place = (INCIDENTS.c.platform == platform, INCIDENTS.c.team == team, INCIDENTS.c.channel == channel)
        newest = select(INCIDENTS.c.body).where(*place).order_by(INCIDENTS.c.opened_at.desc()).limit(1)
        async with self._store.reading() as connection:
            body = await connection.scalar(newest)
            return Incident.model_validate_json(body) if body else None

    async def save_progress(self, progress: Progress) -> bool:
        """Compare and set on the revision: of two changes made to the same card at once one is refused, and made again."""
        incident, body = progress.incident, progress.model_dump_json()
        same = and_(INCIDENTS.c.revision == progress.revision, INCIDENTS.c.progress == body)
        older = (INCIDENTS.c.id == incident.id, or_(INCIDENTS.c.revision < progress.revision, same))
        values = {"state": progress.state.value, "revision": progress.revision, **_columns(incident)}
        async with self._store.writing() as connection:
            kept = await connection.execute(update(INCIDENTS).where(*older).values(progress=body, **values))
            if kept.rowcount == 1:
                return True
            if await connection.scalar(select(INCIDENTS.c.id).where(INCIDENTS.c.id == incident.id)) is None:
                raise StoreError(f"no incident {incident.id} is kept: open it first")
            return False

    async def progress(self, incident_id: str) -> Progress | None:
        async with self._store.reading() as connection:
            body = await connection.scalar(select(INCIDENTS.c.progress).where(INCIDENTS.c.id == incident_id))
            return Progress.model_validate_json(body) if body else None

    async def recent(self, limit: int) -> tuple[Progress, ...]:
        """The newest investigations first."""
        shown = select(INCIDENTS.c.progress).where(INCIDENTS.c.progress.is_not(None))
        newest = shown.order_by(INCIDENTS.c.opened_at.desc()).limit(max(0, limit))
        async with self._store.reading() as connection:
            return tuple(Progress.model_validate_json(body) for body in await connection.scalars(newest))

    async def unfinished(self) -> tuple[Incident, ...]:
        """Incidents whose investigation is open, oldest first."""
        still = select(INCIDENTS.c.body).where(INCIDENTS.c.state.in_(RUNNING)).order_by(INCIDENTS.c.opened_at)
        async with self._store.reading() as connection:
            return tuple(Incident.model_validate_json(body) for body in await connection.scalars(still))


def _columns(incident: Incident) -> dict[str, str | float]:
    thread = incident.thread
    return {
        "platform": thread.platform,
        "team": thread.team,
        "channel": thread.channel,
        "opened_at": incident.opened_at,
        "body": incident.model_dump_json(),
    }
