"""Who may run an incident, what ends a run, and what is left when everything under it fails?"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from agents.watch import Watch
from clew.errors import Refused, SourceUnavailable
from clew.feedback import Ballot, RejectReason, Vote
from clew.hypothesis import Hypothesis, Verdict
from clew.limits import Limits
from clew.ports import Health, Source
from clew.progress import HypothesisView, Numbered, Progress, RunState, StepState
from clew.testing import DictMemory, FakeLogs, FakeMetrics, Mood
from tests.flows.story import House, Houses, RunningClock, incident, matrix, sources, without

SLOW = Limits(source_seconds=30)


def slow(name: str = "logs") -> tuple[Source, ...]:
    hanging = FakeLogs(name="logs", mood=Mood.HANGS) if name == "logs" else FakeMetrics(name=name, mood=Mood.HANGS)
    return without(sources(), name, hanging)


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


def cards(house: House) -> list[Progress]:
    return [view for view in house.platform.views if isinstance(view, Progress)]


def under_way(house: House) -> bool:
    """Whether a step has ended and the run still works."""
    return any(s.key == "changes" and s.state is StepState.DONE for s in cards(house)[-1].steps)


async def standing(house: House) -> Progress:
    progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    return progress


async def leading(house: House) -> Hypothesis:
    report = (await standing(house)).report
    assert report is not None
    return report.hypotheses[0]


def vote(house: House, hypothesis: str, by: str, *, agree: bool, at: float = 0.0) -> Vote:
    reason = None if agree else RejectReason.WRONG_CAUSE
    when = at or house.clock.now()
    return Vote(incident=house.incident.id, hypothesis=hypothesis, by=by, agree=agree, reason=reason, at=when)


async def test_a_run_whose_lease_was_taken_ends_and_the_other_process_finishes(houses: Houses) -> None:
    limits = Limits(source_seconds=30, lease_seconds=1.2)
    async with houses.house(sources=slow(), limits=limits) as house:
        await house.copilot.open(house.incident)
        await until(lambda: under_way(house))
        houses.clock.advance(100)  # type: ignore[union-attr]
        key, now = Watch.key(house.incident.id), houses.clock.now()
        assert await houses.memory.lease(key, "two", 60, now) == 2
        shown = len(house.platform.views)
        await house.jobs.settled()
        assert (await standing(house)).state is RunState.INVESTIGATING
        # what was under way when the lease went may still be told; nothing is concluded by the one who lost it
        later = house.platform.views[shown:]
        assert all(isinstance(v, Progress) and v.state is RunState.INVESTIGATING for v in later)
        # giving back a lease that is no longer ours must not free the other's
        assert await houses.memory.lease(key, "three", 60, now) is None
    async with houses.house(owner="two") as house:
        assert await house.copilot.recover() == 1
        await house.jobs.settled()
        assert (await standing(house)).state is RunState.DONE


async def test_a_run_that_ends_gives_its_lease_back_at_once(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        now = houses.clock.now()
        assert await houses.memory.lease(Watch.key(house.incident.id), "two", 30, now) is not None


async def test_a_process_that_shuts_down_leaves_the_incident_open_and_free(houses: Houses) -> None:
    async with houses.house(sources=slow(), limits=SLOW) as house:
        await house.copilot.open(house.incident)
        await until(lambda: under_way(house))
        await house.jobs.killed()
        assert (await standing(house)).state is RunState.INVESTIGATING
        assert await houses.memory.lease(Watch.key(house.incident.id), "two", 30, houses.clock.now()) is not None


async def test_running_twice_or_when_nothing_is_to_do_changes_nothing(houses: Houses) -> None:
    async with houses.house(sources=slow(), limits=SLOW) as house:
        await house.copilot.run("no such incident")
        await house.copilot.open(house.incident)
        await until(lambda: under_way(house))
        await house.copilot.run(house.incident.id)  # returns, since this process runs it already
        assert not house.jobs.tasks[house.incident.id].done()
        await house.copilot.stop(house.incident.id, "mia")
        stopped = await standing(house)
        await house.copilot.run(house.incident.id)
        assert await standing(house) == stopped


async def test_stop_and_resume_say_false_where_there_is_nothing_to_do(houses: Houses) -> None:
    async with houses.house() as house:
        assert not await house.copilot.stop("no such incident", "mia")
        assert not await house.copilot.resume("no such incident", "mia")
        await house.investigated()
        done = await standing(house)
        assert not await house.copilot.stop(house.incident.id, "mia")
        assert not await house.copilot.resume(house.incident.id, "mia")
        assert await standing(house) == done


async def test_a_recheck_can_be_stopped_and_taken_up_again(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        first = await leading(house)
    async with houses.house(sources=slow("metrics"), limits=SLOW, owner="two") as house:
        await house.copilot.vote(vote(house, first.id, "lee", agree=False))
        await until(lambda: house.jobs.submitted != [] and cards(house)[-1].state is RunState.RECHECKING)
        await asyncio.sleep(0.1)
        assert await house.copilot.stop(house.incident.id, "mia")
        stopped = await standing(house)
        assert (stopped.state, stopped.stopped_by) == (RunState.STOPPED, "mia")
        assert stopped.report is not None
    async with houses.house(owner="three") as house:
        assert await house.copilot.resume(house.incident.id, "lee")
        await house.jobs.settled()
        after = await leading(house)
        assert (await standing(house)).state is RunState.DONE
    assert after.id == first.id
    assert after.weight == pytest.approx(first.weight - 0.5)


async def test_a_second_objection_during_a_recheck_counts_too(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        first = await leading(house)
    limits = Limits(source_seconds=0.5)
    async with houses.house(sources=slow(), limits=limits, owner="two") as house:
        await house.copilot.vote(vote(house, first.id, "lee", agree=False))
        await until(lambda: cards(house)[-1].state is RunState.RECHECKING)
        await asyncio.sleep(0.05)
        await house.copilot.vote(vote(house, first.id, "sam", agree=False))
        await house.jobs.settled()
        after, progress = await leading(house), await standing(house)
        card = await house.copilot.hypothesis(house.incident.id, 1)
    assert progress.state is RunState.DONE
    assert first.weight - after.weight == pytest.approx(1.0)
    assert card is not None
    assert {v.by for v in card.ballot.rejects} == {"lee", "sam"}
    assert not card.rechecking
    assert all(s.state is not StepState.RUNNING for s in progress.steps)


async def test_a_changed_mind_replaces_the_vote_and_an_older_one_does_not(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        first, now = await leading(house), houses.clock.now()
        await house.copilot.vote(vote(house, first.id, "lee", agree=False, at=now))
        await house.jobs.settled()
        runs = len(house.jobs.submitted)
        await house.copilot.vote(vote(house, first.id, "lee", agree=True, at=now + 5))
        await house.copilot.vote(vote(house, first.id, "lee", agree=False, at=now + 1))
        ballot: Ballot = await houses.memory.ballot(first.id)
        assert [(v.by, v.agree) for v in ballot.votes] == [("lee", True)]
        assert len(houses.memory.history) == 2
        assert len(house.jobs.submitted) == runs
        again = await leading(house)
    assert again.confidence is first.confidence


async def test_a_store_that_is_away_for_a_second_costs_no_finished_step(houses: Houses) -> None:
    houses.clock = RunningClock()
    kept = slow()
    async with houses.house(sources=kept, limits=Limits(source_seconds=2.5, rounds=1)) as house:
        await house.copilot.open(house.incident)
        await until(lambda: under_way(house))
        houses.memory.down = "the disk is full"
        await asyncio.sleep(0.8)
        assert not house.jobs.tasks[house.incident.id].done()
        houses.memory.down = ""
        await house.jobs.settled()
        progress = await standing(house)
    assert progress.state is RunState.DONE
    assert progress.report is not None
    assert progress.report.ranking[0] == "checkout"
    assert [c.revision for c in cards(house)] == list(range(1, len(cards(house)) + 1))
    changes = next(s for s in kept if s.name == "changes")
    assert changes.calls.count("changes") == 1  # type: ignore[attr-defined]


async def test_a_store_that_stays_away_leaves_the_incident_for_the_next_start(houses: Houses) -> None:
    async with houses.house(sources=slow(), limits=SLOW) as house:
        await house.copilot.open(house.incident)
        await until(lambda: under_way(house))
        houses.memory.down = "the disk is full"
        await house.jobs.settled()  # the clock jumps over the pauses, so the run has given up by now
        houses.memory.down = ""
        assert (await standing(house)).state is RunState.INVESTIGATING
    houses.clock.advance(60)  # type: ignore[union-attr] the lease could not be given back
    async with houses.house(owner="two") as house:
        assert await house.copilot.recover() == 1
        await house.jobs.settled()
        assert (await standing(house)).state is RunState.DONE


@dataclass
class _Fault:
    """Where the bug strikes, and whether the store goes with it."""

    armed: bool = True
    takes_the_store: bool = False


class BuggyMemory(DictMemory):
    """A store with a bug of its own: it raises what no contract knows."""

    def __init__(self, fault: _Fault) -> None:
        super().__init__()
        self._fault = fault

    async def recall(self, incident_id: str) -> tuple[Numbered, ...]:
        if self._fault.armed:
            self.down = "gone" if self._fault.takes_the_store else ""
            raise ZeroDivisionError("the text of this error must not reach people")
        return await super().recall(incident_id)


async def test_a_bug_outside_every_handler_ends_the_card_and_keeps_what_was_found(houses: Houses) -> None:
    fault = _Fault()
    houses.memory = BuggyMemory(fault)
    with capture_logs() as told:
        async with houses.house() as house:
            await house.investigated()
    assert [entry["event"] for entry in told if entry["log_level"] == "error"] == ["run failed"]
    async with houses.house() as house:
        progress = await standing(house)
        thread = house.platform.transcript(house.incident.id)
        fault.armed = False
        kept = await houses.memory.recall(house.incident.id)
    assert progress.state is RunState.DONE
    assert progress.report is not None
    assert progress.report.verdict is Verdict.NOT_FOUND
    gap = next(g for g in progress.gaps if g.source == "Clew")
    assert "ZeroDivisionError" in gap.reason
    assert not any(s.state is StepState.RUNNING for s in progress.steps)
    assert "must not reach people" not in thread
    assert kept


async def test_a_bug_that_takes_the_store_along_leaves_the_incident_open(houses: Houses) -> None:
    fault = _Fault(takes_the_store=True)
    houses.memory = BuggyMemory(fault)
    with capture_logs():
        async with houses.house() as house:
            assert await house.copilot.open(house.incident)
            await house.jobs.settled()
    async with houses.house() as house:
        fault.armed, houses.memory.down = False, ""
        assert (await standing(house)).state is RunState.INVESTIGATING
    houses.clock.advance(60)  # type: ignore[union-attr]
    async with houses.house(owner="two") as house:
        assert await house.copilot.recover() == 1
        await house.jobs.settled()
        assert (await leading(house)).cause.change == "4f2c1a9"


async def test_a_platform_that_refuses_loses_nothing_and_shows_it_after_the_next_start(houses: Houses) -> None:
    houses.platform.refuse = "channel_not_found"
    async with houses.house() as house:
        await house.investigated()
        assert (await standing(house)).state is RunState.DONE
        assert house.platform.views == []
        houses.platform.refuse = ""
        assert await house.copilot.recover() == 0
    kinds = {type(view) for view in houses.platform.views}
    assert {Progress, HypothesisView} <= kinds


async def test_an_incident_that_died_before_its_first_card_is_taken_up(houses: Houses) -> None:
    async with houses.house() as house:
        await houses.memory.open_incident(house.incident)
        assert await house.copilot.recover() == 1
        await house.jobs.settled()
        assert cards(house)[0].revision == 1
        assert (await standing(house)).state is RunState.DONE


async def test_an_incident_of_a_platform_that_is_not_connected_is_still_investigated(houses: Houses) -> None:
    async with houses.house() as house:
        thread = house.incident.thread.model_copy(update={"platform": "elsewhere"})
        house.incident = house.incident.model_copy(update={"thread": thread})
        await house.investigated()
        assert (await standing(house)).state is RunState.DONE
        assert house.platform.views == []


async def test_what_stands_can_be_looked_up_by_channel_number_and_age(houses: Houses) -> None:
    async with houses.house() as house:
        assert await house.copilot.recent(5) == ()
        assert await house.copilot.progress_in("fake", "", house.incident.thread.channel) is None
        assert await house.copilot.hypothesis(house.incident.id, 1) is None
        await house.investigated()
        progress = await standing(house)
        assert await house.copilot.progress_in("fake", "", house.incident.thread.channel) == progress
        assert await house.copilot.recent(5) == (progress,)
        first = await house.copilot.evidence(house.incident.id, 1)
        assert first is not None
        assert first.number == 1
        assert await house.copilot.evidence(house.incident.id, 10_000) is None
        assert await house.copilot.hypothesis(house.incident.id, 10_000) is None
        with pytest.raises(Refused, match="no longer"):
            await house.copilot.vote(vote(house, "never", "mia", agree=True))


@dataclass(kw_only=True)
class Mute(FakeLogs):
    """A source whose own check hangs or raises."""

    async def check(self) -> Health:
        if self.mood is Mood.HANGS:
            await asyncio.Event().wait()
        raise SourceUnavailable(self.name, "refused the connection " + "x" * 500)


class MuteMemory(DictMemory):
    """A store whose own check never ends, or fails once it is down."""

    async def check(self) -> Health:
        self._up()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


@pytest.mark.parametrize(("mood", "says"), [(Mood.HANGS, "no answer within 0.1 s"), (Mood.FAILS, "refused the connec")])
async def test_a_check_that_hangs_or_fails_is_a_word_of_its_own(houses: Houses, mood: Mood, says: str) -> None:
    houses.memory = MuteMemory()
    houses.memory.down = "the disk is full" if mood is Mood.FAILS else ""
    mute = (FakeMetrics(name="metrics", table=matrix()), Mute(name="logs", mood=mood))
    async with houses.house(sources=mute, limits=Limits(source_seconds=0.1)) as house:
        told = {h.source: h for h in await house.copilot.health()}
    assert told["metrics"].ok
    assert not told["logs"].ok
    assert told["logs"].says.startswith(says)
    assert len(told["logs"].says) <= 200
    assert not told["store"].ok
    assert told["store"].says == ("the disk is full" if mood is Mood.FAILS else says)


def test_one_incident_has_one_lease() -> None:
    assert Watch.key(incident().id) == Watch.key(incident().id) != Watch.key(incident("another").id)
