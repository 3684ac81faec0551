"""What does an investigation say when a real source, over HTTP, misbehaves: its gap in time, the rest goes on, never an all-clear?"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bot.cards import card
from bot.plain import as_text
from clew.hypothesis import Gap, Report, Verdict
from clew.incident import Incident
from clew.limits import Limits
from clew.ports import Source, Telemetry
from clew.progress import Progress, RunState
from clew.tables import Spans
from clew.testing import FakeChanges, FakeGraph, FakeLogs, FakeMetrics, FakeTraces
from tests.contracts.test_source_trouble import SETTINGS, TOKEN
from tests.contracts.troublemaker import Trouble, troublemaker
from tests.flows.story import GRAPH, Houses, RunningClock, incident, lines, matrix, sources
from tools import source_kinds
from tools.outside import Outside

LIMITS = Limits(source_seconds=1.5, rounds=1)
IN_TIME = 10.0
"""Seconds after the opening by which a misbehaving source is a line on the card, if it does not answer in time either."""
TELLS = {
    "prometheus": Telemetry.METRICS,
    "opensearch": Telemetry.LOGS,
    "jaeger": Telemetry.TRACES,
    "github": Telemetry.CHANGES,
}
"""Whose place in the story a kind of source takes."""
BAD = [
    *((kind, trouble) for kind in TELLS for trouble in (Trouble.SLOW, Trouble.OTHER_SHAPE)),
    ("prometheus", Trouble.DOWN),
    ("prometheus", Trouble.HALF),
    ("opensearch", Trouble.BUSY),
    ("opensearch", Trouble.HUGE),
    ("jaeger", Trouble.REDIRECT),
    ("github", Trouble.FORBIDDEN),
]


@asynccontextmanager
async def bad(told: Iterable[tuple[str, Trouble]], folder: Path, houses: Houses) -> AsyncGenerator[tuple[Source, ...]]:
    """Real sources of these kinds, each on a server that behaves like that."""
    kinds = {kind.name: kind for kind in source_kinds()}
    outside = Outside(seconds=LIMITS.source_seconds, now=houses.clock.now)
    found: list[Source] = []
    async with AsyncExitStack() as stack:
        for name, trouble in told:
            server = await stack.enter_async_context(troublemaker(trouble, folder))
            given = {"url": server.url, "token": TOKEN, **SETTINGS.get(name, {})}
            settings = kinds[name].settings.model_validate(given)
            found += await stack.enter_async_context(kinds[name].opened(settings, outside))
        yield tuple(found)


def well() -> tuple[Source, ...]:
    """Sources of a system in which nothing is wrong."""
    return (
        FakeMetrics(name="metrics", table=matrix(sick=False)),
        FakeLogs(name="logs", table=lines(sick=False), normal=lines(sick=False)),
        FakeTraces(name="traces", table=Spans.empty()),
        FakeChanges(name="changes"),
        FakeGraph(name="graph", table=GRAPH),
    )


async def investigated(
    houses: Houses, given: tuple[Source, ...], one: Incident | None = None
) -> tuple[Report, list[Progress]]:
    """The report, and every state of the card on the way to it."""
    async with houses.house(sources=given, limits=LIMITS) as house:
        house.incident = one or house.incident
        await house.investigated()
        last = await house.copilot.progress(house.incident.id)
    cards = [view for view in house.platform.views if isinstance(view, Progress)]
    assert last is not None
    assert last.state is RunState.DONE
    assert last.report is not None
    return last.report, cards


def about(gaps: Iterable[Gap], found: Iterable[Source]) -> tuple[Gap, ...]:
    names = {source.name for source in found}
    return tuple(gap for gap in gaps if gap.source in names)


@pytest.fixture
def running(houses: Houses) -> Houses:
    """Time goes on: what waits for a source waits for real."""
    houses.clock = RunningClock()
    return houses


@pytest.mark.parametrize(("kind", "trouble"), BAD, ids=str)
async def test_a_bad_source_is_a_line_in_time_and_the_rest_goes_on(
    kind: str, trouble: Trouble, running: Houses, tmp_path: Path
) -> None:
    began = running.clock.now()
    async with bad([(kind, trouble)], tmp_path, running) as found:
        kept = tuple(s for s in sources() if s.telemetry is not TELLS[kind])
        report, cards = await investigated(running, (*kept, *found))
    gaps = about(report.gaps, found)
    assert gaps, "what did not answer is said"
    assert all(gap.reason and gap.effect for gap in gaps)
    first = next(c for c in cards if about((*c.gaps, *(c.report.gaps if c.report else ())), found) or failed(c))
    assert first.updated_at - began < IN_TIME
    text = as_text(card(cards[-1], now=running.clock.now()))
    assert any(gap.effect in text for gap in gaps), "and so is what it means"
    assert TOKEN not in text + report.model_dump_json()
    assert report.verdict is not Verdict.HEALTHY
    if kind != "prometheus":  # without any level little can be blamed; with them the cause is found all the same
        assert report.ranking[0] == "checkout"


def failed(view: Progress) -> bool:
    return any("!" in step.note or step.state == "failed" for step in view.steps)


async def test_where_nothing_is_wrong_and_all_answer_it_is_healthy(running: Houses) -> None:
    report, _ = await investigated(running, well())
    assert report.verdict is Verdict.HEALTHY


@pytest.mark.parametrize("trouble", [Trouble.SLOW, Trouble.DOWN, Trouble.EMPTY, Trouble.OTHER_SHAPE, Trouble.GONE])
@pytest.mark.parametrize("kind", ["prometheus", "opensearch", "jaeger"])
async def test_what_was_not_seen_is_never_healthy(kind: str, trouble: Trouble, running: Houses, tmp_path: Path) -> None:
    """Beside sources that answer well, and in the place of the one of its kind."""
    async with bad([(kind, trouble)], tmp_path, running) as found:
        beside, _ = await investigated(running, (*well(), *found), incident("beside"))
        assert beside.verdict is not Verdict.HEALTHY
        kept = tuple(s for s in well() if s.telemetry is not TELLS[kind])
        instead, _ = await investigated(running, (*kept, *found), incident("instead"))
        assert instead.verdict is not Verdict.HEALTHY


async def test_when_every_source_is_bad_a_report_comes_all_the_same(running: Houses, tmp_path: Path) -> None:
    told = [
        ("prometheus", Trouble.BOMB),
        ("opensearch", Trouble.NO_HTTP),
        ("jaeger", Trouble.NAN),
        ("github", Trouble.BUSY_LONG),
    ]
    began = running.clock.now()
    async with bad(told, tmp_path, running) as found:
        report, cards = await investigated(running, found)
    assert report.verdict is Verdict.NOT_FOUND
    assert {gap.source for gap in about(report.gaps, found)} >= {
        s.name for s in found if s.telemetry is not Telemetry.TOPOLOGY
    }
    assert cards[-1].updated_at - began < 20
