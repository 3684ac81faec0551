"""Which sources does one OpenSearch give: those whose indices are named in its settings."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from clew.errors import Misconfigured
from clew.ports import Source
from tools.opensearch.desk import Desk
from tools.opensearch.fields import LINES, SPANS, Layouts
from tools.opensearch.graph import OpenSearchGraph
from tools.opensearch.logs import OpenSearchLogs
from tools.opensearch.settings import OpenSearchSettings
from tools.opensearch.store import Store
from tools.opensearch.traces import OpenSearchTraces
from tools.opensearch.way import SearchTransport, client
from tools.outside import Outside
from tools.transport import Transport, transported


@asynccontextmanager
async def opened(settings: OpenSearchSettings, outside: Outside) -> AsyncGenerator[tuple[Source, ...]]:
    """Logs, spans and the call graph, as far as their indices are set, while open. Raises Misconfigured."""
    if not (settings.log_index or settings.span_index or settings.service_map_index):
        raise Misconfigured("opensearch: set log_index, span_index or service_map_index; nothing is read without them")
    async with transported("opensearch", settings, outside.usage, outside.seconds) as way:
        found: list[Source] = []
        if settings.log_index:
            found.append(OpenSearchLogs(_desk("opensearch logs", settings.log_index, settings, (way, outside), LINES)))
        spans = settings.span_index and _desk("opensearch spans", settings.span_index, settings, (way, outside), SPANS)
        if spans:
            found.append(OpenSearchTraces(spans))
        if settings.service_map_index or settings.span_index:
            name = "opensearch call graph"
            index = settings.service_map_index
            mapped = _desk(name, index, settings, (way, outside), {}) if index else None
            traced = _desk(name, settings.span_index, settings, (way, outside), SPANS) if settings.span_index else None
            found.append(OpenSearchGraph(name, mapped, traced))
        yield tuple(found)


def _desk(
    name: str, index: str, settings: OpenSearchSettings, outward: tuple[Transport, Outside], layouts: Layouts
) -> Desk:
    way, outside = outward
    carrier = SearchTransport(
        name, way.url, way.session, way.usage, way.seconds, way.most, gate=way.gate, secrets=way.secrets
    )
    return Desk(Store(name, client(carrier), index, settings.only, outside.seconds), settings, outside, layouts)
