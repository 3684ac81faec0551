"""Does a real OpenSearch answer as the small stand-in does, in every question that the sources ask?"""

from typing import cast

import pytest

from clew.evidence import Standing
from clew.ports import Era, GraphSource, LogSource, Telemetry, TraceSource
from playground.live.opensearch import SearchServer
from tests.contracts.stand_opensearch import MAP, fill
from tests.unit.tools.opensearch.documents import (
    ECS_FIELDS,
    FLOODED,
    LAYOUTS,
    LINES,
    SPAN_FIELDS,
    WINDOW,
    ecs,
    flood,
    sources,
    spans,
)
from tests.unit.tools.opensearch.test_opensearch_lines import gone, news, told
from tests.unit.tools.opensearch.test_opensearch_spans import calls, one

pytestmark = [pytest.mark.needs("java", "mvn"), pytest.mark.asyncio(loop_scope="session")]


async def test_lines_are_the_same_in_every_layout(real: SearchServer) -> None:
    for place, (write, fields) in enumerate(LAYOUTS.values()):
        await fill(real.url, f"layout{place}-a", fields, [write(line) for line in LINES])
        async with sources(real.url, log_index=f"layout{place}-*") as (logs,):
            found = await cast(LogSource, logs).lines(WINDOW)
            health = await logs.check()
            (fact,) = await cast(LogSource, logs).search("payments", "refusing order", WINDOW)
        assert told(found) == [(line.at, line.service, line.severity, line.message, line.trace) for line in LINES]
        assert found.partial == ""
        assert health.ok, health
        assert fact.standing is Standing.SEEN


async def test_few_rows_tell_what_many_lines_tell(real: SearchServer) -> None:
    lines = flood(12_000, 0.02)
    await fill(real.url, "flood-a", ECS_FIELDS, [ecs(line) for line in lines])
    async with sources(real.url, log_index="flood-*", lines=50_000) as (logs,):
        whole = await cast(LogSource, logs).lines(FLOODED)
    for few in (1_000, 400):
        async with sources(real.url, log_index="flood-*", lines=few) as (logs,):
            stands = await cast(LogSource, logs).lines(FLOODED)
        assert len(stands) < len(whole) / 5
        assert int(stands.weights.sum()) == pytest.approx(len(lines), rel=0.002)
        assert (news(stands), gone(stands), stands.partial) == (news(whole), [], "")


async def test_spans_are_joined_drawn_and_counted(real: SearchServer) -> None:
    await fill(real.url, "otel-v1-apm-span-1", SPAN_FIELDS, spans(400))
    async with sources(real.url, span_index="otel-v1-apm-span-*", spans=300) as found:
        source = cast(TraceSource, one(found, Telemetry.TRACES))
        table = await source.spans(WINDOW)
        slowest = await source.slowest("", WINDOW)
        graph = await cast(GraphSource, one(found, Telemetry.TOPOLOGY)).graph(WINDOW)
        health = await source.check()
        nothing = await source.spans(WINDOW, Era.NORMAL)
    assert 60 < len(table) <= 300
    assert len(table) == 3 * len(table.traces)
    assert calls(table) == {("web", "checkout"), ("checkout", "payments")}
    assert "payments charge: 400 calls, 40 failed" in slowest[0].says
    assert graph.edges == (("checkout", "payments"), ("payments", "ledger"), ("web", "checkout"))
    assert (health.ok, len(nothing)) == (True, 0)


async def test_the_service_map_is_read(real: SearchServer) -> None:
    await fill(real.url, "service-map", MAP, [{"serviceName": "web", "destination": {"domain": "cart"}}])
    async with sources(real.url, service_map_index="service-map") as (source,):
        assert (await cast(GraphSource, source).graph(WINDOW)).edges == (("web", "cart"),)
