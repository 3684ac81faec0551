"""Does a view become one message, edited at the right pace, whatever Slack does meanwhile?"""

import asyncio
import itertools
from typing import Any

import pytest

from clew.errors import PlatformError
from clew.incident import Incident, Thread, Window
from clew.progress import Answer, HypothesisView, Progress, RunState, Step, StepState
from clew.testing import DictMemory


def incident_in(channel: str, number: int = 1) -> Incident:
    return Incident(
        id=f"incident{number}",
        title="Checkout latency",
        thread=Thread(platform="slack", team="T0PLAY001", channel=channel),
        alerted_at=1_795_372_200.0,
        window=Window(start=1_795_368_600.0, end=1_795_373_100.0),
        opened_by="U0MIA0001",
        opened_at=1_795_372_210.0,
    )


def progress(incident: Incident, revision: int, state: RunState = RunState.INVESTIGATING, note: str = "") -> Progress:
    return Progress(
        incident=incident,
        revision=revision,
        state=state,
        steps=(Step(key="read", title="Read the alert", state=StepState.DONE, note=note or f"step {revision}"),),
        so_far=note or f"after step {revision}",
        updated_at=incident.opened_at + revision,
    )


@pytest.fixture
async def channel(bot: Any) -> str:
    """A public channel that Clew was invited to."""
    mia = bot.slack.person("mia")
    made: str = await mia.creates_channel("war-room")
    await mia.invites(made)
    await bot.settled()
    return made


def edits(bench: Any) -> list[Any]:
    return [call for call in bench.slack.record.calls("chat.update") if call.ok]


async def test_point_05_edits_keep_their_distance_and_skip_what_is_unchanged(bot: Any, channel: str) -> None:
    incident = incident_in(channel)
    for revision in range(1, 12):
        await bot.bot.platform.show(progress(incident, revision))
        await asyncio.sleep(0.05)
    await bot.bot.platform.show(progress(incident, 12, RunState.DONE))
    shown_at = [call.at for call in (*bot.slack.record.calls("chat.postMessage"), *edits(bot))]
    gaps = [later - earlier for earlier, later in itertools.pairwise(shown_at)]
    assert len(gaps) >= 2
    assert min(gaps) >= bot.config.edit_seconds * 0.95
    before = len(edits(bot))
    await bot.bot.platform.show(
        progress(incident, 13, RunState.DONE, note="step 12").model_copy(
            update={"so_far": "after step 12", "updated_at": incident.opened_at + 12}
        )
    )
    await asyncio.sleep(bot.config.edit_seconds * 2)
    assert len(edits(bot)) == before


async def test_the_last_state_wins_and_an_older_one_never_comes_after_it(bot: Any, channel: str) -> None:
    incident = incident_in(channel)
    for revision in (1, 5, 9):
        await bot.bot.platform.show(progress(incident, revision))
    await bot.bot.platform.show(progress(incident, 10, RunState.DONE))
    await bot.bot.platform.show(progress(incident, 7))
    await asyncio.sleep(bot.config.edit_seconds * 2)
    [card] = bot.cards(channel)
    assert "step 10" in str(card["blocks"]) or "investigating" not in str(card["blocks"])
    assert "step 7" not in str(bot.slack.record.calls("chat.update"))


class FastClock:
    """Twenty seconds to the second."""

    def now(self) -> float:
        return 1_795_372_210.0 + self.monotonic()

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() * 20

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 20)


async def test_point_06_twenty_incidents_stay_within_forty_edits_a_minute(opened: Any) -> None:
    """A minute is squeezed into three seconds: everything that waits does so by this clock."""
    clock = FastClock()
    async with opened(clock=clock, config={"edit_seconds": 3.0, "edit_seconds_per_incident": 1.5}) as bench:
        mia = bench.slack.person("mia")
        made = await mia.creates_channel("war-room")
        await mia.invites(made)
        incidents = [incident_in(made, number) for number in range(20)]
        for incident in incidents:
            await bench.bot.platform.show(progress(incident, 1))
        started, revision = clock.monotonic(), 1
        while clock.monotonic() - started < 90:
            revision += 1
            for incident in incidents:
                await bench.bot.platform.show(progress(incident, revision))
            await asyncio.sleep(0.2)
        sent = [call.at * 20 for call in bench.slack.record.calls("chat.update")]
        most = max(sum(at <= other < at + 60 for other in sent) for at in sent)
        assert most <= 40
        assert len(sent) >= 20, "the budget is used"
        assert len({call.payload["ts"] for call in bench.slack.record.calls("chat.update")}) == 20, "nobody starves"


async def test_point_08_every_post_has_both_unfurl_flags_false(bot: Any, channel: str, samples: Any) -> None:
    await everything(bot, channel, samples)
    posts = bot.slack.record.calls("chat.postMessage")
    assert len(posts) >= 4
    assert all(post.payload["unfurl_links"] in (False, "false", "0") for post in posts)
    assert all(post.payload["unfurl_media"] in (False, "false", "0") for post in posts)


async def test_point_07_every_message_has_a_plain_fallback(bot: Any, channel: str, samples: Any) -> None:
    await everything(bot, channel, samples)
    calls = [
        c for c in bot.slack.record.calls() if c.method in ("chat.postMessage", "chat.update", "chat.postEphemeral")
    ]
    assert calls
    for call in calls:
        text = call.payload["text"]
        assert 0 < len(text) <= 200
        assert not set("*`") & set(text), text


async def everything(bench: Any, channel: str, samples: Any) -> None:
    """Shows each of the sample views in one channel."""
    thread = samples.incident.thread.model_copy(update={"channel": channel, "root": "", "team": "T0PLAY001"})
    incident = samples.incident.model_copy(update={"thread": thread})
    for name, view in samples.views.items():
        if name.startswith("progress") and name != "progress_first":
            continue
        await bench.bot.platform.show(view.model_copy(update={"incident": incident}))


async def test_point_04_one_card_and_everything_else_in_its_thread(bot: Any, channel: str, samples: Any) -> None:
    await everything(bot, channel, samples)
    [card] = bot.cards(channel)
    replies = [
        m for m in bot.slack.person("mia").messages(channel) if m.get("thread_ts") == card["ts"] and m is not card
    ]
    assert len(replies) >= 4
    assert await bot.bot.platform.post_count(samples.incident.id) == 1


async def test_shown_again_after_a_restart_it_changes_nothing(bot: Any, channel: str, joined: Any) -> None:
    view = progress(incident_in(channel), 3, RunState.DONE)
    await bot.bot.platform.show(view)
    async with joined(bot.slack, "socket", bot.memory) as second:
        before = bot.slack.record.last_seq
        await second.bot.platform.show(view)
        assert [c.method for c in bot.slack.record.calls(after=before) if c.method.startswith("chat.")] == []


class Died(Exception):
    """Stands for the end of a process."""


class DyingMemory(DictMemory):
    """The process dies after the post and before its record, for keys that end as told."""

    def __init__(self, ending: str) -> None:
        super().__init__()
        self.ending = ending

    async def done(self, key: str, ref: str, digest: str = "") -> None:
        if self.ending and key.endswith(self.ending):
            self.ending = ""
            raise Died
        await super().done(key, ref, digest)


async def test_point_28_a_post_whose_record_was_lost_is_found_and_not_repeated(opened: Any, samples: Any) -> None:
    memory = DyingMemory(":card")
    async with opened(memory=memory) as bench:
        mia = bench.slack.person("mia")
        made = await mia.creates_channel("war-room")
        await mia.invites(made)
        view = progress(incident_in(made), 1).model_copy(
            update={"incident": incident_in(made).model_copy(update={"opened_at": bench.bot.clock.now()})}
        )
        with pytest.raises(Died):
            await bench.bot.platform.show(view)
        await mia.says(made, "talk in between")
        await bench.bot.platform.show(view.model_copy(update={"revision": 2, "state": RunState.DONE}))
        [card] = bench.cards(made)
        assert "investigating" not in str(card["blocks"])
        assert len(bench.slack.record.calls("chat.postMessage")) == 1


async def test_a_reply_whose_record_was_lost_is_found_in_its_thread(opened: Any, samples: Any) -> None:
    memory = DyingMemory(":answer:m1")
    async with opened(memory=memory) as bench:
        mia = bench.slack.person("mia")
        made = await mia.creates_channel("war-room")
        await mia.invites(made)
        thread = samples.incident.thread.model_copy(update={"channel": made, "root": ""})
        incident = samples.incident.model_copy(update={"thread": thread, "opened_at": bench.bot.clock.now()})
        await bench.bot.platform.show(progress(incident, 1))
        answer = samples.views["answer"].model_copy(update={"incident": incident})
        with pytest.raises(Died):
            await bench.bot.platform.show(answer)
        await bench.bot.platform.show(answer)
        assert len([c for c in bench.slack.record.calls("chat.postMessage") if c.payload.get("thread_ts")]) == 1


@pytest.mark.parametrize("refused", [("plan",), ("plan", "task_card", "markdown")])
async def test_a_slack_without_plan_gets_the_classic_card_and_is_not_asked_twice(
    opened: Any, refused: tuple[str, ...]
) -> None:
    async with opened(refuse=refused) as bench:
        mia = bench.slack.person("mia")
        for number in (1, 2):
            made = await mia.creates_channel(f"war-room-{number}")
            await mia.invites(made)
            await bench.bot.platform.show(progress(incident_in(made, number), 1))
            [card] = bench.cards(made)
            assert "plan" not in {block["type"] for block in card["blocks"]}
            assert "Read the alert" in str(card["blocks"])
        assert len([c for c in bench.slack.record.calls("chat.postMessage") if not c.ok]) == 1


async def test_point_19_an_app_that_is_no_agent_shows_no_error(opened: Any) -> None:
    async with opened() as bench:
        bench.slack.faults.not_agent = True
        mia = bench.slack.person("mia")
        made = await mia.creates_channel("war-room")
        await mia.invites(made)
        await bench.bot.platform.show(progress(incident_in(made), 1))
        await bench.bot.platform.show(progress(incident_in(made), 2, RunState.DONE))
        assert len(bench.slack.record.calls("agents.sessions.setStatus")) == 1
        [card] = bench.cards(made)
        assert "not_authorized" not in str(card)
        assert bench.whispers() == []


async def test_point_18_the_session_leaves_processing(bot: Any, channel: str) -> None:
    incident = incident_in(channel)
    await bot.bot.platform.show(progress(incident, 1))
    await bot.bot.platform.show(progress(incident, 2, RunState.STOPPED))
    states = [call.payload["status"] for call in bot.slack.record.calls("agents.sessions.setStatus")]
    assert states == ["processing", "active"]


async def test_point_23_a_chart_that_never_settles_leaves_its_text(opened: Any, samples: Any) -> None:
    async with opened(config={"chart_seconds": 0.5}) as bench:
        bench.slack.faults.never_settle = True
        blocks = await hypothesis_blocks(bench, samples)
        assert "image" not in {block["type"] for block in blocks}
        assert "118" in str(blocks)


async def test_a_chart_is_uploaded_once_and_cited_when_it_is_ready(opened: Any, samples: Any) -> None:
    async with opened() as bench:
        blocks = await hypothesis_blocks(bench, samples)
        assert [block["type"] for block in blocks].count("image") == 1
        await bench.bot.platform.show(await a_hypothesis(bench, samples))
        assert len(bench.slack.record.calls("files.getUploadURLExternal")) == 1


async def test_point_20_without_the_file_scope_only_the_picture_is_missing(opened: Any, samples: Any) -> None:
    every = {
        "commands",
        "chat:write",
        "channels:read",
        "channels:join",
        "channels:history",
        "groups:read",
        "app_mentions:read",
    }
    async with opened(scopes=every) as bench:
        blocks = await hypothesis_blocks(bench, samples)
        assert "image" not in {block["type"] for block in blocks}
        assert not bench.slack.record.calls("files.getUploadURLExternal")


async def a_hypothesis(bench: Any, samples: Any) -> HypothesisView:
    channels = {c.name: c.id for c in bench.slack.workspace.channels.values()}
    thread = samples.incident.thread.model_copy(update={"channel": channels["war-room"], "root": ""})
    incident = samples.incident.model_copy(update={"thread": thread})
    view: HypothesisView = samples.views["hypothesis_likely"].model_copy(update={"incident": incident})
    return view


async def hypothesis_blocks(bench: Any, samples: Any) -> list[dict[str, Any]]:
    mia = bench.slack.person("mia")
    made = await mia.creates_channel("war-room")
    await mia.invites(made)
    view = await a_hypothesis(bench, samples)
    await bench.bot.platform.show(progress(view.incident, 1))
    await bench.bot.platform.show(view)
    found: list[dict[str, Any]] = mia.messages(made)[-1]["blocks"]
    return found


async def test_a_final_state_survives_rate_limits_and_broken_answers(bot: Any, channel: str) -> None:
    incident = incident_in(channel)
    await bot.bot.platform.show(progress(incident, 1))
    bot.slack.faults.limited["chat.update"] = 2
    bot.slack.faults.html.add("chat.update")
    before = bot.slack.record.last_seq
    await asyncio.wait_for(bot.bot.platform.show(progress(incident, 2, RunState.DONE)), 20)
    [card] = bot.cards(channel)
    assert "investigating" not in str(card["blocks"])
    calls = bot.slack.record.calls("chat.update", after=before)
    limited = [call.at for call in calls if not call.ok]
    later = [call.at for call in calls if call.ok]
    assert later[0] - limited[0] >= 1.0, "nothing is sent while Slack asks for patience"


async def test_an_archived_channel_is_said_once_and_never_tried_again(bot: Any, channel: str) -> None:
    incident = incident_in(channel)
    await bot.bot.platform.show(progress(incident, 1))
    await bot.slack.person("mia").archives_channel(channel)
    with pytest.raises(PlatformError, match="archived"):
        await bot.bot.platform.show(progress(incident, 2, RunState.DONE))
    calls = len(bot.slack.record.calls("chat.update"))
    with pytest.raises(PlatformError, match="archived"):
        await bot.bot.platform.show(progress(incident, 3, RunState.DONE))
    assert len(bot.slack.record.calls("chat.update")) == calls


async def test_a_private_answer_is_seen_by_its_asker_alone(bot: Any, channel: str, samples: Any) -> None:
    incident = incident_in(channel)
    await bot.bot.platform.show(progress(incident, 1))
    mia = bot.slack.person("mia").id
    answer: Answer = samples.views["answer"].model_copy(update={"incident": incident, "private": True, "asker": mia})
    await bot.bot.platform.show(answer)
    await bot.bot.platform.show(answer)
    assert len(bot.whispers("mia")) == 1
    assert bot.whispers("lee") == []


async def test_nothing_can_be_said_under_a_card_that_is_not_there(bot: Any, channel: str, samples: Any) -> None:
    answer = samples.views["answer"].model_copy(update={"incident": incident_in(channel)})
    with pytest.raises(PlatformError, match="not posted yet"):
        await bot.bot.platform.show(answer)


async def test_a_deleted_card_comes_back_with_the_verdict(bot: Any, channel: str) -> None:
    incident = incident_in(channel)
    await bot.bot.platform.show(progress(incident, 1))
    [card] = bot.cards(channel)
    bot.slack.workspace.channel(channel).messages.pop(card["ts"])
    await bot.bot.platform.show(progress(incident, 2, RunState.DONE))
    [again] = bot.cards(channel)
    assert again["ts"] != card["ts"]
    await bot.bot.platform.show(progress(incident, 2, RunState.DONE))
    assert [message["ts"] for message in bot.cards(channel)] == [again["ts"]]
    assert await bot.bot.platform.post_count(incident.id) == 1


async def test_without_the_history_scope_a_lost_post_is_made_again(opened: Any) -> None:
    memory = DyingMemory(":card")
    scopes = {"chat:write", "channels:read", "channels:join", "commands"}
    async with opened(memory=memory, scopes=scopes) as bench:
        mia = bench.slack.person("mia")
        made = await mia.creates_channel("war-room")
        await mia.invites(made)
        view = progress(incident_in(made), 1)
        with pytest.raises(Died):
            await bench.bot.platform.show(view)
        await bench.bot.platform.show(view)
        assert len(bench.slack.record.calls("chat.postMessage")) == 2
