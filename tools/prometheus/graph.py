"""Who calls whom, as the labels of metrics tell it?"""

from dataclasses import dataclass

from clew.evidence import Asked, Payload
from clew.incident import Window
from clew.ports import Health, Telemetry
from clew.tables import CallGraph
from tools.phrases import counted
from tools.prometheus.asks import ROW
from tools.prometheus.calls import Calls
from tools.prometheus.checking import checked
from tools.prometheus.rows import clean
from tools.prometheus.selector import Matcher, seconds, selector
from tools.prometheus.server import Server

METRICS = 8
"""Metrics that are asked for edges."""
EDGES = 100_000


@dataclass(eq=False)
class PrometheusGraph:
    """GraphSource over the query API."""

    server: Server
    name: str = "prometheus call graph"
    telemetry: Telemetry = Telemetry.TOPOLOGY

    def link(self, asked: Asked, payload: Payload) -> str | None:
        return self.server.outside.links.graph(asked.query, asked.window)

    async def check(self) -> Health:
        """Whether any metric here tells who calls whom."""
        return await checked(self.name, self.server, calls=True)

    async def graph(self, window: Window) -> CallGraph:
        """Edges that were there at the end, in the middle or at the beginning of the window. Raises SourceError."""
        end = min(window.end, self.server.outside.now())
        start = window.start - self.server.settings.history_seconds
        catalogue = await self.server.discovery.catalogue(start, max(start + 1.0, end))
        held = catalogue.calls[:METRICS]
        if not held or end <= window.start:
            return CallGraph(query=f"labels of {self.server.discovery.everything}", provenance="labels of metrics")
        query = "\nor ".join(self._edges(one, row, end - window.start) for row, one in enumerate(held))
        answer = await self.server.api.instant(query, end)
        edges: dict[tuple[str, str], None] = {}
        for line in answer.lines[:EDGES]:
            one = held[int(line.labels[ROW])] if line.labels.get(ROW, "").isdigit() else held[0]
            edge = clean(line.labels.get(one.caller, "")), clean(line.labels.get(one.callee, ""))
            if all(edge) and edge[0] != edge[1] and not set(edge) & {"unknown", "user"}:
                edges[edge] = None
        more = f"{counted(len(answer.lines) - EDGES, 'edge')} more were not read" if len(answer.lines) > EDGES else ""
        return CallGraph(
            edges=tuple(sorted(edges)),
            provenance="labels of metrics",
            query=query,
            services=tuple(name for name in catalogue.services if name),
            partial="; ".join(part for part in (answer.partial, more) if part),
        )

    def _edges(self, one: Calls, row: int, span: float) -> str:
        there = selector(one.name, (*self.server.discovery.scope, Matcher(one.callee, "!=", "")))
        times = [f"group by ({one.caller}, {one.callee}) ({there}{offset})" for offset in ("", *self._offsets(span))]
        return f'label_replace({" or ".join(times)}, "{ROW}", "{row}", "", "")'

    def _offsets(self, span: float) -> tuple[str, ...]:
        return tuple(f" offset {seconds(part)}" for part in (span / 2, span))
