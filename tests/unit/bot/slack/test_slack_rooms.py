"""Does an incident that an alert opened get one channel, whatever Slack allows, and is that channel not taken for another?"""

import asyncio
import re
from typing import Any

import pytest

from bot.slack.rooms import SLUG, channel_name
from bot.slack.scopes import SCOPES
from clew.errors import PlatformError
from clew.incident import Incident, Window
from clew.testing import DictMemory

ALL = frozenset(scope.name for scope in SCOPES)
DAY = 1_795_406_400.0


def made(bench: Any) -> list[Any]:
    return [call for call in bench.slack.record.calls("conversations.create") if call.ok]


def names(bench: Any) -> list[str]:
    return [channel.name for channel in bench.slack.workspace.channels.values()]


def incident_in(room: Any) -> Incident:
    return Incident(
        id="burst1",
        title="web is slow",
        thread=room.thread,
        alerted_at=DAY,
        window=Window(start=DAY - 60, end=DAY),
        opened_by="alertmanager",
        opened_at=DAY,
    )


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("web: p99 above 0.90 s", "web-p99-above-0-90-s"),
        ("Überlauf der Größe", "uberlauf-der-groe"),
        ("数据库", "alert"),
        ("<!channel> *now*", "channel-now"),
        ("", "alert"),
        ("x" * 200, "x" * SLUG),
        ("word " * 40, ("word-" * 40)[:SLUG].rpartition("-")[0]),
    ],
)
def test_a_title_becomes_a_name_that_slack_takes(title: str, slug: str) -> None:
    name = channel_name(title, DAY)
    assert name == f"inc-2026-11-23-{slug}"
    assert re.fullmatch(r"[a-z0-9-]{1,76}", name)


async def test_one_key_gets_one_channel_however_often_it_asks(bot: Any) -> None:
    rooms = await asyncio.gather(*(bot.bot.platform.room("web is slow", "burst1") for _ in range(5)))
    assert len({room.thread.channel for room in rooms}) == 1
    assert rooms[0].note == ""
    assert len(made(bot)) == 1
    other = await bot.bot.platform.room("web is slow", "burst2")
    assert other.name == f"{rooms[0].name}-2", "a name that is taken gets a number"
    await bot.settled()
    assert bot.copilot.opened == [], "a channel that Clew made is not joined as somebody's incident"


async def test_the_people_who_are_named_are_invited(opened: Any) -> None:
    async with opened(config={"invite": ("U0MIA0001", "U0NOBODY1")}) as bench:
        room = await bench.bot.platform.room("web is slow", "burst1")
        assert "U0MIA0001" in bench.slack.workspace.channels[room.thread.channel].members


async def test_in_its_own_channel_a_person_finds_the_card_and_no_second_incident(bot: Any) -> None:
    room = await bot.bot.platform.room("web is slow", "burst1")
    await bot.copilot.open(incident_in(room))
    mia = bot.slack.person("mia")
    bot.slack.workspace.channels[room.thread.channel].members.append(mia.id)
    await mia.command(room.thread.channel, "")
    await mia.renames_channel(room.thread.channel, "inc-web-renamed")
    await bot.settled()
    assert [incident.id for incident in bot.copilot.opened] == ["burst1"]
    assert len(bot.cards(room.thread.channel)) == 1


async def test_a_channel_that_is_set_is_used_by_name_and_by_id(opened: Any) -> None:
    async with opened(config={"alerts_channel": "#alerts"}) as bench:
        mia = bench.slack.person("mia")
        channel = await mia.creates_channel("alerts")
        rooms = [await bench.bot.platform.room("web is slow", key) for key in ("burst1", "burst2")]
        assert {room.thread.channel for room in rooms} == {channel}
        assert {room.name for room in rooms} == {"alerts"}
        assert made(bench) == []
    async with opened(config={"alerts_channel": channel}) as bench:
        assert await bench.slack.person("mia").creates_channel("alerts") == channel
        assert (await bench.bot.platform.room("web is slow", "burst1")).thread.channel == channel


async def test_without_the_right_the_other_channel_is_used_and_says_so(opened: Any) -> None:
    async with opened(scopes=ALL - {"channels:manage"}, config={"fallback_channel": "ops"}) as bench:
        channel = await bench.slack.person("mia").creates_channel("ops")
        room = await bench.bot.platform.room("web is slow", "burst1")
        assert room.thread.channel == channel
        assert "channels:manage" in room.note
        assert (await bench.bot.platform.room("web is slow", "burst1")).note == room.note
        assert not bench.slack.record.calls("conversations.create"), "it does not even try"


async def test_without_the_right_and_another_channel_it_says_what_to_do(opened: Any) -> None:
    async with opened(scopes=ALL - {"channels:manage"}) as bench:
        with pytest.raises(PlatformError, match="CLEW_ALERTS__FALLBACK_CHANNEL"):
            await bench.bot.platform.room("web is slow", "burst1")


async def test_a_workspace_that_restricts_channels_is_a_missing_right(opened: Any) -> None:
    async with opened(config={"fallback_channel": "ops"}) as bench:
        channel = await bench.slack.person("mia").creates_channel("ops")
        bench.slack.faults.refuse["conversations.create"] = "restricted_action"
        assert (await bench.bot.platform.room("web is slow", "burst1")).thread.channel == channel


async def test_a_channel_that_is_not_there_is_said(opened: Any) -> None:
    async with opened(config={"alerts_channel": "nowhere"}) as bench:
        with pytest.raises(PlatformError, match="no public channel named 'nowhere'"):
            await bench.bot.platform.room("web is slow", "burst1")


async def test_a_channel_of_the_senders_is_entered(bot: Any) -> None:
    mia = bot.slack.person("mia")
    theirs = await mia.creates_channel("declared-42")
    room = await bot.bot.platform.room("web is slow", "burst1", theirs)
    assert (room.thread.channel, room.name) == (theirs, "declared-42")
    assert bot.config.bot_token
    assert "U0BOT0001" in bot.slack.workspace.channels[theirs].members
    assert made(bot) == []


async def test_a_private_channel_of_the_senders_gives_way_to_a_new_one(bot: Any) -> None:
    theirs = await bot.slack.person("mia").creates_channel("secret", is_private=True)
    room = await bot.bot.platform.room("web is slow", "burst1", theirs)
    assert room.thread.channel != theirs
    assert "could not enter" in room.note


async def test_after_a_crash_the_channel_that_was_made_is_found_again(opened: Any, joined: Any) -> None:
    memory = DictMemory()
    async with opened(memory=memory) as bench:
        earlier = await bench.bot.platform.room("web is slow", "earlier")
        await memory.intend("slack:room:burst1", earlier.name)
        # the process died after Slack made the channel and before that was written down
        answer = await bench.bot.web.client.api_call("conversations.create", json={"name": f"{earlier.name}-2"})
        lost = answer.data["channel"]["id"]
        room = await bench.bot.platform.room("web is slow", "burst1")
        assert room.thread.channel == lost, "not the channel of another incident, and no third one"
        assert len(made(bench)) == 2


async def test_a_crash_before_slack_heard_of_it_makes_it_now(bot: Any) -> None:
    await bot.memory.intend("slack:room:burst1", "inc-2026-11-23-written-down")
    room = await bot.bot.platform.room("web is slow", "burst1")
    assert room.name == "inc-2026-11-23-written-down"
    assert len(made(bot)) == 1
