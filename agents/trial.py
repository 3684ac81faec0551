"""What is each candidate to the symptom: the ranking, tried against the tables that this run has read."""

import asyncio
from dataclasses import replace

from agents.desk import Desk
from agents.fleet import with_series
from agents.judge import triaged, weigh
from agents.state import State, current
from agents.tables import tables
from agents.triage import lead_window
from clew.causal.ranking import Ranking
from clew.causal.trial import tried
from clew.ports import Era


async def judged(state: State, desk: Desk) -> Ranking:
    """Ranks and tries. Tables stay on the desk: the state keeps only labels and sentences."""
    ranking = await weigh(state)
    if ranking.healthy or not ranking.drafts:
        return ranking
    incident, found = state["incident"], triaged(state)
    window = lead_window(incident, found.round, desk.deps.limits.widen)
    changes = tuple(change for finding in current(state) for change in finding.changes)
    held = await tables(desk, window, found.topology.graph, changes, incident.symptom)
    services = {draft.cause.service for draft in ranking.drafts if draft.cause.service}
    now, normal = await asyncio.gather(
        with_series(desk, window, Era.NOW, held.matrix, services),
        with_series(desk, window, Era.NORMAL, held.normal_matrix, services),
    )
    held = replace(held, matrix=now, normal_matrix=normal)
    return await asyncio.to_thread(tried, ranking, held, found.moment, incident.symptom)
