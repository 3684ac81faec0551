"""Which recorded incident is asked about, when the playground can replay any of them?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bot.composition import Facts
from clew.errors import SourceUnavailable
from clew.evidence import Asked, Evidence, Payload
from clew.incident import Incident, Window
from clew.limits import Limits
from clew.part import Part
from clew.ports import (
    ChangeSource,
    Era,
    GraphSource,
    Health,
    LogSource,
    MetricSource,
    Telemetry,
    TraceSource,
    query,
)
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, Spans

Port = TypeVar("Port")


@dataclass(frozen=True)
class Library(Facts):
    """Recorded incidents by the title of the channel that replays each; a read means the one whose alert its window is about."""

    first: str = ""
    cases: Mapping[str, Facts] = field(default_factory=dict[str, Facts])

    def briefed(self, incident: Incident) -> Incident:
        told = next((facts for title, facts in self.cases.items() if incident.title.startswith(title)), None)
        return (told or self.cases[self.first]).briefed(incident)


def library(cases: Mapping[str, Facts], first: str) -> Library:
    """All `cases` (channel title to facts) as one set of facts; a channel of another title replays `first`."""
    shelf = Shelf(cases)
    sources = (Metrics(shelf), Logs(shelf), Traces(shelf), Changes(shelf), Graph(shelf))
    return Library(sources=sources, first=first, cases=cases)


@dataclass(frozen=True)
class Shelf:
    """Finds the recording that a window is about."""

    cases: Mapping[str, Facts]

    def at(self, window: Window, telemetry: Telemetry, port: type[Port]) -> Port:
        """Raises SourceUnavailable if that recording has no such telemetry."""
        alert = window.end - Limits().lookahead_seconds
        near = min(self.cases.values(), key=lambda facts: abs((facts.brief.alerted_at if facts.brief else 0.0) - alert))
        for source in near.sources:
            if source.telemetry is telemetry and isinstance(source, port):
                return source
        raise SourceUnavailable(f"recorded {telemetry.value}", f"this recording has no {telemetry.value}")


class _Shelved:
    """What the five have in common."""

    telemetry: Telemetry

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    @property
    def name(self) -> str:
        return f"recorded {self.telemetry.value}"

    def link(self, asked: Asked, payload: Payload) -> str | None:
        return None

    async def check(self) -> Health:
        return Health(source=self.name, ok=True, says=f"{len(self._shelf.cases)} recorded incidents")


class Metrics(_Shelved):
    telemetry = Telemetry.METRICS

    async def matrix(self, window: Window, era: Era = Era.NOW, part: Part | None = None) -> Matrix:
        return await self._shelf.at(window, self.telemetry, MetricSource).matrix(window, era, part)

    async def series_count(self, window: Window) -> int:
        return await self._shelf.at(window, self.telemetry, MetricSource).series_count(window)

    @query
    async def series(self, service: str, metric: str, window: Window) -> tuple[Evidence, ...]:
        """Series of `service` whose name contains `metric`."""
        return await self._shelf.at(window, self.telemetry, MetricSource).series(service, metric, window)


class Logs(_Shelved):
    telemetry = Telemetry.LOGS

    async def lines(self, window: Window, era: Era = Era.NOW) -> LogTable:
        return await self._shelf.at(window, self.telemetry, LogSource).lines(window, era)

    @query
    async def search(self, service: str, text: str, window: Window) -> tuple[Evidence, ...]:
        """Lines of `service` that contain `text`."""
        return await self._shelf.at(window, self.telemetry, LogSource).search(service, text, window)


class Traces(_Shelved):
    telemetry = Telemetry.TRACES

    async def spans(self, window: Window, era: Era = Era.NOW) -> Spans:
        return await self._shelf.at(window, self.telemetry, TraceSource).spans(window, era)

    @query
    async def slowest(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """The slowest operations of `service`."""
        return await self._shelf.at(window, self.telemetry, TraceSource).slowest(service, window)


class Changes(_Shelved):
    telemetry = Telemetry.CHANGES

    async def changes(self, window: Window) -> ChangeTable:
        return await self._shelf.at(window, self.telemetry, ChangeSource).changes(window)

    @query
    async def list_changes(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """Changes that touch `service`."""
        return await self._shelf.at(window, self.telemetry, ChangeSource).list_changes(service, window)


class Graph(_Shelved):
    telemetry = Telemetry.TOPOLOGY

    async def graph(self, window: Window) -> CallGraph:
        return await self._shelf.at(window, self.telemetry, GraphSource).graph(window)
