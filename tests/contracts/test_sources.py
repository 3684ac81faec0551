"""Does every source, on a store of its own, keep the promises of its port?"""

import asyncio
import inspect
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio

from clew.errors import SourceError
from clew.evidence import Asked, Evidence, Note, Standing
from clew.incident import Window
from clew.part import Part
from clew.ports import (
    ChangeSource,
    Era,
    GraphSource,
    LogSource,
    MetricSource,
    Source,
    Telemetry,
    TraceSource,
    queries,
)
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, Spans
from clew.testing import Mood
from tests.contracts.content import BEFORE, CHANGES, HIDDEN, LINES, SERVICE, SPANS, WINDOW
from tests.contracts.stand import Program, Stand
from tests.contracts.stand_fake import fake
from tests.contracts.stands import STANDS
from tools import SOURCES, source_kinds

pytestmark = pytest.mark.asyncio(loop_scope="module")

PORTS = {
    Telemetry.METRICS: MetricSource,
    Telemetry.LOGS: LogSource,
    Telemetry.TRACES: TraceSource,
    Telemetry.CHANGES: ChangeSource,
    Telemetry.TOPOLOGY: GraphSource,
}
MOST = {"series": 12, "search": 50, "slowest": 10, "list_changes": 20}
"""Facts in one answer; 20 from any other method."""
ROWS = 200_000
"""Of one bulk read of the content; what is held is a tenth of it."""
TYPED = frozenset(("service", "metric", "text", "window"))
"""What a person types into a tool's search box."""
READS = frozenset(("matrix", "series_count", "lines", "spans", "changes", "graph"))
Table = Matrix | LogTable | Spans | ChangeTable | CallGraph


@dataclass(frozen=True)
class Asker:
    """A source, and how it is asked."""

    source: Source
    stand: Stand

    async def ask(
        self, method: Callable[..., object], service: str = SERVICE, window: Window = WINDOW
    ) -> tuple[Evidence, ...]:
        """Calls a `@query` method as a model would: by the names of its parameters."""
        text = self.stand.types.get(method.__name__, "")
        given = {"service": service, "metric": "", "text": text, "window": window}
        answer = method(**{name: given[name] for name in inspect.signature(method).parameters})
        assert inspect.isawaitable(answer)
        return await answer

    def by_service(self) -> tuple[Callable[..., object], ...]:
        """The methods that can be asked about one service."""
        return tuple(method for method in queries(self.source) if "service" in inspect.signature(method).parameters)


def runs() -> list[object]:
    """One for each kind of telemetry of each stand."""
    return [
        pytest.param((stand, telemetry), id=f"{stand.name} {telemetry.value}", marks=pytest.mark.needs(*stand.needs))
        for stand in STANDS
        for telemetry in stand.telemetry
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=runs())
async def asker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, program: Program
) -> AsyncGenerator[Asker]:
    stand, telemetry = request.param
    async with stand.opened(tmp_path_factory.mktemp("stand"), program) as sources:
        yield Asker(next(source for source in sources if source.telemetry is telemetry), stand)


@pytest.fixture
def source(asker: Asker) -> Source:
    return asker.source


async def bulk(source: Source, era: Era = Era.NOW, window: Window = WINDOW) -> Table:
    if isinstance(source, MetricSource):
        return await source.matrix(window, era)
    if isinstance(source, LogSource):
        return await source.lines(window, era)
    if isinstance(source, TraceSource):
        return await source.spans(window, era)
    if isinstance(source, ChangeSource):
        return await source.changes(window)
    assert isinstance(source, GraphSource)
    return await source.graph(window)


def size(table: Table) -> int:
    """Cells of a matrix that were measured, rows of anything else."""
    match table:
        case Matrix():
            return int(np.isfinite(table.values).sum())
        case ChangeTable():
            return len(table.changes)
        case CallGraph():
            return len(table.edges)
        case _:
            return len(table)


async def test_it_is_what_it_says_it_is(source: Source) -> None:
    assert isinstance(source, PORTS[source.telemetry])
    assert source.name
    health = await source.check()
    assert (health.ok, health.source) == (True, source.name), health
    assert health.says
    for finding in health.findings:
        assert finding.what
        assert finding.says
    if all(finding.ok for finding in health.findings):
        assert not health.without, "nothing is missed where nothing is wrong"


async def test_a_question_takes_only_what_a_person_would_type(source: Source) -> None:
    for method in queries(source):
        parameters = inspect.signature(method).parameters
        assert set(parameters) <= TYPED
        assert "window" in parameters, "every question is bounded in time"
        assert inspect.getdoc(method), "name and docstring are what a model sees"
    for name in READS & set(dir(source)):
        assert set(inspect.signature(getattr(source, name)).parameters) <= {"window", "era", "part"}


async def test_answers_are_few_valid_and_cited(asker: Asker) -> None:
    for method in queries(asker.source):
        facts = await asker.ask(method)
        assert 0 < len(facts) <= MOST.get(method.__name__, 20)
        assert len({fact.id for fact in facts}) == len(facts)
        for fact in facts:
            assert fact.says
            assert fact.query
            assert (fact.source, fact.window) == (asker.source.name, WINDOW)
            assert len(fact.model_dump_json()) < 150_000
            assert Evidence.model_validate_json(fact.model_dump_json()) == fact


async def test_the_same_question_has_the_same_answer(asker: Asker) -> None:
    for method in queries(asker.source):
        first, again = await asker.ask(method), await asker.ask(method)
        assert [(f.id, f.says) for f in first] == [(f.id, f.says) for f in again]


async def test_nothing_found_is_a_fact_too(asker: Asker) -> None:
    for method in asker.by_service():
        (fact,) = await asker.ask(method, service="no such service")
        assert fact.standing is Standing.EMPTY


async def test_a_hostile_name_finds_nothing_and_breaks_nothing(asker: Asker) -> None:
    for name in ('web"} or {x="', "web' OR 1=1 --", "../../etc/passwd", "*", ".*", "web\r\nX: y", "\x00", "x" * 5_000):
        for method in asker.by_service():
            try:
                facts = await asker.ask(method, service=name)
            except SourceError:  # refused is as good as not found
                continue
            if not asker.stand.timeless:
                assert {fact.standing for fact in facts} == {Standing.EMPTY}, (method.__name__, name)


async def test_before_anything_was_measured_there_is_nothing(asker: Asker) -> None:
    if asker.stand.timeless:
        return
    if not isinstance(asker.source, GraphSource):  # who calls whom may be known from a file, whatever the time
        table = await bulk(asker.source, window=BEFORE)
        assert size(table) == 0
        assert table.query
    for method in asker.by_service():
        (fact,) = await asker.ask(method, window=BEFORE)
        assert fact.standing in (Standing.EMPTY, Standing.PARTIAL)


async def test_no_secret_leaves(asker: Asker) -> None:
    texts = [repr(await bulk(asker.source))]
    for method in queries(asker.source):
        texts += [fact.model_dump_json() for fact in await asker.ask(method)]
    assert HIDDEN not in "".join(texts)


async def test_bulk_reads_cite_and_end_with_the_window(source: Source) -> None:
    found = await bulk(source)
    assert found.query
    assert 0 < size(found) <= ROWS
    if isinstance(found, Matrix | LogTable):
        assert found.times.max() <= WINDOW.end
        assert (np.diff(found.times) >= 0).all()
    if isinstance(found, Spans):
        assert found.start.max() <= WINDOW.end
        assert found.parent.max() < len(found)
    if isinstance(found, ChangeTable):
        assert all(WINDOW.start <= change.at <= WINDOW.end for change in found.changes)
        assert [c.at for c in found.changes] == sorted(c.at for c in found.changes) or len(found.changes) == 1
        assert all(change.diff is None or len(change.diff) <= 50_000 for change in found.changes)


async def test_what_is_not_all_says_so(asker: Asker) -> None:
    """Every row is told, is stood for by another, or its lack is said."""
    if asker.stand.timeless:
        return
    found = await bulk(asker.source)
    if isinstance(found, LogTable):
        told = int(found.weights.sum())
        assert told == len(LINES) or found.partial or found.dropped
        assert told <= len(LINES)
    if isinstance(found, Spans):
        assert len(found) >= len(SPANS) or found.partial or "sample" in found.query
    if isinstance(found, ChangeTable):
        assert len(found.changes) >= len(CHANGES) or found.partial
    assert found.partial == found.partial.strip()


async def test_a_link_is_an_address_or_none_and_costs_nothing(asker: Asker) -> None:
    """Asked twice it is the same, with whatever was asked; text of a fact cannot change where it leads."""
    note = Note(text='"><script>alert(1)</script>', service="javascript:alert(1)")
    facts = [fact for method in queries(asker.source) for fact in await asker.ask(method)]
    given = [(Asked(source=f.source, call=f.call, query=f.query, window=f.window), f.payload) for f in facts[:20]]
    for asked, payload in [*given, *((asked, note) for asked, _ in given[:3])]:
        links = {asker.source.link(asked, payload) for _ in range(2)}
        (link,) = links
        assert link is None or re.fullmatch(r"https?://[!-~]+", link)
        assert link is None or not set("\"'<>`\\|{}^ ") & set(link), (
            "nothing that could end an attribute or a Slack link"
        )
    assert all(fact.link is None or fact.link.startswith(("http://", "https://")) for fact in facts)


async def test_the_parts_of_a_fleet_are_the_whole_of_it(source: Source) -> None:
    if not isinstance(source, MetricSource):
        return
    for era in Era:
        whole = await source.matrix(WINDOW, era)
        parts = [await source.matrix(WINDOW, era, Part(index=index, of=3)) for index in range(3)]
        assert sorted(map(repr, whole.keys)) == sorted(repr(key) for part in parts for key in part.keys)
        for index, part in enumerate(parts):
            assert np.array_equal(part.times, whole.times), "the times of a part are those of the whole"
            assert all(Part(index=index, of=3).holds(key.service) for key in part.keys)
            rows = [whole.keys.index(key) for key in part.keys]
            assert np.array_equal(part.values, whole.values[rows], equal_nan=True)
    assert await source.series_count(WINDOW) > 0


@pytest.mark.parametrize("telemetry", list(Telemetry))
async def test_a_fake_fails_hangs_and_talks_nonsense_when_told(telemetry: Telemetry) -> None:
    broken = fake(telemetry, Mood.FAILS)
    with pytest.raises(SourceError) as caught:
        await bulk(broken)
    assert caught.value.source == broken.name
    assert not (await broken.check()).ok
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bulk(fake(telemetry, Mood.HANGS)), 0.05)
    assert (await bulk(fake(telemetry, Mood.GARBAGE))).query


async def test_every_registered_kind_takes_its_secrets_when_it_is_opened() -> None:
    kinds = source_kinds()
    assert {kind.name for kind in SOURCES} <= {kind.name for kind in kinds}
    for kind in kinds:
        assert kind.name.isidentifier()
        assert kind.settings.model_config.get("extra") == "forbid", f"{kind.name}: an unknown setting must be an error"
        for name, info in kind.settings.model_fields.items():
            hidden = re.search(r"token|password|secret|api_key", name) and not name.endswith("_file")
            hidden = hidden and info.annotation is not bool
            assert not hidden or "SecretStr" in str(info.annotation), f"{kind.name}: {name} must be a SecretStr"
