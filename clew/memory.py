"""What does Clew remember: the port of its store. Kept in SQL by `tools.memory`; a dictionary stands in for it in `clew.testing`."""

from collections.abc import Sequence
from typing import Protocol

from clew.alert import Alert
from clew.announcement import Announcement
from clew.burst import Book, Burst, Sorted
from clew.evidence import Evidence
from clew.feedback import Ballot, Vote
from clew.frozen import Frozen
from clew.habit import Habit
from clew.incident import Incident
from clew.ports import Health
from clew.progress import Numbered, Progress


class Effect(Frozen):
    """An outward act in the ledger: intended, then done with the reference that the other side gave."""

    key: str
    done: bool
    ref: str = ""
    digest: str = ""


class Memory(Protocol):
    """What outlives the process. Every method raises StoreError when the store cannot answer."""

    # admission: persist, then acknowledge
    async def admit(self, key: str, body: str, at: float) -> bool:
        """Durably keeps a delivery before it is acknowledged. False if `key` was admitted before."""
        ...

    async def settle(self, key: str) -> None:
        """The delivery was handled; its body is forgotten, its key is kept."""
        ...

    async def unsettled(self) -> tuple[tuple[str, str], ...]:
        """(key, body) of deliveries that were admitted and not settled, oldest first."""
        ...

    # incidents
    async def open_incident(self, incident: Incident) -> bool:
        """False if the incident exists already."""
        ...

    async def incident(self, incident_id: str) -> Incident | None: ...
    async def incident_in(self, platform: str, team: str, channel: str) -> Incident | None:
        """The newest incident whose thread is in this channel."""
        ...

    async def save_progress(self, progress: Progress) -> bool:
        """Keeps the card's state; False (and keeps nothing) if a newer revision is kept already, or another one of this number."""
        ...

    async def progress(self, incident_id: str) -> Progress | None: ...
    async def recent(self, limit: int) -> tuple[Progress, ...]:
        """The newest investigations first."""
        ...

    async def unfinished(self) -> tuple[Incident, ...]:
        """Incidents whose investigation is open: to be taken up after a restart."""
        ...

    # evidence
    async def keep(self, incident_id: str, fact: Evidence) -> Numbered:
        """Keeps a fact once and gives it its number in the incident (E1, E2, ...); the same fact keeps its number."""
        ...

    async def recall(self, incident_id: str) -> tuple[Numbered, ...]:
        """All facts of an incident by number."""
        ...

    async def number(self, incident_id: str, hypothesis_id: str) -> int:
        """The stable number of a hypothesis in its incident (H1, H2, ...), given at first use."""
        ...

    # people
    async def vote(self, vote: Vote) -> bool:
        """Keeps one person's word (replacing their earlier one; history is kept). False if it says what already stood."""
        ...

    async def ballot(self, hypothesis_id: str) -> Ballot: ...

    # log templates
    async def learn(self, told: Sequence[Habit]) -> None:
        """Keeps what an incident told of its services' error messages, each merged by `Habit.after`. Bounded: newcomers beyond
        `PER_SERVICE` of a scope or `IN_ALL` are not kept, and what no incident confirmed for `KEPT` seconds is forgotten."""
        ...

    async def habits(self, ids: Sequence[str]) -> tuple[Habit, ...]:
        """What is kept about these templates, by id; unknown ones are left out."""
        ...

    # alerts
    async def alert_book(self, ids: Sequence[str], since: float) -> Book:
        """What is kept of these alerts (by `Alert.id`), their bursts, and every burst whose latest alert came after `since`."""
        ...

    async def keep_alerts(self, version: int, told: Sorted, at: float) -> bool:
        """Keeps what changed, all of it or nothing. False (and nothing is kept) if the book is not at `version` any more.
        What ended a month ago is forgotten."""
        ...

    async def burst(self, burst_id: str) -> Burst | None: ...
    async def unshown_bursts(self) -> tuple[Burst, ...]:
        """Bursts that changed after people last saw them, oldest first."""
        ...

    async def burst_shown(self, burst_id: str, version: int) -> None:
        """People see this version; an older one than was seen already changes nothing."""
        ...

    async def alerts_of(self, burst_id: str, limit: int) -> tuple[Alert, ...]:
        """Alerts of a burst: those that fire first, in the order in which they were heard."""
        ...

    # the change feed
    async def announce(self, told: Sequence[Announcement]) -> tuple[int, int]:
        """Keeps what was told, all of it or nothing: (how many are new, how many replaced what they said before), as this call saw
        it. Of the same id told twice at once the last counts. Forgets what is `KEPT` seconds older than the newest told; raises
        StoreError beyond `IN_ALL`."""
        ...

    async def announced(self, start: float, end: float, limit: int) -> tuple[Announcement, ...]:
        """Changes of the time from `start` to `end` (Unix seconds, both included), newest first, at most `limit`."""
        ...

    # effects and leases
    async def intend(self, key: str, digest: str) -> Effect:
        """Records the intent to act outward, or returns the effect that stands under `key` already."""
        ...

    async def done(self, key: str, ref: str, digest: str = "") -> None:
        """The effect happened; `ref` is what the other side calls it, `digest` what it now shows."""
        ...

    async def effect(self, key: str) -> Effect | None: ...
    async def effects(self, prefix: str) -> tuple[Effect, ...]: ...
    async def lease(self, key: str, owner: str, seconds: float, now: float) -> int | None:
        """A fencing number (grows with every new owner) if `owner` holds the lease now, None if another does."""
        ...

    async def release(self, key: str, owner: str) -> None: ...

    async def check(self) -> Health: ...
