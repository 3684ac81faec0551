"""Does a streamed answer grow, end and break as Slack's do?"""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.messages.chunk import TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.installation import TEAM_ID
from playground.slack.server import LocalSlack


async def test_the_sdks_stream_ends_as_one_message(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia, channel = slack.person("mia"), slack.channel_id("general")
    root = await mia.says(channel, "why?")
    stream = await bot.chat_stream(
        channel=channel, thread_ts=root, recipient_user_id=mia.id, recipient_team_id=TEAM_ID, buffer_size=4
    )
    await stream.append(markdown_text="Because ")
    await stream.append(chunks=[TaskUpdateChunk(id="1", title="Looked", status="complete")])
    await stream.append(markdown_text="of the pool.")
    await stream.stop(blocks=[{"type": "divider"}])

    reply = mia.messages(channel, root)[-1]
    assert reply["text"] == "Because of the pool."
    assert [block["type"] for block in reply["blocks"]] == ["task_card", "markdown", "divider"]
    assert "streaming_state" not in reply


async def test_a_channel_stream_names_its_reader(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    root = await slack.person("mia").says(channel, "why?")
    with pytest.raises(SlackApiError, match="missing_recipient_user_id"):
        await bot.chat_startStream(channel=channel, thread_ts=root, markdown_text="x")


async def test_an_expired_stream_can_be_finished_by_an_edit(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia, channel = slack.person("mia"), slack.channel_id("general")
    root = await mia.says(channel, "why?")
    stream = await bot.chat_stream(
        channel=channel, thread_ts=root, recipient_user_id=mia.id, recipient_team_id=TEAM_ID, buffer_size=1
    )
    await stream.append(markdown_text="Because")
    slack.faults.streams_expired = True
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await stream.append(markdown_text=" of the pool.")
    await bot.chat_update(channel=channel, ts=str(stream.ts), text="Because of the pool.")
    assert mia.messages(channel, root)[-1]["text"] == "Because of the pool."


async def test_slacks_stop_ends_streams_and_tells_the_app(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia, channel = slack.person("mia"), slack.channel_id("general")
    root = await mia.says(channel, "why?")
    await bot.agents_sessions_setStatus(channel_id=channel, thread_ts=root, status="processing")
    started = await bot.chat_startStream(
        channel=channel, thread_ts=root, recipient_user_id=mia.id, recipient_team_id=TEAM_ID, markdown_text="Be"
    )
    after = slack.record.last_seq
    await mia.stops(channel, root)
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await bot.chat_stopStream(channel=channel, ts=str(started["ts"]))
    told = await slack.record.until(lambda e: e.method == "agent_session_stopped", after=after)
    assert told.payload["event"]["streaming_message_ts"] == [started["ts"]]
    assert told.payload["event"]["user"] == mia.id
