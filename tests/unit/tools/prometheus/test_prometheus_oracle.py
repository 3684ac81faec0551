"""Do we read what an independent client reads, and why is that client not the one we read with?"""

import asyncio
import warnings
from datetime import UTC, datetime

import numpy as np
import pytest
from aiohttp import web

from clew.errors import SourceUnavailable
from clew.incident import Window
from tests.unit.tools.prometheus.conftest import Opened, answering
from tests.unit.tools.prometheus.story import BEGIN, END

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from prometheus_api_client.prometheus_connect import PrometheusConnect

pytestmark = pytest.mark.asyncio(loop_scope="session")
WINDOW = Window(start=BEGIN + 600.0, end=END)


@pytest.mark.needs("prometheus", "promtool")
async def test_every_row_equals_what_prometheus_api_client_reads(told: str, source: Opened) -> None:
    metrics, _ = await source(told, history_seconds=0, step_seconds=15)
    found = await metrics.matrix(WINDOW)
    client = PrometheusConnect(url=told)
    start = np.ceil(WINDOW.start / 15) * 15
    times = start + 15 * np.arange(len(found.times))

    def read(query: str) -> dict[float, float]:
        began, ended = datetime.fromtimestamp(times[0], UTC), datetime.fromtimestamp(times[-1], UTC)
        (series,) = client.custom_query_range(query, began, ended, "15")
        return {float(at): float(value) for at, value in series["values"]}

    assert found.keys
    for key, values in zip(found.keys, found.values, strict=True):
        theirs = await asyncio.to_thread(read, key.query)
        seen = np.array([theirs.get(float(at), np.nan) for at in times])
        assert np.allclose(values, np.where(np.isinf(seen), np.nan, seen), rtol=1e-9, atol=0, equal_nan=True), key


async def test_the_client_follows_redirects_and_we_do_not(source: Opened) -> None:
    visited: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        visited.append(request.path)
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": []}})

    async with answering(elsewhere) as other:

        async def away(request: web.Request) -> web.Response:
            raise web.HTTPFound(f"{other}{request.path}")

        async with answering(away) as url:
            metrics, _ = await source(url)
            with pytest.raises(SourceUnavailable, match="redirects"):
                await metrics.matrix(WINDOW)
            assert not visited
            await asyncio.to_thread(PrometheusConnect(url=url).custom_query, "up")
            assert visited == ["/api/v1/query"]
