"""What is lost when a process dies in the middle? Nothing that a finished step had found."""

import asyncio

import pytest

from agents import SPECIALISTS
from agents.checkpoints import opened, thread
from agents.desk import Desk
from agents.investigation import investigation
from agents.state import State
from clew.deps import Deps
from clew.hypothesis import Report, Verdict
from clew.limits import Limits
from clew.progress import HypothesisView, Progress, RunState
from clew.testing import FakeLogs, Mood
from tests.flows.story import ALERT, Houses, RunningClock, incident, sources, without

NODES = ("triage", "changes", "metrics", "logs", "judge", "report")
LIMITS = Limits(source_seconds=5)


async def steps(houses: Houses, until: str | None = None) -> tuple[list[str], Report | None]:
    """Runs the graph on the shared checkpoint, as a fresh process, up to a step or to the end; the steps that ran."""
    await houses.memory.open_incident(incident())
    desk = Desk.of(Deps(sources(), houses.memory, houses.clock, LIMITS))
    ran: list[str] = []
    async with opened(houses.folder / "checkpoints.db") as saver:
        graph = investigation(SPECIALISTS, LIMITS, saver)
        config = thread(incident().id)
        stands = await graph.aget_state(config)
        begin: State = {"incident": incident(), "started_at": ALERT}
        given = None if stands.next or stands.values else begin
        async for update in graph.astream(given, config, context=desk, stream_mode="updates", durability="sync"):
            ran += update
            if until in ran:
                break
        report = (await graph.aget_state(config)).values.get("report")
    await desk.close()
    return ran, report


@pytest.mark.parametrize("node", NODES[:-1])
async def test_a_fresh_process_runs_only_what_is_missing(houses: Houses, node: str) -> None:
    before, early = await steps(houses, until=node)
    assert early is None
    after, report = await steps(houses)
    assert after[-1] == "report"
    finished = [name for name in before if name in ("triage", "judge")]
    assert not set(finished) & set(after)
    whole = Houses(houses.folder / "whole")
    _, undisturbed = await steps(whole)
    assert report is not None
    assert undisturbed is not None
    same = {"seconds": 0.0, "queries": 0}
    assert report.model_copy(update=same) == undisturbed.model_copy(update=same)


async def test_a_second_look_at_a_finished_graph_changes_nothing(houses: Houses) -> None:
    _, first = await steps(houses)
    async with opened(houses.folder / "checkpoints.db") as saver:
        again = (await investigation(SPECIALISTS, LIMITS, saver).aget_state(thread(incident().id))).values["report"]
    assert again == first
    assert type(again) is Report
    assert isinstance(again.hypotheses, tuple)


async def test_only_the_specialist_that_was_cut_off_runs_again(houses: Houses) -> None:
    hanging = without(sources(), "logs", FakeLogs(name="logs", mood=Mood.HANGS))
    async with houses.house(sources=hanging, limits=Limits(source_seconds=60)) as house:
        await house.copilot.open(house.incident)
        while sum(bool(s.note) for s in house.platform.views[-1].steps) < 4:  # type: ignore[union-attr]
            await asyncio.sleep(0.01)
        await house.jobs.killed()
    fresh = sources()
    async with houses.house(sources=fresh, owner="two") as house:
        assert await house.copilot.recover() == 1
        await house.jobs.settled()
        progress = await house.copilot.progress(house.incident.id)
    asked = {source.name: source.calls for source in fresh}  # type: ignore[attr-defined]
    assert asked["logs"] == ["lines now", "lines normal"]
    assert asked["metrics"] == ["matrix now", "matrix normal"], (
        "once, for the tests of the candidates: tables outlive no process"
    )
    assert asked["graph"] == []
    assert asked["changes"] == []
    assert progress is not None
    assert progress.report is not None
    assert progress.report.verdict is Verdict.CAUSE


async def test_after_a_kill_the_same_card_goes_on_and_nothing_is_doubled(houses: Houses) -> None:
    hanging = without(sources(), "changes", None)
    hanging = without(hanging, "logs", FakeLogs(name="logs", mood=Mood.HANGS))
    async with houses.house(sources=hanging, limits=Limits(source_seconds=60)) as house:
        await house.copilot.open(house.incident)
        while len(house.platform.views) < 3:
            await asyncio.sleep(0.01)
        await house.jobs.killed()
        cut = house.platform.views[-1]
    assert isinstance(cut, Progress)
    assert cut.state is RunState.INVESTIGATING
    # the dead process still holds its lease, as after SIGKILL: the next one waits for it to run out
    assert await houses.memory.lease(f"run/{incident().id}", "one", 30, houses.clock.now()) is not None
    async with houses.house(owner="two") as house:
        assert await house.copilot.recover() == 1
        await house.jobs.settled()
        assert await house.copilot.recover() == 0
    cards = [v for v in houses.platform.views if isinstance(v, Progress)]
    assert [c.revision for c in cards] == list(range(1, len(cards) + 1))
    assert cards[-1].state is RunState.DONE
    numbers = [v.number for v in houses.platform.views if isinstance(v, HypothesisView)]
    assert len(numbers) == len(set(numbers))


async def test_two_processes_never_run_one_incident_at_once(houses: Houses) -> None:
    slow = without(sources(), "logs", FakeLogs(name="logs", mood=Mood.HANGS))
    limits = Limits(source_seconds=0.5, rounds=1, lease_seconds=6)
    houses.clock = RunningClock()
    async with houses.house(sources=slow, limits=limits) as one, houses.house(owner="two", limits=limits) as two:
        await one.copilot.open(one.incident)
        await asyncio.sleep(0)
        await asyncio.gather(one.jobs.settled(), two.copilot.run(one.incident.id))
        progress = await one.copilot.progress(one.incident.id)
    assert progress is not None
    assert progress.state is RunState.DONE
    numbers = [v.number for v in houses.platform.views if isinstance(v, HypothesisView)]
    assert len(numbers) == len(set(numbers))


async def test_a_store_that_fails_for_a_while_delays_and_loses_nothing(houses: Houses) -> None:
    async with houses.house() as house:
        await house.copilot.open(house.incident)
        while len(house.platform.views) < 2:
            await asyncio.sleep(0)
        houses.memory.down = "the disk is full"
        await asyncio.sleep(0.05)
        houses.memory.down = ""
        await house.jobs.settled()
        if (await house.copilot.progress(house.incident.id)).state is RunState.INVESTIGATING:  # type: ignore[union-attr]
            await house.copilot.recover()
            await house.jobs.settled()
        progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.state is RunState.DONE
