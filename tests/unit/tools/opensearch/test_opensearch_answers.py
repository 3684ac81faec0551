"""Is what was cut short told as a part, whatever was typed looked for as it is, and nothing followed or read without bounds?"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiohttp import web
from pydantic import ValidationError

from clew.errors import Misconfigured, QueryRejected, SourceError
from clew.evidence import Asked, Evidence, Lines, Standing
from clew.ports import LogSource
from tests.contracts.stand_opensearch import fill
from tests.unit.tools.opensearch.documents import ECS_FIELDS, LINES, NOW, WINDOW, Line, ecs, sources
from tools.links import Links
from tools.opensearch import OpenSearchSettings, opened
from tools.outside import Outside

CAPS = {
    "@timestamp": {"date": {"aggregatable": True}},
    "message": {"text": {"aggregatable": False}},
    "service.name": {"keyword": {"aggregatable": True}},
}
HIT = {
    "_index": "logs-a",
    "_id": "1",
    "_source": {"@timestamp": "2023-11-14T22:13:00Z", "message": "x", "service": {"name": "web"}},
    "fields": {"@timestamp": ["1699999980000"]},
    "sort": [1_699_999_980_000],
}
Reply = Callable[[web.Request], Awaitable[web.Response]]


def answer(hits: list[Any], **told: Any) -> dict[str, Any]:
    counts = {"inside": {"doc_count": len(hits), "service": {"buckets": []}}, "before": {"doc_count": 0}}
    return {
        "timed_out": False,
        "_shards": {"total": 5, "successful": 5, "skipped": 0, "failed": 0},
        "hits": {"total": {"value": len(hits), "relation": "eq"}, "hits": hits},
        "aggregations": counts,
        **told,
    }


@asynccontextmanager
async def saying(reply: Reply) -> AsyncGenerator[str]:
    """A server whose searches answer by `reply`; its mapping is that of CAPS, and it has no points in time."""

    async def mapping(_: web.Request) -> web.Response:
        return web.json_response({"indices": ["logs-a"], "fields": CAPS})

    async def refused(_: web.Request) -> web.Response:
        return web.json_response({"error": {"reason": "no handler found"}, "status": 400}, status=400)

    app = web.Application()
    app.router.add_route("*", "/{index}/_field_caps", mapping)
    app.router.add_post("/{index}/_search", reply)
    app.router.add_route("*", "/{rest:.*}", refused)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def always(body: dict[str, Any]) -> Reply:
    async def reply(_: web.Request) -> web.Response:
        return web.json_response(body)

    return reply


CUT: dict[str, dict[str, Any]] = {
    "timed out": {"timed_out": True},
    "shards failed": {"_shards": {"total": 5, "successful": 3, "skipped": 0, "failed": 2}},
    "ended early": {"terminated_early": True},
}


@pytest.mark.parametrize("how", CUT)
@pytest.mark.parametrize("hits", [[], [HIT]], ids=["nothing", "something"])
async def test_an_answer_that_was_cut_short_is_a_part(how: str, hits: list[Any]) -> None:
    async with saying(always(answer(hits, **CUT[how]))) as url, sources(url, log_index="logs-a") as (logs,):
        (fact,) = await cast(LogSource, logs).search("", "", WINDOW)
    assert fact.standing is Standing.PARTIAL
    assert "shards did not answer" in fact.says or "was stopped at its" in fact.says


@pytest.mark.parametrize("how", ["timed out", "shards failed"])
async def test_a_table_that_was_cut_short_says_so(how: str) -> None:
    async with saying(always(answer([], **CUT[how]))) as url, sources(url, log_index="logs-a") as (logs,):
        found = await cast(LogSource, logs).lines(WINDOW)
    assert len(found) == 0
    assert found.partial, "never mistaken for a quiet time"


async def test_a_whole_answer_is_no_part_and_needs_no_point_in_time() -> None:
    async with saying(always(answer([HIT]))) as url, sources(url, log_index="logs-a") as (logs,):
        found = await cast(LogSource, logs).lines(WINDOW)
        (fact,) = await cast(LogSource, logs).search("", "", WINDOW)
    assert (found.messages, found.partial) == (("x",), "")
    assert fact.standing is Standing.SEEN


async def test_a_busy_server_is_asked_again() -> None:
    asked: list[int] = []

    async def reply(_: web.Request) -> web.Response:
        asked.append(1)
        if len(asked) == 1:
            return web.json_response({"error": {"reason": "busy"}}, status=429, headers={"Retry-After": "0"})
        return web.json_response(answer([HIT]))

    outside = Outside(now=lambda: NOW, seconds=30.0)
    async with saying(reply) as url, sources(url, outside, log_index="logs-a") as (logs,):
        (fact,) = await cast(LogSource, logs).search("", "", WINDOW)
    assert (fact.standing, len(asked)) == (Standing.SEEN, 2)
    assert outside.usage.of("opensearch logs").requests == 3, "the mapping, the refusal, the answer"
    assert outside.usage.of("opensearch logs").received > 200


async def test_garbage_is_an_error_that_names_the_source() -> None:
    for body in ({"hits": 3}, {"aggregations": {}}, {"_shards": {}, "hits": {"hits": [{"_source": 1}]}}):
        async with saying(always(body)) as url, sources(url, log_index="logs-a") as (logs,):
            with pytest.raises(SourceError, match="not one of a search server") as caught:
                await cast(LogSource, logs).search("", "", WINDOW)
        assert caught.value.source == "opensearch logs"


async def test_a_refused_query_is_told_in_the_servers_words() -> None:
    async def reply(_: web.Request) -> web.Response:
        cause = {"type": "x", "reason": "too_many_buckets"}
        return web.json_response({"error": {"root_cause": [cause], "reason": "all shards failed"}}, status=400)

    async with saying(reply) as url, sources(url, log_index="logs-a") as (logs,):
        with pytest.raises(QueryRejected, match="too_many_buckets"):
            await cast(LogSource, logs).search("", "", WINDOW)


async def search(url: str, service: str, text: str) -> tuple[Evidence, ...]:
    async with sources(url, log_index="logs-*") as (logs,):
        return await cast(LogSource, logs).search(service, text, WINDOW)


async def test_words_are_looked_for_as_they_were_typed(url: str) -> None:
    await fill(url, "logs-a", ECS_FIELDS, [ecs(line) for line in LINES])
    (found,) = await search(url, "", "refusing order")
    assert cast(Lines, found.payload).service == "payments"
    assert found.says.endswith(
        "wrote 1 line containing 'refusing order' in 22:03..22:13 UTC, first at 22:09:59, last at 22:09:59."
    )
    for text in ("order refusing", "refus*", "message:order OR *", "/.*/", '" OR "', "{{x}}", "_exists_:message"):
        (fact,) = await search(url, "", text)
        assert fact.standing is Standing.EMPTY, text
    (named,) = await search(url, "PAYMENTS", "")
    assert cast(Lines, named.payload).severity == "ERROR"


async def test_counts_are_of_all_lines_though_few_are_shown(url: str) -> None:
    lines = [Line(NOW - 500 + i, "web", "ERROR", f"failed {i}") for i in range(400)]
    lines += [Line(NOW - 900 + i, "web", "ERROR", f"failed {i}") for i in range(30)]
    await fill(url, "logs-a", ECS_FIELDS, [ecs(line) for line in lines])
    (fact,) = await search(url, "web", "failed")
    payload = cast(Lines, fact.payload)
    assert (payload.count, payload.usual, len(payload.samples)) == (400, 30, 50)
    assert (payload.first, payload.last) == (NOW - 500, NOW - 101)
    assert payload.samples[0].at == NOW - 101, "the newest first"
    assert fact.standing is Standing.SEEN


async def test_a_link_leads_to_the_same_lines(url: str) -> None:
    await fill(url, "logs-a", ECS_FIELDS, [ecs(line) for line in LINES])
    outside = Outside(now=lambda: NOW, seconds=60.0, links=Links(dashboards_url="https://dashboards.example"))
    async with sources(url, outside, log_index="logs-*") as (logs,):
        (fact,) = await cast(LogSource, logs).search("payments", "", WINDOW)

        asked = Asked(source=fact.source, call=fact.call, query=fact.query, window=fact.window)
        link = logs.link(asked, fact.payload) or ""
    assert link.startswith("https://dashboards.example/app/")
    assert "service.name" in link
    assert "payments" in link


async def test_a_mapping_conflict_is_told_by_the_check(url: str) -> None:
    await fill(url, "logs-a", ECS_FIELDS, [ecs(LINES[0])])
    other = {**ECS_FIELDS, "log": {"properties": {"level": {"type": "text"}}}}
    await fill(url, "logs-b", other, [ecs(LINES[1])])
    async with sources(url, log_index="logs-*") as (logs,):
        health = await logs.check()
        found = await cast(LogSource, logs).lines(WINDOW)
    told = [finding.says for finding in health.findings if not finding.ok]
    assert any("log.level" in says and "logs-b" in says for says in told), health
    assert "errors are told from other lines by their words only" in health.without
    assert set(found.severities) == {"INFO", "ERROR"}, "what is stored is read all the same"


async def test_the_check_sees_the_clock_and_an_empty_index(url: str) -> None:
    await fill(url, "logs-a", ECS_FIELDS, [ecs(Line(NOW + 4000, "web", "INFO", "x"))])
    await fill(url, "nothing-a", ECS_FIELDS, [])
    async with sources(url, log_index="logs-*") as (logs,):
        assert "4,000 s in the future" in (await logs.check()).says
    async with sources(url, log_index="nothing-*") as (logs,):
        health = await logs.check()
    assert (health.ok, "holds nothing" in health.says) == (False, True)


async def test_settings_that_cannot_be_meant_are_refused() -> None:
    for index in ("*", "logs/../_all", "_all", "a b", "logs?x=1", ".*", ""):
        with pytest.raises(ValidationError):
            OpenSearchSettings(url="http://localhost:9200", log_index=index)
    with pytest.raises(ValidationError):
        OpenSearchSettings(url="http://localhost:9200", log_index="logs-*", only={"namespace": ""})
    with pytest.raises(Misconfigured, match="log_index"):
        async with opened(OpenSearchSettings(url="http://localhost:9200"), Outside()):
            pass


async def test_every_request_is_bounded() -> None:
    bodies: list[dict[str, Any]] = []

    async def reply(request: web.Request) -> web.Response:
        bodies.append(json.loads(await request.text()))
        return web.json_response(answer([]))

    async with saying(reply) as url, sources(url, log_index="logs-a") as (logs,):
        await cast(LogSource, logs).search("web", "x", WINDOW)
        await cast(LogSource, logs).lines(WINDOW)
    assert len(bodies) >= 2
    for body in bodies:
        assert body["timeout"].endswith("ms")
        assert body["size"] <= 10_000
        sent = json.dumps(body)
        assert not {"query_string", "regexp", "wildcard", "script", "simple_query_string"} & set(sent.split('"'))
