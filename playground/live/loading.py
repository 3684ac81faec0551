"""How does a recorded incident get into real servers: samples into Prometheus, lines and spans into an OpenSearch?"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.helpers import async_bulk

from clew.tables import LogTable, Spans, Tables

Document = dict[str, Any]
_KEYWORD = {"type": "keyword", "ignore_above": 1024}
_LINE_FIELDS: Document = {
    "@timestamp": {"type": "date"},
    "message": {"type": "text"},
    "log": {"properties": {"level": _KEYWORD}},
    "service": {"properties": {"name": _KEYWORD}},
    "trace": {"properties": {"id": _KEYWORD}},
}
"""Elastic Common Schema, as Filebeat and its kin write."""
_SPAN_FIELDS: Document = {
    "traceId": _KEYWORD,
    "spanId": _KEYWORD,
    "parentSpanId": _KEYWORD,
    "serviceName": _KEYWORD,
    "name": _KEYWORD,
    "startTime": {"type": "date_nanos"},
    "endTime": {"type": "date_nanos"},
    "durationInNanos": {"type": "long"},
    "status": {"properties": {"code": {"type": "integer"}}},
}
"""What Data Prepper makes of OpenTelemetry spans."""
_FAILED = 2


@dataclass(frozen=True)
class Indices:
    """Where the documents of one recording went; empty where it has none of the kind."""

    lines: str = ""
    spans: str = ""


async def indexed(url: str, held: Tables, name: str) -> Indices:
    """Puts lines and spans into two new indices of the server at `url`, found by searches at once; `name` tells recordings apart."""
    found = Indices(f"logs-{name}" if len(held.lines) else "", f"otel-v1-apm-span-{name}" if len(held.spans) else "")
    client = AsyncOpenSearch(hosts=[url], timeout=120)
    try:
        if found.lines:
            await _filled(client, found.lines, _LINE_FIELDS, line_documents(held.lines))
        if found.spans:
            await _filled(client, found.spans, _SPAN_FIELDS, span_documents(held.spans))
    finally:
        await client.close()
    return found


async def _filled(client: AsyncOpenSearch, index: str, fields: Document, documents: Iterator[Document]) -> None:
    settings = {"number_of_shards": 1, "number_of_replicas": 0}
    await client.indices.create(index=index, body={"settings": settings, "mappings": {"properties": fields}})
    await async_bulk(client, ({"_index": index, "_source": one} for one in documents), chunk_size=2_000)
    await client.indices.refresh(index=index)


def line_documents(lines: LogTable) -> Iterator[Document]:
    """Each line by the Elastic Common Schema; a part that it lacks is absent, as shippers leave it."""
    for row in range(len(lines)):
        trace = int(lines.trace[row])
        yield _present(
            {
                "@timestamp": moment(float(lines.times[row])),
                "message": lines.messages[row],
                "log": _present({"level": lines.severities[lines.severity[row]]}),
                "service": _present({"name": lines.services[lines.service[row]]}),
                "trace": _present({"id": lines.traces[trace] if trace >= 0 else ""}),
            }
        )


def span_documents(spans: Spans) -> Iterator[Document]:
    """Each span as Data Prepper writes it; ids of spans are made from their rows."""
    for row in range(len(spans)):
        start, parent = float(spans.start[row]), int(spans.parent[row])
        took = float(spans.duration[row])
        yield {
            "traceId": spans.traces[spans.trace[row]],
            "spanId": _span_id(row),
            "parentSpanId": _span_id(parent) if parent >= 0 else "",
            "serviceName": spans.services[spans.service[row]],
            "name": spans.operations[spans.operation[row]],
            "startTime": moment(start),
            "endTime": moment(start + took),
            "durationInNanos": round(took * 1e9),
            "status": {"code": _FAILED if spans.error[row] else 0},
        }


def _span_id(row: int) -> str:
    return f"{row + 1:016x}"


def _present(fields: Mapping[str, Any]) -> Document:
    return {name: value for name, value in fields.items() if value}


def moment(at: float) -> str:
    """Unix seconds as ISO 8601 with microseconds, in UTC."""
    whole = math.floor(at)
    when = datetime.fromtimestamp(whole, UTC) + timedelta(microseconds=round((at - whole) * 1e6))
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
