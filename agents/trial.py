"""What is each candidate to the symptom: the ranking, tried against the tables that this run has read."""

import asyncio

from agents.desk import Desk
from agents.judge import triaged, weigh
from agents.state import State, current
from agents.tables import tables
from agents.triage import lead_window
from clew.causal.ranking import Ranking
from clew.causal.trial import tried


async def judged(state: State, desk: Desk) -> Ranking:
    """Ranks and tries. Tables stay on the desk: the state keeps only labels and sentences."""
    ranking = await weigh(state)
    if ranking.healthy or not ranking.drafts:
        return ranking
    incident, found = state["incident"], triaged(state)
    window = lead_window(incident, found.round, desk.deps.limits.widen)
    changes = tuple(change for finding in current(state) for change in finding.changes)
    held = await tables(desk, window, found.topology.graph, changes)
    return await asyncio.to_thread(tried, ranking, held, found.moment, incident.symptom)
