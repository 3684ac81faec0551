"""Does the Web API answer the SDK's client in Slack's own words, refusals above all?"""

# The SDK types every field of an answer as possibly None.
# pyright: reportArgumentType=false, reportOperatorIssue=false
# pyright: reportOptionalIterable=false, reportOptionalSubscript=false

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.installation import BOT_USER
from playground.slack.limits import Limits
from playground.slack.server import LocalSlack

MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Clew"},
    "oauth_config": {"scopes": {"bot": ["chat:write", "channels:read"], "bot_optional": ["files:write"]}},
    "settings": {"event_subscriptions": {"bot_events": ["channel_created"]}},
}


async def refused(client: AsyncWebClient, method: str, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, json=arguments)
    return dict(caught.value.response.data)


async def posted(client: AsyncWebClient, channel: str, **fields: Any) -> str:
    answer = await client.chat_postMessage(channel=channel, **({"text": "hello"} | fields))
    return str(answer["ts"])


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postNothing", {}, "unknown_method"),
        ("chat.postMessage", {"text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C404", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "GENERAL"}, "no_text"),
        ("chat.postMessage", {"channel": "GENERAL", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "GENERAL", "text": "x", "thread_ts": "1.0"}, "thread_not_found"),
        ("chat.postMessage", {"channel": "GENERAL", "text": "x", "blocks": "nonsense"}, "invalid_blocks_format"),
        ("chat.update", {"channel": "GENERAL", "ts": "1.0", "text": "x"}, "message_not_found"),
        ("chat.delete", {"channel": "GENERAL", "ts": "1.0"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": "GENERAL", "user": "U404", "text": "x"}, "user_not_found"),
        ("conversations.join", {"channel": "general"}, "channel_not_found"),
        ("conversations.create", {"name": "Has Capitals"}, "invalid_name_specials"),
        ("conversations.create", {"name": "general"}, "name_taken"),
        ("conversations.list", {"types": "everything"}, "invalid_types"),
        ("conversations.list", {"cursor": "???"}, "invalid_cursor"),
        ("conversations.replies", {"channel": "GENERAL", "ts": "1.0"}, "thread_not_found"),
        ("conversations.invite", {"channel": "GENERAL", "users": "MIA"}, "already_in_channel"),
        ("conversations.archive", {"channel": "GENERAL"}, "cant_archive_general"),
        ("reactions.add", {"channel": "GENERAL", "name": "eyes", "timestamp": "1.0"}, "message_not_found"),
        ("users.info", {"user": "U404"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "nobody@x"}, "users_not_found"),
        ("files.info", {"file": "F404"}, "file_not_found"),
        ("views.open", {"trigger_id": "1.2.3", "view": {"type": "modal"}}, "invalid_arguments"),
        ("views.update", {"view_id": "V404", "view": {}}, "not_found"),
        ("agents.sessions.setStatus", {"channel_id": "GENERAL", "status": "busy"}, "invalid_arguments"),
        ("canvases.edit", {"canvas_id": "F404", "changes": []}, "canvas_not_found"),
    ],
)
async def test_a_mistake_gets_slacks_word(
    slack: LocalSlack, bot: AsyncWebClient, method: str, arguments: dict[str, Any], error: str
) -> None:
    known = {"GENERAL": slack.channel_id("general"), "MIA": slack.person("mia").id}
    filled = {name: known.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()}
    assert (await refused(bot, method, **filled))["error"] == error
    assert slack.record.calls(method)[-1].answer["error"] == error


async def test_the_token_decides_who_may_ask(slack: LocalSlack) -> None:
    async def answer(headers: dict[str, str], method: str = "auth.test") -> dict[str, Any]:
        async with aiohttp.ClientSession() as session, session.post(slack.api_url + method, headers=headers) as got:
            return await got.json()

    assert (await answer({}))["error"] == "not_authed"
    assert (await answer({"Authorization": "Bearer xoxb-other"}))["error"] == "invalid_auth"
    assert (await answer({"Authorization": f"Bearer {slack.app_token}"}))["error"] == "not_allowed_token_type"
    assert (await answer({"Authorization": f"Bearer {slack.bot_token}"}))["user_id"] == BOT_USER
    opened = await answer({"Authorization": f"Bearer {slack.app_token}"}, "apps.connections.open")
    assert opened["url"].startswith("ws://127.0.0.1:")


async def test_query_form_and_json_are_all_read(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    await bot.api_call("chat.postMessage", params={"channel": channel, "text": "query"})
    await bot.api_call("chat.postMessage", data={"channel": channel, "text": "form"})
    await bot.api_call("chat.postMessage", json={"channel": channel, "text": "json"})
    texts = [m["text"] for m in slack.person("mia").messages("general")]
    assert texts[-3:] == ["query", "form", "json"]


async def test_a_missing_scope_is_named() -> None:
    async with LocalSlack.serving(manifest=MANIFEST, limits=Limits(on=False)) as slack:
        bot = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        answer = await refused(bot, "conversations.join", channel=slack.channel_id("general"))
        assert answer["error"] == "missing_scope"
        assert answer["needed"] == "channels:join"
        assert answer["provided"] == "channels:read,chat:write,files:write"


async def test_an_app_reaches_only_channels_it_is_in(slack: LocalSlack) -> None:
    bot = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    mia = slack.person("mia")
    secret = await mia.creates_channel("secret", is_private=True)
    general = slack.channel_id("general")

    assert (await refused(bot, "chat.postMessage", channel=general, text="x"))["error"] == "not_in_channel"
    assert (await refused(bot, "conversations.history", channel=general))["error"] == "not_in_channel"
    assert (await refused(bot, "conversations.info", channel=secret))["error"] == "channel_not_found"
    await mia.invites(secret)
    assert (await bot.conversations_info(channel=secret))["channel"]["is_private"]
    assert slack.record.seen_by(slack.person("lee").id) == ()


async def test_an_archived_channel_takes_no_message(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia = slack.person("mia")
    channel = await mia.creates_channel("inc-old")
    await bot.conversations_join(channel=channel)
    await mia.archives_channel(channel)
    assert (await refused(bot, "chat.postMessage", channel=channel, text="x"))["error"] == "is_archived"
    assert (await refused(bot, "conversations.join", channel=channel))["error"] == "is_archived"


async def test_only_the_apps_own_messages_change(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    theirs = await slack.person("mia").says(channel, "mine")
    assert (await refused(bot, "chat.update", channel=channel, ts=theirs, text="x"))["error"] == "cant_update_message"
    assert (await refused(bot, "chat.delete", channel=channel, ts=theirs))["error"] == "cant_delete_message"
    own = await posted(bot, channel, blocks=[{"type": "divider"}])
    assert (await refused(bot, "chat.update", channel=channel, ts=own, text="x" * 4001))["error"] == "msg_too_long"
    answer = await bot.chat_update(channel=channel, ts=own, text="changed")
    assert "blocks" not in answer["message"]
    await bot.chat_delete(channel=channel, ts=own)
    assert own not in [m["ts"] for m in slack.person("mia").messages(channel)]
    assert [e.kind for e in slack.record.seen_by(slack.person("mia").id) if e.ts == own][-1] == "deleted"


async def test_history_is_newest_first_and_comes_in_pages(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    stamps = [await posted(bot, channel, text=str(n)) for n in range(5)]
    await posted(bot, channel, text="reply", thread_ts=stamps[0])
    first = await bot.conversations_history(channel=channel, limit=2)
    assert [m["text"] for m in first["messages"]] == ["4", "3"]
    second = await bot.conversations_history(channel=channel, limit=2, cursor=first["response_metadata"]["next_cursor"])
    assert [m["text"] for m in second["messages"]] == ["2", "1"]
    since = await bot.conversations_history(channel=channel, oldest=stamps[3])
    assert [m["text"] for m in since["messages"]] == ["4"]


async def test_a_thread_knows_its_replies_and_keeps_metadata_to_those_who_ask(
    slack: LocalSlack, bot: AsyncWebClient
) -> None:
    channel = slack.channel_id("general")
    metadata = {"event_type": "card", "event_payload": {"run": "r1"}}
    root = await posted(bot, channel, metadata=metadata)
    reply = await slack.person("lee").says(channel, "really?", thread_ts=root)
    await slack.person("lee").says(channel, "yes", thread_ts=reply)

    plain = await bot.conversations_replies(channel=channel, ts=root)
    assert [m["text"] for m in plain["messages"]] == ["hello", "really?", "yes"]
    assert plain["messages"][0]["reply_count"] == 2
    assert "metadata" not in plain["messages"][0]
    full = await bot.conversations_replies(channel=channel, ts=root, include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata


async def test_an_ephemeral_message_is_for_one_person_and_not_to_be_fetched(
    slack: LocalSlack, bot: AsyncWebClient
) -> None:
    mia, lee = slack.person("mia"), slack.person("lee")
    channel = slack.channel_id("general")
    await bot.chat_postEphemeral(channel=channel, user=mia.id, text="only you")
    assert [m["text"] for m in mia.messages(channel) if m.get("ephemeral")] == ["only you"]
    assert "only you" not in [m["text"] for m in lee.messages(channel)]
    assert "only you" not in [m["text"] for m in (await bot.conversations_history(channel=channel))["messages"]]
    assert [e.audience for e in slack.record.entries("ephemeral")] == [(mia.id,)]


async def test_a_direct_message_is_between_two(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia = slack.person("mia")
    answer = await bot.chat_postMessage(channel=mia.id, text="psst")
    assert str(answer["channel"]).startswith("D")
    assert [m["text"] for m in mia.messages(str(answer["channel"]))] == ["psst"]
    assert "psst" not in [e.payload.get("text") for e in slack.record.seen_by(slack.person("lee").id)]


async def test_stamps_rise_and_never_repeat(slack: LocalSlack, bot: AsyncWebClient) -> None:
    stamps = [await posted(bot, slack.channel_id("general")) for _ in range(20)]
    assert stamps == sorted(set(stamps))


async def test_an_agent_session_needs_an_agent(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    root = await posted(bot, channel)
    await bot.agents_sessions_setStatus(channel_id=channel, thread_ts=root, status="processing")
    slack.faults.not_agent = True
    answer = await refused(bot, "agents.sessions.setStatus", channel_id=channel, thread_ts=root, status="active")
    assert answer["error"] == "not_authorized"


async def test_faults_refuse_break_and_count_down(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    slack.faults.refuse["chat.postMessage"] = "internal_error"
    assert (await refused(bot, "chat.postMessage", channel=channel, text="x"))["error"] == "internal_error"
    slack.faults.refuse.clear()
    slack.faults.html.add("chat.postMessage")
    with pytest.raises(SlackApiError):
        await bot.chat_postMessage(channel=channel, text="x")
    assert await posted(bot, channel)


async def test_reactions_pins_bookmarks_and_canvases_are_kept(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    stamp = await posted(bot, channel)
    await bot.reactions_add(channel=channel, timestamp=stamp, name="eyes")
    await slack.person("mia").reacts(channel, stamp, "eyes")
    reacted = (await bot.reactions_get(channel=channel, timestamp=stamp))["message"]["reactions"]
    assert reacted == [{"name": "eyes", "users": [BOT_USER, slack.person("mia").id], "count": 2}]
    await bot.pins_add(channel=channel, timestamp=stamp)
    assert [i["message"]["ts"] for i in (await bot.pins_list(channel=channel))["items"]] == [stamp]
    await bot.bookmarks_add(channel_id=channel, title="Report", type="link", link="https://x.invalid/r")
    assert [b["title"] for b in (await bot.bookmarks_list(channel_id=channel))["bookmarks"]] == ["Report"]
    canvas = await bot.canvases_create(title="Post", document_content={"type": "markdown", "markdown": "# Cause"})
    found = await bot.canvases_sections_lookup(canvas_id=str(canvas["canvas_id"]), criteria={"contains_text": "Cause"})
    assert len(found["sections"]) == 1
