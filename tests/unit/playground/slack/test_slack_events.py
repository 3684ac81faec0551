"""Which events does the app get, and which are none of its business?"""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.installation import BOT_USER
from playground.slack.limits import Limits
from playground.slack.server import LocalSlack

EVENTS = ["channel_created", "channel_rename", "message.channels", "app_mention", "app_home_opened"]
SCOPES = ["channels:read", "channels:join", "channels:history", "chat:write"]


def manifest(events: list[str], scopes: list[str]) -> dict[str, Any]:
    commands = [{"command": "/investigate", "description": "Find a cause"}]
    shortcuts = [{"callback_id": "look", "name": "Investigate this message", "type": "message", "description": "x"}]
    return {
        "display_information": {"name": "Clew"},
        "features": {"slash_commands": commands, "shortcuts": shortcuts},
        "oauth_config": {"scopes": {"bot": scopes}},
        "settings": {"event_subscriptions": {"bot_events": events}},
    }


async def sent(slack: LocalSlack) -> list[str]:
    """Event types in the order of sending; there is nobody to take them, so each is tried once."""
    await slack.deliveries.settled()
    return [entry.method for entry in slack.record.deliveries()]


async def test_the_life_of_a_channel_is_told(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia = slack.person("mia")
    after = slack.record.last_seq
    channel = await mia.creates_channel("inc-1")
    await bot.conversations_join(channel=channel)
    await mia.renames_channel(channel, "inc-2")
    await slack.person("lee").says(channel, "hello")
    await mia.removes(channel)
    await mia.archives_channel(channel)
    await slack.deliveries.settled()

    told = [entry.payload["event"] for entry in slack.record.deliveries(after=after)]
    assert [event["type"] + ":" + event.get("subtype", "") for event in told] == [
        "channel_created:",
        "message:channel_join",
        "member_joined_channel:",
        "channel_rename:",
        "message:channel_name",
        "message:channel_join",
        "member_joined_channel:",
        "message:",
        "channel_left:",
        "channel_archive:",
    ]
    assert told[0]["channel"] | {"id": channel, "name": "inc-1", "creator": mia.id} == told[0]["channel"]
    assert told[2]["user"] == BOT_USER
    assert told[7] | {"channel": channel, "channel_type": "channel", "text": "hello"} == told[7]


async def test_edits_deletions_and_reactions_are_told(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia, channel = slack.person("mia"), slack.channel_id("general")
    after = slack.record.last_seq
    stamp = await mia.says(channel, "a")
    await mia.edits(channel, stamp, "b")
    await mia.reacts(channel, stamp, "pushpin")
    await mia.unreacts(channel, stamp, "pushpin")
    await mia.deletes(channel, stamp)
    await slack.deliveries.settled()

    told = [entry.payload["event"] for entry in slack.record.deliveries(after=after)]
    assert [event.get("subtype", event["type"]) for event in told] == [
        "message",
        "message_changed",
        "reaction_added",
        "reaction_removed",
        "message_deleted",
    ]
    assert (told[1]["previous_message"]["text"], told[1]["message"]["text"]) == ("a", "b")
    assert told[2]["item"] == {"type": "message", "channel": channel, "ts": stamp}
    assert told[4]["deleted_ts"] == stamp


async def test_only_what_the_manifest_lists_is_sent() -> None:
    async with LocalSlack.serving(manifest=manifest(EVENTS, SCOPES), retry_delays=()) as slack:
        mia = slack.person("mia")
        channel = await mia.creates_channel("inc-1")
        await mia.invites(channel)
        await mia.says(channel, "@clew why?")
        await mia.reacts(channel, await mia.says(channel, "x"), "eyes")
        await mia.opens_home()
        # no app_mentions:read was granted
        assert await sent(slack) == ["channel_created", "message", "message", "message", "app_home_opened"]


async def test_talk_in_a_channel_without_the_app_stays_there(slack: LocalSlack) -> None:
    mia = slack.person("mia")
    await mia.says("general", "@clew are you there?")
    secret = await mia.creates_channel("secret", is_private=True)
    await mia.renames_channel(secret, "secrets")
    await mia.says(secret, "between us")
    assert await sent(slack) == []
    await mia.invites(secret)
    await mia.renames_channel(secret, "shared")
    assert (await sent(slack))[-2:] == ["group_rename", "message"]


async def test_a_direct_message_is_a_message_im() -> None:
    wanted = manifest(["message.im"], ["im:history", "chat:write"])
    async with LocalSlack.serving(manifest=wanted, retry_delays=()) as slack:
        await slack.person("mia").says(BOT_USER, "@clew hello")
        await slack.person("mia").says("general", "hello")
        assert await sent(slack) == ["message"]
        assert slack.record.deliveries()[0].payload["event"]["channel_type"] == "im"


async def test_what_the_manifest_lacks_a_person_cannot_use() -> None:
    async with LocalSlack.serving(manifest=manifest(EVENTS, SCOPES), limits=Limits(on=False)) as slack:
        mia = slack.person("mia")
        assert (await mia.command("general", "/other x")).error == "unknown_command"
        assert mia.notices == ["/other is not a valid command."]
        assert slack.record.deliveries() == ()


async def test_a_commands_text_is_escaped_as_the_manifest_says() -> None:
    wanted = manifest(EVENTS, SCOPES)
    wanted["features"]["slash_commands"].append({"command": "/escaped", "description": "x", "should_escape": True})
    async with LocalSlack.serving(manifest=wanted) as slack:
        mia = slack.person("mia")
        for name in ("/investigate", "/escaped"):
            await mia.command("general", f"{name} @lee says a<b at https://x.invalid/a")
        texts = [entry.payload["text"] for entry in slack.record.deliveries()]
        assert texts == [
            "@lee says a<b at https://x.invalid/a",
            f"<@{slack.person('lee').id}|lee> says a&lt;b at <https://x.invalid/a>",
        ]


async def test_an_event_can_be_sent_twice_by_a_confused_network(slack: LocalSlack) -> None:
    await slack.person("mia").creates_channel("inc-1")
    await slack.deliveries.settled()
    first = slack.record.deliveries("channel_created")[0]
    slack.deliveries.replay(first.payload)
    await slack.deliveries.settled()
    assert [e.payload["event_id"] for e in slack.record.deliveries()] == [first.payload["event_id"]] * 2
