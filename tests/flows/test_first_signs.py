"""Does every investigation that finds a cause leave the picture of how it went, before the card says done?"""

from clew.hypothesis import Verdict
from clew.progress import HypothesisView, Progress, RunState, TimelineView
from tests.flows.story import ONSET, Houses


async def test_the_picture_follows_the_hypotheses_and_precedes_the_verdict(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.report is not None
    told = progress.report.timeline
    assert told is not None
    kinds = [type(view) for view in house.platform.views]
    assert kinds.count(TimelineView) == 1
    assert max(i for i, kind in enumerate(kinds) if kind is HypothesisView) < kinds.index(TimelineView)
    last = house.platform.views[-1]
    assert isinstance(last, Progress)
    assert last.state is RunState.DONE
    assert last.report == progress.report, "the picture's data are kept with the report"


async def test_the_picture_shows_the_blamed_service_its_deploy_and_the_alerts_time(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.report is not None
    report = progress.report
    assert report.verdict is Verdict.CAUSE
    told = report.timeline
    assert told is not None
    [leading] = [row for row in told.rows if row.leading]
    assert leading.service == report.open[0].cause.service
    assert leading.onset is not None
    assert abs(leading.onset - ONSET) <= 60
    assert "deploy 4f2c1a9 checkout" in [mark.label for mark in told.marks]
    assert (told.onset, told.alerted_at) == (report.onset, progress.incident.alerted_at)
    assert all({caller, callee} <= {row.service for row in told.rows} for caller, callee in told.edges)


async def test_a_restart_shows_the_same_picture_once(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        before = len(house.platform.views)
        await house.copilot.recover()
        assert len(house.platform.views) == before, "shown again it changes nothing"
