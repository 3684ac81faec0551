"""Who calls whom, as Jaeger saw it?"""

from clew.evidence import Asked, Payload
from clew.incident import Window
from clew.ports import Health, Telemetry
from clew.tables import CallGraph
from tools.case.tables import derived_graph
from tools.jaeger.api import Api
from tools.jaeger.checking import checked
from tools.phrases import counted
from tools.spans import table

BACK = 86_400.0
"""Jaeger's own graph is often reckoned once a day: so far before the window's end it is asked for."""
TRACES = 400
WITHOUT = "who calls whom is not known, so callers may look guilty"


class JaegerGraph:
    """GraphSource: the graph that Jaeger reckons, else that of sampled traces."""

    telemetry = Telemetry.TOPOLOGY
    name = "jaeger call graph"

    def __init__(self, api: Api) -> None:
        self._api = api

    async def check(self) -> Health:
        """Reach, rights, whether anything came lately, and the clock. Never raises."""
        return await checked(self._api, self.name, WITHOUT)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """The graph has no page of its own that could be pointed at."""
        return None

    async def graph(self, window: Window) -> CallGraph:
        """Edges among the services that may be read. Raises SourceError."""
        end = min(window.end, self._api.outside.now())
        reach = Window(start=max(0.0, min(window.start, end - BACK)), end=max(end, 1.0))
        edges = {
            (caller, callee)
            for caller, callee in await self._api.calls(reach)
            if caller != callee and self._api.allowed(caller) and self._api.allowed(callee)
        }
        services = await self._api.services()
        if edges:
            query = f"GET /api/dependencies?endTs={reach.end * 1000:.0f}&lookback={reach.seconds * 1000:.0f}"
            names = sorted({*services, *(name for edge in edges for name in edge)})
            return CallGraph(tuple(sorted(edges)), "Jaeger's dependencies", query, tuple(names))
        return await self._sampled(services, window)

    async def _sampled(self, services: tuple[str, ...], window: Window) -> CallGraph:
        found = await self._api.traces(services, window, TRACES)
        graph = derived_graph(table(found.spans, window))
        told = f"{counted(len({one.trace for one in found.spans}), 'trace')} in Jaeger"
        query = f"GET /api/traces?start={window.start * 1e6:.0f}&end={window.end * 1e6:.0f} by parent and child"
        names = sorted({*services, *graph.services})
        return CallGraph(graph.edges, told, query, tuple(names), partial=found.partial)
