"""How do alerts that were heard become an incident that people see, once, whatever breaks in between?"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import structlog

from clew.alert import Alert, Roll
from clew.burst import Burst, Grouping, Sorted, sorted_in
from clew.errors import PlatformError, Refused, StoreError
from clew.incident import Incident, Room, Window, incident_id
from clew.limits import Limits
from clew.memory import Memory
from clew.ports import Clock, Copilot, Platform
from clew.tables import CallGraph

log = structlog.get_logger(__name__)

TRIES = 20
"""How often alerts are sorted in anew because another process sorted some at the same moment."""
KEEP_SECONDS = 8.0
"""Within which alerts are kept, or their sender is told that they are not."""
LEASE_SECONDS = 30.0
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, *(30.0,) * 120)
"""Seconds between attempts to show what is kept: an hour of them; after that the next alert or start tries again."""
AT_ONCE = 8
"""Incidents that are shown at the same time."""
NAMED = 3
"""Alerts that a card names beside the one that opened it."""
LOOKED = 50
GRAPH_SECONDS = 600.0
"""How long what was learned of who calls whom is taken for true."""


def unchanged(incident: Incident) -> Incident:
    """Nothing is known beyond what the alert says."""
    return incident


def anybody(_channel: str, _name: str) -> str:
    """No scope is configured."""
    return ""


@dataclass(frozen=True)
class Office:
    """What it takes to turn alerts into incidents. `owner` names this process in leases."""

    memory: Memory
    copilot: Copilot
    platform: Platform
    clock: Clock
    owner: str
    limits: Limits = Limits()
    grouping: Grouping = field(default_factory=Grouping)
    scoped: Callable[[str, str], str] = anybody
    """The scope of a channel (its id, its name), for alerts whose labels name none."""
    patience: Mapping[str, float] = field(default_factory=dict[str, float])
    """Seconds that a sender (by its origin) is given to name the channel that it makes for an incident."""
    briefed: Callable[[Incident], Incident] = unchanged


@dataclass(eq=False)
class _Brought:
    """The alerts of one request, and what became of them once it is known."""

    alerts: tuple[Alert, ...]
    told: Sorted | None = None


def _of(told: Sorted, alerts: Sequence[Alert]) -> Sorted:
    """The part of the news that is about these alerts."""
    ids = {alert.id for alert in alerts}
    kept = tuple(one for one in told.kept if one.alert.id in ids)
    incidents = {one.incident for one in kept}
    return Sorted(kept=kept, bursts=tuple(burst for burst in told.bursts if burst.id in incidents))


@dataclass
class Incidents:
    """Keeps alerts, then tends to what people see of them. Use it inside `async with incidents.running()`."""

    office: Office
    _brought: "list[_Brought]" = field(default_factory=list["_Brought"])
    _graphs: dict[str, CallGraph] = field(default_factory=dict[str, CallGraph])
    _learning: dict[str, tuple[float, asyncio.Task[None]]] = field(
        default_factory=dict[str, "tuple[float, asyncio.Task[None]]"]
    )
    _sorting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _wanted: set[str] = field(default_factory=set[str])
    _tending: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, "asyncio.Task[None]"])
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Incidents"]:
        """What was kept and not shown before a stop is shown now; what is under way at the end is left for the next start."""
        try:
            for burst in await self.office.memory.unshown_bursts():
                self._wake(burst.id)
            yield self
        finally:
            tasks = (*self._tending.values(), *(task for _, task in self._learning.values()))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def hear(self, alerts: Sequence[Alert]) -> Sorted:
        """Durably keeps what is new in these alerts; the rest follows by itself. Raises StoreError if it could not be kept.

        Whoever's turn it is keeps what all that wait have brought: a burst of requests costs a few transactions.
        """
        mine = _Brought(tuple(alerts))
        self._brought.append(mine)
        try:
            async with asyncio.timeout(KEEP_SECONDS), self._sorting:
                if mine.told is None:
                    await self._keep(tuple(self._brought))
        except TimeoutError:
            raise StoreError(f"the alerts could not be kept within {KEEP_SECONDS:.0f} s") from None
        finally:
            self._brought = [other for other in self._brought if other is not mine]
        return _of(mine.told or Sorted(), mine.alerts)

    async def _keep(self, brought: tuple["_Brought", ...]) -> None:
        told = await self._kept([alert for one in brought for alert in one.alerts])
        for one in brought:
            one.told = told
        for scope in {one.alert.scope for one in told.kept}:
            self._learn(scope)
        self._brought = [other for other in self._brought if other.told is None]
        for burst in told.bursts:
            self._wake(burst.id)

    async def _kept(self, alerts: Sequence[Alert]) -> Sorted:
        memory, grouping = self.office.memory, replace(self.office.grouping, graphs=dict(self._graphs))
        ids = [alert.id for alert in alerts]
        for _ in range(TRIES):
            at = self.office.clock.now()
            book = await memory.alert_book(ids, at - grouping.seconds - 1.0)
            told = sorted_in(book, alerts, at, grouping)
            if not told.kept or await memory.keep_alerts(book.version, told, at):
                return told
        raise StoreError("too many processes keep alerts at once")

    def _learn(self, scope: str) -> None:
        """Asks who calls whom, for the alerts to come: those that came are not kept waiting for it."""
        now = self.office.clock.monotonic()
        asked, task = self._learning.get(scope, (None, None))
        if asked is not None and (now - asked < GRAPH_SECONDS or (task is not None and not task.done())):
            return

        async def learn() -> None:
            graph = await self.office.copilot.calls(scope)
            if graph is not None:
                self._graphs[scope] = graph

        self._learning[scope] = (now, asyncio.create_task(learn(), name=f"calls {scope}"))

    def _wake(self, burst_id: str) -> None:
        """One task an incident and process: whatever comes while it works is seen by its next look."""
        self._wanted.add(burst_id)
        if burst_id not in self._tending:
            task = asyncio.create_task(self._tend(burst_id), name=f"alerts {burst_id}")
            self._tending[burst_id] = task
            task.add_done_callback(lambda _: self._tending.pop(burst_id, None))

    async def _tend(self, burst_id: str) -> None:
        pauses = iter(PAUSES)
        while burst_id in self._wanted:
            self._wanted.discard(burst_id)
            if await self._attempted(burst_id):
                pauses = iter(PAUSES)
                continue
            pause = next(pauses, None)
            if pause is None:
                log.error("an incident could not be shown for an hour", burst=burst_id)
                return
            self._wanted.add(burst_id)
            await self.office.clock.sleep(pause)

    async def _attempted(self, burst_id: str) -> bool:
        """False if it must be tried again: another process is at it, or what it needs does not answer."""
        memory, key = self.office.memory, f"alerts:{burst_id}"
        try:
            async with self._turns:
                if not await memory.lease(key, self.office.owner, LEASE_SECONDS, self.office.clock.now()):
                    return False
                try:
                    return await self._show(burst_id)
                finally:
                    await memory.release(key, self.office.owner)
        except (PlatformError, Refused, StoreError) as error:
            log.warning("an incident is not shown yet", burst=burst_id, why=str(error))
            return False

    async def _show(self, burst_id: str) -> bool:
        """Room, incident and card, each if it is not there yet; then what the alerts say now. False if it is too early."""
        office = self.office
        burst = await office.memory.burst(burst_id)
        if burst is None or burst.shown >= burst.version:
            return True
        waits = office.patience.get(burst.first.origin, 0.0) - (office.clock.now() - burst.opened_at)
        if waits > 0 and not burst.shown and not burst.channel:
            return False
        room = await office.platform.room(burst.first.title, burst.id, burst.channel)
        incident = self._incident(burst, room)
        if await office.copilot.progress(incident.id) is None:
            await office.copilot.open(incident)
        await office.copilot.alerted(incident.id, await self._roll(burst, room.note))
        await office.memory.burst_shown(burst.id, burst.version)
        return True

    def _incident(self, burst: Burst, room: Room) -> Incident:
        """The incident of a burst. In a channel that people made it is the channel's own, so that Clew is there only once."""
        first, limits, now = burst.first, self.office.limits, self.office.clock.now()
        theirs = burst.channel and room.thread.channel == burst.channel
        place = (room.thread.platform, room.thread.team, room.thread.channel)
        start, end = first.started_at - limits.lookback_seconds, first.started_at + limits.lookahead_seconds
        return self.office.briefed(
            Incident(
                id=incident_id(*place) if theirs else burst.id,
                title=first.title,
                thread=room.thread,
                alerted_at=first.started_at,
                symptom=first.symptom,
                severity=burst.severity.value,
                window=Window(start=start, end=end, reason="around the alert"),
                opened_by=first.origin,
                opened_at=now,
                why_joined=f"the alert “{first.title}” fired ({first.origin})",
                scope=first.scope or self.office.scoped(room.thread.channel, room.name),
            )
        )

    async def _roll(self, burst: Burst, note: str) -> Roll:
        memory, first = self.office.memory, burst.first
        alerts = await memory.alerts_of(burst.id, LOOKED)
        others = [alert for alert in alerts if alert.firing and alert.id != first.id]
        named = tuple(dict.fromkeys(alert.title for alert in others))[:NAMED]
        opener = (await memory.alert_book((first.id,), self.office.clock.now() + 1.0)).known
        beside = burst.firing - any(kept.alert.firing and kept.incident == burst.id for kept in opener)
        return Roll(
            also=named,
            more=max(0, beside - sum(alert.title in named for alert in others)),
            ended=burst.total - burst.firing,
            resolved_at=burst.resolved_at,
            again_at=burst.again_at,
            severity=burst.severity,
            note=note,
        )
