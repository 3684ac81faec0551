"""Are spans joined, drawn as whole traces, and counted as they are; and is the call graph what they show?"""

from collections.abc import Callable, Sequence
from typing import cast

import pytest

from clew.errors import SourceUnavailable
from clew.evidence import Series, Standing
from clew.incident import Window
from clew.ports import GraphSource, Source, Telemetry, TraceSource
from clew.tables import Spans
from tests.contracts.stand_opensearch import MAP, fill
from tests.unit.tools.opensearch.documents import NOW, SPAN_FIELDS, WINDOW, Document, iso, sources, spans


def one(found: Sequence[Source], telemetry: Telemetry) -> Source:
    return next(source for source in found if source.telemetry is telemetry)


def calls(table: Spans) -> set[tuple[str, str]]:
    return {
        (table.services[table.service[parent]], table.services[table.service[row]])
        for row, parent in enumerate(table.parent.tolist())
        if parent >= 0
    }


async def test_spans_are_joined_to_their_parents(url: str) -> None:
    await fill(url, "otel-v1-apm-span-1", SPAN_FIELDS, spans(40))
    async with sources(url, span_index="otel-v1-apm-span-*") as found:
        table = await cast(TraceSource, one(found, Telemetry.TRACES)).spans(WINDOW)
    assert (len(table), len(table.traces), table.partial) == (120, 40, "")
    assert calls(table) == {("web", "checkout"), ("checkout", "payments")}
    assert int(table.error.sum()) == 4
    failed = table.duration[table.error]
    assert failed.min() == pytest.approx(1.1)
    assert sorted({table.operations[code] for code in table.operation}) == ["GET /buy", "buy", "charge"]


async def test_of_too_many_spans_whole_traces_are_drawn(url: str) -> None:
    await fill(url, "otel-v1-apm-span-1", SPAN_FIELDS, spans(900))
    async with sources(url, span_index="otel-v1-apm-span-*", spans=600) as found:
        source = cast(TraceSource, one(found, Telemetry.TRACES))
        table, again = await source.spans(WINDOW), await source.spans(WINDOW)
    assert 150 < len(table) <= 600
    assert len(table) == 3 * len(table.traces), "whole traces"
    assert table.partial == "", "a sample of whole traces is no part"
    assert 0.02 < table.error.sum() / len(table.traces) < 0.25, "failed ones in proportion"
    assert sorted(again.traces) == sorted(table.traces)
    assert calls(table) == {("web", "checkout"), ("checkout", "payments")}


async def test_padded_ids_are_drawn_by_what_differs(url: str) -> None:
    padded = [{**span, "traceId": "0" * 16 + span["traceId"][:16]} for span in spans(700)]
    await fill(url, "otel-v1-apm-span-1", SPAN_FIELDS, padded)
    async with sources(url, span_index="otel-v1-apm-span-*", spans=500) as found:
        table = await cast(TraceSource, one(found, Telemetry.TRACES)).spans(WINDOW)
    assert 100 < len(table) <= 500
    assert len(table) == 3 * len(table.traces)


def exported(trace: str, place: int, failed: bool) -> Document:
    """A span with the names of OpenTelemetry's own exporter."""
    return {
        "@timestamp": iso(NOW - 50 + place / 10),
        "trace_id": trace,
        "span_id": f"{trace}{place}",
        "parent_span_id": f"{trace}{place - 1}" if place else "",
        "name": f"op{place}",
        "duration": 250_000_000,
        "status": {"code": "Error" if failed else "Unset"},
        "resource": {"attributes": {"service.name": f"s{place}"}},
    }


def elastic(trace: str, place: int, failed: bool) -> Document:
    """A span in Elastic Common Schema."""
    return {
        "@timestamp": iso(NOW - 50 + place / 10),
        "trace": {"id": trace},
        "span": {"id": f"{trace}{place}", "name": f"op{place}", "duration": {"us": 250_000}},
        "parent": {"id": f"{trace}{place - 1}"} if place else {},
        "event": {"outcome": "failure" if failed else "success"},
        "service": {"name": f"s{place}"},
    }


@pytest.mark.parametrize("write", [exported, elastic])
async def test_other_layouts_tell_the_same(url: str, write: Callable[[str, int, bool], Document]) -> None:
    documents = [write(f"t{i}", place, place == 1) for i in range(5) for place in range(2)]
    await fill(url, "spans-1", {"@timestamp": {"type": "date"}}, documents)
    async with sources(url, span_index="spans-*") as found:
        source = cast(TraceSource, one(found, Telemetry.TRACES))
        table = await source.spans(WINDOW)
        facts = await source.slowest("s1", WINDOW)
    assert (len(table), int(table.error.sum())) == (10, 5)
    assert calls(table) == {("s0", "s1")}
    assert set(table.duration.tolist()) == {0.25}
    (fact,) = facts
    assert fact.says.startswith("s1 op1: 5 calls, 5 failed, median 250 ms, p99 250 ms")


async def test_the_slowest_operations_come_first_with_true_counts(url: str) -> None:
    await fill(url, "otel-v1-apm-span-1", SPAN_FIELDS, spans(200))
    async with sources(url, span_index="otel-v1-apm-span-*") as found:
        source = cast(TraceSource, one(found, Telemetry.TRACES))
        every = await source.slowest("", WINDOW)
        (mine,) = await source.slowest("PAYMENTS", WINDOW)
        (nobody,) = await source.slowest("nobody", WINDOW)
    assert [cast(Series, fact.payload).name for fact in every] == [
        "duration of charge",
        "duration of GET /buy",
        "duration of buy",
    ]
    assert "payments charge: 200 calls, 20 failed" in mine.says
    payload = cast(Series, mine.payload)
    assert 10 <= len(payload.times) <= 61
    assert (min(payload.times) >= WINDOW.start - 20, max(payload.times) <= WINDOW.end) == (True, True)
    assert nobody.standing is Standing.EMPTY


async def test_the_graph_is_the_service_map_where_there_is_one(url: str) -> None:
    documents = [{"serviceName": "web", "destination": {"domain": to}} for to in ("cart", "cart", "web")]
    await fill(url, "otel-v1-apm-service-map", MAP, documents)
    async with sources(url, service_map_index="otel-v1-apm-service-map") as found:
        graph = await cast(GraphSource, one(found, Telemetry.TOPOLOGY)).graph(WINDOW)
        health = await found[0].check()
    assert (graph.edges, graph.services) == ((("web", "cart"),), ("cart", "web"))
    assert graph.provenance == "the service map otel-v1-apm-service-map"
    assert health.ok


async def test_without_a_map_spans_and_their_peers_tell_who_calls_whom(url: str) -> None:
    await fill(url, "otel-v1-apm-span-1", SPAN_FIELDS, spans(20))
    await fill(url, "otel-v1-apm-service-map", MAP, [])
    for empty in (None, "otel-v1-apm-service-map"):
        async with sources(url, span_index="otel-v1-apm-span-*", service_map_index=empty) as found:
            graph = await cast(GraphSource, one(found, Telemetry.TOPOLOGY)).graph(WINDOW)
        assert graph.edges == (("checkout", "payments"), ("payments", "ledger"), ("web", "checkout"))
        assert graph.provenance == "20 traces in otel-v1-apm-span-* and what their spans say of peers"


async def test_without_any_span_nothing_is_known_and_nothing_breaks(url: str) -> None:
    await fill(url, "otel-v1-apm-span-1", SPAN_FIELDS, spans(3))
    async with sources(url, span_index="otel-v1-apm-span-*") as found:
        long_ago = Window(start=NOW - 90_000, end=NOW - 80_000)
        assert len(await cast(TraceSource, one(found, Telemetry.TRACES)).spans(long_ago)) == 0
        assert (await cast(GraphSource, one(found, Telemetry.TOPOLOGY)).graph(long_ago)).edges == ()
    async with sources(url, span_index="nothing-*") as found:
        with pytest.raises(SourceUnavailable, match="no such index"):
            await cast(TraceSource, one(found, Telemetry.TRACES)).spans(WINDOW)
        with pytest.raises(SourceUnavailable, match="no such index"):
            await cast(GraphSource, one(found, Telemetry.TOPOLOGY)).graph(WINDOW)
