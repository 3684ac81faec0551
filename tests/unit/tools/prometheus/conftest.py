"""A real Prometheus that was filled before it started, and one that talks nonsense."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest_asyncio
from aiohttp import web

from clew.ports import Source
from playground.live.prometheus import prometheus
from tests.unit.tools.prometheus.story import END, exposition
from tools.outside import Outside
from tools.prometheus import PrometheusMetrics, PrometheusSettings, opened

Opened = Callable[..., Awaitable[tuple[PrometheusMetrics, Source]]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def told(tmp_path_factory: Any, program: Callable[[str], str | None]) -> AsyncGenerator[str]:
    """The address of a server that holds the story."""
    folder: Path = tmp_path_factory.mktemp("prometheus")
    text = folder / "story.txt"
    text.write_text(exposition())
    server, promtool = program("prometheus") or "prometheus", program("promtool") or "promtool"
    async with prometheus(server, folder / "server", openmetrics=text, promtool=promtool) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def source() -> AsyncGenerator[Opened]:
    """`await source(url, outside=..., **settings)`: both sources of a server, as of the end of the story."""
    async with AsyncExitStack() as stack:

        async def open_(url: str, outside: Outside | None = None, **given: Any) -> tuple[PrometheusMetrics, Source]:
            settings = PrometheusSettings(url=url, **given)
            sources = await stack.enter_async_context(opened(settings, outside or Outside(now=lambda: END)))
            metrics, graph = sources
            assert isinstance(metrics, PrometheusMetrics)
            return metrics, graph

        yield open_


Answering = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def answering(answer: Answering) -> AsyncGenerator[str]:
    """The address of a server that answers everything by `answer`."""
    app = web.Application(client_max_size=4_000_000)
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
