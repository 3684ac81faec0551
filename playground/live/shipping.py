"""How do the Shop's log lines and spans get into the search server while it runs, as a log shipper and a collector would do it?"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import OpenSearchException
from opensearchpy.helpers import async_bulk

from playground.live.loading import moment
from playground.live.prometheus import NotStartedError

Document = dict[str, Any]
EVERY_SECONDS = 0.5
MOST_BYTES = 4_000_000
"""Read of one file in one round; the rest waits for the next."""
AT_ONCE = 2_000
"""Documents in one request."""
NUMBERS: Mapping[str, int] = {"DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17}
"""Severity numbers of OpenTelemetry."""
_KEYWORD = {"type": "keyword", "ignore_above": 1024}
_RESOURCE = {
    "properties": {
        "attributes": {
            "properties": {"service": {"properties": {"name": _KEYWORD, "instance": {"properties": {"id": _KEYWORD}}}}}
        }
    }
}
LINE_FIELDS: Document = {
    "@timestamp": {"type": "date"},
    "severityText": _KEYWORD,
    "severityNumber": {"type": "integer"},
    "body": {"type": "text"},
    "traceId": _KEYWORD,
    "resource": _RESOURCE,
    "attributes": {"type": "object", "enabled": False},
}
SPAN_FIELDS: Document = {
    "traceId": _KEYWORD,
    "spanId": _KEYWORD,
    "parentSpanId": _KEYWORD,
    "name": _KEYWORD,
    "kind": _KEYWORD,
    "startTime": {"type": "date_nanos"},
    "endTime": {"type": "date_nanos"},
    "durationInNanos": {"type": "long"},
    "status": {"properties": {"code": {"type": "integer"}}},
    "resource": _RESOURCE,
    "attributes": {"properties": {"peer": {"properties": {"service": _KEYWORD}}}},
}


@dataclass(frozen=True)
class Indices:
    """Where one run's documents go."""

    lines: str
    spans: str


@dataclass(frozen=True)
class Stream:
    """One file of JSON lines, the index it goes to and what a line becomes."""

    path: Path
    index: str
    shaped: Callable[[Mapping[str, Any]], Document]


@dataclass
class Shipper:
    """Sends what is new in every stream. Ids are made of file and place, so sending again changes nothing.

    `places` (byte offsets by path) is kept in `kept` after each round: a shipper that starts anew goes on from there.
    """

    client: AsyncOpenSearch
    streams: tuple[Stream, ...]
    kept: Path
    places: dict[str, int] = field(default_factory=dict[str, int])
    sent: int = 0
    trouble: str = ""
    """Why the last round failed; empty when it did not."""

    async def run(self) -> None:
        """Ships until cancelled; a round that fails is made again."""
        self.places = await asyncio.to_thread(_places, self.kept)
        while True:
            try:
                await self.round()
                self.trouble = ""
            except OpenSearchException as error:
                self.trouble = f"{type(error).__name__}: {str(error)[:200]}"
            await asyncio.sleep(EVERY_SECONDS)

    async def round(self) -> None:
        """Sends what every stream has got since the last round. Raises OpenSearchException."""
        for stream in self.streams:
            start = self.places.get(str(stream.path), 0)
            told, end = await asyncio.to_thread(_read, stream, start)
            if told:
                await async_bulk(self.client, told, chunk_size=AT_ONCE)
                self.sent += len(told)
                self.places[str(stream.path)] = end
        await asyncio.to_thread(_keep, self.kept, self.places)


def _places(kept: Path) -> dict[str, int]:
    if not kept.is_file():
        return {}
    return {str(path): int(place) for path, place in json.loads(kept.read_text(encoding="utf-8")).items()}


def _keep(kept: Path, places: Mapping[str, int]) -> None:
    fresh = kept.with_suffix(".new")
    fresh.write_text(json.dumps(places), encoding="utf-8")
    fresh.replace(kept)


def _read(stream: Stream, start: int) -> tuple[list[Document], int]:
    """The documents of whole lines from byte `start` on, and where the next ones begin."""
    if not stream.path.is_file():
        return [], start
    with stream.path.open("rb") as file:
        file.seek(start)
        chunk = file.read(MOST_BYTES)
    whole = chunk[: chunk.rfind(b"\n") + 1]
    return list(_documents(stream, whole, start)), start + len(whole)


def _documents(stream: Stream, chunk: bytes, start: int) -> Iterator[Document]:
    place = start
    for line in chunk.splitlines(keepends=True):
        with suppress(ValueError):  # the last line of a process that was stopped while it wrote
            told = json.loads(line)
            yield {"_index": stream.index, "_id": f"{stream.path.stem}-{place}", "_source": stream.shaped(told)}
        place += len(line)


def line_document(line: Mapping[str, Any]) -> Document:
    """A log line by OpenTelemetry's data model."""
    return _present(
        {
            "@timestamp": moment(line["time"]),
            "severityText": line["level"],
            "severityNumber": NUMBERS.get(line["level"], 0),
            "body": line["message"],
            "traceId": line["trace_id"],
            "resource": _resource(line),
            "attributes": line.get("attributes"),
        }
    )


def span_document(span: Mapping[str, Any]) -> Document:
    """A span by OpenTelemetry's data model; one with a peer is a call to another service."""
    peer, start, took = called(span["operation"]), span["start"], span["duration_us"]
    return _present(
        {
            "traceId": span["trace_id"],
            "spanId": span["span_id"],
            "parentSpanId": span["parent_id"],
            "name": span["operation"],
            "kind": "SPAN_KIND_CLIENT" if peer else "SPAN_KIND_SERVER",
            "startTime": moment(start),
            "endTime": moment(start + took / 1e6),
            "durationInNanos": took * 1000,
            "status": {"code": 2 if span["status"] == "error" else 0},
            "resource": _resource(span),
            "attributes": {"peer": {"service": peer}} if peer else None,
        }
    )


def called(operation: str) -> str:
    """Whom a span calls: `POST checkout/order` is a call to checkout, `POST /order` is checkout's own work."""
    return operation.partition(" ")[2].partition("/")[0]


def _resource(told: Mapping[str, Any]) -> Document | None:
    name = {"name": told["service"], "instance": {"id": told["instance"]}}
    return {"attributes": {"service": {key: value for key, value in name.items() if value}}}


def _present(document: Document) -> Document:
    return {key: value for key, value in document.items() if value not in ("", None, 0) or key == "durationInNanos"}


@asynccontextmanager
async def shipping(url: str, indices: Indices, streams: tuple[Stream, ...], kept: Path) -> AsyncGenerator[Shipper]:
    """A shipper that works while open, into indices that are made first. Raises NotStartedError."""
    client = AsyncOpenSearch(hosts=[url], timeout=30)
    try:
        try:
            await _made(client, indices)
        except OpenSearchException as error:
            raise NotStartedError(f"the search server at {url} takes no new index: {str(error)[:300]}") from error
        shipper = Shipper(client, streams, kept)
        working = asyncio.create_task(shipper.run())
        try:
            yield shipper
        finally:
            working.cancel()
            await asyncio.wait({working})
    finally:
        await client.close()


async def forget(url: str, indices: Indices) -> None:
    """Deletes the indices: a server that somebody gave keeps nothing of ours. One that does not answer is left alone."""
    client = AsyncOpenSearch(hosts=[url], timeout=10)
    try:
        for index in (indices.lines, indices.spans):
            with suppress(OpenSearchException):
                await client.indices.delete(index=index)
    finally:
        await client.close()


async def _made(client: AsyncOpenSearch, indices: Indices) -> None:
    for index, fields in ((indices.lines, LINE_FIELDS), (indices.spans, SPAN_FIELDS)):
        if not await client.indices.exists(index=index):
            settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "1s"}
            body = {"settings": settings, "mappings": {"properties": fields}}
            await client.indices.create(index=index, body=body)
