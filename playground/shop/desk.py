"""What can a handler of the Shop reach: settings, database, other services, its log?"""

import asyncio
import math
import random
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from playground.shop.pool import Pool
from playground.shop.telemetry import TRACE, Telemetry, Trace, new_span_id, new_trace_id


@dataclass(frozen=True)
class Ask:
    """A request as a handler sees it."""

    query: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a handler answers."""

    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: int = 200


class CalleeFailed(Exception):
    """Another service did not answer well."""


@dataclass
class Desk:
    """Everything a handler may use; one per process, its pool and settings are replaced by a deploy."""

    telemetry: Telemetry
    client: aiohttp.ClientSession
    callees: Mapping[str, str]
    queue: asyncio.Queue[tuple[str, float]]
    rng: random.Random
    pool: Pool
    settings: Mapping[str, Any]

    def setting(self, path: str) -> Any:
        """The setting at a dotted path; raises KeyError."""
        value: Any = self.settings
        for part in path.split("."):
            value = value[part]
        return value

    def draw(self) -> float:
        """A number in [0, 1)."""
        return self.rng.random()

    def chance(self, share: float) -> bool:
        """True in `share` of the calls."""
        return self.rng.random() < share

    def log(self, level: str, message: str) -> None:
        """One line in the service's log."""
        self.telemetry.log(level, message)

    def connection(self) -> AbstractAsyncContextManager[None]:
        """A database connection from the pool; raises NoConnection."""
        return self.pool.connection()

    async def query(self, milliseconds: float) -> None:
        """One database query of about that many milliseconds (log-normal, sigma 0.3)."""
        await asyncio.sleep(milliseconds / 1000 * math.exp(self.rng.gauss(0, 0.3)))

    def later(self, name: str, milliseconds: float) -> None:
        """Leave a job to the background worker; dropped with a warning when its queue is full."""
        try:
            self.queue.put_nowait((name, milliseconds))
        except asyncio.QueueFull:
            self.log("WARN", f"worker queue is full, {name} dropped")

    async def call(self, callee: str, method: str, path: str, data: Mapping[str, Any]) -> Any:
        """The JSON that `callee` answers; raises CalleeFailed on any other answer than 2xx or 402."""
        found = await self.find(callee, method, path, data)
        if found is None:
            raise CalleeFailed(f"{callee} knows no {path}")
        return found

    async def find(self, callee: str, method: str, path: str, data: Mapping[str, Any]) -> Any:
        """Like `call`, but None where the callee answers 404. `data` is the query of a GET, else the JSON body."""
        caller = TRACE.get()
        trace = Trace(caller.trace_id if caller else new_trace_id(), new_span_id())
        began, clock = time.time(), time.perf_counter()
        code = "timeout"
        try:
            code, body = await self._exchange(f"{self.callees[callee]}{path}", method, data, trace)
        except TimeoutError:
            raise CalleeFailed(f"{callee} {path} did not answer within {self._patience():.1f} s") from None
        except aiohttp.ClientError as error:
            code = "unreachable"
            raise CalleeFailed(f"{callee} {path} is unreachable: {type(error).__name__}") from error
        finally:
            took = time.perf_counter() - clock
            self.telemetry.calls.labels(callee, code).inc()
            self.telemetry.call_seconds.labels(callee).observe(took)
            status = "ok" if code in {"200", "402", "404"} else "error"
            self.telemetry.span(trace, caller.span_id if caller else "", f"{method} {callee}{path}", began, status)
        if code == "404":
            return None
        if code not in {"200", "402"}:
            raise CalleeFailed(f"{callee} {path} answered {code}")
        return body

    def _patience(self) -> float:
        return float(self.setting("calls.timeout_seconds"))

    async def _exchange(self, url: str, method: str, data: Mapping[str, Any], trace: Trace) -> tuple[str, Any]:
        query = dict(data) if method == "GET" else None
        async with self.client.request(
            method,
            url,
            params=query,
            json=None if method == "GET" else dict(data),
            headers={"traceparent": trace.traceparent},
            timeout=aiohttp.ClientTimeout(total=self._patience()),
        ) as response:
            return str(response.status), await response.json(content_type=None)
