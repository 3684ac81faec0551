"""Where do requests spend their time: a TraceSource over Jaeger's query API."""

from dataclasses import replace

from clew.evidence import Asked, Evidence, Lines, Payload, Standing
from clew.incident import Window
from clew.ports import Era, Health, Telemetry, query
from clew.tables import Spans
from tools.answers import operation_facts
from tools.jaeger.api import Api, Gathered
from tools.jaeger.checking import checked
from tools.phrases import asked, nothing, span
from tools.spans import table

WITHOUT = "time spent inside each service could not be compared"
FEW = 300
"""Traces read for one person's question."""


class JaegerTraces:
    """TraceSource: whole traces, a sample of them where there are many."""

    telemetry = Telemetry.TRACES
    name = "jaeger"

    def __init__(self, api: Api) -> None:
        self._api = api

    async def check(self) -> Health:
        """Reach, rights, whether anything came lately, and the clock. Never raises."""
        return await checked(self._api, self.name, WITHOUT)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """The trace of a line that has one."""
        traces = [one.trace for one in payload.samples if one.trace] if isinstance(payload, Lines) else []
        return self._api.outside.links.trace(traces[0]) if traces else None

    async def spans(self, window: Window, era: Era = Era.NOW) -> Spans:
        """Spans of whole traces from all over the window and the history before it. Raises SourceError."""
        reach = self._reach(window, era)
        if reach is None:
            return Spans.empty(f"/api/traces: no {era.value} time to read")
        found = await self._api.traces(await self._api.services(), reach, self._api.settings.traces)
        return self._table(found, reach, "each service")

    @query
    async def slowest(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """The slowest operations of `service` (empty: any) with calls, errors and durations; at most 10."""
        taken_at = self._api.outside.now()
        known = await self._api.services()
        names = tuple(name for name in known if not service or name.lower() == service.lower())
        asking = asked(self.name, "slowest", self._query(window, service or "each"), window, service=service)
        if not names:
            return (nothing(asking, f"No span of {service or 'any service'} in {span(window)}.", taken_at, service),)
        found = await self._api.traces(names, window, FEW)
        facts = operation_facts(self._table(found, window, service or "each"), asking, service, taken_at)
        doubt = "; ".join(part for part in (found.sample, found.partial) if part)
        if not doubt:
            return facts
        update = {"standing": Standing.PARTIAL}
        return tuple(fact.model_copy(update={**update, "says": f"{fact.says} Of {doubt}."}) for fact in facts)

    def _reach(self, window: Window, era: Era) -> Window | None:
        settings = self._api.settings
        if era is Era.NORMAL:
            offset = settings.normal_offset_seconds
            return Window(start=window.start - offset, end=window.end - offset) if offset is not None else None
        start, end = max(0.0, window.start - settings.history_seconds), min(window.end, self._api.outside.now())
        return Window(start=start, end=end) if end > start else None

    def _table(self, found: Gathered, window: Window, whose: str) -> Spans:
        how = f" ({found.sample})" if found.sample else ""
        return replace(table(found.spans, window), query=self._query(window, whose) + how, partial=found.partial)

    def _query(self, window: Window, whose: str) -> str:
        return f"GET /api/traces?service={whose}&start={window.start * 1e6:.0f}&end={window.end * 1e6:.0f}"
