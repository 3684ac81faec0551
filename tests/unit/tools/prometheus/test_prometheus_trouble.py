"""What does the source say of a server that answers partly, too much, or nonsense?"""

import asyncio

import pytest
from aiohttp import web

from clew.errors import SourceError
from clew.incident import Window
from tests.unit.tools.prometheus.conftest import Opened, answering
from tests.unit.tools.prometheus.story import BEGIN, END
from tools.outside import Outside

pytestmark = pytest.mark.asyncio(loop_scope="session")
WINDOW = Window(start=BEGIN + 600.0, end=END)
SERIES = [
    {"__name__": name, "service": service, "job": "shop"}
    for name in ("queue_depth", "open_files")
    for service in ("a", "b")
]


def said(data: object, **more: object) -> web.Response:
    return web.json_response({"status": "success", "data": data, **more})


def vector(value: str) -> web.Response:
    return said({"resultType": "vector", "result": [{"metric": {}, "value": [END, value]}]})


async def discovering(request: web.Request) -> web.Response | None:
    """Answers all that comes before the reads; None for a read."""
    path = request.path.removeprefix("/api/v1/")
    if path == "metadata":
        return said({})
    if path == "series":
        return said(SERIES)
    if path == "query":
        return vector("4")
    return None


async def form(request: web.Request) -> str:
    return str((await request.post()).get("query") or request.query.get("query", ""))


def line(request_query: str, row: int, service: str, value: str = "1") -> dict[str, object]:
    assert f'"clew_row", "{row}"' in request_query
    return {"metric": {"clew_row": str(row), "service": service}, "values": [[END - 60, value], [END, value]]}


async def test_a_warning_makes_the_answer_partial(source: Opened) -> None:
    async def answer(request: web.Request) -> web.Response:
        found = await discovering(request)
        query = await form(request)
        rows = [line(query, row, "a") for row in range(2)] if not found else []
        return found or said(
            {"resultType": "matrix", "result": rows}, warnings=["store x did not answer"], infos=["no unit"]
        )

    async with answering(answer) as url:
        metrics, _ = await source(url)
        found = await metrics.matrix(WINDOW)
        assert found.keys
        assert "store x did not answer" in found.partial
        assert "no unit" not in found.partial


async def test_too_many_samples_are_asked_for_in_halves(source: Opened) -> None:
    async def answer(request: web.Request) -> web.Response:
        found = await discovering(request)
        if found:
            return found
        query = await form(request)
        if query.count("label_replace(") > 1:
            refusal = {
                "status": "error",
                "errorType": "execution",
                "error": "query processing would load too many samples",
            }
            return web.json_response(refusal, status=422)
        return said({"resultType": "matrix", "result": [line(query, 0, "a")]})

    async with answering(answer) as url:
        metrics, _ = await source(url)
        found = await metrics.matrix(WINDOW)
        assert {key.metric for key in found.keys} == {"queue-depth", "open-files"}
        assert found.partial == ""


async def test_what_stays_too_much_is_named_and_the_rest_is_read(source: Opened) -> None:
    async def answer(request: web.Request) -> web.Response:
        found = await discovering(request)
        if found:
            return found
        query = await form(request)
        if "queue_depth" in query:
            refusal = {
                "status": "error",
                "errorType": "execution",
                "error": "query processing would load too many samples",
            }
            return web.json_response(refusal, status=422)
        return said({"resultType": "matrix", "result": [line(query, 0, "a")]})

    async with answering(answer) as url:
        metrics, _ = await source(url)
        found = await metrics.matrix(WINDOW)
        assert {key.metric for key in found.keys} == {"open-files"}
        assert "1 metric could not be read (queue_depth)" in found.partial
        assert "too many samples" in found.partial


async def test_an_answer_that_is_too_long_is_asked_for_in_halves(source: Opened) -> None:
    async def answer(request: web.Request) -> web.Response:
        found = await discovering(request)
        if found:
            return found
        query = await form(request)
        if query.count("label_replace(") > 1:
            return web.Response(body=b" " * 33_000_000, content_type="application/json")
        return said({"resultType": "matrix", "result": [line(query, 0, "b")]})

    async with answering(answer) as url:
        metrics, _ = await source(url)
        found = await metrics.matrix(WINDOW)
        assert {(key.service, key.metric) for key in found.keys} == {("b", "queue-depth"), ("b", "open-files")}


NONSENSE = (
    b"<html>welcome</html>",
    b"{}",
    b"[]",
    b'{"status": "success"}',
    b'{"status": "success", "data": {"resultType": "matrix", "result": [{"values": 3}]}}',
    b'{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [["x", "1"]]}]}}',
    b'{"status": "error", "error": "token=abcdefabcdefabcdefabcdefabcdef0123456789 is wrong"}',
    b"[" * 50_000,
)


@pytest.mark.parametrize("body", NONSENSE, ids=[str(place) for place in range(len(NONSENSE))])
async def test_nonsense_is_an_error_with_a_sentence(source: Opened, body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    async with answering(answer) as url:
        metrics, graph = await source(url)
        with pytest.raises(SourceError) as caught:
            await metrics.matrix(WINDOW)
        assert "prometheus" in str(caught.value) or "refused" in str(caught.value)
        assert "abcdefabcdef0123456789" not in str(caught.value)
        assert not (await metrics.check()).ok
        assert not (await graph.check()).ok


async def test_labels_are_redacted_and_cut(source: Opened) -> None:
    secret = "pass" + "word=hunter2hunter2"

    async def answer(request: web.Request) -> web.Response:
        found = await discovering(request)
        if found:
            return found
        query = await form(request)
        return said({"resultType": "matrix", "result": [line(query, 0, f"a {secret} " + "x" * 5_000)]})

    async with answering(answer) as url:
        metrics, _ = await source(url)
        found = await metrics.matrix(WINDOW)
        assert found.keys
        assert "hunter2" not in "".join(key.service for key in found.keys)
        assert all(len(key.service) <= 200 for key in found.keys)


async def test_a_slow_part_is_missing_and_the_rest_counts(source: Opened) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/api/v1/series":
            return said([{"__name__": f"gauge_{place:02}", "service": "a"} for place in range(12)])
        found = await discovering(request)
        if found:
            return found
        query = await form(request)
        if "gauge_11" in query:
            await asyncio.sleep(30)
        return said({"resultType": "matrix", "result": [line(query, 0, "a")]})

    async with answering(answer) as url:
        metrics, _ = await source(url, outside=Outside(now=lambda: END, seconds=2.0))
        found = await metrics.matrix(WINDOW)
        assert [key.metric for key in found.keys] == ["gauge-00"]
        assert "could not be read (gauge_08" in found.partial
        assert "no answer within" in found.partial
