"""The stand of the Jaeger source: a server made from the documented shapes, with the suite's spans."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from clew.ports import Source, Telemetry
from tests.contracts.answering_jaeger import Jaeger, Piece, served
from tests.contracts.content import ALERT, EDGE, SPANS
from tests.contracts.stand import Program, Stand
from tools.jaeger import JaegerSettings
from tools.jaeger import opened as jaeger_opened
from tools.outside import Outside

PIECES = tuple(Piece(s.trace, s.id, s.service, s.operation, s.at, s.microseconds / 1e6) for s in SPANS)


@asynccontextmanager
async def opened(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    """Spans and the call graph."""
    given = Outside(now=lambda: ALERT + 100)
    async with served(Jaeger(PIECES, [EDGE]).app()) as url, jaeger_opened(JaegerSettings(url=url), given) as sources:
        yield sources


STAND = Stand("jaeger", (), (Telemetry.TRACES, Telemetry.TOPOLOGY), opened)
