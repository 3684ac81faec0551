"""When may a message be edited again, and which state goes out?"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from bot.slack.rendering import Draft
from bot.slack.web import Limited, transient
from clew.errors import ClewError, PlatformError, StoreError
from clew.ports import Clock

log = structlog.get_logger(__name__)

MINUTE = 60.0
REMEMBERED = 500
STALE_SECONDS = 600.0
"""A card that has not moved for so long has no part in the budget any more."""
BACKOFF_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0)
FINAL_TRIES = 120
STATES = frozenset({"failed", "msg_too_long", "no_text", "invalid_arguments", "invalid_blocks"})
"""Refusals that speak of one state and not of the message: a newer state is tried again, for it may be the verdict."""


@dataclass(frozen=True)
class Edit:
    """The state that a message should show. Of two, the one with the higher revision stands."""

    key: str
    channel: str
    ts: str
    revision: int
    digest: str
    draft: Draft
    final: bool = False
    """A state that must arrive before anything is forgotten."""
    running: bool = False
    """Whether it is the card of an investigation that goes on: those share the budget."""


@dataclass(frozen=True)
class Pace:
    """Seconds between two edits of one message, alone and for each running incident; edits a minute in the workspace."""

    seconds: float
    seconds_per_incident: float
    per_minute: int


@dataclass
class Slot:
    """One message's edits: what it shows, what it should show, who waits for it."""

    shown: str = ""
    revision: int = -1
    wanted: Edit | None = None
    running: bool = False
    sent_at: float = float("-inf")
    not_before: float = float("-inf")
    failures: int = 0
    refused: PlatformError | None = None
    waiting: list[asyncio.Future[None]] = field(default_factory=list["asyncio.Future[None]"])

    def done(self, error: ClewError | None = None) -> None:
        """Tells everybody who waits how it ended."""
        waiting, self.waiting = self.waiting, []
        for future in waiting:
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)


class Edits:
    """One sender for a whole workspace: order is kept, the latest state wins, nothing is sent while Slack asks for patience."""

    def __init__(self, send: Callable[[Edit], Awaitable[None]], clock: Clock, pace: Pace) -> None:
        self._send = send
        self._clock = clock
        self._pace = pace
        self._slots: OrderedDict[str, Slot] = OrderedDict()
        self._sent: deque[float] = deque(maxlen=pace.per_minute)
        self._banned_until = float("-inf")
        self._wake = asyncio.Event()

    def posted(self, key: str, revision: int, digest: str, *, running: bool) -> None:
        """Notes what a message shows as posted, so that the first edit keeps its distance too."""
        slot = self._slot(key)
        slot.shown, slot.sent_at, slot.running = digest, self._clock.monotonic(), running
        slot.refused = None
        slot.revision = max(slot.revision, revision)

    def shows(self, key: str, digest: str) -> None:
        """Notes what a message shows as the ledger remembers it, if nothing newer is known here."""
        slot = self._slot(key)
        if not slot.shown:
            slot.shown = digest

    def offer(self, edit: Edit) -> "asyncio.Future[None]":
        """Wants a message to show this. The future ends when it, or something newer, is shown; fails with PlatformError."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        slot = self._slot(edit.key)
        if slot.refused is not None and (slot.refused.code not in STATES or edit.revision <= slot.revision):
            future.set_exception(slot.refused)
            return future
        if edit.revision < slot.revision or (slot.wanted is None and edit.digest == slot.shown):
            slot.running = edit.running if edit.revision >= slot.revision else slot.running
            slot.revision = max(slot.revision, edit.revision)
            future.set_result(None)
            return future
        slot.revision, slot.running, slot.wanted, slot.refused = edit.revision, edit.running, edit, None
        slot.waiting.append(future)
        self._wake.set()
        return future

    async def run(self) -> None:
        """Sends what is wanted, in due time, until cancelled."""
        while True:
            self._wake.clear()
            key, wait = self._next()
            if key is None or wait > 0:
                await self._pause(wait if key is not None else None)
                continue
            await self._deliver(self._slots[key])

    async def flush(self) -> None:
        """Ends when nothing is wanted any more."""
        while pending := [f for slot in self._slots.values() for f in slot.waiting]:
            await asyncio.gather(*pending, return_exceptions=True)

    def interval(self) -> float:
        """Seconds between two edits of one message now."""
        recently = self._clock.monotonic() - STALE_SECONDS
        running = sum(slot.running and slot.sent_at > recently for slot in self._slots.values())
        return max(self._pace.seconds, self._pace.seconds_per_incident * running)

    def _slot(self, key: str) -> Slot:
        slot = self._slots.setdefault(key, Slot())
        self._slots.move_to_end(key)
        if len(self._slots) > REMEMBERED:
            idle = next((k for k, s in self._slots.items() if s.wanted is None and not s.running and k != key), None)
            if idle is not None:
                del self._slots[idle]
        return slot

    def _next(self) -> tuple[str | None, float]:
        """The message to edit next and the seconds until it may be: final states first, then whoever waited longest."""
        now, interval = self._clock.monotonic(), self.interval()
        due = [
            (max(slot.sent_at + interval, slot.not_before), not slot.wanted.final, slot.sent_at, key)
            for key, slot in self._slots.items()
            if slot.wanted is not None
        ]
        if not due:
            return None, 0.0
        ready = [entry for entry in due if entry[0] <= now]
        at, _, _, key = min(ready, key=lambda e: e[1:]) if ready else min(due)
        return key, max(at, self._banned_until, self._budget_at(now)) - now

    def _budget_at(self, now: float) -> float:
        """When the workspace's budget allows one more edit: never more than `per_minute` in any 60 s."""
        if len(self._sent) < self._pace.per_minute:
            return now
        return self._sent[0] + MINUTE

    async def _pause(self, seconds: float | None) -> None:
        woken = asyncio.create_task(self._wake.wait())
        tasks = {woken} if seconds is None else {woken, asyncio.ensure_future(self._clock.sleep(seconds))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def _deliver(self, slot: Slot) -> None:
        edit = slot.wanted
        assert edit is not None
        slot.wanted, waiting, slot.waiting = None, slot.waiting, []
        try:
            # Gathered, so that even a mistake of ours is an outcome: this one task sends every edit there is.
            [outcome] = await asyncio.gather(self._send(edit), return_exceptions=True)
        except asyncio.CancelledError:
            slot.wanted, slot.waiting = slot.wanted or edit, [*waiting, *slot.waiting]
            raise
        # Counted from the end: Slack saw it somewhere between, so distances there are never shorter than ours.
        slot.sent_at = self._clock.monotonic()
        self._sent.append(slot.sent_at)
        if outcome is not None:
            slot.waiting = [*waiting, *slot.waiting]
            self._failed(slot, edit, _error(edit, outcome))
            return
        slot.shown, slot.failures = edit.digest, 0
        if slot.wanted is not None and slot.wanted.digest == edit.digest:
            slot.wanted = None
            slot.done()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _failed(self, slot: Slot, edit: Edit, error: PlatformError | StoreError) -> None:
        slot.failures += 1
        if isinstance(error, PlatformError) and not transient(error):
            log.warning("slack refused an edit for good", key=edit.key, code=error.code)
            slot.refused, slot.wanted, slot.running = error, None, False
            slot.done(error)
            return
        now = self._clock.monotonic()
        if isinstance(error, Limited):
            self._banned_until = now + error.seconds
            # A ban says nothing about this message: its turn comes first when the ban is over.
        else:
            slot.not_before = now + BACKOFF_SECONDS[min(slot.failures, len(BACKOFF_SECONDS)) - 1]
        if slot.wanted is None:
            slot.wanted = edit
        if slot.failures >= FINAL_TRIES:
            slot.wanted = None
            slot.done(error)


def _error(edit: Edit, outcome: BaseException) -> PlatformError | StoreError:
    """What went wrong with an edit, as an error that is either tried again or said."""
    if isinstance(outcome, PlatformError | StoreError):
        return outcome
    log.error("an edit failed", key=edit.key, exc_info=outcome)
    return PlatformError("failed", "The message could not be made; the log has the reason.")
