"""How does each process look from outside? What a blackbox exporter tells Prometheus: does its health page answer, and how fast."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest

PATIENCE = aiohttp.ClientTimeout(total=1.8)


@asynccontextmanager
async def prober(targets: Mapping[str, str]) -> AsyncGenerator[str]:
    """`host:port` of a server whose `/probe?target=NAME` asks that target's health page; `targets` maps names to addresses."""
    async with aiohttp.ClientSession(timeout=PATIENCE) as client:

        async def probe(request: web.Request) -> web.Response:
            address = targets.get(request.query.get("target", ""))
            if address is None:
                return web.Response(status=400, text="no such target")
            return web.Response(body=await _probed(client, address), content_type="text/plain")

        app = web.Application()
        app.router.add_get("/probe", probe)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


async def _probed(client: aiohttp.ClientSession, address: str) -> bytes:
    began = time.perf_counter()
    try:
        async with client.get(f"{address}/healthz") as response:
            well = response.status == 200
    except (TimeoutError, aiohttp.ClientError):
        well = False
    told = CollectorRegistry()
    Gauge("probe_success", "Whether the health page answered well", registry=told).set(well)
    Gauge("probe_duration_seconds", "How long that took", registry=told).set(time.perf_counter() - began)
    return generate_latest(told)
