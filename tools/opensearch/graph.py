"""Who calls whom: a GraphSource over a service map, or over spans and what they say of their peers."""

from collections import Counter
from dataclasses import replace

import numpy as np

from clew.evidence import Asked, Payload
from clew.incident import Window
from clew.ports import Era, Health, Telemetry
from clew.tables import CallGraph, Spans
from tools.opensearch.desk import Desk
from tools.opensearch.fields import Fields
from tools.opensearch.spans import SpanReader
from tools.opensearch.store import Budget, reading
from tools.opensearch.volumes import counted, within
from tools.phrases import counted as so_many

SPANS = 3_000
"""Spans from which the graph is learned, of whole traces."""
SERVICES = 2_000
CALLEES = 200
CALLER, CALLEE = "serviceName", "destination.domain"
"""As Data Prepper writes its service map."""


class OpenSearchGraph:
    """GraphSource: the service map where there is one, else parents and children among sampled spans."""

    telemetry = Telemetry.TOPOLOGY

    def __init__(self, name: str, mapped: Desk | None, traced: Desk | None) -> None:
        self._name = name
        self._mapped = mapped
        self._traced = traced

    @property
    def name(self) -> str:
        return self._name

    async def check(self) -> Health:
        """Reach of the indices that it is learned from."""
        without = "who calls whom is not known, so callers may look guilty"
        if self._traced is not None:
            return await self._traced.check({"parent": without, "service": without}, without)
        assert self._mapped is not None
        return await self._mapped.reached(without)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """A call graph has no page of its own."""
        return None

    async def graph(self, window: Window) -> CallGraph:
        """Edges from caller to callee. Raises SourceError."""
        if self._mapped is not None:
            found = await self._from_map(self._mapped)
            if found.edges or self._traced is None:
                return found
        assert self._traced is not None
        return await self._from_spans(self._traced, window)

    async def _from_map(self, desk: Desk) -> CallGraph:
        callees = counted(CALLEE, CALLEES)
        aggs = {"caller": counted(CALLER, SERVICES, {"callee": callees})}
        answer = await desk.store.search({"aggs": aggs, "track_total_hits": False}, [], desk.store.budget())
        with reading(self._name):
            buckets = answer.aggregations["caller"]["buckets"]
            edges = {
                (str(one["key"]), str(to["key"]))
                for one in buckets
                for to in one["callee"]["buckets"]
                if str(one["key"]) != str(to["key"])
            }
            services = {str(one["key"]) for one in buckets} | {name for edge in edges for name in edge}
        query = desk.query(words=f"by {CALLER} and {CALLEE}")
        told = f"the service map {desk.store.index}"
        return CallGraph(tuple(sorted(edges)), told, query, tuple(sorted(services)), partial=answer.partial)

    async def _from_spans(self, desk: Desk, window: Window) -> CallGraph:
        reach = desk.reach(window, Era.NOW)
        if reach is None:
            return CallGraph(query=f"{desk.store.index}: no time to read")
        budget = desk.store.budget()
        fields = await desk.fields(budget)
        reader = SpanReader(desk.store, fields, reach, min(SPANS, desk.settings.spans), budget)
        spans, _ = await reader.read()
        peers, partial = await self._peers(desk, fields, reach, budget)
        edges = _edges(spans)
        told = f"{so_many(len(spans.traces), 'trace')} in {desk.store.index}"
        if peers - edges:
            told += " and what their spans say of peers"
        services = sorted({*spans.services, *(name for edge in edges | peers for name in edge)} - {""})
        query = desk.query(within(fields, reach), words="by parent and child")
        found = CallGraph(tuple(sorted(edges | peers)), told, query, tuple(services))
        return replace(found, partial=spans.partial or partial)

    async def _peers(
        self, desk: Desk, fields: Fields, window: Window, budget: Budget
    ) -> tuple[set[tuple[str, str]], str]:
        """Edges by aggregation, where callers name whom they call: stores and outside services have no spans of their own."""
        service, peer = fields["service"].exact, fields["peer"].exact
        if not service or not peer:
            return set(), ""
        aggs = {"caller": counted(service, SERVICES, {"callee": counted(peer, CALLEES)})}
        answer = await desk.store.search({"aggs": aggs, "track_total_hits": False}, [within(fields, window)], budget)
        with reading(self._name):
            found = {
                (str(one["key"]), str(to["key"]))
                for one in answer.aggregations["caller"]["buckets"]
                for to in one["callee"]["buckets"]
            }
        return {(caller, callee) for caller, callee in found if caller != callee}, answer.partial


def _edges(spans: Spans) -> set[tuple[str, str]]:
    child = np.flatnonzero(spans.parent >= 0)
    pairs = Counter(zip(spans.service[spans.parent[child]].tolist(), spans.service[child].tolist(), strict=True))
    names = spans.services
    return {(names[a], names[b]) for a, b in pairs if a != b and names[a] and names[b]}
