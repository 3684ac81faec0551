"""When does an investigation look further back, and is the graph the same arithmetic as one pure call?"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from agents import SPECIALISTS, specialists
from agents.desk import Desk
from agents.investigation import investigation
from agents.judge import case_of_findings
from agents.state import State
from clew.causal.analysis import analyse
from clew.causal.moment import Moment
from clew.causal.summary import Summary, summarise
from clew.deps import Deps
from clew.evidence import Series
from clew.fleet import FleetSource
from clew.hypothesis import Confidence, Verdict
from clew.incident import Incident, Signal, Symptom, Thread, Window, incident_id
from clew.limits import Limits
from clew.part import Part
from clew.ports import Era, Source
from clew.question import Question
from clew.tables import ChangeTable, Matrix, SeriesKey, Tables
from clew.testing import FakeGraph, FakeMetrics, FrozenClock
from tests.flows.story import ALERT, CHANGES, GRAPH, Houses, incident, level, lines, matrix, sources, without
from tools.case import case_incident
from tools.recorded import recorded_sources

RECORDED = Path(__file__).parents[2] / "playground" / "incidents"


async def test_nothing_clear_is_looked_for_further_back_and_then_honestly_not_found(houses: Houses) -> None:
    flat = Matrix(matrix().times, matrix().keys[:1], np.full((1, len(matrix().times)), np.nan))
    blind = FakeMetrics(name="metrics", table=flat)
    async with houses.house(sources=(blind, FakeGraph(name="graph", table=GRAPH)), limits=Limits(rounds=2)) as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.report is not None
    assert progress.report.verdict is Verdict.NOT_FOUND
    assert progress.report.rounds == 2
    assert blind.calls.count("matrix now") == 2


async def test_a_series_cites_its_own_query_and_not_that_of_everything(houses: Houses) -> None:
    told = matrix()
    keys = tuple(replace(key, query=f"rate({key.metric}) of {key.service}") for key in told.keys)
    metrics = FakeMetrics(name="metrics", table=replace(told, keys=keys))
    async with houses.house(sources=(metrics, FakeGraph(name="graph", table=GRAPH))) as house:
        await house.investigated()
        facts = await house.memory.recall(house.incident.id)
    series = [numbered.fact for numbered in facts if numbered.fact.label == "metric"]
    assert series
    for fact in series:
        assert isinstance(fact.payload, Series)
        assert fact.query == f"rate({fact.payload.name}) of {fact.payload.service}"


@dataclass(kw_only=True)
class Running(FakeMetrics):
    """Metrics of which only what was measured until now can be read, and when they were read."""

    clock: FrozenClock
    read_at: list[float] = field(default_factory=list[float])

    async def matrix(self, window: Window, era: Era = Era.NOW, part: Part | None = None) -> Matrix:
        found = await super().matrix(window, era, part)
        seen = int(np.searchsorted(found.times, self.clock.now(), side="right"))
        self.read_at += [self.clock.now()] if era is Era.NOW else []
        return replace(found, times=found.times[:seen], values=found.values[:, :seen])


@pytest.mark.parametrize(("later", "waits"), [(10.0, [0.0, 4.0, 8.0]), (7_200.0, [0.0, 0.0, 0.0])], ids=["on", "over"])
async def test_while_it_goes_on_a_further_look_waits_for_newer_facts(
    tmp_path: Path, later: float, waits: list[float]
) -> None:
    clock = FrozenClock(ALERT + later)
    flat = Matrix(matrix().times, matrix().keys[:1], np.full((1, len(matrix().times)), np.nan))
    live = Running(name="metrics", table=flat, clock=clock)
    async with Houses(tmp_path, clock=clock).house(sources=(live,)) as house:
        await house.investigated()
    assert [at - ALERT - later for at in live.read_at] == waits


async def test_the_graph_ranks_as_one_pure_call_does(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    tables = Tables(
        matrix=matrix(), lines=lines(), normal_lines=lines(sick=False), changes=ChangeTable(CHANGES), graph=GRAPH
    )
    pure = analyse(tables, ALERT, incident().symptom)
    assert progress is not None
    assert progress.report is not None
    assert progress.report.ranking == pure.services
    assert progress.report.changes == pure.changes
    assert progress.report.verdict is pure.verdict
    assert progress.report.onset == pure.onset


def armed(worse: tuple[float, float, float]) -> Matrix:
    """The story's series, and those of three pods of checkout: two stable ones and a canary, so many times as slow from the onset on."""
    told = matrix()
    keys = tuple(
        SeriesKey("checkout", f"checkout-{pod}", "latency-p99", "s", (("track", track),))
        for pod, track in enumerate(("stable", "stable", "canary"))
    )
    values = np.stack([level(0.1, 0.1 * times, 40 + pod) for pod, times in enumerate(worse)])
    return Matrix(told.times, (*told.keys, *keys), np.concatenate((told.values, values)))


@pytest.mark.parametrize(
    ("worse", "ruling"), [((1.0, 1.0, 14.0), "made the difference"), ((5.0, 5.0, 5.0), "both got worse alike")]
)
async def test_the_graph_hears_what_the_world_tried_out_as_the_pure_call_does(
    houses: Houses, worse: tuple[float, float, float], ruling: str
) -> None:
    seen = FakeMetrics(name="metrics", table=armed(worse), normal=Matrix.empty())
    async with houses.house(sources=without(sources(), "metrics", seen)) as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    tables = Tables(
        matrix=armed(worse), lines=lines(), normal_lines=lines(sick=False), changes=ChangeTable(CHANGES), graph=GRAPH
    )
    pure = analyse(tables, ALERT, incident().symptom)
    assert progress is not None
    assert progress.report is not None
    assert progress.report.changes == pure.changes
    told = {h.cause: (h.weight, h.confidence, h.why) for h in progress.report.open}
    assert told
    assert told == {d.cause: (d.weight, d.confidence, d.why) for d in pure.drafts if d.cause in told}
    blamed = next(d for d in pure.drafts if d.cause.change == "4f2c1a9")
    assert any(ruling in trial.says for trial in blamed.trials)
    # the ruling is part of the sum, on whichever side of the bar it puts the change
    assert any(ruling in term.says for term in blamed.why) or blamed.confidence is Confidence.RULED_OUT


class Parted(FakeMetrics):
    """A fleet too large for one read: the pods are no witnesses, and are told only of services that are asked for by name."""

    async def witnesses(self, window: Window, era: Era, symptom: Symptom) -> Matrix:
        whole = await self.matrix(window, era)
        rows = [row for row, key in enumerate(whole.keys) if not key.instance]
        return Matrix(whole.times, tuple(whole.keys[row] for row in rows), whole.values[rows])

    async def summary(self, window: Window, moment: Moment) -> Summary | None:
        return summarise(self.table, self.normal, moment)

    async def of_services(self, window: Window, era: Era, services: frozenset[str]) -> Matrix:
        whole = await self.matrix(window, era)
        rows = [row for row, key in enumerate(whole.keys) if key.service in services]
        return Matrix(whole.times, tuple(whole.keys[row] for row in rows), whole.values[rows])


async def test_of_a_large_fleet_the_arms_of_changed_services_are_read_before_it_is_ranked(houses: Houses) -> None:
    fleet = Parted(name="metrics", table=armed((1.0, 1.0, 14.0)), normal=Matrix.empty())
    assert isinstance(fleet, FleetSource)
    web = incident().model_copy(update={"symptom": Symptom(service="web", signal=Signal.LATENCY)})
    async with houses.house(sources=without(sources(), "metrics", fleet)) as house:
        house.incident = web
        await house.investigated()
        progress = await house.copilot.progress(web.id)
    assert progress is not None
    assert progress.report is not None
    blamed = next(h for h in progress.report.hypotheses if h.cause.change == "4f2c1a9")
    assert any("made the difference" in term.says for term in blamed.why if term.name == "change")


async def test_what_the_ranking_was_made_from_is_kept_whole(houses: Houses) -> None:
    seen = FakeMetrics(name="metrics", table=armed((1.0, 1.0, 14.0)), normal=Matrix.empty())
    desk = Desk.of(Deps(without(sources(), "metrics", seen), houses.memory, houses.clock, Limits()))
    await houses.memory.open_incident(incident())
    graph = investigation(SPECIALISTS, Limits(), None)
    ended = cast(State, await graph.ainvoke({"incident": incident(), "started_at": ALERT}, context=desk))
    await desk.close()
    assert "report" in ended
    fits = {fit.change: fit for fit in case_of_findings(ended).fits}
    assert "made the difference" in fits["4f2c1a9"].says
    blamed = next(d for d in ended["report"].hypotheses if d.cause.change == "4f2c1a9")
    assert fits["4f2c1a9"].amount == next(t.value for t in blamed.why if t.name == "change")


def recordings() -> list[Path]:
    return sorted(p.parent for p in RECORDED.glob("*/incident.json"))


@pytest.mark.parametrize("folder", recordings(), ids=lambda folder: folder.name)
async def test_a_recorded_incident_runs_to_a_verdict_with_cited_claims(houses: Houses, folder: Path) -> None:
    brief = case_incident(folder)
    at = brief.alerted_at
    recorded = Incident(
        id=incident_id("recorded", brief.id),
        title=brief.title,
        thread=Thread(platform="fake", channel="C"),
        alerted_at=at,
        symptom=brief.symptom,
        window=Window(start=at - 3600, end=at + 900),
        opened_by="test",
        opened_at=at,
    )
    houses.clock = FrozenClock(at + 900)
    sources: tuple[Source, ...] = recorded_sources(folder)
    async with houses.house(sources=sources, limits=Limits()) as house:
        house.incident = recorded
        await house.investigated()
        progress = await house.copilot.progress(recorded.id)
        question = Question(incident=recorded.id, key="q", asker="mia", text="is it over?", at=at)
        said = await house.copilot.ask(question)
    assert progress is not None
    assert progress.report is not None
    assert progress.report.gaps == ()
    assert "; usual " in said.claims[0].text
    assert said.claims[0].evidence
    assert progress.report.ranking or progress.report.verdict is Verdict.HEALTHY
    kept = {n.fact.id for n in await houses.memory.recall(recorded.id)}
    for hypothesis in progress.report.open:
        assert hypothesis.support
        assert {e for claim in hypothesis.support for e in claim.evidence} <= kept


def test_the_built_in_specialists_come_first_and_have_names_of_their_own() -> None:
    found = specialists()
    assert found[: len(SPECIALISTS)] == SPECIALISTS
    assert len({s.name for s in found}) == len(found)
