"""What would the metrics, logs, traces, changes and call graph have answered during this recorded incident?"""

from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeVar

from clew.errors import BadCase, SourceUnavailable
from clew.evidence import Asked, Evidence, Payload
from clew.incident import Window
from clew.part import Part
from clew.ports import Era, Health, Source, Telemetry, query
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, Spans
from tools.answers import change_facts, line_facts, operation_facts, series_facts
from tools.case.shelf import Shelf
from tools.case.tables import DIFF_CHARACTERS, until
from tools.phrases import asked, counted, span

Answer = TypeVar("Answer")
Kind = Literal["metrics", "logs", "traces", "changes", "topology"]


class _Recorded:
    """What the five have in common: a shelf, a name, and one place that maps a bad file to a gap."""

    telemetry: Telemetry
    kind: Kind

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._taken_at = shelf.brief.alerted_at  # a recording has no present: facts are as of the alert

    @property
    def name(self) -> str:
        return f"recorded {self.telemetry.value}"

    async def _read(self, reading: Awaitable[Answer]) -> Answer:
        try:
            return await reading
        except BadCase as error:
            raise SourceUnavailable(self.name, str(error)) from error

    def _query(self, era: Era, window: Window, dropped: int = 0, *, words: str = "") -> str:
        path = self._shelf.file(self.kind, era)
        where = path.name if path else f"no {self.kind} file"
        if era is Era.NORMAL and path:
            where = f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
        when = "all of it" if era is Era.NORMAL else span(window)
        left_out = f" ({counted(dropped, 'unreadable row')} left out)" if dropped else ""
        return " ".join(part for part in (where, words, when) if part) + left_out

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """A recording has no address."""
        return None

    async def check(self) -> Health:
        """Reads the file, so that what is broken is said before an incident needs it."""
        window = Window(start=0.0, end=1e11)
        try:
            size, dropped = await self._size(window)
        except SourceUnavailable as error:
            return Health(source=self.name, ok=False, says=str(error))
        left_out = f", {counted(dropped, 'unreadable row')} left out" if dropped else ""
        holds = counted(size, "row") if size else "readable, but it holds nothing; record the case again if it should"
        return Health(source=self.name, ok=size > 0, says=f"{self._shelf.folder.name}: {holds}{left_out}")

    async def _size(self, window: Window) -> tuple[int, int]:
        raise NotImplementedError


class RecordedMetrics(_Recorded):
    """MetricSource over metrics.csv.gz."""

    telemetry = Telemetry.METRICS
    kind = "metrics"

    async def matrix(self, window: Window, era: Era = Era.NOW, part: Part | None = None) -> Matrix:
        found, dropped = await self._read(self._shelf.metrics(era))
        kept = until(found, window.end) if era is Era.NOW else found
        return replace(kept.of(part) if part else kept, query=self._query(era, window, dropped))

    async def series_count(self, window: Window) -> int:
        found, _ = await self._read(self._shelf.metrics(Era.NOW))
        return len(found.keys)

    @query
    async def series(self, service: str, metric: str, window: Window) -> tuple[Evidence, ...]:
        """Series of `service` (empty: the whole system) whose name contains `metric`; at most 12."""
        found, dropped = await self._read(self._shelf.metrics(Era.NOW))
        text = self._query(Era.NOW, window, dropped, words=f"service={service} metric~{metric}")
        question = asked(self.name, "series", text, window, service=service, metric=metric)
        return series_facts(found, question, service, metric, self._taken_at)

    async def _size(self, window: Window) -> tuple[int, int]:
        found, dropped = await self._read(self._shelf.metrics(Era.NOW))
        return len(found.times), dropped


class RecordedLogs(_Recorded):
    """LogSource over logs.csv.gz."""

    telemetry = Telemetry.LOGS
    kind = "logs"

    async def lines(self, window: Window, era: Era = Era.NOW) -> LogTable:
        found, dropped = await self._read(self._shelf.logs(era))
        kept = until(found, window.end) if era is Era.NOW else found
        return replace(kept, query=self._query(era, window, dropped))

    @query
    async def search(self, service: str, text: str, window: Window) -> tuple[Evidence, ...]:
        """Log lines of `service` (empty: any) that contain `text` (a plain string); newest first, at most 50."""
        found, dropped = await self._read(self._shelf.logs(Era.NOW))
        sent = self._query(Era.NOW, window, dropped, words=f"service={service or '*'} message~{text!r}")
        question = asked(self.name, "search", sent, window, service=service, text=text)
        return line_facts(found, question, service, text, self._taken_at)

    async def _size(self, window: Window) -> tuple[int, int]:
        found, dropped = await self._read(self._shelf.logs(Era.NOW))
        return len(found), dropped


class RecordedTraces(_Recorded):
    """TraceSource over traces.csv.gz."""

    telemetry = Telemetry.TRACES
    kind = "traces"

    async def spans(self, window: Window, era: Era = Era.NOW) -> Spans:
        found, dropped = await self._read(self._shelf.spans(era))
        kept = until(found, window.end) if era is Era.NOW else found
        return replace(kept, query=self._query(era, window, dropped))

    @query
    async def slowest(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """The slowest operations of `service` (empty: any) with calls, errors and durations; at most 10."""
        found, dropped = await self._read(self._shelf.spans(Era.NOW))
        text = self._query(Era.NOW, window, dropped, words=f"service={service or '*'} by duration_us")
        question = asked(self.name, "slowest", text, window, service=service)
        return operation_facts(found, question, service, self._taken_at)

    async def _size(self, window: Window) -> tuple[int, int]:
        found, dropped = await self._read(self._shelf.spans(Era.NOW))
        return len(found), dropped


class RecordedChanges(_Recorded):
    """ChangeSource over changes.jsonl."""

    telemetry = Telemetry.CHANGES
    kind = "changes"

    async def changes(self, window: Window) -> ChangeTable:
        found, dropped = await self._read(self._shelf.changes())
        kept = tuple(c for c in found.changes if window.start <= c.at <= window.end)
        return ChangeTable(kept, self._query(Era.NOW, window, dropped))

    @query
    async def list_changes(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """Commits, deploys, flags and settings that touch `service` (empty: any); newest first, at most 20."""
        found, dropped = await self._read(self._shelf.changes())
        text = self._query(Era.NOW, window, dropped, words=f"service={service or '*'}")
        question = asked(self.name, "list_changes", text, window, service=service)
        return change_facts(found, question, service, self._taken_at, DIFF_CHARACTERS)

    async def _size(self, window: Window) -> tuple[int, int]:
        found, dropped = await self._read(self._shelf.changes())
        return len(found.changes), dropped


class RecordedGraph(_Recorded):
    """GraphSource over topology.csv, or over the spans where there is none."""

    telemetry = Telemetry.TOPOLOGY
    kind = "topology"

    async def graph(self, window: Window) -> CallGraph:
        found, path = await self._read(self._shelf.graph())
        where = path.name if path else "no call graph file"
        return replace(
            found, query=f"{where} caller, callee" if path and path.suffix == ".csv" else f"{where} parent_id, service"
        )

    async def _size(self, window: Window) -> tuple[int, int]:
        found = await self.graph(window)
        return len(found.edges), 0


def recorded_sources(folder: Path) -> tuple[Source, ...]:
    """The sources that the case in `folder` has; one whose files it never had is absent, one whose file is lost says so.

    Reads incident.json only; the rest is read when asked for, in a thread. Raises BadCase.
    """
    shelf = Shelf(folder)
    every: tuple[RecordedMetrics | RecordedLogs | RecordedTraces | RecordedChanges | RecordedGraph, ...] = (
        RecordedMetrics(shelf),
        RecordedLogs(shelf),
        RecordedTraces(shelf),
        RecordedChanges(shelf),
        RecordedGraph(shelf),
    )
    traced = shelf.file("traces") is not None
    return tuple(s for s in every if shelf.file(s.kind) is not None or (s.kind == "topology" and traced))
