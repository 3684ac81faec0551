"""Is an investigation of a fleet that is read in parts the investigation of the whole fleet?"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from clew.evidence import Series
from clew.hypothesis import Report, Verdict
from clew.limits import Limits
from clew.ports import MetricSource
from clew.tables import Matrix, SeriesKey
from clew.testing import DictMemory, FakeMetrics, FakePlatform, Mood
from tests.flows.story import Houses, matrix, sources
from tools.parted import PartedMetrics, PartTask, answered
from tools.shards import Shards, opened

AT_ONCE = 200


def large() -> Matrix:
    """The story's services among 150 calm ones of eight series each."""
    small = matrix()
    rng = np.random.default_rng(9)
    keys = tuple(
        SeriesKey(f"other-{n}", pod, metric, "%")
        for n in range(150)
        for metric in ("cpu", "memory", "queue", "heap")
        for pod in ("a", "b")
    )
    values = rng.normal(20.0, 0.5, (len(keys), len(small.times)))
    return Matrix(
        small.times, (*small.keys, *keys), np.concatenate((small.values, values)), "range query of everything"
    )


async def investigated(folder: Path, metrics: MetricSource, limits: Limits) -> tuple[Report, DictMemory]:
    """The report of the story with these metrics."""
    houses = Houses(folder, DictMemory(), FakePlatform())
    found = (metrics, *sources()[1:])
    async with houses.house(sources=found, limits=limits) as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.report is not None
    return progress.report, houses.memory


async def in_parts(folder: Path, source: FakeMetrics, workers: FakeMetrics) -> tuple[Report, DictMemory]:
    """The report when `workers` holds what the workers read."""

    async def work(task: PartTask) -> bytes:
        return await answered([workers], task, 5.0)

    limits = Limits(source_seconds=5.0, series_at_once=AT_ONCE)
    async with opened("memory://", work) as shards:
        return await investigated(folder, parted(source, shards, limits), limits)


def parted(source: FakeMetrics, shards: Shards, limits: Limits) -> PartedMetrics:
    return PartedMetrics(source, shards.ask, limits)


async def test_the_report_of_a_large_fleet_is_that_of_the_whole(tmp_path: Path) -> None:
    source, other = (FakeMetrics(name="metrics", table=large()) for _ in range(2))
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole, _ = await investigated(tmp_path / "whole", source, Limits(source_seconds=5.0))
    parts, memory = await in_parts(tmp_path / "parts", other, other)
    assert (parts.verdict, parts.headline, parts.onset) == (whole.verdict, whole.headline, whole.onset)
    assert (parts.ranking, parts.changes, parts.gaps) == (whole.ranking, whole.changes, whole.gaps)
    assert [(h.title, h.weight, h.why) for h in parts.hypotheses] == [
        (h.title, h.weight, h.why) for h in whole.hypotheses
    ]
    assert "matrix now" in source.calls
    assert "matrix now" not in other.calls, "nobody read the whole fleet"
    kept = [n.fact.payload for n in await memory.recall((await memory.recent(1))[0].incident.id)]
    assert any(isinstance(payload, Series) and payload.name == "pool_waiting" for payload in kept)


async def test_workers_that_cannot_read_are_a_gap_and_the_rest_still_answers(tmp_path: Path) -> None:
    source = FakeMetrics(name="metrics", table=large())
    report, _ = await in_parts(tmp_path, source, replace(source, mood=Mood.FAILS, calls=[]))
    assert report.verdict is Verdict.CAUSE
    assert [gap for gap in report.gaps if gap.source == "metrics" and "is down" in gap.reason]
