"""What incident do the flows live through: a deploy of checkout shrinks its connection pool, payments and web only suffer."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from agents.checkpoints import opened
from agents.copilot import GraphCopilot
from clew.deps import Deps
from clew.evidence import Change
from clew.incident import Incident, Signal, Symptom, Thread, Window, incident_id
from clew.limits import Limits
from clew.ports import Mind, Source
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, SeriesKey, Spans
from clew.testing import (
    DictMemory,
    FakeChanges,
    FakeGraph,
    FakeLogs,
    FakeMetrics,
    FakePlatform,
    FakeTraces,
    FrozenClock,
)

ONSET = 1_763_836_600.0
ALERT = ONSET + 90.0
BEGIN, END = ONSET - 3000.0, ONSET + 600.0
DIFF = """--- a/services/checkout/settings.yaml
+++ b/services/checkout/settings.yaml
@@ -3,3 +3,3 @@
 database:
-  pool_size: 50
+  pool_size: 5
"""


def level(quiet: float, loud: float | None = None, seed: int = 1) -> np.ndarray:
    times = np.arange(BEGIN, END, 15.0)
    noise = np.random.default_rng(seed).normal(0, 0.03, len(times))
    values = quiet * (1 + noise)
    return values if loud is None else np.where(times >= ONSET, loud * (1 + noise), values)


def matrix(sick: bool = True) -> Matrix:
    rows = {
        SeriesKey("", "", "latency-p99", "s"): level(0.118, 0.51 if sick else None, 2),
        SeriesKey("web", "", "latency-p99", "s"): level(0.12, 0.5 if sick else None, 3),
        SeriesKey("checkout", "", "latency-p99", "s"): level(0.1, 0.48 if sick else None, 4),
        SeriesKey("checkout", "", "pool_waiting", ""): level(0.5, 40 if sick else None, 5),
        SeriesKey("cart", "", "latency-p99", "s"): level(0.03, None, 6),
        SeriesKey("payments", "", "latency-p99", "s"): level(0.05, None, 7),
        **{
            SeriesKey(s, "", "cpu", "%"): level(20, None, 8 + i)
            for i, s in enumerate(("web", "checkout", "cart", "payments"))
        },
        **{
            SeriesKey(s, "", "requests", "1/s"): level(30, None, 20 + i)
            for i, s in enumerate(("web", "checkout", "cart"))
        },
    }
    return Matrix(np.arange(BEGIN, END, 15.0), tuple(rows), np.array(list(rows.values())), "range query of everything")


def lines(sick: bool = True, hostile: str = "") -> LogTable:
    entries: list[tuple[float, int, int, int, str]] = []
    for i, at in enumerate(np.arange(BEGIN, END, 5.0)):
        entries.append((float(at), i % 3, 0, -1, f"handled request {i} in {20 + i % 7} ms"))
    if sick:
        for i, at in enumerate(np.arange(ONSET, END, 2.0)):
            entries.append((float(at), 1, 1, i, f"database pool exhausted: waited {1000 + i} ms for pool_size 5"))
            entries.append((float(at) + 0.2, 0, 1, i, f"upstream checkout answered 503 after {1000 + i} ms"))
            if hostile:
                entries.append((float(at) + 0.1, 2, 1, i, hostile))
    entries.sort(key=lambda e: e[0])
    column = list(zip(*entries, strict=True))
    return LogTable(
        np.array(column[0]),
        np.array(column[1], dtype=np.int32),
        np.array(column[2], dtype=np.int32),
        np.array(column[3], dtype=np.int32),
        tuple(column[4]),
        ("web", "checkout", "cart"),
        ("INFO", "ERROR"),
        tuple(f"trace{i}" for i in range(400)),
        "all lines",
    )


CHANGES = (
    Change(
        ref="9c07de1",
        what="commit",
        at=ONSET - 2400,
        service="cart",
        author="lee",
        title="Tidy a comment",
        diff="-# old\n+# new\n",
    ),
    Change(
        ref="4f2c1a9",
        what="deploy",
        at=ONSET - 60,
        service="checkout",
        author="mia",
        title="Lower the database pool",
        files=("services/checkout/settings.yaml",),
        diff=DIFF,
    ),
)
GRAPH = CallGraph(
    edges=(("web", "checkout"), ("web", "cart"), ("checkout", "payments")),
    provenance="recorded",
    query="graph",
    services=("web", "checkout", "cart", "payments"),
)


def sources(hostile: str = "") -> tuple[Source, ...]:
    return (
        FakeMetrics(name="metrics", table=matrix(), normal=Matrix.empty()),
        FakeLogs(name="logs", table=lines(hostile=hostile), normal=lines(sick=False)),
        FakeTraces(name="traces", table=Spans.empty()),
        FakeChanges(name="changes", table=ChangeTable(CHANGES, "log of the repository")),
        FakeGraph(name="graph", table=GRAPH),
    )


def incident(name: str = "checkout-latency") -> Incident:
    return Incident(
        id=incident_id("fake", name),
        title="Checkout latency",
        thread=Thread(platform="fake", channel=f"C-{name}"),
        alerted_at=ALERT,
        symptom=Symptom(service="checkout", signal=Signal.LATENCY),
        window=Window(start=BEGIN, end=END),
        opened_by="channel name matches inc-*",
        opened_at=ALERT + 5,
    )


class RunningClock:
    """A clock that runs as clocks do, but starts at the incident: for what depends on who waits how long."""

    def __init__(self, now: float = ALERT + 10) -> None:
        self._offset = now - time.monotonic()

    def now(self) -> float:
        return time.monotonic() + self._offset

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class BackgroundJobs:
    """Jobs that run in tasks of the test's own loop, one per key at a time."""

    run: Callable[[str], Awaitable[None]]
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])
    submitted: list[str] = field(default_factory=list[str])

    async def submit(self, incident_id: str) -> None:
        self.submitted.append(incident_id)
        before = self.tasks.get(incident_id)

        async def work() -> None:
            if before is not None:
                await asyncio.wait({before})
            await self.run(incident_id)

        self.tasks[incident_id] = asyncio.create_task(work())

    async def settled(self) -> None:
        while waiting := {task for task in self.tasks.values() if not task.done()}:
            await asyncio.wait(waiting, timeout=30)

    async def killed(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


@dataclass
class House:
    """One process of Clew on fakes."""

    copilot: GraphCopilot
    platform: FakePlatform
    memory: DictMemory
    jobs: BackgroundJobs
    clock: FrozenClock | RunningClock
    incident: Incident

    async def investigated(self) -> None:
        assert await self.copilot.open(self.incident)
        await self.jobs.settled()


@dataclass
class Houses:
    """Builds processes that share a store, a chat and a checkpoint file."""

    folder: Path
    memory: DictMemory = field(default_factory=DictMemory)
    platform: FakePlatform = field(default_factory=FakePlatform)
    clock: FrozenClock | RunningClock = field(default_factory=lambda: FrozenClock(ALERT + 10))

    @asynccontextmanager
    async def house(
        self,
        *,
        sources: tuple[Source, ...] | None = None,
        limits: Limits | None = None,
        mind: Mind | None = None,
        owner: str = "one",
        scopes: Mapping[str, tuple[Source, ...]] | None = None,
    ) -> AsyncGenerator[House]:
        deps = Deps(
            sources=globals()["sources"]() if sources is None else sources,
            memory=self.memory,
            clock=self.clock,
            limits=limits or Limits(source_seconds=2.0),
            mind=mind,
            scopes=scopes or {},
        )
        box: list[GraphCopilot] = []
        jobs = BackgroundJobs(lambda key: box[0].run(key))  # noqa: PLW0108 the box is filled below
        async with opened(self.folder / "checkpoints.db") as saver:
            box.append(GraphCopilot(deps, {"fake": self.platform}, jobs, saver, owner))
            try:
                yield House(box[0], self.platform, self.memory, jobs, self.clock, incident())
            finally:
                await jobs.killed()


def without(kept: tuple[Source, ...], name: str, other: Source | None = None) -> tuple[Source, ...]:
    """The same sources with one replaced or left out."""
    return tuple(s for s in ((other if s.name == name else s) for s in kept) if s is not None)
