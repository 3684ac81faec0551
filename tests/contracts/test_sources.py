"""Does every source, recorded, fake or registered, keep the promises of its port?"""

import asyncio
import gzip
import inspect
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clew.errors import SourceError
from clew.evidence import Change, Evidence, Note, Standing, evidence
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
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, SeriesKey, Spans
from clew.testing import FakeChanges, FakeGraph, FakeLogs, FakeMetrics, FakeTraces, Mood
from tools import SOURCES, source_kinds
from tools.phrases import asked
from tools.recorded import recorded_sources

ALERT = 1_700_000_000.0
WINDOW = Window(start=ALERT - 900, end=ALERT + 100)
SECRET = "pass" + "word=" + "s3cr3t-s3cr3t"
PORTS = {
    Telemetry.METRICS: MetricSource,
    Telemetry.LOGS: LogSource,
    Telemetry.TRACES: TraceSource,
    Telemetry.CHANGES: ChangeSource,
    Telemetry.TOPOLOGY: GraphSource,
}
MOST = {"series": 12, "search": 50, "slowest": 10, "list_changes": 20}


def recorded(folder: Path, telemetry: Telemetry) -> Source:
    """A case in which there is more of everything than a question may return, and a secret in every text."""
    brief = {"format": 1, "id": "c", "title": "t", "alerted_at": ALERT, "modalities": []}
    (folder / "incident.json").write_text(json.dumps(brief))
    names = [f"m{i}(s)" for i in range(40)]
    rows = [f"{ALERT - t},web,," + ",".join(["1"] * 40) for t in range(0, 20_000, 10)]
    (folder / "metrics.csv.gz").write_bytes(packed(["time,service,instance," + ",".join(names), *rows]))
    lines = [f"{ALERT - t},web,,ERROR,,{SECRET} line {t}" for t in range(500)]
    (folder / "logs.csv.gz").write_bytes(packed(["time,service,instance,severity,trace_id,message", *lines]))
    spans = [f"t,{t},,web,,operation {t},{ALERT - t},5," for t in range(400)]
    (folder / "traces.csv.gz").write_bytes(
        packed(["trace_id,span_id,parent_id,service,instance,operation,start,duration_us,status", *spans])
    )
    changes = [
        {"id": f"c{t}", "time": ALERT - t, "service": "web", "title": SECRET, "diff": f"+{SECRET}" * 9_000}
        for t in range(60)
    ]
    (folder / "changes.jsonl").write_text("\n".join(json.dumps(change) for change in changes))
    (folder / "topology.csv").write_text("caller,callee\nweb,db\n")
    return next(s for s in recorded_sources(folder) if s.telemetry is telemetry)


def packed(lines: list[str]) -> bytes:
    return gzip.compress("\n".join(lines).encode())


def fake(telemetry: Telemetry, mood: Mood = Mood.WELL) -> Source:
    question = asked("fake", "any", "any", WINDOW)
    facts = tuple(
        evidence(question, Note(text=f"fact {i}", service="web"), f"fact {i}", taken_at=ALERT) for i in range(99)
    )
    zero = np.zeros(1, dtype=np.int32)
    now = np.array([ALERT])
    match telemetry:
        case Telemetry.METRICS:
            return FakeMetrics(
                mood=mood, answers=facts, table=Matrix(now, (SeriesKey("web", "", "m"),), np.ones((1, 1)))
            )
        case Telemetry.LOGS:
            return FakeLogs(
                mood=mood, answers=facts, table=LogTable(now, zero, zero, zero - 1, ("x",), ("web",), ("",), ())
            )
        case Telemetry.TRACES:
            table = Spans(zero, zero - 1, zero, zero, now, now, zero > 0, ("t",), ("web",), ("op",))
            return FakeTraces(mood=mood, answers=facts, table=table)
        case Telemetry.CHANGES:
            return FakeChanges(mood=mood, answers=facts, table=ChangeTable((Change(ref="c", at=ALERT),)))
        case Telemetry.TOPOLOGY:
            return FakeGraph(mood=mood, table=CallGraph((("web", "db"),)))


@pytest.fixture(params=[f"{kind} {telemetry.value}" for kind in ("recorded", "fake") for telemetry in Telemetry])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    kind, telemetry = request.param.split()
    return recorded(tmp_path, Telemetry(telemetry)) if kind == "recorded" else fake(Telemetry(telemetry))


async def ask(method: Callable[..., object], service: str = "web") -> tuple[Evidence, ...]:
    """Calls a `@query` method as a model would: by the names of its parameters."""
    given = {"service": service, "metric": "", "text": "", "window": WINDOW}
    wanted = inspect.signature(method).parameters
    answer = method(**{name: given[name] for name in wanted})
    assert inspect.isawaitable(answer)
    return await answer


async def bulk(source: Source, era: Era = Era.NOW) -> Matrix | LogTable | Spans | ChangeTable | CallGraph:
    if isinstance(source, MetricSource):
        return await source.matrix(WINDOW, era)
    if isinstance(source, LogSource):
        return await source.lines(WINDOW, era)
    if isinstance(source, TraceSource):
        return await source.spans(WINDOW, era)
    if isinstance(source, ChangeSource):
        return await source.changes(WINDOW)
    assert isinstance(source, GraphSource)
    return await source.graph(WINDOW)


async def test_it_is_what_it_says_it_is(source: Source) -> None:
    assert isinstance(source, PORTS[source.telemetry])
    assert source.name
    health = await source.check()
    assert (health.ok, health.source) == (True, source.name)
    assert health.says


async def test_a_question_takes_only_what_a_person_would_type(source: Source) -> None:
    for method in queries(source):
        parameters = inspect.signature(method).parameters
        assert set(parameters) <= {"service", "metric", "text", "window"}
        assert "window" in parameters, "every question is bounded in time"
        assert inspect.getdoc(method), "name and docstring are what a model sees"


async def test_answers_are_few_valid_and_cited(source: Source) -> None:
    for method in queries(source):
        facts = await ask(method)
        assert 0 < len(facts) <= MOST[method.__name__]
        assert len({fact.id for fact in facts}) == len(facts)
        for fact in facts:
            assert fact.says
            assert fact.query
            assert len(fact.model_dump_json()) < 150_000
            assert Evidence.model_validate_json(fact.model_dump_json()) == fact


async def test_the_same_question_has_the_same_answer(source: Source) -> None:
    for method in queries(source):
        assert [f.id for f in await ask(method)] == [f.id for f in await ask(method)]


async def test_nothing_found_is_a_fact_too(source: Source) -> None:
    for method in queries(source):
        (fact,) = await ask(method, service="no such service")
        assert fact.standing is Standing.EMPTY


async def test_no_secret_leaves(source: Source) -> None:
    texts = [repr(await bulk(source))]
    for method in queries(source):
        texts += [fact.model_dump_json() for fact in await ask(method)]
    assert "s3cr3t" not in "".join(texts)


async def test_bulk_reads_cite_and_end_with_the_window(source: Source) -> None:
    found = await bulk(source)
    assert found.query
    if isinstance(found, Matrix | LogTable):
        assert found.times.max() <= WINDOW.end
        assert (np.diff(found.times) >= 0).all()
    if isinstance(found, Spans):
        assert found.start.max() <= WINDOW.end
        assert found.parent.max() < len(found)


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


def test_every_registered_kind_takes_its_secrets_when_it_is_opened() -> None:
    kinds = source_kinds()
    assert {kind.name for kind in SOURCES} <= {kind.name for kind in kinds}
    for kind in kinds:
        assert kind.name.isidentifier()
        assert kind.settings.model_config.get("extra") == "forbid", f"{kind.name}: an unknown setting must be an error"
