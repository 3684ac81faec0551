"""What did a Prometheus measure, read as one table or asked about one service?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from clew.evidence import Asked, Evidence, Payload
from clew.incident import Window
from clew.part import Part
from clew.ports import Era, Health, Telemetry, query
from clew.tables import Matrix
from tools.answers import SERIES, series_facts
from tools.phrases import asked, rest, span
from tools.prometheus.alerts import exemplary, fired
from tools.prometheus.catalogue import Catalogue, Reach
from tools.prometheus.checking import checked
from tools.prometheus.grid import Grid, grid
from tools.prometheus.reading import CELLS, Portion, Read, Reader
from tools.prometheus.rows import matrix
from tools.prometheus.selector import Matcher
from tools.prometheus.server import Server
from tools.prometheus.typed import typed

SHARE = 0.8
"""The part of the time for one question that its reads may take, so that what came in time is told in time."""
CITED = 4_000
"""Characters of the text of a whole table's queries."""


@dataclass(eq=False)
class PrometheusMetrics:
    """MetricSource over the query API."""

    server: Server
    name: str = "prometheus"
    telemetry: Telemetry = Telemetry.METRICS

    def link(self, asked: Asked, payload: Payload) -> str | None:
        return self.server.outside.links.graph(asked.query, asked.window)

    async def check(self) -> Health:
        """Reach, rights, labels, clock and retention."""
        return await checked(self.name, self.server, calls=False)

    async def series_count(self, window: Window) -> int:
        catalogue = await self.server.discovery.catalogue(*self._stretch(window))
        return catalogue.rows

    async def matrix(self, window: Window, era: Era = Era.NOW, part: Part | None = None) -> Matrix:
        """Raises SourceError; what did not come in time or was refused is named in `partial`."""
        moved = self._moved(window, era)
        if moved is None:
            return Matrix.empty("no normal_offset_seconds is set")
        catalogue = await self.server.discovery.catalogue(*self._stretch(moved))
        services = None if part is None else tuple(name for name in catalogue.services if part.holds(name))
        found = await self._read(moved, catalogue, catalogue.reaches, services)
        shift = window.start - moved.start
        return replace(found, times=found.times + shift) if shift else found

    @query
    async def series(self, service: str, metric: str, window: Window) -> tuple[Evidence, ...]:
        """Series of `service` (empty: the whole system) whose name contains `metric`; at most 12."""
        question = asked(
            self.name, "series", f"series of {service} like {metric}", window, service=service, metric=metric
        )
        catalogue = await self.server.discovery.catalogue(*self._stretch(window))
        names = [name for name in catalogue.services if name.lower() == service.lower()]
        wanted = metric.lower()
        families = {reach.ask.family for reach in catalogue.reaches if _asked_for(reach, wanted)}
        reaches = [reach for reach in catalogue.reaches if reach.ask.family in families]
        if not names or not reaches:
            return series_facts(Matrix.empty(), question, service, metric, self.server.outside.now())
        found = await self._read(window, catalogue, reaches, names)
        return self._facts(found, question, names[0], metric)

    @query
    async def expression(self, text: str, window: Window) -> tuple[Evidence, ...]:
        """Series of a PromQL expression `text`; at most 12. It must name its metrics; ranges are a day at most."""
        question = asked(self.name, "expression", text or "nothing", window, text=text)
        return await typed(question, text, self.server)

    @query
    async def alerts(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """Alerting rules that fired about `service` (empty: any), when, and what they say; at most 12."""
        question = asked(self.name, "alerts", "ALERTS", window, service=service)
        return await fired(question, service, self.server)

    @query
    async def exemplars(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """Traces of the slowest requests of `service`, as noted beside its histograms; at most 10."""
        question = asked(self.name, "exemplars", f"exemplars of {service}", window, service=service)
        catalogue = await self.server.discovery.catalogue(*self._stretch(window))
        return await exemplary(question, service, self.server, catalogue)

    def _facts(self, found: Matrix, question: Asked, service: str, metric: str) -> tuple[Evidence, ...]:
        """Each series with its own exact query."""
        now, window, wanted = self.server.outside.now(), question.window, metric.lower()
        inside = (found.times >= window.start) & (found.times <= window.end)
        rows = [
            row
            for row, key in enumerate(found.keys)
            if (wanted in key.metric.lower() or wanted in key.query.lower())
            and np.isfinite(found.values[row, inside]).any()
        ]
        rows.sort(key=lambda row: (not found.keys[row].metric.lower().startswith(wanted), found.keys[row].metric))
        if not rows:
            sent = question.model_copy(update={"query": found.query or question.query})
            return series_facts(Matrix.empty(), sent, service, metric, now)
        shown = rows if len(rows) < SERIES + (not found.partial) else rows[: SERIES - 1]
        facts: list[Evidence] = []
        for row in shown:
            key = found.keys[row]
            one = Matrix(found.times, (key,), found.values[row : row + 1])
            facts += series_facts(one, question.model_copy(update={"query": key.query}), key.service, key.metric, now)
        if len(shown) < len(rows):
            more = f"{len(shown)} of {len(rows)} series shown; name the metric more closely to see the others."
            facts.append(rest(question, more, now, service))
        elif found.partial:
            facts.append(rest(question, f"Not all series in {span(window)}: {found.partial}", now, service))
        return tuple(facts)

    async def _read(
        self, window: Window, catalogue: Catalogue, reaches: Sequence[Reach], services: Sequence[str] | None
    ) -> Matrix:
        on = grid(window, self.server.settings, catalogue.interval, self.server.outside.now())
        if on is None:
            return Matrix.empty(f"nothing is measured before {span(window)} begins")
        reader = Reader(self.server.api, self.server.discovery.scope, on, SHARE * self.server.outside.seconds)
        read = await reader.read(_portions(reader, catalogue, reaches, services))
        return self._table(reader, catalogue, read, reaches, on)

    def _table(self, reader: Reader, catalogue: Catalogue, read: Read, reaches: Sequence[Reach], on: Grid) -> Matrix:
        def exact(reach: Reach, fine: bool, picks: tuple[Matcher, ...]) -> str:
            return reader.query(reach, fine=fine, more=picks)

        unread = {reach.ask.family for portion, _ in read.failed for reach in portion.reaches}
        cells = [cell for cell in read.cells if np.isfinite(cell.values).any()]
        found = matrix(on.times, cells, catalogue, exact, unread)
        text = "; ".join(dict.fromkeys(reader.query(reach, fine=False) for reach in reaches))
        text = text if len(text) <= CITED else f"{text[:CITED]}... ({len(reaches)} queries)"
        partial = "; ".join(part for part in (catalogue.partial, read.partial) if part)
        return replace(found, query=text or f"series of {self.server.discovery.everything}", partial=partial)

    def _moved(self, window: Window, era: Era) -> Window | None:
        """The window that an era is about; None where there is none."""
        offset = self.server.settings.normal_offset_seconds
        if era is Era.NOW:
            return window
        if offset is None:
            return None
        return Window(start=window.start - offset, end=window.end - offset, reason="the normal reference")

    def _stretch(self, window: Window) -> tuple[float, float]:
        """What is looked through for names: the window and the history before it, up to now."""
        start = window.start - self.server.settings.history_seconds
        return start, max(start + 1.0, min(window.end, self.server.outside.now()))


def _portions(
    reader: Reader, catalogue: Catalogue, reaches: Sequence[Reach], services: Sequence[str] | None
) -> tuple[Portion, ...]:
    """All questions about all services, or about some; finely about those that have several instances."""
    owned = [reach for reach in reaches if reach.place.service]
    others = [reach for reach in reaches if not reach.place.service]
    count = len(catalogue.services)
    chosen = services
    if services is None and max((reach.rows for reach in owned), default=0) * reader.grid.count > CELLS:
        chosen = catalogue.services
    out = [*reader.portions(owned, None if chosen is None else [name for name in chosen if name], count)]
    if services is None or "" in services:
        out += reader.portions(others, None, count)
    several = [name for name in catalogue.several if services is None or name in services]
    fine = [reach for reach in owned if reach.place.finely != reach.place.by]
    if several:
        out += reader.portions(fine, several, len(several), fine=True)
    return tuple(out)


def _asked_for(reach: Reach, wanted: str) -> bool:
    ask = reach.ask
    return any(wanted in name.lower() for name in (ask.word, ask.long, ask.family, ask.name, "error-ratio"))
