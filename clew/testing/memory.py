"""What if the store were a dictionary that forgets when the process ends?"""

from collections.abc import Sequence
from dataclasses import dataclass

from clew.alert import Alert
from clew.announcement import IN_ALL as FEED_IN_ALL
from clew.announcement import KEPT as FEED_KEPT
from clew.announcement import Announcement
from clew.burst import FORGOTTEN, Book, Burst, Kept, Sorted
from clew.errors import StoreError
from clew.evidence import Evidence
from clew.feedback import Ballot, Vote
from clew.habit import IN_ALL, KEPT, PER_SERVICE, Habit
from clew.incident import Incident
from clew.memory import Effect
from clew.ports import Health
from clew.progress import Numbered, Progress, RunState


@dataclass
class _Lease:
    owner: str
    until: float
    fence: int


class DictMemory:
    """The whole Memory port, with the same answers as the SQL one (both pass one contract suite)."""

    def __init__(self) -> None:
        self.down = ""
        """While set, every method raises StoreError with these words."""
        self.history: list[Vote] = []
        self.learned: dict[str, Habit] = {}
        self._admitted: dict[str, tuple[float, str | None]] = {}
        self._incidents: dict[str, Incident] = {}
        self._progress: dict[str, Progress] = {}
        self._facts: dict[str, dict[str, Numbered]] = {}
        self._numbers: dict[str, dict[str, int]] = {}
        self._votes: dict[tuple[str, str], Vote] = {}
        self._effects: dict[str, Effect] = {}
        self._leases: dict[str, _Lease] = {}
        self._alerts: dict[str, tuple[Kept, float]] = {}
        self._bursts: dict[str, Burst] = {}
        self._book = 0
        self._announced: dict[str, Announcement] = {}

    def _up(self) -> None:
        if self.down:
            raise StoreError(self.down)

    def _known(self, incident_id: str) -> None:
        self._up()
        if incident_id not in self._incidents:
            raise StoreError(f"no incident {incident_id} is kept: open it first")

    async def admit(self, key: str, body: str, at: float) -> bool:
        self._up()
        if key in self._admitted:
            return False
        self._admitted[key] = (at, body)
        return True

    async def settle(self, key: str) -> None:
        self._up()
        if key in self._admitted:
            self._admitted[key] = (self._admitted[key][0], None)

    async def unsettled(self) -> tuple[tuple[str, str], ...]:
        self._up()
        kept = sorted(self._admitted.items(), key=lambda item: item[1][0])
        return tuple((key, body) for key, (_, body) in kept if body is not None)

    async def open_incident(self, incident: Incident) -> bool:
        self._up()
        if incident.id in self._incidents:
            return False
        self._incidents[incident.id] = incident
        return True

    async def incident(self, incident_id: str) -> Incident | None:
        self._up()
        return self._incidents.get(incident_id)

    async def incident_in(self, platform: str, team: str, channel: str) -> Incident | None:
        self._up()
        here = [
            i
            for i in self._incidents.values()
            if (i.thread.platform, i.thread.team, i.thread.channel) == (platform, team, channel)
        ]
        return max(here, key=lambda i: i.opened_at, default=None)

    async def save_progress(self, progress: Progress) -> bool:
        self._known(progress.incident.id)
        kept = self._progress.get(progress.incident.id)
        if kept is not None and kept != progress and kept.revision >= progress.revision:
            return False
        self._progress[progress.incident.id] = progress
        self._incidents[progress.incident.id] = progress.incident
        return True

    async def progress(self, incident_id: str) -> Progress | None:
        self._up()
        return self._progress.get(incident_id)

    async def recent(self, limit: int) -> tuple[Progress, ...]:
        self._up()
        newest = sorted(self._progress.values(), key=lambda p: p.incident.opened_at, reverse=True)
        return tuple(newest[: max(0, limit)])

    async def unfinished(self) -> tuple[Incident, ...]:
        self._up()
        running = {RunState.INVESTIGATING, RunState.RECHECKING}
        still = (i for k, i in self._incidents.items() if k not in self._progress or self._progress[k].state in running)
        return tuple(sorted(still, key=lambda i: i.opened_at))

    async def keep(self, incident_id: str, fact: Evidence) -> Numbered:
        self._known(incident_id)
        facts = self._facts.setdefault(incident_id, {})
        return facts.setdefault(fact.id, Numbered(number=len(facts) + 1, fact=fact))

    async def recall(self, incident_id: str) -> tuple[Numbered, ...]:
        self._up()
        return tuple(self._facts.get(incident_id, {}).values())

    async def number(self, incident_id: str, hypothesis_id: str) -> int:
        self._known(incident_id)
        numbers = self._numbers.setdefault(incident_id, {})
        return numbers.setdefault(hypothesis_id, len(numbers) + 1)

    async def vote(self, vote: Vote) -> bool:
        self._known(vote.incident)
        stands = self._votes.get((vote.hypothesis, vote.by))
        said = (vote.agree, vote.reason, vote.text)
        if stands is not None and ((stands.agree, stands.reason, stands.text) == said or stands.at > vote.at):
            return False
        self.history.append(vote)
        self._votes[vote.hypothesis, vote.by] = vote
        return True

    async def ballot(self, hypothesis_id: str) -> Ballot:
        self._up()
        votes = (v for (hypothesis, _), v in self._votes.items() if hypothesis == hypothesis_id)
        return Ballot(votes=tuple(sorted(votes, key=lambda v: (v.at, v.by))))

    async def learn(self, told: Sequence[Habit]) -> None:
        self._up()
        newest = max((habit.latest for habit in told), default=0.0)
        self.learned = {key: habit for key, habit in self.learned.items() if habit.latest >= newest - KEPT}
        for habit in told:
            stands = self.learned.get(habit.id)
            scope = sum(kept.scope == habit.scope for kept in self.learned.values())
            if stands is not None:
                self.learned[habit.id] = stands.after(habit)
            elif scope < PER_SERVICE and len(self.learned) < IN_ALL:
                self.learned[habit.id] = habit

    async def habits(self, ids: Sequence[str]) -> tuple[Habit, ...]:
        self._up()
        return tuple(self.learned[key] for key in sorted(set(ids)) if key in self.learned)

    async def alert_book(self, ids: Sequence[str], since: float) -> Book:
        self._up()
        known = tuple(self._alerts[key][0] for key in dict.fromkeys(ids) if key in self._alerts)
        wanted = {kept.incident for kept in known}
        near = tuple(b for b in self._bursts.values() if b.id in wanted or b.latest_at > since)
        return Book(version=self._book, known=known, bursts=near)

    async def keep_alerts(self, version: int, told: Sorted, at: float) -> bool:
        self._up()
        if version != self._book:
            return False
        self._book += 1
        self._alerts |= {kept.alert.id: (kept, at) for kept in told.kept}
        for burst in told.bursts:
            earlier = self._bursts.get(burst.id)
            self._bursts[burst.id] = burst.model_copy(update={"shown": earlier.shown if earlier else 0})
        kept = self._alerts.items()
        self._alerts = {key: pair for key, pair in kept if pair[0].alert.firing or pair[1] >= at - FORGOTTEN}
        return True

    async def burst(self, burst_id: str) -> Burst | None:
        self._up()
        return self._bursts.get(burst_id)

    async def unshown_bursts(self) -> tuple[Burst, ...]:
        self._up()
        behind = (burst for burst in self._bursts.values() if burst.shown < burst.version)
        return tuple(sorted(behind, key=lambda burst: (burst.latest_at, burst.id)))

    async def burst_shown(self, burst_id: str, version: int) -> None:
        self._up()
        burst = self._bursts.get(burst_id)
        if burst is not None and burst.shown < version:
            self._bursts[burst_id] = burst.model_copy(update={"shown": version})

    async def alerts_of(self, burst_id: str, limit: int) -> tuple[Alert, ...]:
        self._up()
        here = [(kept.alert, at) for kept, at in self._alerts.values() if kept.incident == burst_id]
        here.sort(key=lambda pair: (not pair[0].firing, pair[1], pair[0].id))
        return tuple(alert for alert, _ in here[: max(0, limit)])

    async def announce(self, told: Sequence[Announcement]) -> tuple[int, int]:
        self._up()
        last = {one.id: one for one in told}
        stale = max((one.change.at for one in last.values()), default=0.0) - FEED_KEPT
        kept = {key: one for key, one in self._announced.items() if one.change.at >= stale}
        new = [key for key in last if key not in kept]
        altered = [key for key, one in last.items() if key in kept and kept[key] != one]
        if new and len(kept) + len(new) > FEED_IN_ALL:
            raise StoreError(
                f"the change feed holds {len(kept):,} changes and takes no more until old ones are forgotten"
            )
        self._announced = {**kept, **last}
        return len(new), len(altered)

    async def announced(self, start: float, end: float, limit: int) -> tuple[Announcement, ...]:
        self._up()
        inside = [one for one in self._announced.values() if start <= one.change.at <= end]
        return tuple(sorted(inside, key=lambda one: (-one.change.at, one.id))[: max(0, limit)])

    async def intend(self, key: str, digest: str) -> Effect:
        self._up()
        return self._effects.setdefault(key, Effect(key=key, done=False, digest=digest))

    async def done(self, key: str, ref: str, digest: str = "") -> None:
        self._up()
        earlier = self._effects.get(key, Effect(key=key, done=False))
        self._effects[key] = Effect(key=key, done=True, ref=ref, digest=digest or earlier.digest)

    async def effect(self, key: str) -> Effect | None:
        self._up()
        return self._effects.get(key)

    async def effects(self, prefix: str) -> tuple[Effect, ...]:
        self._up()
        return tuple(self._effects[key] for key in sorted(self._effects) if key.startswith(prefix))

    async def lease(self, key: str, owner: str, seconds: float, now: float) -> int | None:
        self._up()
        held = self._leases.get(key)
        if held is not None and held.owner not in ("", owner) and held.until > now:
            return None
        if held is None or held.owner != owner:
            held = _Lease(owner, now, held.fence + 1 if held else 1)
            self._leases[key] = held
        held.until = now + seconds
        return held.fence

    async def release(self, key: str, owner: str) -> None:
        self._up()
        held = self._leases.get(key)
        if held is not None and held.owner == owner:
            held.owner = ""

    async def check(self) -> Health:
        return Health(source="store", ok=not self.down, says=self.down or "in this process only: forgotten at its end")
