"""Is this run still ours, still wanted, and is everything it needs in health?"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from clew.deps import Deps
from clew.errors import ClewError, StoreError
from clew.ports import Health, Source
from clew.progress import RunState

TICK = 0.5
"""Seconds between two looks at whether somebody stopped the run from another process."""
ACTIVE = (RunState.INVESTIGATING, RunState.RECHECKING)


class Watch:
    """Holds the lease of one incident while its run works, and ends the run when the lease or the wish for it is gone."""

    def __init__(self, deps: Deps, owner: str, incident_id: str) -> None:
        self._deps = deps
        self._owner = owner
        self._incident = incident_id
        self._log = structlog.get_logger("clew.watch")

    @staticmethod
    def key(incident_id: str) -> str:
        return f"run/{incident_id}"

    @classmethod
    @asynccontextmanager
    async def over(cls, deps: Deps, owner: str, incident_id: str) -> AsyncGenerator["Watch | None"]:
        """The watch once the lease is ours; None if another process keeps it or nothing is left to do.

        A lease of a process that died runs out after `Limits.lease_seconds`, so this waits a little longer than that.
        """
        watch = cls(deps, owner, incident_id)
        if not await watch._taken():
            yield None
            return
        try:
            yield watch
        finally:
            await watch._released()

    async def _taken(self) -> bool:
        tries = int(self._deps.limits.lease_seconds * 1.5) + 1
        for _ in range(tries):
            if not await self._wanted():
                return False
            if await self._lease():
                return True
            await self._deps.clock.sleep(1.0)
        return False

    async def _released(self) -> None:
        try:
            await asyncio.shield(self._deps.memory.release(self.key(self._incident), self._owner))
        except StoreError as error:
            self._log.warning("lease not given back; it runs out by itself", incident=self._incident, error=str(error))

    async def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` to its end, or cancels it when it is no longer ours or wanted. Raises what `work` raises."""
        task = asyncio.ensure_future(work)
        renewal = self._deps.limits.lease_seconds / 3
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=min(TICK, renewal))
                if task.done():
                    break
                if loop.time() - renewed >= renewal:
                    renewed = loop.time()
                    if not await self._lease():
                        self._log.warning("another process took over", incident=self._incident)
                        return
                if await self._halted():
                    return
            task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=2.0)

    async def _lease(self) -> bool:
        deps = self._deps
        fence = await deps.memory.lease(
            self.key(self._incident), self._owner, deps.limits.lease_seconds, deps.clock.now()
        )
        return fence is not None

    async def _wanted(self) -> bool:
        progress = await self._deps.memory.progress(self._incident)
        return progress is not None and progress.state in ACTIVE

    async def _halted(self) -> bool:
        """A run that has just ended is not halted: its last card may still be on its way."""
        progress = await self._deps.memory.progress(self._incident)
        if progress is None or progress.state is RunState.STOPPED:
            return True
        return progress.state is RunState.RESOLVED and bool(progress.stopped_by)


async def health_of(deps: Deps) -> tuple[Health, ...]:
    """Each source's and the store's own word, asked at once; silence is a word too. Never raises."""
    return tuple(await asyncio.gather(_store(deps), *(_source(source, deps) for source in deps.sources)))


async def _source(source: Source, deps: Deps) -> Health:
    seconds = deps.limits.source_seconds
    try:
        async with asyncio.timeout(seconds):
            return await source.check()
    except TimeoutError:
        return Health(source=source.name, ok=False, says=f"no answer within {seconds:g} s")
    except ClewError as error:
        return Health(source=source.name, ok=False, says=str(error)[:200])


async def _store(deps: Deps) -> Health:
    try:
        async with asyncio.timeout(deps.limits.source_seconds):
            return await deps.memory.check()
    except TimeoutError:
        return Health(source="store", ok=False, says=f"no answer within {deps.limits.source_seconds:g} s")
    except ClewError as error:
        return Health(source="store", ok=False, says=str(error)[:200])
