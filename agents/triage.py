"""When did it begin, who is affected, and who shall look at what."""

import asyncio

from agents.desk import Desk
from agents.fleet import matrices, summarised
from agents.gather import Gather
from agents.retold import Told, each_once
from agents.specialist import Specialist
from agents.speech import clock, several, within
from agents.state import Look, Receipt, Topology, Triaged
from clew.causal.change import named
from clew.causal.moment import Moment
from clew.causal.onset import moment
from clew.causal.shift import SeriesClue, series_clues
from clew.evidence import Mark
from clew.hypothesis import Lead
from clew.incident import Incident, Window, incident_id
from clew.ports import ChangeSource, GraphSource, Telemetry
from clew.tables import CallGraph
from clew.topology import merged

EYES = frozenset({Telemetry.METRICS, Telemetry.TOPOLOGY, Telemetry.CHANGES})
MARKS = 12
AFFECTED = ("latency", "errors")
"""Channels that say people notice something; a busy CPU is a cause, not an effect."""
NOTICED = 0.25
"""Amounts below this (about three times the noise) rank but are not worth telling."""


def lead_window(incident: Incident, round_: int, factor: float) -> Window:
    """The incident's window, reaching further back with every round."""
    if round_ == 0:
        return incident.window
    return incident.window.widened(factor**round_, f"round {round_ + 1}: nothing clear so far, looking further back")


async def triage(incident: Incident, round_: int, desk: Desk) -> tuple[Triaged, tuple[Receipt, ...]]:
    """Estimates the onset and the reach of the symptom. Missing metrics or graph become gaps; never raises SourceError."""
    window = lead_window(incident, round_, desk.deps.limits.widen)
    blank = Moment(window=window, alerted_at=incident.alerted_at)
    lead = Lead(id=incident_id(incident.id, "triage", str(round_)), agent="triage", question="", window=window)
    gather = Gather(desk, Look(incident=incident, lead=lead, moment=blank), "triage", EYES)
    (now, normal), graph, marks = await asyncio.gather(matrices(gather), _graph(gather), _marks(gather))
    when = await asyncio.to_thread(moment, now, normal, incident.alerted_at, incident.symptom)
    seen = Gather(desk, Look(incident=incident, lead=lead, moment=when), "triage", EYES)
    summary, _ = await summarised(seen, now, normal)
    clues = await asyncio.to_thread(series_clues, summary, when)
    affected = _affected(clues)
    calm = tuple(sorted({name for name in summary.roster.names.service if name} - set(affected)))
    found = Triaged(
        moment=when,
        topology=Topology.of(graph),
        affected=affected,
        calm=calm,
        marks=marks,
        summary=_summary(incident, when, affected, calm),
        gaps=(*gather.gaps, *seen.gaps),
        round=round_,
    )
    return found, tuple(gather.receipts)


async def _graph(gather: Gather) -> CallGraph:
    """All known graphs as one, asked for at once."""
    window = gather.look.lead.window
    sources = gather.sources(GraphSource, Telemetry.TOPOLOGY)
    found = await asyncio.gather(*(gather.bulk(s, "graph", "", lambda s=s: s.graph(window)) for s in sources))
    told = [(source.name, graph) for source, graph in zip(sources, found, strict=True) if graph is not None]
    return told[0][1] if len(told) == 1 else merged(told)


async def _marks(gather: Gather) -> tuple[Mark, ...]:
    """The moments that a chart shows beside a curve: what was deployed, switched or configured. Commits alone change nothing."""
    since, further = gather.look.lead.window.start, gather.further()
    window = further.look.lead.window
    told: list[Told] = []
    for source in gather.sources(ChangeSource, Telemetry.CHANGES):
        table = await further.bulk(source, "changes", "", lambda s=source: s.changes(window))
        told.append((source.name, table.changes if table is not None else ()))
    found = [
        Mark(at=c.at, label=within(f"{named(c.what, c.commit or c.ref)} {c.service or ''}", 40))
        for c in each_once(told)
        if c.what != "commit" and c.at >= since
    ]
    return tuple(sorted(found, key=lambda mark: mark.at)[-MARKS:])


def _affected(clues: tuple[SeriesClue, ...]) -> tuple[str, ...]:
    amounts: dict[str, float] = {}
    for found in clues:
        if found.clue.channel in AFFECTED and found.clue.service and found.clue.amount >= NOTICED:
            amounts[found.clue.service] = max(amounts.get(found.clue.service, 0.0), found.clue.amount)
    return tuple(sorted(amounts, key=lambda name: (-amounts[name], name)))


def _summary(incident: Incident, when: Moment, affected: tuple[str, ...], calm: tuple[str, ...]) -> str:
    named = incident.symptom.service
    if affected:
        who = several(affected)
        return f"{who}; {several(calm)} as usual" if calm else who
    if named:
        return f"{named}, as the alert says; its metrics show nothing beyond that"
    return f"nobody stands out; alert at {clock(when.alerted_at)}"


def leads(incident: Incident, found: Triaged, specialists: tuple[Specialist, ...], window: Window) -> list[Lead]:
    """One question to every specialist."""
    where = incident.symptom.service or (several(found.affected) if found.affected else "the system")
    return [
        Lead(
            id=incident_id(incident.id, specialist.name, str(found.round)),
            agent=specialist.name,
            question=specialist.question.format(where=where, since=clock(found.moment.start)),
            window=window,
            round=found.round,
        )
        for specialist in specialists
    ]
