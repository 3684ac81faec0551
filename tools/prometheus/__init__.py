"""Prometheus and whatever speaks its API: how is it opened as sources of metrics and of the call graph?"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from clew.ports import Source
from tools.outside import Outside
from tools.prometheus.api import Api
from tools.prometheus.discovery import Discovery
from tools.prometheus.graph import PrometheusGraph
from tools.prometheus.metrics import PrometheusMetrics
from tools.prometheus.server import Server
from tools.prometheus.settings import PrometheusSettings
from tools.transport import transported

NAME = "prometheus"

__all__ = ["PrometheusMetrics", "PrometheusSettings", "opened"]


@asynccontextmanager
async def opened(settings: PrometheusSettings, outside: Outside) -> AsyncGenerator[tuple[Source, ...]]:
    """The sources, while open. Raises Misconfigured."""
    headers = {"X-Scope-OrgID": settings.tenant} if settings.tenant else {}
    async with transported(NAME, settings, outside.usage, outside.seconds, headers) as transport:
        api = Api(transport)
        server = Server(api, settings, outside, Discovery(api, settings))
        yield PrometheusMetrics(server), PrometheusGraph(server)
