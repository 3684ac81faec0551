"""What does one service of the Shop do in its own process?

Started as `python -m playground.shop.service CONFIG` by the Shop; it ends when its standard input closes, so that
no service outlives the Shop even if that is killed.
"""

import asyncio
import json
import random
import sys
import time
import traceback
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import BaseModel, ConfigDict

from playground.shop.desk import Answer, Ask, CalleeFailed, Desk
from playground.shop.pool import NoConnection, Pool
from playground.shop.release import BadRelease, Release, loaded
from playground.shop.telemetry import TRACE, Telemetry, Trace, appending, new_span_id, new_trace_id, traced

# What a mistake in a handler can raise; anything else is a bug of the Shop itself and may stop the process.
MISTAKES = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, NameError, MemoryError)
STALL = 0.25


class Config(BaseModel):
    """What a service is told at its start. `callees` maps a name to its base address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    release: str
    version: str
    callees: dict[str, str]
    port_file: str
    span_file: str
    seed: int


@dataclass
class Burn:
    """A chore that keeps the processor busy for `busy` out of every `period` seconds; 0 is idle."""

    busy: float = 0.0
    period: float = 0.9


class Service:
    """One running service: answers requests with its release's handlers, can be deployed to."""

    def __init__(self, config: Config, client: aiohttp.ClientSession) -> None:
        self._config = config
        self._telemetry = Telemetry(config.name, sys.stdout, appending(Path(config.span_file)))
        self._burn = Burn()
        self._stalls: deque[float] = deque([0.0], maxlen=10)
        self._telemetry.loop_lag.set_function(lambda: max(self._stalls))
        self._release = loaded(Path(config.release), config.version)
        self._desk = Desk(
            telemetry=self._telemetry,
            client=client,
            callees=config.callees,
            queue=asyncio.Queue(maxsize=500),
            rng=random.Random(f"{config.seed}-{config.name}"),
            pool=self._pool(self._release),
            settings=self._release.settings,
        )

    def app(self) -> web.Application:
        """The HTTP application; routes under /-/ are for the operator."""
        app = web.Application(client_max_size=64 * 1024)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_post("/-/deploy", self._deploy)
        app.router.add_post("/-/burn", self._set_burn)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def chores(self) -> None:
        """Background work, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work())
            group.create_task(self._watch_loop())
            group.create_task(self._keep_busy())

    def _pool(self, release: Release) -> Pool:
        pool = release.settings["pool"]
        return Pool(int(pool["size"]), float(pool["wait_seconds"]), self._telemetry)

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"service": self._config.name, "version": self._release.version})

    async def _metrics(self, _: web.Request) -> web.Response:
        self._telemetry.queue_depth.set(self._desk.queue.qsize())
        return web.Response(body=self._telemetry.exposition(), content_type="text/plain")

    async def _deploy(self, request: web.Request) -> web.Response:
        asked = await request.json()
        try:
            release = loaded(Path(asked["release"]), asked["version"])
            pool = self._pool(release)
        except (BadRelease, ValueError) as error:
            self._telemetry.log("ERROR", f"release {asked['version']} refused: {error}")
            return web.json_response({"error": str(error)}, status=422)
        self._release, self._desk.settings, self._desk.pool = release, release.settings, pool
        self._telemetry.log("INFO", f"release {release.version} is live")
        return web.json_response({"version": release.version})

    async def _set_burn(self, request: web.Request) -> web.Response:
        self._burn.busy = float((await request.json())["busy"])
        return web.json_response({"busy": self._burn.busy})

    async def _answer(self, request: web.Request) -> web.Response:
        caller = traced(request.headers.get("traceparent"))
        trace = Trace(caller.trace_id if caller else new_trace_id(), new_span_id())
        TRACE.set(trace)
        route = f"{request.method} {request.path}"
        began, clock = time.time(), time.perf_counter()
        self._telemetry.in_flight.inc()
        try:
            answer = await self._handled(route, request)
        finally:
            self._telemetry.in_flight.dec()
        label = route if route in self._release.routes else "unknown"
        self._telemetry.requests.labels(label, str(answer.status)).inc()
        self._telemetry.seconds.labels(label).observe(time.perf_counter() - clock)
        status = "error" if answer.status >= 500 else "ok"
        self._telemetry.span(trace, caller.span_id if caller else "", label, began, status)
        return web.json_response(dict(answer.body), status=answer.status)

    async def _handled(self, route: str, request: web.Request) -> Answer:
        handler = self._release.routes.get(route)
        if handler is None:
            return Answer({"error": f"no route {route}"}, 404)
        try:
            body = await request.json() if request.can_read_body else {}
            return await handler(self._desk, Ask(request.query, body))
        except CalleeFailed as error:
            self._telemetry.log("ERROR", f"{route} failed: {error}")
            return Answer({"error": "a service we need failed"}, 502)
        except NoConnection as error:
            self._telemetry.log("ERROR", f"{route} failed: {error}")
            return Answer({"error": "busy"}, 503)
        except MISTAKES as error:
            return self._mistake(route, error)

    def _mistake(self, route: str, error: Exception) -> Answer:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"
        stack = {"stack": "".join(traceback.format_exception(error)[-3:])}
        self._telemetry.log("ERROR", f"{route} failed: {type(error).__name__}: {error} ({place})", stack)
        return Answer({"error": "internal error"}, 500)

    async def _work(self) -> None:
        while True:
            name, milliseconds = await self._desk.queue.get()
            await self._desk.query(milliseconds)
            if self._desk.chance(0.05):
                self._telemetry.log("INFO", f"worker sent another batch of {name}s")

    async def _watch_loop(self) -> None:
        while True:
            clock = time.perf_counter()
            await asyncio.sleep(0.1)
            stall = max(0.0, time.perf_counter() - clock - 0.1)
            self._stalls.append(stall)
            if stall > STALL:
                self._telemetry.log("WARN", f"event loop stalled for {stall * 1000:.0f} ms")

    async def _keep_busy(self) -> None:
        while True:
            until = time.perf_counter() + self._burn.busy
            while time.perf_counter() < until:
                pass  # the point of it: real processor time, in the thread that answers requests
            await asyncio.sleep(self._burn.period - min(self._burn.busy, self._burn.period - 0.01))


async def _until_stdin_closes() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def _tell_port(path: Path, port: int) -> None:
    part = path.with_suffix(".part")
    part.write_text(str(port), encoding="utf-8")
    part.rename(path)


async def listen(app: web.Application, port_file: Path) -> web.AppRunner:
    """Serve `app` on a free local port and write its number to `port_file` when it answers."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    addresses: list[Any] = list(runner.addresses)
    _tell_port(port_file, addresses[0][1])
    return runner


async def serve(config: Config) -> None:
    """Run one service until standard input closes."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200)) as client:
        service = Service(config, client)
        runner = await listen(service.app(), Path(config.port_file))
        chores = asyncio.create_task(service.chores())
        try:
            await _until_stdin_closes()
        finally:
            chores.cancel()
            await runner.cleanup()


def main() -> None:
    """Read the configuration named on the command line and serve."""
    asyncio.run(serve(Config.model_validate(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))


if __name__ == "__main__":
    main()
