"""Lines and spans reach the search server once, whatever happens to the shipper."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from opensearchpy import AsyncOpenSearch

from playground.live import shipping as ships
from playground.live.opensearch import SearchServer, search_server
from playground.live.prometheus import NotStartedError
from playground.live.shipping import Indices, Shipper, Stream, called, line_document, span_document

LINE = {
    "time": 1700000000.25,
    "level": "WARN",
    "service": "cart",
    "instance": "cart-0",
    "trace_id": "ab",
    "message": "low",
}
SPAN = {
    "trace_id": "ab",
    "span_id": "cd",
    "parent_id": "",
    "service": "cart",
    "instance": "cart-0",
    "operation": "GET catalog/product",
    "start": 1700000000.5,
    "duration_us": 1500,
    "status": "error",
}
INDICES = Indices("logs-test", "spans-test")


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> Any:
    async with search_server(tmp_path / "search", real=False) as found:
        yield found


def put(path: Path, *rows: Any, end: str = "\n") -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows)[: -1 if not end else None])


async def count(server: SearchServer, index: str) -> int:
    client = AsyncOpenSearch(hosts=[server.url])
    try:
        await client.indices.refresh(index=index)
        return int((await client.count(index=index))["count"])
    finally:
        await client.close()


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not wanted():
            await asyncio.sleep(0.05)


async def test_what_is_new_is_sent_and_only_once(server: SearchServer, tmp_path: Path) -> None:
    lines, spans, kept = tmp_path / "cart.jsonl", tmp_path / "cart-spans.jsonl", tmp_path / "shipped.json"
    streams = (Stream(lines, INDICES.lines, line_document), Stream(spans, INDICES.spans, span_document))
    put(lines, LINE, LINE)
    put(spans, SPAN)
    async with ships.shipping(server.url, INDICES, streams, kept) as shipper:
        await until(lambda: shipper.sent == 3)
        put(lines, LINE)
        await until(lambda: shipper.sent == 4)
        await until(lambda: kept.is_file() and len(json.loads(kept.read_text())) == 2)
    # one that starts anew goes on where the last one stopped
    async with ships.shipping(server.url, INDICES, streams, kept) as again:
        put(lines, LINE)
        await until(lambda: again.sent == 1)
    assert await count(server, INDICES.lines) == 4
    assert await count(server, INDICES.spans) == 1


async def test_sending_all_of_it_again_changes_nothing(server: SearchServer, tmp_path: Path) -> None:
    lines = tmp_path / "cart.jsonl"
    put(lines, LINE, LINE, LINE)
    streams = (Stream(lines, INDICES.lines, line_document),)
    for kept in ("one.json", "two.json"):
        async with ships.shipping(server.url, INDICES, streams, tmp_path / kept) as shipper:
            await until(lambda: shipper.sent == 3)
    assert await count(server, INDICES.lines) == 3


async def test_nothing_of_it_stays_in_a_server_that_somebody_gave(server: SearchServer, tmp_path: Path) -> None:
    async with ships.shipping(server.url, INDICES, (), tmp_path / "kept.json"):
        assert await count(server, INDICES.lines) == 0
    await ships.forget(server.url, INDICES)
    client = AsyncOpenSearch(hosts=[server.url])
    try:
        assert not await client.indices.exists(index=f"{INDICES.lines},{INDICES.spans}")
    finally:
        await client.close()


async def test_half_a_line_waits_for_its_end_and_a_broken_one_is_left_out(tmp_path: Path) -> None:
    lines = tmp_path / "cart.jsonl"
    put(lines, LINE, LINE, end="")
    documents, place = ships._read(Stream(lines, "x", line_document), 0)  # pyright: ignore[reportPrivateUsage]
    assert len(documents) == 1
    with lines.open("a") as file:
        file.write("\n{broken\n")
    documents, _ = ships._read(Stream(lines, "x", line_document), place)  # pyright: ignore[reportPrivateUsage]
    assert [one["_id"] for one in documents] == [f"cart-{place}"]


async def test_a_server_that_is_away_is_tried_again(tmp_path: Path) -> None:
    lines = tmp_path / "cart.jsonl"
    put(lines, LINE)
    client = AsyncOpenSearch(hosts=["http://127.0.0.1:9"], max_retries=0)
    shipper = Shipper(client, (Stream(lines, "x", line_document),), tmp_path / "kept.json")
    working = asyncio.create_task(shipper.run())
    try:
        await until(lambda: shipper.trouble != "")
        assert shipper.places == {}
        assert not working.done()
    finally:
        working.cancel()
        await asyncio.wait({working})
        await client.close()


async def test_a_server_that_is_away_at_the_start_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotStartedError, match=r"127\.0\.0\.1:9"):
        async with ships.shipping("http://127.0.0.1:9", INDICES, (), tmp_path / "kept.json"):
            pass


def test_a_line_is_written_as_opentelemetry_does() -> None:
    told = line_document(LINE)
    assert told["@timestamp"] == "2023-11-14T22:13:20.250000Z"
    assert (told["severityText"], told["severityNumber"], told["body"]) == ("WARN", 13, "low")
    assert told["resource"]["attributes"]["service"] == {"name": "cart", "instance": {"id": "cart-0"}}


def test_a_line_of_nobody_has_no_service() -> None:
    told = line_document({**LINE, "service": "", "instance": "status-feed", "trace_id": ""})
    assert told["resource"]["attributes"]["service"] == {"instance": {"id": "status-feed"}}
    assert "traceId" not in told


def test_a_call_names_its_peer_and_own_work_does_not() -> None:
    call = span_document(SPAN)
    assert (call["kind"], call["attributes"]) == ("SPAN_KIND_CLIENT", {"peer": {"service": "catalog"}})
    assert (call["status"]["code"], call["durationInNanos"]) == (2, 1_500_000)
    own = span_document({**SPAN, "operation": "GET /product", "status": "ok"})
    assert (own["kind"], own["status"]["code"], "attributes" in own) == ("SPAN_KIND_SERVER", 0, False)
    assert [called(words) for words in ("POST paygate/v1/charges", "POST /order", "unknown")] == ["paygate", "", ""]
