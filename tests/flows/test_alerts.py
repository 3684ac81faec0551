"""From an alert to one card with the cause, and to its end: whatever comes at once, twice, late or in between."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from bot.intake.incidents import Incidents, Office
from clew.alert import Alert, Severity
from clew.burst import AGAIN, Burst
from clew.errors import StoreError
from clew.incident import Signal
from clew.limits import Limits
from clew.progress import Progress, RunState
from clew.testing import DictMemory, FakeLogs, Mood
from tests.flows.story import ALERT, House, Houses, RunningClock, sources, without


def alert(service: str = "web", *, ended: float | None = None, **changes: object) -> Alert:
    fields: dict[str, object] = {
        "origin": "sender",
        "fingerprint": f"latency of {service}",
        "title": f"{service} is slow",
        "service": service,
        "signal": Signal.LATENCY,
        "severity": Severity.ERROR,
        "started_at": ALERT,
        "ended_at": ended,
        "told_at": ALERT + 5 if ended is None else ended,
    }
    return Alert.model_validate(fields | changes)


@asynccontextmanager
async def intake(house: House, owner: str = "one") -> AsyncGenerator[Incidents]:
    office = Office(house.memory, house.copilot, house.platform, house.clock, owner)
    async with Incidents(office).running() as incidents:
        yield incidents


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


async def shown(memory: DictMemory) -> Burst:
    """The one burst there is, once people see its last version."""
    async with asyncio.timeout(20):
        while await memory.unshown_bursts():
            await asyncio.sleep(0.01)
    (burst,) = (await memory.alert_book([], 0.0)).bursts
    return burst


async def card(house: House, burst: Burst) -> Progress:
    progress = await house.copilot.progress(burst.id)
    assert progress is not None
    return progress


async def test_an_alert_opens_a_room_and_ends_with_the_cause(houses: Houses) -> None:
    async with houses.house() as house, intake(house) as incidents:
        await incidents.hear((alert(),))
        burst = await shown(house.memory)
        await house.jobs.settled()
        progress = await card(house, burst)
        assert progress.state is RunState.DONE
        assert progress.report is not None
        assert progress.report.open[0].cause.service == "checkout"
        incident = progress.incident
        assert (incident.alerted_at, incident.symptom.service, incident.severity) == (ALERT, "web", "error")
        assert incident.window.start == ALERT - Limits().lookback_seconds
        assert incident.thread.channel == "room 1: web is slow"
        assert "web is slow" in incident.why_joined
        assert await house.platform.post_count(burst.id) == 1


async def test_two_hundred_at_once_are_one_room_and_one_card(houses: Houses) -> None:
    async with houses.house() as house, intake(house) as incidents:
        told = await asyncio.gather(*(incidents.hear((alert(f"s{i}"),)) for i in range(200)))
        assert all(len(news.kept) == 1 for news in told)
        burst = await shown(house.memory)
        await house.jobs.settled()
        assert (burst.total, burst.firing) == (200, 200)
        assert len(house.platform.rooms) == 1
        assert {view.incident.id for view in house.platform.views} == {burst.id}
        roll = (await card(house, burst)).alerts
        assert roll is not None
        assert len(roll.also) + roll.more == 199


async def test_two_processes_hear_the_same_burst(houses: Houses) -> None:
    houses.clock = RunningClock(ALERT + 10)
    async with (
        houses.house(owner="one") as first,
        houses.house(owner="two") as second,
        intake(first, "one") as one,
        intake(second, "two") as two,
    ):
        burst = [(alert(f"s{i}"),) for i in range(20)]
        # each alert to both, as two senders of one pair do
        await asyncio.gather(*(incidents.hear(some) for some in burst for incidents in (one, two)))
        kept = await shown(houses.memory)
        await first.jobs.settled()
        await second.jobs.settled()
    assert kept.total == 20
    assert len(houses.platform.rooms) == 1
    assert await houses.platform.post_count(kept.id) == 1


async def test_the_same_again_changes_nothing(houses: Houses) -> None:
    async with houses.house() as house, intake(house) as incidents:
        await incidents.hear((alert(),))
        before = await shown(house.memory)
        again = await incidents.hear((alert(told_at=ALERT + 200),))
        assert (again.kept, again.bursts) == ((), ())
        assert await shown(house.memory) == before


async def test_the_end_of_all_alerts_resolves_it_once(houses: Houses) -> None:
    async with houses.house() as house, intake(house) as incidents:
        await incidents.hear((alert(), alert("cart")))
        burst = await shown(house.memory)
        await house.jobs.settled()
        await incidents.hear((alert(ended=ALERT + 400),))
        await shown(house.memory)
        assert (await card(house, burst)).state is RunState.DONE, "one still fires"
        await incidents.hear((alert("cart", ended=ALERT + 500),))
        await shown(house.memory)
        ended = await card(house, burst)
        assert ended.state is RunState.RESOLVED
        assert ended.report is not None
        assert ended.alerts is not None
        assert ended.alerts.resolved_at is not None
        assert "alerts cleared" in house.platform.transcript(burst.id)
        await incidents.hear((alert("cart", ended=ALERT + 500),))
        assert (await card(house, burst)).revision == ended.revision


async def test_an_end_in_the_middle_lets_the_investigation_finish(houses: Houses) -> None:
    hanging = without(sources(), "logs", FakeLogs(name="logs", mood=Mood.HANGS))
    houses.clock = RunningClock(ALERT + 10)
    async with houses.house(sources=hanging, limits=Limits(source_seconds=2)) as house, intake(house) as incidents:
        await incidents.hear((alert(),))
        burst = await shown(house.memory)
        await incidents.hear((alert(ended=ALERT + 20),))
        await shown(house.memory)
        assert (await card(house, burst)).state is RunState.INVESTIGATING
        await house.jobs.settled()
        ended = await card(house, burst)
        assert ended.state is RunState.RESOLVED
        assert ended.report is not None
        assert ended.report.open[0].cause.service == "checkout"


async def test_what_fires_again_soon_is_the_same_incident(houses: Houses) -> None:
    async with houses.house() as house, intake(house) as incidents:
        await incidents.hear((alert(),))
        burst = await shown(house.memory)
        await house.jobs.settled()
        await incidents.hear((alert(ended=ALERT + 20),))
        await shown(house.memory)
        await incidents.hear((alert(started_at=ALERT + 60, told_at=ALERT + 60),))
        await shown(house.memory)
        again = await card(house, burst)
        assert again.state is RunState.DONE
        assert again.alerts is not None
        assert (again.alerts.resolved_at, again.alerts.again_at is not None) == (None, True)
        assert len(house.platform.rooms) == 1


async def test_what_fires_again_next_day_is_the_next_incident(houses: Houses) -> None:
    async with houses.house() as house, intake(house) as incidents:
        await incidents.hear((alert(),))
        first = await shown(house.memory)
        await house.jobs.settled()
        await incidents.hear((alert(ended=ALERT + 20),))
        await shown(house.memory)
        house.clock.advance(AGAIN + 60)  # type: ignore[union-attr]
        now = house.clock.now()
        told = await incidents.hear((alert(started_at=now - 1, told_at=now),))
        assert told.bursts[0].id != first.id
        await until(lambda: len(house.platform.rooms) == 2)


async def test_the_worst_severity_stays(houses: Houses) -> None:
    async with houses.house() as house, intake(house) as incidents:
        await incidents.hear((alert(severity=Severity.WARNING),))
        burst = await shown(house.memory)
        await incidents.hear((alert("cart", severity=Severity.CRITICAL),))
        await shown(house.memory)
        await incidents.hear((alert("cart", severity=Severity.CRITICAL, ended=ALERT + 30),))
        await shown(house.memory)
        assert (await card(house, burst)).incident.severity == "critical"


async def test_what_a_stopped_process_kept_is_shown_by_the_next(houses: Houses) -> None:
    async with houses.house() as house:
        office = Office(house.memory, house.copilot, house.platform, house.clock, "one")
        houses.platform.refuse = "fatal_error"
        async with Incidents(office).running() as incidents:
            await incidents.hear((alert(),))
            await asyncio.sleep(0.05)
        assert houses.platform.rooms == {}
    houses.platform.refuse = ""
    async with houses.house(owner="two") as house, intake(house, "two"):
        burst = await shown(house.memory)
        await house.jobs.settled()
        assert (await card(house, burst)).state is RunState.DONE


async def test_a_chat_that_comes_back_gets_the_card(houses: Houses) -> None:
    houses.clock = RunningClock(ALERT + 10)
    async with houses.house() as house, intake(house) as incidents:
        houses.platform.refuse = "internal_error"
        await incidents.hear((alert(),))
        await asyncio.sleep(0.2)
        assert house.platform.rooms == {}
        houses.platform.refuse = ""
        burst = await shown(house.memory)
        assert await house.platform.post_count(burst.id) == 1


async def test_a_store_that_is_down_takes_nothing_and_says_so(houses: Houses) -> None:
    async with houses.house() as house, intake(house) as incidents:
        houses.memory.down = "the disk is full"
        with pytest.raises(StoreError, match="disk is full"):
            await incidents.hear((alert(),))
        houses.memory.down = ""
        assert (await houses.memory.alert_book([alert().id], 0.0)).known == ()
        await incidents.hear((alert(),))
        assert (await shown(houses.memory)).total == 1


async def test_a_person_stopped_it_and_then_it_ended(houses: Houses) -> None:
    hanging = without(sources(), "logs", FakeLogs(name="logs", mood=Mood.HANGS))
    async with houses.house(sources=hanging, limits=Limits(source_seconds=30)) as house, intake(house) as incidents:
        await incidents.hear((alert(),))
        burst = await shown(house.memory)
        assert await house.copilot.stop(burst.id, "U1")
        await incidents.hear((alert(ended=ALERT + 30),))
        await shown(house.memory)
        ended = await card(house, burst)
        assert (ended.state, ended.stopped_by) == (RunState.RESOLVED, "U1")
        await incidents.hear((alert(started_at=ALERT + 40, told_at=ALERT + 40),))
        await shown(house.memory)
        assert (await card(house, burst)).state is RunState.STOPPED
