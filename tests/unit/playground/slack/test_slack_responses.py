"""Does a response_url keep to its rules?"""

import time
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.responses import address
from playground.slack.server import LocalSlack
from playground.slack.tickets import Response


async def answered(url: str, body: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as got:
        return got.status, await got.text()


def place(slack: LocalSlack, **fields: Any) -> str:
    response = Response(slack.person("mia").id, slack.channel_id("general"), time.monotonic(), **fields)
    return address(slack.world, response)


async def test_it_answers_five_times_and_no_more(slack: LocalSlack) -> None:
    url = place(slack)
    for number in range(5):
        assert await answered(url, {"text": str(number)}) == (200, "ok")
    status, body = await answered(url, {"text": "one too many"})
    assert (status, "used_url" in body) == (404, True)
    assert [m["text"] for m in slack.person("mia").messages("general")] == list("01234")
    assert [call.ok for call in slack.record.calls("response_url")] == [True] * 5 + [False]


async def test_it_expires_after_half_an_hour(slack: LocalSlack) -> None:
    late = Response(slack.person("mia").id, slack.channel_id("general"), time.monotonic() - 1801)
    assert "expired_url" in (await answered(address(slack.world, late), {"text": "x"}))[1]


async def test_it_needs_no_membership_and_reaches_all_if_asked(slack: LocalSlack) -> None:
    await answered(place(slack), {"text": "for all", "response_type": "in_channel"})
    assert [m["text"] for m in slack.person("lee").messages("general")] == ["for all"]


async def test_it_replaces_and_deletes_the_message_it_came_from(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    stamp = str((await bot.chat_postMessage(channel=channel, text="old"))["ts"])
    await answered(place(slack, message_ts=stamp), {"text": "new", "replace_original": True})
    assert slack.workspace.channel(channel).messages[stamp]["text"] == "new"
    await answered(place(slack, message_ts=stamp), {"delete_original": True})
    assert stamp not in slack.workspace.channel(channel).messages


async def test_bad_blocks_are_refused_there_too(slack: LocalSlack) -> None:
    status, body = await answered(place(slack), {"text": "x", "blocks": [{"type": "section"}]})
    assert (status, "invalid_blocks" in body) == (404, True)
    assert (await answered(place(slack), {}))[0] == 404
