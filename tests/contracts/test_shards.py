"""Is a fleet that workers read in parts the same fleet, whoever reads them and whoever dies meanwhile?"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clew.causal.moment import Moment
from clew.causal.onset import moment
from clew.causal.shift import series_clues
from clew.causal.summary import summarise
from clew.causal.witness import witnesses
from clew.errors import SourceTimeout, SourceUnavailable, StoreError
from clew.incident import Signal, Symptom, Window
from clew.limits import Limits
from clew.part import Part
from clew.ports import Era, MetricSource
from clew.tables import Matrix, SeriesKey
from clew.testing import FakeMetrics, Mood
from tools.case import case_incident
from tools.parcel import packed, unpacked
from tools.parted import PartedMetrics, PartTask, answered
from tools.recorded import recorded_sources
from tools.shards import Shards, opened

ROOT = Path(__file__).parents[2]
ONSET = 1_763_836_800.0
WINDOW = Window(start=ONSET - 3600.0, end=ONSET + 900.0)
MOMENT = Moment(onset=ONSET, window=WINDOW, alerted_at=ONSET + 60.0)
SYMPTOM = Symptom(service="s3", signal=Signal.LATENCY, metric="latency-p99")
REDIS = pytest.param("redis", marks=pytest.mark.needs("redis-server"))


def fleet(services: int = 60) -> FakeMetrics:
    """Eight series a service with gaps; every seventh service is off from ONSET on."""
    rng = np.random.default_rng(4)
    times = (ONSET + np.arange(-80, 20) * 30.0).astype(np.float64)
    metrics = ("cpu", "latency-p99", "requests", "error_rate")
    names = [f"s{place}" if place else "" for place in range(services)]
    keys = tuple(SeriesKey(s, p, m, labels=(("zone", p),)) for s in names for m in metrics for p in ("a", "b"))
    values = rng.normal(30.0, 2.0, (len(keys), len(times)))
    off = np.array([place // 8 % 7 == 3 for place in range(len(keys))])
    values[off] += np.where(times >= ONSET, 40.0, 0.0)
    values[rng.random(values.shape) < 0.02] = np.nan
    normal = Matrix((times - 86_400.0).astype(np.float64), keys[::2], rng.normal(30.0, 2.0, values[::2].shape))
    return FakeMetrics(table=Matrix(times, keys, values), normal=normal)


def same(one: Any, other: Any) -> bool:
    """Equal to the last bit, NaN like NaN."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if is_dataclass(one) and not isinstance(one, SeriesKey):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one) if f.name != "query")
    if isinstance(one, tuple) and not isinstance(one, SeriesKey):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def worker(*sources: MetricSource, seconds: float = 20.0) -> Callable[[PartTask], Awaitable[bytes]]:
    return lambda task: answered(sources, task, seconds)


def parted(source: MetricSource, shards: Shards, series_at_once: int = 50, seconds: float = 60.0) -> PartedMetrics:
    return PartedMetrics(source, shards.ask, Limits(series_at_once=series_at_once, parts_seconds=seconds))


async def assert_equal(source: MetricSource, mine: PartedMetrics, alerted_at: float, symptom: Symptom) -> None:
    """The onset, every summary and every clue from parts are those from the whole."""
    window = Window(start=alerted_at - 6 * 3600.0, end=alerted_at + 900.0)
    now, normal = await source.matrix(window), await source.matrix(window, Era.NORMAL)
    drawn, usual = [await mine.witnesses(window, era, symptom) for era in (Era.NOW, Era.NORMAL)]
    assert same(drawn, witnesses(now, symptom))
    when = moment(now, normal, alerted_at, symptom)
    assert moment(drawn, usual, alerted_at, symptom) == when
    summary, whole = await mine.summary(window, when), summarise(now, normal, when)
    assert summary is not None
    assert same(summary, whole)
    assert series_clues(summary, when, symptom) == series_clues(whole, when, symptom)


@pytest.fixture(params=["memory", REDIS])
def queue_url(request: pytest.FixtureRequest) -> str:
    return "memory://" if request.param == "memory" else request.getfixturevalue("redis_url")


async def test_parts_read_by_several_workers_are_the_whole(queue_url: str) -> None:
    source, seen = fleet(), set[int]()

    def counting(place: int) -> Callable[[PartTask], Awaitable[bytes]]:
        async def work(task: PartTask) -> bytes:
            seen.add(place)
            await asyncio.sleep(0.05)  # long enough that nobody takes all
            return await answered([source], task, 20.0)

        return work

    workers = 1 if queue_url == "memory://" else 3
    async with AsyncExitStack() as stack:
        several = [await stack.enter_async_context(opened(queue_url, counting(n))) for n in range(workers)]
        await assert_equal(source, parted(source, several[0]), MOMENT.alerted_at, SYMPTOM)
    assert len(seen) == len(several)
    assert {f"matrix {era} part {n} of 10" for era in ("now", "normal") for n in range(10)} <= set(source.calls)


async def test_recorded_cases_in_parts_are_the_whole_cases(cases: Path) -> None:
    folders = [file.parent for file in sorted(cases.rglob("incident.json"))][::11]
    judged = 0
    for folder in folders:
        brief = case_incident(folder)
        for source in recorded_sources(folder):
            if isinstance(source, MetricSource) and (count := await source.series_count(WINDOW)) > 10:
                async with opened("memory://", worker(source)) as shards:
                    await assert_equal(source, parted(source, shards, count // 4), brief.alerted_at, brief.symptom)
                judged += 1
    assert judged >= 5


async def test_a_small_fleet_is_read_whole() -> None:
    source = fleet(3)
    async with opened("memory://", worker(source)) as shards:
        mine = parted(source, shards, 1000)
        assert await mine.summary(WINDOW, MOMENT) is None
        assert same(await mine.witnesses(WINDOW, Era.NOW, SYMPTOM), source.table)
        assert (await mine.of_services(WINDOW, Era.NOW, frozenset(("s1",)))).keys == ()
    assert not any("part" in call for call in source.calls)


async def test_series_of_some_services_come_from_their_parts_alone() -> None:
    source = fleet()
    async with opened("memory://", worker(source)) as shards:
        found = await parted(source, shards).of_services(WINDOW, Era.NOW, frozenset(("s3", "s17")))
    assert {key.service for key in found.keys} == {"s3", "s17"}
    assert len(found.keys) == 16
    assert 1 <= sum("part" in call for call in source.calls) <= 2


VICTIM = """
import asyncio, sys
from tools.shards import opened
async def hang(task):
    print("took", task.part.index, flush=True)
    await asyncio.Event().wait()
async def main(url):
    async with opened(url, hang, at_once=1, redelivery=1.0):
        print("ready", flush=True)
        await asyncio.Event().wait()
asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.needs("redis-server")
async def test_a_part_of_a_killed_worker_is_read_by_another(redis_url: str) -> None:
    source, gate = fleet(), asyncio.Event()

    async def work(task: PartTask) -> bytes:
        await gate.wait()
        return await answered([source], task, 20.0)

    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, redis_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert victim.stdout is not None
    assert await victim.stdout.readline() == b"ready\n"
    async with opened(redis_url, work, at_once=1, redelivery=1.0) as shards:
        asking = asyncio.create_task(parted(source, shards).summary(WINDOW, MOMENT))
        took = await asyncio.wait_for(victim.stdout.readline(), 20)
        victim.send_signal(signal.SIGKILL)
        await victim.wait()
        gate.set()
        summary = await asyncio.wait_for(asking, 60)
    assert took.startswith(b"took")
    assert same(summary, summarise(source.table, source.normal, MOMENT))


async def test_a_source_that_fails_in_one_worker_fails_the_read_and_says_why() -> None:
    source = fleet()
    async with opened("memory://", worker(FakeMetrics(mood=Mood.FAILS))) as shards:
        with pytest.raises(SourceUnavailable, match="is down"):
            await parted(source, shards).summary(WINDOW, MOMENT)
    async with opened("memory://", worker(FakeMetrics(mood=Mood.HANGS), seconds=0.05)) as shards:
        with pytest.raises(SourceUnavailable, match="no answer about part"):
            await parted(source, shards).witnesses(WINDOW, Era.NOW, SYMPTOM)
    async with opened("memory://", worker()) as shards:
        with pytest.raises(SourceUnavailable, match="same settings"):
            await parted(source, shards).of_services(WINDOW, Era.NOW, frozenset(("s1",)))


async def test_a_queue_that_answers_late_or_nonsense_is_a_failed_read() -> None:
    async def never(task: PartTask) -> bytes:
        await asyncio.Event().wait()
        return b""

    async def nonsense(task: PartTask) -> bytes:
        return b"nonsense"

    async with opened("memory://", never) as shards:
        with pytest.raises(SourceTimeout, match=r"within 0\.1 s"):
            await parted(fleet(), shards, seconds=0.1).summary(WINDOW, MOMENT)
    async with opened("memory://", nonsense) as shards:
        with pytest.raises(SourceUnavailable, match="no answer about a part"):
            await parted(fleet(), shards).summary(WINDOW, MOMENT)
    with pytest.raises(StoreError, match="CLEW_QUEUE__URL"):
        async with opened("redis://127.0.0.1:1/0", nonsense):
            pass


def test_what_travels_arrives_as_it_was() -> None:
    source = fleet(5)
    summary = summarise(source.table, source.normal, MOMENT)
    for sent in (source.table, summary, Matrix.empty(), summarise(Matrix.empty(), Matrix.empty(), MOMENT), "why not"):
        assert same(unpacked(packed(sent)), sent)
    for wrong in (b"", b"PK\x03\x04", packed(source.table)[:200]):
        with pytest.raises(ValueError, match="no answer about a part"):
            unpacked(wrong)


def test_every_service_is_in_exactly_one_part() -> None:
    names = ["", "s1", "ünïcode", "\ud800", *(f"service-{n}" for n in range(500))]
    held = [[name for name in names if Part(index=index, of=7).holds(name)] for index in range(7)]
    assert sorted(name for part in held for name in part) == sorted(names)
    assert min(map(len, held)) > 40
    with pytest.raises(ValueError, match="no part 7 of 7"):
        Part(index=7, of=7)
