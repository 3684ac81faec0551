"""Do the tests of a candidate reach people, from the tables that the run has read already, whatever source is missing?"""

import pytest

from bot.card_trial import trial_notes
from bot.plain import as_line
from clew.causal.analysis import analyse
from clew.hypothesis import Label, Outcome
from clew.ports import Telemetry
from clew.progress import HypothesisView
from clew.tables import ChangeTable, Tables
from clew.testing import FakeLogs, FakeMetrics, Mood
from tests.flows.story import ALERT, CHANGES, GRAPH, Houses, incident, lines, matrix, sources, without


async def test_people_see_the_label_and_the_tests_that_gave_it(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        views = [view for view in house.platform.views if isinstance(view, HypothesisView)]
    best = next(view for view in views if view.number == 1)
    told = {trial.name: trial.outcome for trial in best.hypothesis.trials}
    assert best.hypothesis.label is Label.CAUSE
    assert told["onset order"] is Outcome.PASSED
    assert told["path"] is Outcome.PASSED
    first = as_line(trial_notes(best.hypothesis, ALERT)[0])
    assert first.startswith("Tests  cause: went live at")
    assert "on the path web → checkout" in first or "it is the service that the alert names" in first


async def test_the_investigation_tests_as_the_pure_call_does_and_reads_nothing_twice(houses: Houses) -> None:
    watched = FakeMetrics(name="metrics", table=matrix(), normal=matrix(sick=False))
    async with houses.house(sources=without(sources(), "metrics", watched)) as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.report is not None
    tables = Tables(
        matrix=matrix(),
        normal_matrix=matrix(sick=False),
        lines=lines(),
        normal_lines=lines(sick=False),
        changes=ChangeTable(CHANGES),
        graph=GRAPH,
    )
    pure = {draft.title: draft for draft in analyse(tables, ALERT, incident().symptom).drafts}
    for hypothesis in progress.report.hypotheses:
        draft = pure[hypothesis.title]
        assert (hypothesis.label, hypothesis.trials) == (draft.label, draft.trials)
        assert (hypothesis.effect, hypothesis.forecast) == (draft.effect, draft.forecast)
    assert watched.calls.count("matrix now") == progress.report.rounds


@pytest.mark.parametrize("mood", [Mood.FAILS, Mood.GARBAGE])
async def test_a_source_that_fails_leaves_tests_that_cannot_tell(houses: Houses, mood: Mood) -> None:
    broken = FakeMetrics(name="metrics", mood=mood)
    async with houses.house(sources=without(sources(), "metrics", broken)) as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.report is not None
    told = [trial for h in progress.report.hypotheses for trial in h.trials if trial.name == "disappearance"]
    assert all(trial.outcome is Outcome.UNKNOWN for trial in told)
    assert broken.telemetry is Telemetry.METRICS


async def test_without_logs_the_other_tests_stand(houses: Houses) -> None:
    async with houses.house(sources=without(sources(), "logs", FakeLogs(name="logs", mood=Mood.FAILS))) as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.report is not None
    best = progress.report.open[0]
    assert {t.name: t.outcome for t in best.trials}["path"] is Outcome.PASSED
