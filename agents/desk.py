"""What has this run read already: one desk per run, so that no source is asked the same thing twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from clew.causal.sound import sound
from clew.deps import Deps
from clew.errors import SourceError, SourceTimeout
from clew.incident import Window
from clew.ports import Source

Value = TypeVar("Value")
NOTICE_SECONDS = 4.0
"""After so long without an answer people are told that a source is slow; half of its time where that is less."""


def question(method: str, era: str, window: Window) -> tuple[str, ...]:
    """The key of a bulk read: whoever asks for the same gets the same answer."""
    return (method, era, repr(window.start), repr(window.end))


@dataclass(frozen=True)
class Reading(Generic[Value]):
    """An answer, or why there is none."""

    value: Value | None
    error: SourceError | None
    seconds: float
    left_out: str = ""
    """What of the answer no clock and no meter shows."""


@dataclass(frozen=True, eq=False)
class Desk:
    """The context of one run. Holds tables only while the run lasts; close it afterwards."""

    deps: Deps
    began: float
    """Monotonic; the budget of seconds counts from here, so a resumed run has a fresh one."""
    reads: dict[tuple[str, ...], asyncio.Task[Any]] = field(default_factory=dict[tuple[str, ...], asyncio.Task[Any]])
    late: dict[str, Source] = field(default_factory=dict[str, Source])
    """Sources that keep this run waiting, by name, from `NOTICE_SECONDS` on until they answer."""
    lateness: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a source becomes late."""

    @staticmethod
    def of(deps: Deps) -> "Desk":
        return Desk(deps, deps.clock.monotonic())

    @property
    def seconds(self) -> float:
        return self.deps.clock.monotonic() - self.began

    async def once(self, key: tuple[str, ...], make: Callable[[], Awaitable[Value]]) -> Value:
        """Makes a thing the first time it is asked for; everybody else waits for the same one."""
        task = self.reads.get(key)
        if task is None:
            task = asyncio.ensure_future(make())
            self.reads[key] = task
        return await asyncio.shield(task)

    async def read(
        self, source: Source, key: tuple[str, ...], ask: Callable[[], Awaitable[Value]], seconds: float | None = None
    ) -> Reading[Value]:
        """Asks a source once, within `seconds` or `Limits.source_seconds`. Raises nothing that the source raises on purpose."""
        within = self.deps.limits.source_seconds if seconds is None else seconds
        return await self.once((source.name, *key), lambda: self._asked(source, ask, within))

    async def _asked(self, source: Source, ask: Callable[[], Awaitable[Value]], seconds: float) -> Reading[Value]:
        clock = self.deps.clock
        began = clock.monotonic()
        timer = asyncio.get_running_loop().call_later(min(NOTICE_SECONDS, seconds / 2), self._becomes_late, source)
        try:
            async with asyncio.timeout(seconds):
                value, left_out = await asyncio.to_thread(sound, await ask())
                return Reading(value, None, clock.monotonic() - began, left_out)
        except TimeoutError:
            late = SourceTimeout(source.name, f"no answer within {seconds:g} s")
            return Reading(None, late, clock.monotonic() - began)
        except SourceError as error:
            return Reading(None, error, clock.monotonic() - began)
        finally:
            timer.cancel()
            self.late.pop(source.name, None)

    def _becomes_late(self, source: Source) -> None:
        self.late[source.name] = source
        self.lateness.set()

    async def close(self) -> None:
        """Stops every read that still runs."""
        tasks = list(self.reads.values())
        self.reads.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
