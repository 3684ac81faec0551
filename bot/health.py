"""Is this process alive, ready, and what has it done: /healthz, /readyz and /metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

Ready = Callable[[], Awaitable[tuple[bool, str]]]
"""Answers (is it ready, what it says) and never raises."""

READY_SECONDS = 2.5


def add_health(app: web.Application, checks: Mapping[str, Ready], registry: CollectorRegistry) -> None:
    """Adds the three routes. `/readyz` runs every check at once, each within 2.5 s, and is 503 if one of them fails."""

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def ready(_: web.Request) -> web.Response:
        answers = await asyncio.gather(*(_bounded(check) for check in checks.values()))
        parts = {name: {"ok": ok, "says": says} for name, (ok, says) in zip(checks, answers, strict=True)}
        well = all(ok for ok, _ in answers)
        return web.json_response({"ok": well, "checks": parts}, status=200 if well else 503)

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", metrics)


async def _bounded(check: Ready) -> tuple[bool, str]:
    try:
        return await asyncio.wait_for(check(), READY_SECONDS)
    except TimeoutError:
        return False, f"no answer within {READY_SECONDS} s"
