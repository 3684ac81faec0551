"""What if somebody sets the machine's clock during an investigation?"""

import asyncio

import pytest

from bot.cards import card
from clew.limits import Limits
from clew.progress import Progress, RunState, StepState
from clew.testing import FakeLogs, FrozenClock, Mood
from tests.flows.story import Houses, sources, without


@pytest.mark.parametrize("jump", [-3600.0, -1.0, 300.0, 86_400.0])
async def test_a_clock_that_jumps_changes_neither_the_verdict_nor_the_order_of_the_card(
    houses: Houses, jump: float
) -> None:
    async with houses.house(sources=sources()) as undisturbed:
        await undisturbed.copilot.open(undisturbed.incident)
        await undisturbed.jobs.settled()
        wanted = await undisturbed.copilot.progress(undisturbed.incident.id)
    hanging = without(sources(), "logs", FakeLogs(name="logs", mood=Mood.HANGS))
    other = Houses(houses.folder / "jumping")
    async with other.house(sources=hanging, limits=Limits(source_seconds=1.0)) as house:
        await house.copilot.open(house.incident)
        async with asyncio.timeout(20):
            while not any(
                s.state is StepState.DONE for v in house.platform.views if isinstance(v, Progress) for s in v.steps
            ):
                await asyncio.sleep(0.01)
        clock = house.clock
        assert isinstance(clock, FrozenClock)
        clock.jump(jump)
        await house.jobs.settled()
        progress = await house.copilot.progress(house.incident.id)
    assert wanted is not None
    assert wanted.report is not None
    assert progress is not None
    assert progress.report is not None
    assert progress.state is RunState.DONE
    assert progress.report.ranking[0] == wanted.report.ranking[0]
    cards = [view for view in house.platform.views if isinstance(view, Progress)]
    assert [c.revision for c in cards] == sorted({c.revision for c in cards})
    for view in cards:
        assert (card(view, now=clock.now()).elapsed or 0.0) >= 0, "no time may run backwards on the card"
    assert progress.report.seconds >= 0
