"""What does Clew answer on this recorded case? Runs the investigation itself: the product's graph, sources, limits and report."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from agents import specialists
from agents.desk import Desk
from agents.investigation import Graph, investigation
from bench.case import Case, everything
from bench.prediction import Prediction, Sureness
from bot.clock import SystemClock
from bot.composition import Facts
from clew.deps import Deps
from clew.hypothesis import Confidence, Report, Verdict
from clew.incident import Incident, Thread, Window, incident_id
from clew.limits import Limits
from clew.testing.memory import DictMemory

PLACE = "bench"


@dataclass(frozen=True)
class Answer:
    """What came out of one case. `reading` is the part of the prediction's seconds that went into its files."""

    prediction: Prediction
    at: float
    """The alert's time as it was told, Unix seconds."""
    reading: float
    gaps: tuple[str, ...] = ()
    """Sources that gave no answer: a number measured without them is not comparable."""
    report: Report | None = None
    """The page itself."""


class Replay:
    """The copilot without a chat, a queue and a model: the same graph over the same kind of desk, in a memory that forgets."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._graph: Graph = investigation(specialists(), self._limits, None)

    async def answer(self, case: Case, shift: float = 0.0) -> Answer:
        """Investigates one incident whose alert is moved by `shift` seconds. Raises TimeoutError beyond `Limits.investigation_seconds`.

        Files are read first and timed apart: the sources keep them, so the investigation then asks the same sources as ever.
        """
        facts, brief = case.facts, case.facts.brief
        assert brief is not None, "a recorded incident has an alert"
        began = time.perf_counter()
        await everything(facts.sources, Window(start=0.0, end=1e11))
        reading = time.perf_counter() - began
        alert = brief.model_copy(update={"alerted_at": brief.alerted_at + shift})
        report = await self.report(Facts(facts.sources, alert))
        return Answer(
            Prediction(
                family=case.family,
                case=case.name,
                ranking=report.ranking,
                changes=report.changes,
                healthy=report.verdict is Verdict.HEALTHY,
                confidence=sureness(report),
                seconds=round(time.perf_counter() - began, 4),
            ),
            alert.alerted_at,
            reading,
            tuple(gap.source for gap in report.gaps if gap.source in {s.name for s in facts.sources}),
            report,
        )

    async def report(self, facts: Facts) -> Report:
        """The page on one incident. Raises TimeoutError beyond `Limits.investigation_seconds`."""
        clock, memory = SystemClock(), DictMemory()
        now = clock.now()
        incident = facts.briefed(
            Incident(
                id=incident_id(PLACE),
                title=PLACE,
                thread=Thread(platform=PLACE, channel=PLACE),
                alerted_at=now,
                window=Window(start=now - 1.0, end=now),
                opened_by="a measurement",
                opened_at=now,
            )
        )
        await memory.open_incident(incident)
        desk = Desk.of(Deps(facts.sources, memory, clock, self._limits))
        try:
            async with asyncio.timeout(self._limits.investigation_seconds):
                ended = await self._graph.ainvoke({"incident": incident, "started_at": now}, context=desk)
        finally:
            await desk.close()
        return cast(Report, cast(Mapping[str, Any], ended)["report"])


def sureness(report: Report) -> Sureness:
    """The word on the first open hypothesis and the calibrated chance behind it; `Not found` where none is open."""
    first = report.open[0] if report.open else None
    if first is None:
        return Sureness(word=Confidence.NOT_FOUND.value)
    return Sureness(word=first.confidence.value, number=first.odds)
