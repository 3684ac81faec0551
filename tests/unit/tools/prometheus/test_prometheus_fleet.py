"""Is a fleet too large to be read found its way in, by requests whose number does not depend on its size?"""

from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from clew.fleet import FleetSource
from clew.incident import Symptom, Window
from clew.ports import Era
from playground.live.prometheus import prometheus
from tests.unit.tools.prometheus.conftest import Opened
from tools.outside import Outside

pytestmark = [pytest.mark.needs("prometheus", "promtool"), pytest.mark.asyncio(loop_scope="session")]
SERVICES, BEGIN, EVERY, COUNT = 400, 1_700_000_000, 120, 40
END = float(BEGIN + EVERY * (COUNT - 1))
BROKEN, SLOW = 200, 301
WINDOW = Window(start=END - 3600, end=END + 900)


def exposition() -> Iterator[str]:
    """A tree of calls, two by each; one service fails and one is slow in the last 18 minutes."""

    def lines(name: str, place: int, more: str, per: Callable[[int], float]) -> Iterator[str]:
        value = 0.0
        for at in range(COUNT):
            value += per(at) * EVERY
            yield f'{name}{{service="svc-{place:03}",job="fleet"{more}}} {value:.6g} {BEGIN + EVERY * at}\n'

    every = range(SERVICES)
    for place in every:
        yield from lines("http_requests_total", place, ',code="200"', lambda _: 10)
        failing = 2.0 if place == BROKEN else 0.01
        yield from lines("http_requests_total", place, ',code="500"', lambda at, f=failing: f if at > 30 else 0.01)
    for place in every:
        for callee in (2 * place + 1, 2 * place + 2):
            if callee < SERVICES:
                yield from lines("http_calls_total", place, f',callee="svc-{callee:03}",code="200"', lambda _: 3)
    for place in every:
        yield from lines("http_request_seconds_count", place, "", lambda _: 10)
    for place in every:
        took = 5.0 if place == SLOW else 0.5
        yield from lines("http_request_seconds_sum", place, "", lambda at, t=took: t if at > 30 else 0.5)
    yield "# EOF\n"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fleet(tmp_path_factory: Any, program: Callable[[str], str | None]) -> AsyncGenerator[str]:
    folder: Path = tmp_path_factory.mktemp("fleet")
    text = folder / "fleet.txt"
    text.write_text("".join(exposition()))
    server, promtool = program("prometheus") or "prometheus", program("promtool") or "promtool"
    async with prometheus(server, folder / "server", openmetrics=text, promtool=promtool) as url:
        yield url


async def test_it_is_read_near_the_symptom_and_where_it_moved(fleet: str, source: Opened) -> None:
    outside = Outside(now=lambda: END, seconds=60.0)
    metrics, _ = await source(fleet, outside=outside, most_series=300)
    metrics.server.discovery.listed = 500
    assert isinstance(metrics, FleetSource)
    assert await metrics.series_count(WINDOW) > 300
    found = await metrics.witnesses(WINDOW, Era.NOW, Symptom(service="svc-001"))
    names = {key.service for key in found.keys}
    assert {"svc-001", "svc-000", "svc-003", "svc-004", "svc-009"} <= names, "within two calls"
    assert {f"svc-{BROKEN}", f"svc-{SLOW}"} <= names, "what the server says moved most"
    assert len(names) < SERVICES / 3
    assert len(found.keys) <= 300
    assert outside.usage.of("prometheus").requests < 40
    assert await metrics.summary(WINDOW, None) is None  # type: ignore[arg-type]
    more = await metrics.of_services(WINDOW, Era.NOW, frozenset(("svc-399",)))
    assert {key.service for key in more.keys} == {"svc-399"}


async def test_read_whole_it_says_that_it_is_not_all(fleet: str, source: Opened) -> None:
    metrics, _ = await source(fleet, outside=Outside(now=lambda: END, seconds=60.0), most_series=300)
    metrics.server.discovery.listed = 500
    found = await metrics.matrix(WINDOW)
    assert "of 400 services" in found.partial
    assert 0 < len(found.keys) <= 300
