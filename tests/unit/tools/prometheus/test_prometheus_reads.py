"""Does a table read from a real Prometheus say what was measured, by names that are understood, and nothing more?"""

import math

import numpy as np
import pytest

from clew.causal.meaning import Meaning, meaning
from clew.errors import QueryRejected
from clew.evidence import Standing
from clew.incident import Window
from clew.ports import Era, GraphSource
from clew.tables import Floats, Matrix
from tests.unit.tools.prometheus.conftest import Opened
from tests.unit.tools.prometheus.story import BEGIN, BROKEN, END, EVERY, GAP
from tools.outside import Outside

pytestmark = [pytest.mark.needs("prometheus", "promtool"), pytest.mark.asyncio(loop_scope="session")]
WINDOW = Window(start=BEGIN + 600.0, end=END + 900)


def row(found: Matrix, service: str, metric: str, instance: str | None = None) -> Floats:
    """The one row of a service's metric."""
    (place,) = [
        place
        for place, key in enumerate(found.keys)
        if (key.service, key.metric) == (service, metric) and instance in (None, key.instance)
    ]
    return found.values[place]


async def test_counters_histograms_and_gauges_become_what_people_call_them(told: str, source: Opened) -> None:
    metrics, _ = await source(told)
    found = await metrics.matrix(WINDOW)
    assert found.partial == ""
    settled = (found.times > BEGIN + 120) & (found.times < BEGIN + EVERY * (BROKEN - 5))
    expected = {
        "requests": 10.0,
        "errors": 0.0,
        "error-ratio": 0.0,
        "latency-p50": 0.1,
        "latency-p90": 1.0,
        "latency-p99": 1.0,
        "cpu": 25.0,
        "memory-rss": 50.0,
        "up": 100.0,
        "process-starts": 0.0,
    }
    for metric, level in expected.items():
        assert np.nanmedian(row(found, "orders", metric)[settled]) == pytest.approx(level), metric
    assert {key.metric for key in found.keys if key.service == "orders"} >= {
        *expected,
        "in-flight",
        "call-errors[payments]",
    }
    assert not [key.metric for key in found.keys if "build" in key.metric or "scrape" in key.metric]
    wanted = {
        "requests": Meaning.TRAFFIC,
        "errors": Meaning.ERRORS,
        "latency-p99": Meaning.LATENCY,
        "cpu": Meaning.RESOURCE,
        "call-latency[payments]-p90": Meaning.CALLING,
        "up": Meaning.AVAILABILITY,
    }
    for key in found.keys:
        if key.metric in wanted:
            assert meaning(key.metric, key.unit) is wanted[key.metric]


async def test_failures_that_were_never_counted_before_rise_from_nought(told: str, source: Opened) -> None:
    metrics, _ = await source(told)
    found = await metrics.matrix(WINDOW)
    broken = BEGIN + EVERY * BROKEN
    share = row(found, "payments", "error-ratio")
    before, after = found.times < broken - 30, found.times > broken + 60
    assert np.nanmax(share[before]) == 0.0
    assert np.nanmedian(share[after]) == pytest.approx(50.0)


async def test_a_gap_stays_a_gap(told: str, source: Opened) -> None:
    metrics, _ = await source(told)
    found = await metrics.matrix(WINDOW)
    depth = row(found, "orders", "worker-queue-depth")
    inside = (found.times > BEGIN + EVERY * (GAP.start + 1)) & (found.times < BEGIN + EVERY * (GAP.stop - 1))
    assert inside.any()
    assert np.isnan(depth[inside]).all(), "the server's own look-back would have filled it"
    outside = (found.times > BEGIN + 300) & (found.times < BEGIN + EVERY * (GAP.start - 1))
    assert np.isfinite(depth[outside]).all()


async def test_what_is_no_number_is_a_gap(told: str, source: Opened) -> None:
    metrics, _ = await source(told)
    odd = row(await metrics.matrix(WINDOW), "orders", "odd-gauge")
    seen = odd[np.isfinite(odd)]
    assert len(seen)
    assert set(seen) == {2.0}


async def test_nothing_is_read_of_what_lies_ahead(told: str, source: Opened) -> None:
    metrics, _ = await source(told, outside=Outside(now=lambda: END - 300))
    assert (await metrics.matrix(WINDOW)).times.max() <= END - 300
    ahead = Window(start=END + 5_000, end=END + 6_000)
    assert not (await metrics.matrix(ahead)).keys


async def test_a_service_of_several_instances_is_told_whole_and_one_by_one(told: str, source: Opened) -> None:
    metrics, _ = await source(told)
    found = await metrics.matrix(WINDOW)
    whole, one = row(found, "web", "requests", ""), row(found, "web", "requests", "web-1")
    assert np.nanmedian(whole) == pytest.approx(20.0)
    assert np.nanmedian(one) == pytest.approx(10.0)
    assert [key.instance for key in found.keys if (key.service, key.metric) == ("orders", "requests")] == ["orders-0"]


async def test_the_query_of_a_row_gives_that_row(told: str, source: Opened) -> None:
    """Anybody who pastes it sees the same numbers, and no other series."""
    metrics, _ = await source(told)
    found = await metrics.matrix(WINDOW)
    at = 60
    places = [place for place, key in enumerate(found.keys) if key.service in ("payments", "web")]
    for place in places:
        key, value = found.keys[place], found.values[place, -at]
        asked = round((found.times[-at] + EVERY) / EVERY) * EVERY
        answers = [await metrics.server.api.instant(key.query, asked - EVERY * back) for back in (0, 1)]
        for answer in answers:
            assert len(answer.lines) <= 1, key
        seen = [float(answer.lines[0].pairs[0][1]) if answer.lines else math.nan for answer in answers]
        assert any(math.isclose(one, value, rel_tol=1e-9) or (math.isnan(one) and math.isnan(value)) for one in seen), (
            key
        )


async def test_the_scope_is_in_every_question(told: str, source: Opened) -> None:
    metrics, graph = await source(told, matchers={"namespace": "bank"})
    found = await metrics.matrix(WINDOW)
    assert {key.service for key in found.keys} == {"billing"}
    assert isinstance(graph, GraphSource)
    assert not (await graph.graph(WINDOW)).edges
    (fact,) = await metrics.series("payments", "", WINDOW)
    assert fact.standing is Standing.EMPTY
    (fact,) = await metrics.expression('http_requests_total{service="payments"}', WINDOW)
    assert fact.standing is Standing.EMPTY
    assert 'namespace="bank"' in fact.query
    pattern, _ = await source(told, matchers={"namespace": "~ba.*"})
    assert {key.service for key in (await pattern.matrix(WINDOW)).keys} == {"billing"}


async def test_who_calls_whom_is_in_the_labels(told: str, source: Opened) -> None:
    _, graph = await source(told)
    assert isinstance(graph, GraphSource)
    found = await graph.graph(WINDOW)
    assert found.edges == (("orders", "payments"), ("web", "orders"))
    assert found.partial == ""


async def test_the_reference_is_the_same_window_earlier(told: str, source: Opened) -> None:
    metrics, _ = await source(told)
    assert not (await metrics.matrix(WINDOW, Era.NORMAL)).keys
    shifted, _ = await source(told, normal_offset_seconds=600, history_seconds=0)
    window = Window(start=END - 600, end=END)
    normal, now = await shifted.matrix(window, Era.NORMAL), await shifted.matrix(window)
    assert normal.times.min() >= window.start - 60
    assert normal.times.max() <= window.end
    assert np.nanmax(row(normal, "payments", "errors")) < np.nanmax(row(now, "payments", "errors"))


async def test_a_person_may_ask_by_our_name_or_by_the_exporters(told: str, source: Opened) -> None:
    metrics, _ = await source(told)
    ours = await metrics.series("payments", "error-ratio", WINDOW)
    assert [fact.standing for fact in ours] == [Standing.SEEN]
    assert "50" in ours[0].says
    theirs = await metrics.series("payments", "http_requests_total", WINDOW)
    assert {"errors", "requests", "error-ratio"} <= {fact.says.split(" ")[0] for fact in theirs}
    assert all('service="payments"' in fact.query for fact in theirs)


async def test_an_expression_is_answered_and_samples_are_counted(told: str, source: Opened) -> None:
    outside = Outside(now=lambda: END)
    metrics, _ = await source(told, outside=outside)
    before = outside.usage.of("prometheus")
    facts = await metrics.expression("sum by (service) (rate(http_requests_total[2m]))", WINDOW)
    assert {fact.payload.service for fact in facts if fact.payload.kind == "series"} == {
        "billing",
        "orders",
        "payments",
        "web",
    }
    assert outside.usage.of("prometheus").samples > before.samples
    with pytest.raises(QueryRejected, match="name the metric"):
        await metrics.expression('{__name__=~".+"}', WINDOW)


async def test_the_check_says_what_is_wrong(told: str, source: Opened) -> None:
    metrics, _ = await source(told)
    health = await metrics.check()
    assert health.ok
    wrong = {finding.what for finding in health.findings if not finding.ok}
    assert {"clock", "retention"} <= wrong, "the story is old and short"
    assert health.without
    nowhere, _ = await source(told, matchers={"namespace": "nowhere"})
    lost = await nowhere.check()
    assert not lost.ok
    assert "namespace=nowhere" in lost.says
