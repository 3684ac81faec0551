"""What if the telemetry looked exactly like this, or failed, hung or answered nonsense?"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from clew.errors import SourceUnavailable
from clew.evidence import Asked, Call, Evidence, Note, Payload, Standing, evidence
from clew.incident import Window
from clew.part import Part
from clew.ports import Era, Health, Telemetry, query
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, SeriesKey, Spans

NONSENSE = "\x00\x1b[31m\u202e{{nonsense}} <!channel> " + "x" * 8_000


class Mood(StrEnum):
    """How a fake source behaves."""

    WELL = "well"
    FAILS = "fails"
    """Every read raises SourceUnavailable."""
    HANGS = "hangs"
    """No read ever returns."""
    GARBAGE = "garbage"
    """Reads return well-formed tables of NaN and hostile text."""


@dataclass(kw_only=True)
class _Fake:
    """`answers` are what its `@query` methods may return; `calls` is what was asked, in order."""

    telemetry: Telemetry
    name: str = ""
    mood: Mood = Mood.WELL
    answers: tuple[Evidence, ...] = ()
    calls: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.name = self.name or f"fake {self.telemetry.value}"

    async def _asked(self, call: str) -> None:
        self.calls.append(call)
        if self.mood is Mood.FAILS:
            raise SourceUnavailable(self.name, f"{self.name} is down")
        if self.mood is Mood.HANGS:
            await asyncio.Event().wait()

    def link(self, asked: Asked, payload: Payload) -> str | None:
        return None

    async def check(self) -> Health:
        says = {Mood.FAILS: "is down", Mood.HANGS: "does not answer", Mood.GARBAGE: "answers nonsense"}
        return Health(source=self.name, ok=self.mood is Mood.WELL, says=says.get(self.mood, "answers"))

    async def _answer(self, method: str, window: Window, most: int, **arguments: str) -> tuple[Evidence, ...]:
        """The answers about the service that was asked for (empty: all), or one empty fact."""
        sent = f"{method} " + " ".join(f"{key}={value}" for key, value in arguments.items())
        await self._asked(sent)
        call = Call(method=method, arguments=tuple(sorted(arguments.items())))
        asked = Asked(source=self.name, call=call, query=sent, window=window)
        if self.mood is Mood.GARBAGE:
            return (evidence(asked, Note(text=NONSENSE), NONSENSE[:200], taken_at=window.end),)
        service = arguments["service"]
        found = _about(self.answers, service)[:most]
        nothing = f"Nothing of {service or 'any service'}."
        return found or (evidence(asked, Note(text=nothing), nothing, taken_at=window.end, standing=Standing.EMPTY),)


def _about(facts: Iterable[Evidence], service: str) -> tuple[Evidence, ...]:
    return tuple(fact for fact in facts if not service or fact.payload.service == service)


@dataclass(kw_only=True)
class FakeMetrics(_Fake):
    """A MetricSource that holds two tables."""

    telemetry: Telemetry = Telemetry.METRICS
    table: Matrix = field(default_factory=Matrix.empty)
    normal: Matrix = field(default_factory=Matrix.empty)

    async def matrix(self, window: Window, era: Era = Era.NOW, part: Part | None = None) -> Matrix:
        await self._asked(f"matrix {era.value}" + (f" part {part.index} of {part.of}" if part else ""))
        if self.mood is Mood.GARBAGE:
            times = np.linspace(window.start, window.end, 30)
            return Matrix(times, (SeriesKey(NONSENSE, "", NONSENSE),), np.full((1, 30), np.nan), "garbage")
        found = self.table if era is Era.NOW else self.normal
        return replace(found.of(part) if part else found, query=found.query or f"{self.name} {era.value}")

    async def series_count(self, window: Window) -> int:
        await self._asked("series_count")
        return len(self.table.keys)

    @query
    async def series(self, service: str, metric: str, window: Window) -> tuple[Evidence, ...]:
        """Series of a service whose name contains a text."""
        return await self._answer("series", window, 12, service=service, metric=metric)


@dataclass(kw_only=True)
class FakeLogs(_Fake):
    """A LogSource that holds two tables."""

    telemetry: Telemetry = Telemetry.LOGS
    table: LogTable = field(default_factory=LogTable.empty)
    normal: LogTable = field(default_factory=LogTable.empty)

    async def lines(self, window: Window, era: Era = Era.NOW) -> LogTable:
        await self._asked(f"lines {era.value}")
        if self.mood is Mood.GARBAGE:
            zero = np.zeros(1, dtype=np.int32)
            return LogTable(
                np.array([window.end]), zero, zero, zero - 1, (NONSENSE,), (NONSENSE,), ("",), (), "garbage"
            )
        found = self.table if era is Era.NOW else self.normal
        return replace(found, query=found.query or f"{self.name} {era.value}")

    @query
    async def search(self, service: str, text: str, window: Window) -> tuple[Evidence, ...]:
        """Lines of a service that contain a text."""
        return await self._answer("search", window, 50, service=service, text=text)


@dataclass(kw_only=True)
class FakeTraces(_Fake):
    """A TraceSource that holds two tables."""

    telemetry: Telemetry = Telemetry.TRACES
    table: Spans = field(default_factory=Spans.empty)
    normal: Spans = field(default_factory=Spans.empty)

    async def spans(self, window: Window, era: Era = Era.NOW) -> Spans:
        await self._asked(f"spans {era.value}")
        found = self.table if era is Era.NOW and self.mood is Mood.WELL else self.normal
        return replace(found, query=found.query or f"{self.name} {era.value}")

    @query
    async def slowest(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """The slowest operations of a service."""
        return await self._answer("slowest", window, 10, service=service)


@dataclass(kw_only=True)
class FakeChanges(_Fake):
    """A ChangeSource that holds one table."""

    telemetry: Telemetry = Telemetry.CHANGES
    table: ChangeTable = field(default_factory=ChangeTable)

    async def changes(self, window: Window) -> ChangeTable:
        await self._asked("changes")
        if self.mood is Mood.GARBAGE:
            return ChangeTable((), "garbage")
        kept = tuple(c for c in self.table.changes if window.start <= c.at <= window.end)
        return ChangeTable(kept, self.table.query or self.name)

    @query
    async def list_changes(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """Changes that touch a service."""
        return await self._answer("list_changes", window, 20, service=service)


@dataclass(kw_only=True)
class FakeGraph(_Fake):
    """A GraphSource that holds one graph."""

    telemetry: Telemetry = Telemetry.TOPOLOGY
    table: CallGraph = field(default_factory=CallGraph)

    async def graph(self, window: Window) -> CallGraph:
        await self._asked("graph")
        return replace(self.table if self.mood is Mood.WELL else CallGraph(), query=self.table.query or self.name)
