"""Are lines read whole where they are few, counted and sampled where they are many, and is no text a query?"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.causal.moment import Moment
from clew.causal.newerrors import log_clues
from clew.errors import SourceError, SourceUnavailable
from clew.evidence import Asked, Call, Lines, Note, Standing
from clew.incident import Window
from clew.tables import LogTable
from tests.contracts.answering_jaeger import served
from tests.contracts.answering_loki import WHAT, Entry, Loki
from tools.links import Links
from tools.loki import LokiSettings, opened
from tools.loki.logql import Selection, quoted
from tools.loki.logs import LokiLogs
from tools.outside import Outside

NOW = 1_700_000_000.0
ONSET = NOW - 300
WINDOW = Window(start=NOW - 1800, end=NOW + 600)
NEW = "cannot open connection: pool exhausted"


def entry(at: float, line: str, service: str = "web", level: str = "info", **labels: str) -> Entry:
    return Entry(at, line, {"service_name": service, "detected_level": level, "namespace": "shop", **labels})


def busy(per_second: int = 3) -> list[Entry]:
    """Half an hour of requests, and a new error in the last minutes."""
    usual = [
        entry(NOW - 1800 + second + (part + 1) / 10, f"GET /cart/{second} took {part} ms")
        for second in range(1800)
        for part in range(per_second)
    ]
    return usual + [entry(ONSET + 2 * i, NEW, "cart", "error", trace_id=f"{i:032x}") for i in range(100)]


@asynccontextmanager
async def loki(server: Loki, **settings: object) -> AsyncGenerator[LokiLogs]:
    async with served(server.app()) as url:
        given = LokiSettings.model_validate({"url": url, "history_seconds": 0, **settings})
        links = Links(grafana_url="https://grafana.example", grafana_logs="loki-1")
        async with opened(given, Outside(seconds=60, now=lambda: NOW, links=links)) as (logs,):
            assert isinstance(logs, LokiLogs)
            yield logs


def told(found: LogTable) -> list[tuple[float, str, str, str]]:
    return [
        (round(t, 3), found.services[s], found.severities[v], m)
        for t, s, v, m in zip(found.times, found.service, found.severity, found.messages, strict=True)
    ]


async def test_few_lines_are_read_whole_page_by_page() -> None:
    held = [entry(NOW - 100 + i // 7, f"line {i}", "web" if i % 2 else "cart") for i in range(90)]
    async with loki(Loki(held), page=20) as logs:
        found = await logs.lines(WINDOW)
    assert sorted(found.messages) == sorted(one.line for one in held), "pages meet without a gap or a twin"
    assert (found.dropped, found.partial, len(found.stands)) == (0, "", 0)


async def test_what_a_line_says_of_itself() -> None:
    held = [
        entry(NOW - 5, '{"msg": "no seat", "severity": "warn", "trace_id": "' + "ab" * 16 + '"}', level=""),
        entry(NOW - 4, 'level=error msg="no bed" traceID=' + "cd" * 16, level="unknown"),
        entry(NOW - 3, "password=" + "hunter2hunter2", level="crit"),
        entry(NOW - 2, "{not json", level="warning"),
    ]
    async with loki(Loki(held)) as logs:
        found = await logs.lines(WINDOW)
    assert [severity for _, _, severity, _ in told(found)] == ["WARN", "ERROR", "CRITICAL", "WARN"]
    assert found.messages[0] == "no seat"
    assert {found.traces[code] for code in found.trace if code >= 0} == {"ab" * 16, "cd" * 16}
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("levelled", [True, False])
async def test_of_many_lines_the_errors_are_seen_and_rows_stand_for_the_rest(levelled: bool) -> None:
    held = busy()
    if not levelled:
        held = [Entry(one.at, one.line, {"service_name": one.labels["service_name"]}) for one in held]
    server = Loki(held)
    async with loki(server, lines=600, page=500) as logs:
        sampled = await logs.lines(WINDOW)
    async with loki(Loki(held), lines=100_000, page=5_000) as logs:
        whole = await logs.lines(WINDOW)
    assert len(whole) == len(held)
    assert int(sampled.weights.sum()) + sampled.dropped == len(held)
    assert len(sampled) <= 600
    assert server.lines_told * 8 < len(held)
    moment = Moment(window=WINDOW, onset=ONSET, alerted_at=NOW)
    few, all_ = (log_clues(table, LogTable.empty(), moment)[0] for table in (sampled, whole))
    assert (few.service, few.template, few.count, few.first) == (all_.service, all_.template, all_.count, all_.first)
    assert few.count == 100


async def test_the_scope_and_the_tenant_go_with_every_request() -> None:
    server = Loki([entry(NOW - 5, "ours"), Entry(NOW - 5, "theirs", {"service_name": "web", "namespace": "bank"})])
    async with loki(server, only={"namespace": "shop"}, tenant="team-a") as logs:
        assert (await logs.lines(WINDOW)).messages == ("ours",)
        (fact,) = await logs.search("web", "", WINDOW)
        await logs.check()
    assert isinstance(fact.payload, Lines)
    assert fact.payload.count == 1
    assert {one.headers["X-Scope-OrgID"] for one in server.asked} == {"team-a"}
    queries = [one.query["query"] for one in server.asked if "query" in one.query]
    assert queries
    assert all('namespace="shop"' in query for query in queries)


async def test_a_search_is_for_plain_text_and_counts_all() -> None:
    held = [entry(NOW - 200 + i, f"Pool (main) at {i}% [x]") for i in range(120)] + [
        entry(NOW - 900, "pool (main) at 1% [x]")
    ]
    async with loki(Loki(held)) as logs:
        window = Window(start=NOW - 300, end=NOW)
        (fact,) = await logs.search("web", "pool (MAIN) at", window)
        (none,) = await logs.search("", "pool.*main", window)
        assert logs.link(
            Asked(source="loki", call=Call(method="search"), query=fact.query, window=window), Note(text="x")
        )
    assert isinstance(fact.payload, Lines)
    assert (fact.payload.count, len(fact.payload.samples), fact.payload.severity) == (120, 50, "INFO")
    assert "120 lines" in fact.says
    assert none.standing is Standing.EMPTY


async def test_no_streams_is_empty_and_no_service_is_said() -> None:
    async with loki(Loki([])) as logs:
        assert len(await logs.lines(WINDOW)) == 0
        assert not (await logs.check()).ok
    async with loki(Loki([Entry(NOW - 5, "x", {"host": "a"})])) as logs:
        with pytest.raises(SourceUnavailable, match="service_label"):
            await logs.lines(WINDOW)
        health = await logs.check()
    assert "apart by service" in health.without


async def test_a_server_with_a_smaller_limit_is_told_of() -> None:
    async with loki(Loki([entry(NOW - 5, "x")], most=10)) as logs:
        with pytest.raises(SourceError, match="max entries"):
            await logs.lines(WINDOW)


async def test_a_budget_of_bytes_leaves_the_rest_and_says_so() -> None:
    held = [entry(NOW - 1700 + i, "x" * 2_000) for i in range(1600)]
    async with loki(Loki(held), megabytes=0.2) as logs:
        found = await logs.lines(WINDOW)
    assert 0 < len(found) < len(held)
    assert "MB of lines" in found.partial
    assert len(found) + found.dropped == len(held)


async def test_the_check_tells_the_fields() -> None:
    async with loki(Loki([entry(NOW - 5, "x"), entry(NOW - 90_000, "old")])) as logs:
        health = await logs.check()
    found = {finding.what: finding.ok for finding in health.findings}
    # the server's clock is today's, which is far from NOW
    assert found == {"reach": True, "lines": True, "service": True, "level": True, "retention": True, "clock": False}
    assert health.ok
    assert health.without == ""


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_leaves_its_string(value: str, text: str) -> None:
    query = Selection().where("service_name", value).containing(text).text
    found = WHAT.match(query)
    assert found is not None, query
    assert "\n" not in query


@given(st.text(max_size=40), st.lists(st.sampled_from(("a", "b")), max_size=2))
def test_a_count_is_of_the_same_lines(value: str, by: Sequence[str]) -> None:
    selection = Selection(present="job").where("app", value)
    query = selection.counted(by, 60)
    assert f"{selection.text} [60s]" in query
    assert query.count('"') == selection.text.count('"')


def test_a_string_of_go_holds_anything() -> None:
    assert quoted('a"b\\c\n\x7f') == '"a\\"b\\\\c\\n\\u007f"'
    assert np.all([ord(c) >= 32 for c in quoted("".join(map(chr, range(32))))])
