"""Who may hold a database connection now, and who has to wait for one?"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from playground.shop.telemetry import Telemetry


class NoConnection(Exception):
    """No connection came free within the settings' wait."""


class Pool:
    """At most `size` connections at once, first come, first served; a waiter gives up after `wait` seconds."""

    def __init__(self, size: int, wait: float, telemetry: Telemetry) -> None:
        if size < 1:
            raise ValueError(f"pool.size is {size}: a pool needs at least one connection")
        self.size = size
        self._wait = wait
        self._slots = asyncio.Semaphore(size)
        self._telemetry = telemetry
        self._used = 0
        self._waiting = 0

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[None]:
        """Hold one connection; raises NoConnection."""
        await self._acquire()
        self._used += 1
        self._telemetry.pool_in_use.inc()
        try:
            yield
        finally:
            self._used -= 1
            self._telemetry.pool_in_use.dec()
            self._slots.release()

    async def _acquire(self) -> None:
        began = time.perf_counter()
        self._waiting += 1
        self._telemetry.pool_waiting.inc()
        try:
            await asyncio.wait_for(self._slots.acquire(), self._wait)
        except TimeoutError:
            told = f"no database connection within {self._wait:.1f} s ({self._used} in use, {self._waiting} waiting)"
            raise NoConnection(told) from None
        finally:
            self._waiting -= 1
            self._telemetry.pool_waiting.dec()
            self._telemetry.pool_seconds.observe(time.perf_counter() - began)
