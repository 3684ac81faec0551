"""What did a Prometheus measure, read as one table, as the part of it that matters, or asked about one service?"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from clew.causal.moment import Moment
from clew.causal.summary import Summary
from clew.errors import SourceTimeout
from clew.evidence import Asked, Evidence, Payload
from clew.incident import Symptom, Window
from clew.part import Part
from clew.ports import Era, Health, Telemetry, query
from clew.tables import Matrix
from tools.answers import SERIES, series_facts
from tools.phrases import asked, rest, span
from tools.prometheus.alerts import exemplary, fired
from tools.prometheus.catalogue import Catalogue, Reach
from tools.prometheus.checking import checked
from tools.prometheus.fleet import Chosen, chosen
from tools.prometheus.grid import Grid, grid
from tools.prometheus.reading import CELLS, Portion, Read, Reader
from tools.prometheus.rows import matrix
from tools.prometheus.selector import Matcher
from tools.prometheus.server import Server
from tools.prometheus.typed import typed

SHARE = 0.8
"""The part of the time for one question that its reads may take, so that what came in time is told in time."""
FLEET = 2.0
"""How many times the time for one question the services of a large fleet may be looked for and read."""
CITED = 4_000
"""Characters of the text of a whole table's queries."""


@dataclass(eq=False)
class PrometheusMetrics:
    """FleetSource over the query API: a fleet of more than `most_series` is read where it is near the symptom or moved."""

    server: Server
    name: str = "prometheus"
    telemetry: Telemetry = Telemetry.METRICS
    _picks: dict[tuple[float, float, str], asyncio.Task[Chosen]] = field(
        default_factory=dict[tuple[float, float, str], asyncio.Task[Chosen]]
    )

    def link(self, asked: Asked, payload: Payload) -> str | None:
        return self.server.outside.links.graph(asked.query, asked.window)

    async def check(self) -> Health:
        """Reach, rights, labels, clock and retention."""
        return await checked(self.name, self.server, calls=False)

    async def series_count(self, window: Window) -> int:
        catalogue = await self._catalogue(window)
        return catalogue.rows

    async def matrix(self, window: Window, era: Era = Era.NOW, part: Part | None = None) -> Matrix:
        """Raises SourceError; what did not come in time or was refused is named in `partial`."""
        async with self._timed() as until:
            return await self._matrix(window, era, part, until)

    async def _matrix(self, window: Window, era: Era, part: Part | None, until: float) -> Matrix:
        moved = self._moved(window, era)
        if moved is None:
            return Matrix.empty("no normal_offset_seconds is set")
        catalogue = await self._catalogue(moved)
        if part is None and catalogue.rows > self.server.settings.most_series:
            found = await self._witnesses(window, era, Symptom(), until)
            told = f"of {len(catalogue.services):,} services those were read that moved most"
            return replace(found, partial="; ".join(one for one in (told, found.partial) if one))
        services = None if part is None else tuple(name for name in catalogue.services if part.holds(name))
        found = await self._read(moved, catalogue, catalogue.reaches, services, until)
        return _shifted(found, window.start - moved.start)

    async def witnesses(self, window: Window, era: Era, symptom: Symptom) -> Matrix:
        """All series; of a large fleet those of the services near the symptom and of those that moved most. Raises SourceError."""
        async with self._timed(FLEET) as until:
            return await self._witnesses(window, era, symptom, until)

    async def _witnesses(self, window: Window, era: Era, symptom: Symptom, until: float) -> Matrix:
        moved = self._moved(window, era)
        catalogue = await self._catalogue(window)
        if moved is None or catalogue.rows <= self.server.settings.most_series:
            return await self._matrix(window, era, None, until)
        picked = await self._chosen(window, symptom, catalogue)
        found = await self._read(moved, catalogue, catalogue.reaches, self._bounded(catalogue, picked.services), until)
        partial = "; ".join(one for one in (found.partial, picked.missing) if one)
        return _shifted(replace(found, partial=partial), window.start - moved.start)

    async def summary(self, window: Window, moment: Moment) -> Summary | None:
        """None: the witnesses are all that is worth reading, and whoever asked summarises them."""
        return None

    async def of_services(self, window: Window, era: Era, services: frozenset[str]) -> Matrix:
        """All series of these services, where they may not have been read already. Raises SourceError."""
        async with self._timed() as until:
            catalogue = await self._catalogue(window)
            moved = self._moved(window, era)
            if moved is None or catalogue.rows <= self.server.settings.most_series:
                return Matrix.empty()
            wanted = [name for name in catalogue.services if name in services]
            found = await self._read(moved, catalogue, catalogue.reaches, self._bounded(catalogue, wanted), until)
            return _shifted(found, window.start - moved.start)

    @asynccontextmanager
    async def _timed(self, times: float = 1.0) -> AsyncGenerator[float]:
        """Holds a question to its time, all its requests together; yields when (by the loop's clock) reads have to be back."""
        seconds = times * self.server.outside.seconds
        try:
            async with asyncio.timeout(seconds):
                yield asyncio.get_running_loop().time() + SHARE * seconds
        except TimeoutError as error:
            raise SourceTimeout(self.name, f"no answer within {seconds:g} s") from error

    async def _chosen(self, window: Window, symptom: Symptom, catalogue: Catalogue) -> Chosen:
        """Asked once for both eras of a window."""
        key = (window.start, window.end, symptom.service or "")
        task = self._picks.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.create_task(
                chosen(self.server, catalogue, window, symptom, 0.6 * self.server.outside.seconds)
            )
            self._picks = {**dict(list(self._picks.items())[-7:]), key: task}
        return await asyncio.shield(task)

    def _bounded(self, catalogue: Catalogue, services: Sequence[str]) -> tuple[str, ...]:
        """So many of them that no read holds more than `most_series`."""
        each = max(1, catalogue.rows // max(1, len(catalogue.services)))
        return tuple(services[: max(1, self.server.settings.most_series // each)])

    async def _catalogue(self, window: Window) -> Catalogue:
        return await self.server.discovery.catalogue(*self._stretch(window))

    @query
    async def series(self, service: str, metric: str, window: Window) -> tuple[Evidence, ...]:
        """Series of `service` (empty: the whole system) whose name contains `metric`; at most 12."""
        question = asked(
            self.name, "series", f"series of {service} like {metric}", window, service=service, metric=metric
        )
        catalogue = await self._catalogue(window)
        names = [name for name in catalogue.services if name.lower() == service.lower()]
        wanted = metric.lower()
        families = {reach.ask.family for reach in catalogue.reaches if _asked_for(reach, wanted)}
        reaches = [reach for reach in catalogue.reaches if reach.ask.family in families]
        if not names or not reaches:
            return series_facts(Matrix.empty(), question, service, metric, self.server.outside.now())
        until = asyncio.get_running_loop().time() + SHARE * self.server.outside.seconds
        found = await self._read(window, catalogue, reaches, names, until)
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
        catalogue = await self._catalogue(window)
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
        self,
        window: Window,
        catalogue: Catalogue,
        reaches: Sequence[Reach],
        services: Sequence[str] | None,
        until: float,
    ) -> Matrix:
        on = grid(window, self.server.settings, catalogue.interval, self.server.outside.now())
        if on is None:
            return Matrix.empty(f"nothing is measured before {span(window)} begins")
        reader = Reader(
            self.server.api, self.server.discovery.scope, on, max(0.1, until - asyncio.get_running_loop().time())
        )
        read = await reader.read(_portions(reader, catalogue, reaches, services))
        return self._table(reader, catalogue, read, reaches, on)

    def _table(self, reader: Reader, catalogue: Catalogue, read: Read, reaches: Sequence[Reach], on: Grid) -> Matrix:
        def exact(reach: Reach, fine: bool, picks: tuple[Matcher, ...]) -> str:
            return reader.query(reach, fine=fine, more=picks)

        unread = {reach.ask.family for portion, _ in read.failed for reach in portion.reaches}
        cells = [cell for cell in read.cells if np.isfinite(cell.values).any()]
        found = matrix(on.times - catalogue.age, cells, catalogue, exact, unread)
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


def _shifted(found: Matrix, by: float) -> Matrix:
    """The same at later times: a reference is told at the times of the window that it stands beside."""
    return replace(found, times=found.times + by) if by else found


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
