"""The stand of the Loki source: a server made from the documented shapes, with the suite's lines."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from clew.ports import Source, Telemetry
from tests.contracts.answering_jaeger import served
from tests.contracts.answering_loki import Entry, Loki
from tests.contracts.content import ALERT, LINES
from tests.contracts.stand import Program, Stand
from tools.loki import LokiSettings
from tools.loki import opened as loki_opened
from tools.outside import Outside

ENTRIES = tuple(
    Entry(one.at, one.message, {"service_name": one.service, "detected_level": one.severity.lower()}) for one in LINES
)


@asynccontextmanager
async def opened(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    """Lines; for the source it is a while after the alert."""
    given = Outside(now=lambda: ALERT + 100)
    async with served(Loki(ENTRIES).app()) as url, loki_opened(LokiSettings(url=url), given) as sources:
        yield sources


STAND = Stand("loki", (), (Telemetry.LOGS,), opened)
