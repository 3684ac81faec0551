"""Which source does one Loki give?"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from clew.ports import Source
from tools.loki.api import Api
from tools.loki.logs import LokiLogs
from tools.loki.settings import LokiSettings
from tools.outside import Outside
from tools.transport import transported


@asynccontextmanager
async def opened(settings: LokiSettings, outside: Outside) -> AsyncGenerator[tuple[Source, ...]]:
    """Log lines, while open. Raises Misconfigured."""
    headers = {"X-Scope-OrgID": settings.tenant} if settings.tenant else {}
    async with transported("loki", settings, outside.usage, outside.seconds, headers) as way:
        yield (LokiLogs(Api(way, settings, outside)),)
