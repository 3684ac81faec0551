"""The stand of the OpenSearch source: the suite's content in a small search server."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.helpers import async_bulk

from clew.ports import Source, Telemetry
from playground.live.opensearch import search_server
from tests.contracts.content import ALERT, CALLEE, LINES, SERVICE, SPANS
from tests.contracts.stand import Program, Stand
from tools.opensearch import OpenSearchSettings
from tools.opensearch import opened as opensearch_opened
from tools.outside import Outside

KEYWORD = {"type": "keyword"}
LOGS = {
    "@timestamp": {"type": "date"},
    "message": {"type": "text"},
    "log": {"properties": {"level": KEYWORD}},
    "service": {"properties": {"name": KEYWORD}},
    "trace": {"properties": {"id": KEYWORD}},
}
TRACES = {
    "traceId": KEYWORD,
    "spanId": KEYWORD,
    "parentSpanId": KEYWORD,
    "serviceName": KEYWORD,
    "name": KEYWORD,
    "startTime": {"type": "date_nanos"},
    "durationInNanos": {"type": "long"},
    "status": {"properties": {"code": {"type": "integer"}}},
}
MAP = {"serviceName": KEYWORD, "destination": {"properties": {"domain": KEYWORD, "resource": KEYWORD}}}


async def fill(url: str, index: str, fields: dict[str, Any], documents: Sequence[dict[str, Any]]) -> None:
    """A new index with these documents, found by searches at once."""
    async with AsyncOpenSearch(hosts=[url], timeout=60) as client:
        body = {"settings": {"number_of_replicas": 0}, "mappings": {"properties": fields}}
        await client.indices.create(index=index, body=body)
        await async_bulk(client, ({"_index": index, "_source": one} for one in documents), chunk_size=2_000)
        await client.indices.refresh(index=index)


async def filled(url: str) -> None:
    """The suite's lines, spans and edge."""
    lines = [
        {
            "@timestamp": round(one.at * 1000),
            "message": one.message,
            "log": {"level": one.severity},
            "service": {"name": one.service},
        }
        for one in LINES
    ]
    spans = [
        {
            "traceId": one.trace,
            "spanId": one.id,
            "serviceName": one.service,
            "name": one.operation,
            "startTime": round(one.at * 1000),
            "durationInNanos": one.microseconds * 1000,
        }
        for one in SPANS
    ]
    await fill(url, "logs-web", LOGS, lines)
    await fill(url, "otel-v1-apm-span-1", TRACES, spans)
    await fill(url, "otel-v1-apm-service-map", MAP, [{"serviceName": SERVICE, "destination": {"domain": CALLEE}}])


@asynccontextmanager
async def opened(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    """Logs, spans and the service map; for the sources it is the moment of the alert, a while later."""
    async with search_server(folder, real=False) as server:
        await filled(server.url)
        settings = OpenSearchSettings(
            url=server.url,
            log_index="logs-*",
            span_index="otel-v1-apm-span-*",
            service_map_index="otel-v1-apm-service-map",
        )
        async with opensearch_opened(settings, Outside(now=lambda: ALERT + 100)) as sources:
            yield sources


STAND = Stand("opensearch", (), (Telemetry.LOGS, Telemetry.TRACES, Telemetry.TOPOLOGY), opened)
