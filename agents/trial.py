"""What is each candidate to the symptom: the ranking, tried against the tables that this run has read."""

import asyncio
from dataclasses import replace

from agents.desk import Desk
from agents.fleet import with_series
from agents.judge import triaged, weigh
from agents.state import State, Update, current
from agents.tables import tables
from agents.triage import lead_window
from clew.causal.experiment import experiment_clues, experiments
from clew.causal.trial import tried
from clew.evidence import Change
from clew.hypothesis import Clue
from clew.incident import Symptom, Window
from clew.ports import Era
from clew.tables import Matrix

_CHANGES = 50
"""The latest changes whose services are read beside the witnesses of a large fleet."""


async def judged(state: State, desk: Desk) -> Update:
    """The ranking, tried, and the natural experiments it was made with. Tables stay on the desk: the state keeps sentences."""
    incident, found = state["incident"], triaged(state)
    window = lead_window(incident, found.round, desk.deps.limits.widen)
    changes = tuple(change for finding in current(state) for change in finding.changes)
    held = await tables(desk, window, found.topology.graph, changes, incident.symptom)
    matrix = await with_series(desk, window, Era.NOW, held.matrix, _changed(changes, incident.symptom))
    clues = await asyncio.to_thread(_experiments, matrix, changes, found.moment.onset, incident.symptom)
    ranking = await weigh({**state, "experiments": clues})
    if not ranking.healthy and ranking.drafts:
        services = {draft.cause.service for draft in ranking.drafts if draft.cause.service}
        now, normal = await _series(desk, window, (held.matrix, held.normal_matrix), services)
        held = replace(held, matrix=now, normal_matrix=normal)
        ranking = await asyncio.to_thread(tried, ranking, held, found.moment, incident.symptom)
    return {"ranking": ranking, "experiments": clues}


def _changed(changes: tuple[Change, ...], symptom: Symptom) -> set[str]:
    latest = sorted(changes, key=lambda c: (c.at, c.ref))[-_CHANGES:]
    return {name for name in (*(c.service for c in latest), symptom.service) if name}


def _experiments(matrix: Matrix, changes: tuple[Change, ...], onset: float | None, symptom: Symptom) -> list[Clue]:
    return list(experiment_clues(experiments(matrix, changes, onset, symptom)))


async def _series(desk: Desk, window: Window, held: tuple[Matrix, Matrix], services: set[str]) -> tuple[Matrix, Matrix]:
    """Both eras with the series of these services."""
    now, normal = held
    return await asyncio.gather(
        with_series(desk, window, Era.NOW, now, services), with_series(desk, window, Era.NORMAL, normal, services)
    )
