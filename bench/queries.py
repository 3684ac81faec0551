"""How many requests and bytes do grouped range queries save beside one query per series, with equal values?

Both read the same window from the same real Prometheus in one run; the naive way asks for each row by its own exact query.
"""

import asyncio
import json
import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from clew.incident import Window
from clew.tables import Matrix
from playground.live.prometheus import prometheus
from tools.outside import Outside
from tools.prometheus import PrometheusMetrics, PrometheusSettings, opened
from tools.prometheus.grid import grid
from tools.prometheus.reading import on_grid

BEGIN, EVERY, COUNT = 1_700_000_000, 15, 240
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, math.inf)


@dataclass(frozen=True)
class Cost:
    """What one way of reading the same rows took."""

    requests: int
    received: int
    seconds: float


@dataclass(frozen=True)
class Compared:
    """Both ways over the same rows."""

    services: int
    rows: int
    grouped: Cost
    naive: Cost

    @property
    def fewer(self) -> float:
        return self.naive.requests / self.grouped.requests

    @property
    def smaller(self) -> float:
        return self.naive.received / self.grouped.received


def exposition(services: int) -> Iterator[str]:
    """Requests, failures, durations, calls, processor and memory of every service, as OpenMetrics text."""
    names = [f"svc-{place:03}" for place in range(services)]

    def lines(metric: str, more: str, step: float) -> Iterator[str]:
        for place, name in enumerate(names):
            for at in range(COUNT):
                grown = step * EVERY * at * (1 + place % 5)
                yield f'{metric}{{service="{name}",instance="{name}-0",job="shop"{more}}} {grown:.6g} {BEGIN + EVERY * at}\n'

    yield from lines("http_requests_total", ',code="200"', 9.5)
    yield from lines("http_requests_total", ',code="500"', 0.5)
    for place, bound in enumerate(BOUNDS):
        le = "+Inf" if math.isinf(bound) else f"{bound:g}"
        yield from lines("http_request_seconds_bucket", f',le="{le}"', 10 * (place + 1) / len(BOUNDS))
    yield from lines("http_calls_total", ',callee="db",code="200"', 5)
    for le in ("0.1", "+Inf"):
        yield from lines("http_call_seconds_bucket", f',callee="db",le="{le}"', 5)
    yield from lines("process_cpu_seconds_total", "", 0.2)
    yield from lines("process_resident_memory_bytes", "", 1e6)
    yield from lines("db_pool_in_use", "", 0.001)
    yield "# EOF\n"


async def compared(server: str, promtool: str, services: int) -> Compared:
    """Starts a server, reads it both ways and checks that every value is equal; raises AssertionError where one is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = await asyncio.to_thread(_written, folder, services)
        async with prometheus(server, folder / "server", openmetrics=text, promtool=promtool) as url:
            end = float(BEGIN + EVERY * (COUNT - 1))
            window = Window(start=end - 1800, end=end)
            outside = Outside(now=lambda: end, seconds=60.0)
            async with opened(PrometheusSettings(url=url, history_seconds=1200), outside) as (metrics, _):
                assert isinstance(metrics, PrometheusMetrics)
                began = time.perf_counter()
                found = await metrics.matrix(window)
                grouped = _spent(outside, began)
                began = time.perf_counter()
                await _one_by_one(metrics, found, window)
                total = _spent(outside, began)
    assert not found.partial, found.partial
    naive = Cost(total.requests - grouped.requests, total.received - grouped.received, total.seconds)
    return Compared(services, len(found.keys), grouped, naive)


def _written(folder: Path, services: int) -> Path:
    path = folder / "metrics.txt"
    with path.open("w") as file:
        file.writelines(exposition(services))
    return path


def _spent(outside: Outside, began: float) -> Cost:
    spent = outside.usage.of("prometheus")
    return Cost(spent.requests, spent.received, round(time.perf_counter() - began, 3))


async def _one_by_one(metrics: PrometheusMetrics, found: Matrix, window: Window) -> None:
    """Every row by its own query, its names known beforehand; each must hold the same values."""
    server = metrics.server
    catalogue = await server.discovery.catalogue(window.start - server.settings.history_seconds, window.end)
    on = grid(window, server.settings, catalogue.interval, server.outside.now())
    assert on is not None
    for row, key in enumerate(found.keys):
        answer = await server.api.range(key.query, on.start, on.end, on.step)
        (line,) = answer.lines
        assert np.allclose(on_grid(line, on), found.values[row], rtol=1e-9, atol=0, equal_nan=True), key


def main(
    services: Annotated[int, typer.Option(min=1, max=500, help="Services that the server holds.")] = 40,
    server: Annotated[str, typer.Option(help="The program prometheus.")] = "prometheus",
    promtool: Annotated[str, typer.Option(help="The program promtool.")] = "promtool",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read one window from a real Prometheus by grouped queries and by one query per series."""
    found = asyncio.run(compared(server, promtool, services))
    console = Console()
    if as_json:
        console.print_json(json.dumps({**asdict(found), "fewer": found.fewer, "smaller": found.smaller}))
        return
    for name, cost in (("grouped", found.grouped), ("one per series", found.naive)):
        console.print(f"{name:16}{cost.requests:8,} requests {cost.received:12,} bytes {cost.seconds:8.2f} s")
    console.print(
        f"{found.rows:,} series of {services} services, all values equal: "
        f"{found.fewer:.1f} times fewer requests, {found.smaller:.2f} times fewer bytes"
    )


if __name__ == "__main__":
    typer.run(main)
