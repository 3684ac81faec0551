"""Are traces read whole, from all over the window, within the limits, and said to be a sample where they are?"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from aiohttp import web

from clew.errors import SourceError, SourceUnavailable
from clew.evidence import Asked, Call, Lines, Sample, Standing
from clew.incident import Window
from clew.ports import Era
from tests.contracts.answering_jaeger import Jaeger, Piece, served
from tools.jaeger import JaegerSettings, opened
from tools.jaeger.graph import JaegerGraph
from tools.jaeger.traces import JaegerTraces
from tools.links import Links
from tools.outside import Outside

NOW = 1_700_000_000.0
WINDOW = Window(start=NOW - 1200, end=NOW + 600)


def request(number: int, at: float, *, failed: bool = False) -> tuple[Piece, ...]:
    """A call of web, which calls cart, which calls db."""
    trace = f"{number:032x}"
    return (
        Piece(trace, f"{number}a", "web", "GET /", at, 0.3),
        Piece(trace, f"{number}b", "cart", "add", at + 0.01, 0.2, f"{number}a", failed),
        Piece(trace, f"{number}c", "db", "SELECT", at + 0.02, 0.1, f"{number}b"),
    )


MANY = tuple(piece for number in range(600) for piece in request(number, NOW - 1200 + 2 * number))


@asynccontextmanager
async def jaeger(server: Jaeger, **settings: object) -> AsyncGenerator[tuple[JaegerTraces, JaegerGraph]]:
    async with served(server.app()) as url:
        given = JaegerSettings.model_validate({"url": url, **settings})
        links = Links(jaeger_url="https://jaeger.example")
        async with opened(given, Outside(now=lambda: NOW, links=links)) as (traces, graph):
            assert isinstance(traces, JaegerTraces)
            assert isinstance(graph, JaegerGraph)
            yield traces, graph


async def test_spans_have_their_parents_and_failures() -> None:
    server = Jaeger((*request(1, NOW - 60, failed=True), *request(2, NOW - 30)))
    async with jaeger(server) as (traces, _):
        found = await traces.spans(WINDOW)
    assert (len(found), found.partial) == (6, "")
    names = [(found.services[s], found.operations[o]) for s, o in zip(found.service, found.operation, strict=True)]
    assert names[:3] == [("web", "GET /"), ("cart", "add"), ("db", "SELECT")]
    assert found.parent.tolist() == [-1, 0, 1, -1, 3, 4]
    assert found.error.tolist() == [False, True, False, False, False, False]
    assert found.start[0] == pytest.approx(NOW - 60)
    assert found.duration[:3].tolist() == pytest.approx([0.3, 0.2, 0.1])


async def test_a_limit_cuts_everywhere_alike_and_is_said() -> None:
    server = Jaeger(MANY)
    async with jaeger(server, traces=100, history_seconds=0) as (traces, _):
        found = await traces.spans(WINDOW)
    roots = found.start[found.parent < 0]
    early, late = (roots < NOW - 600).sum(), (roots >= NOW - 600).sum()
    assert min(early, late) >= 20, (early, late)
    assert len(np.unique(found.trace)) <= 150
    assert all(np.bincount(found.trace) == 3), "traces are whole"
    assert "sample" in found.query
    assert found.partial == "", "a sample of whole traces is no part"
    assert all(float(one.query["end"]) / 1e6 <= NOW for one in server.asked if "end" in one.query)


async def test_a_persons_answer_from_a_sample_is_partial() -> None:
    async with jaeger(Jaeger(MANY)) as (traces, _):
        few = await traces.slowest("cart", Window(start=NOW - 30, end=NOW))
        facts = await traces.slowest("cart", WINDOW)
        (none,) = await traces.slowest("mail", WINDOW)
    assert [fact.standing for fact in few] == [Standing.SEEN]
    assert {fact.standing for fact in facts} == {Standing.PARTIAL}
    assert all("sample" in fact.says for fact in facts)
    assert none.standing is Standing.EMPTY


async def test_the_scope_holds_in_every_answer() -> None:
    server = Jaeger(request(1, NOW - 60), [("web", "cart"), ("cart", "db")])
    async with jaeger(server, services=["web", "car*"]) as (traces, graph):
        assert set((await traces.spans(WINDOW)).services) == {"web", "cart"}
        found = await graph.graph(WINDOW)
        (fact,) = await traces.slowest("db", WINDOW)
    assert (found.edges, found.services) == ((("web", "cart"),), ("cart", "web"))
    assert fact.standing is Standing.EMPTY
    assert "db" not in {one.query.get("service") for one in server.asked}


async def test_the_graph_is_jaegers_own_else_that_of_traces() -> None:
    async with jaeger(Jaeger(request(1, NOW - 60))) as (_, graph):
        sampled = await graph.graph(WINDOW)
    async with jaeger(Jaeger(request(1, NOW - 60), [("web", "db"), ("web", "web")])) as (_, graph):
        own = await graph.graph(WINDOW)
    assert sampled.edges == (("cart", "db"), ("web", "cart"))
    assert sampled.provenance == "1 trace in Jaeger"
    assert (own.edges, own.provenance) == ((("web", "db"),), "Jaeger's dependencies")


async def test_normal_is_the_same_window_of_another_day() -> None:
    server = Jaeger((*request(1, NOW - 60), *request(2, NOW - 86_460)))
    async with jaeger(server) as (traces, _):
        assert len(await traces.spans(WINDOW, Era.NORMAL)) == 0
    async with jaeger(server, normal_offset_seconds=86_400) as (traces, _):
        assert (await traces.spans(WINDOW, Era.NORMAL)).start[0] == pytest.approx(NOW - 86_460)


async def test_too_much_is_not_read_on() -> None:
    async with jaeger(Jaeger(MANY), megabytes=0.11, traces=2000) as (traces, _):
        found = await traces.spans(WINDOW)
    assert 0 < len(found) < len(MANY)
    assert "MB of traces" in found.partial


async def test_a_trace_can_be_looked_at() -> None:
    async with jaeger(Jaeger(())) as (traces, _):
        asked = Asked(source="jaeger", call=Call(method="search"), query="", window=WINDOW)
        line = Lines(service="web", template="x", count=1, samples=(Sample(at=NOW, text="x", trace="ab12" * 8),))
        assert traces.link(asked, line) == "https://jaeger.example/trace/" + "ab12" * 8


async def test_the_check_tells_what_is_missed() -> None:
    async with jaeger(Jaeger(request(1, NOW - 60))) as (traces, _):
        well = await traces.check()
    async with jaeger(Jaeger(request(1, NOW - 86_400))) as (traces, _):
        stale = await traces.check()
    async with jaeger(Jaeger(())) as (traces, graph):
        empty = await traces.check()
        with_graph = await graph.check()
    # the server's clock is today's, which is far from NOW
    assert {f.what: f.ok for f in well.findings} == {"reach": True, "services": True, "retention": True, "clock": False}
    assert not next(f for f in stale.findings if f.what == "retention").ok
    assert not empty.ok
    assert not with_graph.ok
    assert stale.without
    assert empty.without != with_graph.without


@pytest.mark.parametrize("answer", ["{}", "[]", '{"data": 7}', '{"data": [{"traceID": 1}]}', "<html>"])
async def test_another_shape_is_no_answer(answer: str) -> None:
    app = web.Application()

    async def said(_: web.Request) -> web.Response:
        return web.Response(text=answer, content_type="application/json")

    app.router.add_get("/{any:.*}", said)
    async with served(app) as url, opened(JaegerSettings(url=url), Outside()) as (traces, graph):
        assert isinstance(traces, JaegerTraces)
        assert isinstance(graph, JaegerGraph)
        with pytest.raises(SourceUnavailable, match="url right"):
            await traces.spans(WINDOW)
        with pytest.raises(SourceError):
            await graph.graph(WINDOW)
