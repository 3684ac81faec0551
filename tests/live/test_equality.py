"""Does an incident in a real Prometheus and an OpenSearch-compatible server read as it does in its files?"""

from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from bench.case import Case, case, everything
from bench.equality import EVER, PATIENT, compared, told
from clew.incident import Window
from clew.ports import LogSource, MetricSource, TraceSource
from playground.live.opensearch import search_server
from playground.live.prometheus import NotStartedError
from playground.live.served import Servers, served, span_of
from tools.outside import Outside

INCIDENTS = Path(__file__).parents[2] / "playground" / "incidents"
pytestmark = pytest.mark.needs("prometheus", "promtool")


@pytest_asyncio.fixture
async def servers(tmp_path: Path) -> AsyncGenerator[Servers]:
    """An empty search server; every recording gets a Prometheus of its own."""
    try:
        async with search_server(tmp_path / "search", real=False) as search:
            yield Servers("prometheus", "promtool", search.url)
    except NotStartedError as error:
        pytest.skip(str(error))


def recorded(name: str, tmp_path: Path) -> Case:
    (tmp_path / "case").mkdir()
    return case(INCIDENTS / name, tmp_path / "case")


@pytest.mark.parametrize("name", ["orders-slow-1", "pages-slow-1", "latency-alert-1"])
async def test_the_ranking_from_servers_is_that_from_files(name: str, servers: Servers, tmp_path: Path) -> None:
    found = await compared(recorded(name, tmp_path), servers, tmp_path / name)
    one, other = told(found.files), told(found.servers)
    assert other.verdict == one.verdict
    assert other.hypotheses == one.hypotheses, "the same causes in the same order, in the same words"
    assert other.changes == one.changes
    assert other.services == one.services
    assert found.requests > 0, "servers were asked, not files"
    assert not [gap for gap in found.servers.gaps if gap.blind]


async def test_the_tables_from_servers_are_those_of_the_files(servers: Servers, tmp_path: Path) -> None:
    opened = recorded("orders-slow-1", tmp_path)
    held = await everything(opened.facts.sources, EVER)
    window = Window(start=opened.alerted_at - 3600.0, end=opened.alerted_at + 900.0)
    outside = Outside(seconds=PATIENT.source_seconds)
    async with served(held, window, servers, tmp_path / "orders", outside) as found:
        metrics, logs, traces = found
        assert isinstance(metrics, MetricSource)
        assert isinstance(logs, LogSource)
        assert isinstance(traces, TraceSource)
        matrix, lines, spans = await metrics.matrix(window), await logs.lines(window), await traces.spans(window)
    same = {(k.service, k.instance, k.metric, k.unit): row for row, k in enumerate(held.matrix.keys)}
    assert {(k.service, k.instance, k.metric, k.unit) for k in matrix.keys} == set(same), "names and units are kept"
    for row, key in enumerate(matrix.keys):
        mine = held.matrix.values[same[key.service, key.instance, key.metric, key.unit]]
        seen = matrix.values[row][np.isfinite(matrix.values[row])]
        assert np.isin(np.round(seen, 6), np.round(mine[np.isfinite(mine)], 6)).all(), "no value is made up"
        assert len(seen) >= 0.9 * np.isfinite(mine).sum()
    there = matrix.times[np.isfinite(matrix.values).any(axis=0)]
    first, last = span_of(held)
    assert first - 5.0 <= there[0]
    assert there[-1] <= last + 5.0, "what was not measured is not filled"
    assert sorted(lines.messages) == sorted(held.lines.messages)
    assert np.allclose(np.sort(lines.times), np.sort(held.lines.times), atol=1e-3)
    assert (len(spans), int(spans.error.sum())) == (len(held.spans), int(held.spans.error.sum()))
    assert np.isclose(spans.duration.sum(), held.spans.duration.sum())
    assert (spans.parent >= 0).sum() == (held.spans.parent >= 0).sum()
