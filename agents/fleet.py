"""How are the metrics of a look read: whole, or by witnesses and summaries where the fleet is too large for one read?"""

import asyncio
from collections.abc import Iterable

from agents.desk import Desk, question
from agents.gather import EFFECT, Gather
from clew.causal.summary import Summary, summarise
from clew.causal.witness import gathered
from clew.fleet import FleetSource
from clew.incident import Symptom, Window
from clew.ports import Era, MetricSource, Telemetry
from clew.tables import Matrix


async def matrices(gather: Gather) -> tuple[Matrix, Matrix]:
    """The first metric source's tables, now and normal: all series, or the witnesses of a large fleet. Empty where there are none."""
    window, symptom = gather.look.lead.window, gather.look.incident.symptom
    seconds = _seconds(gather.desk)
    found = gather.sources(MetricSource, Telemetry.METRICS)
    for place, source in enumerate(found):
        now, normal = await asyncio.gather(
            *(
                gather.bulk(source, "matrix", era.value, lambda s=source, e=era: levels(s, window, e, symptom), seconds)
                for era in (Era.NOW, Era.NORMAL)
            )
        )
        if now is not None:
            for other in found[place + 1 :]:
                only = f"metrics are read from {source.name} alone, the first that answers"
                gather.gap(other.name, only, "what only this source measures was not seen", blind=True)
            return now, normal or Matrix.empty()
    return Matrix.empty(), Matrix.empty()


async def levels(source: MetricSource, window: Window, era: Era, symptom: Symptom) -> Matrix:
    """All series, or the witnesses of a large fleet. Raises SourceError."""
    if isinstance(source, FleetSource):
        return await source.witnesses(window, era, symptom)
    return await source.matrix(window, era)


async def summarised(gather: Gather, now: Matrix, normal: Matrix) -> tuple[Summary, bool]:
    """What every series says, and whether `now` holds all of them. Worked out once per run and window.

    Where the parts of a large fleet do not answer, the witnesses speak for it, and that is a gap.
    """
    window, moment = gather.look.lead.window, gather.look.moment
    for source in _fleets(gather.desk):
        asking = question("summary", repr(moment.start), window)
        reading = await gather.desk.read(
            source, asking, lambda s=source: s.summary(window, moment), _seconds(gather.desk)
        )
        if reading.error is not None:
            gather.gap(
                source.name, str(reading.error), f"{len(now.keys)} series speak for all; {EFFECT[Telemetry.METRICS]}"
            )
        if reading.value is not None:
            return reading.value, False

    async def made() -> Summary:
        return await asyncio.to_thread(summarise, now, normal, moment)

    return await gather.desk.once(("", *question("summary", repr(moment.start), window)), made), True


async def with_series(desk: Desk, window: Window, era: Era, held: Matrix, services: Iterable[str]) -> Matrix:
    """The witnesses and, beside them, all series of some services; what a source does not tell is left out."""
    wanted = frozenset(services)
    asking = question("series of", " ".join((era.value, *sorted(wanted))), window)
    for source in _fleets(desk):
        reading = await desk.read(source, asking, lambda s=source: s.of_services(window, era, wanted), _seconds(desk))
        if reading.value is not None and reading.value.keys:
            known = frozenset(reading.value.keys)
            rest = [row for row, key in enumerate(held.keys) if key not in known]
            kept = Matrix(held.times, tuple(held.keys[row] for row in rest), held.values[rest], held.query)
            return gathered([kept, reading.value])
    return held


def _fleets(desk: Desk) -> tuple[FleetSource, ...]:
    return tuple(source for source in desk.deps.sources if isinstance(source, FleetSource))


def _seconds(desk: Desk) -> float | None:
    """A step over many parts may take longer than one read."""
    limits = desk.deps.limits
    return limits.source_seconds + limits.parts_seconds if _fleets(desk) else None
