"""The stand-ins that every other suite works with keep the ports' promises too."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from clew.evidence import Change, Note, evidence
from clew.ports import Source, Telemetry
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, SeriesKey, Spans
from clew.testing import FakeChanges, FakeGraph, FakeLogs, FakeMetrics, FakeTraces, Mood
from tests.contracts.content import ALERT, EDGE, SERVICE, WINDOW
from tests.contracts.stand import Program, Stand
from tools.phrases import asked


def fake(telemetry: Telemetry, mood: Mood = Mood.WELL) -> Source:
    """A stand-in with more answers than a question may return."""
    question = asked(f"fake {telemetry.value}", "any", "any", WINDOW)
    facts = tuple(
        evidence(question, Note(text=f"fact {i}", service=SERVICE), f"fact {i}", taken_at=ALERT) for i in range(99)
    )
    zero = np.zeros(1, dtype=np.int32)
    now = np.array([ALERT])
    match telemetry:
        case Telemetry.METRICS:
            return FakeMetrics(
                mood=mood, answers=facts, table=Matrix(now, (SeriesKey(SERVICE, "", "m"),), np.ones((1, 1)))
            )
        case Telemetry.LOGS:
            return FakeLogs(
                mood=mood, answers=facts, table=LogTable(now, zero, zero, zero - 1, ("x",), (SERVICE,), ("",), ())
            )
        case Telemetry.TRACES:
            table = Spans(zero, zero - 1, zero, zero, now, now, zero > 0, ("t",), (SERVICE,), ("op",))
            return FakeTraces(mood=mood, answers=facts, table=table)
        case Telemetry.CHANGES:
            return FakeChanges(mood=mood, answers=facts, table=ChangeTable((Change(ref="c", at=ALERT),)))
        case Telemetry.TOPOLOGY:
            return FakeGraph(mood=mood, table=CallGraph((EDGE,)))


@asynccontextmanager
async def opened(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    """Needs no program and no folder."""
    yield tuple(fake(telemetry) for telemetry in Telemetry)


STAND = Stand("fake", (), tuple(Telemetry), opened, timeless=True)
