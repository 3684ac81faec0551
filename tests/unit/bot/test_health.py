"""What do /healthz, /readyz and /metrics answer while something does not?"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from bot.health import Ready, add_health


@asynccontextmanager
async def served(checks: Mapping[str, Ready], registry: CollectorRegistry) -> AsyncGenerator[aiohttp.ClientSession]:
    server = web.Application()
    add_health(server, checks, registry)
    runner = web.AppRunner(server)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
            yield session
    finally:
        await runner.cleanup()


async def well() -> tuple[bool, str]:
    return True, "fine"


async def ill() -> tuple[bool, str]:
    return False, "the disk is full"


async def silent() -> tuple[bool, str]:
    await asyncio.Event().wait()
    return True, "never said"


async def test_a_process_that_runs_is_alive_whatever_else_is_not() -> None:
    async with served({"store": ill}, CollectorRegistry()) as client, client.get("/healthz") as answer:
        assert answer.status == 200


async def test_ready_while_everything_is() -> None:
    async with served({"store": well, "slack": well}, CollectorRegistry()) as client, client.get("/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["checks"]["slack"] == {"ok": True, "says": "fine"}


async def test_what_is_not_ready_is_named_and_silence_is_an_answer() -> None:
    checks = {"store": ill, "slack": silent, "queue": well}
    async with served(checks, CollectorRegistry()) as client, client.get("/readyz") as answer:
        assert answer.status == 503
        told = await answer.json()
    assert told["ok"] is False
    assert told["checks"]["store"]["says"] == "the disk is full"
    assert told["checks"]["slack"]["ok"] is False
    assert "no answer" in told["checks"]["slack"]["says"]
    assert told["checks"]["queue"]["ok"] is True


async def test_metrics_are_in_the_text_format() -> None:
    registry = CollectorRegistry()
    Counter("clew_tested", "Times this was tested.", registry=registry).inc(3)
    async with served({}, registry) as client, client.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert "clew_tested_total 3.0" in await answer.text()


async def test_other_methods_and_paths_are_refused() -> None:
    async with served({}, CollectorRegistry()) as client:
        async with client.post("/readyz") as answer:
            assert answer.status == 405
        async with client.get("/elsewhere") as answer:
            assert answer.status == 404
