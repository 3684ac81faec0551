"""Which sources does one Jaeger give?"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from clew.ports import Source
from tools.jaeger.api import Api
from tools.jaeger.graph import JaegerGraph
from tools.jaeger.settings import JaegerSettings
from tools.jaeger.traces import JaegerTraces
from tools.outside import Outside
from tools.transport import transported


@asynccontextmanager
async def opened(settings: JaegerSettings, outside: Outside) -> AsyncGenerator[tuple[Source, ...]]:
    """Spans and the call graph, while open. Raises Misconfigured."""
    headers = {"x-tenant": settings.tenant} if settings.tenant else {}
    async with transported("jaeger", settings, outside.usage, outside.seconds, headers) as way:
        api = Api(way, settings, outside)
        yield JaegerTraces(api), JaegerGraph(api)
