"""When does the local Slack say 429, and does the SDK's own handler cope with it?"""

import asyncio

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.limits import Limits
from playground.slack.server import LocalSlack


async def test_the_sdks_retry_handler_waits_and_gets_through(slack: LocalSlack, bot: AsyncWebClient) -> None:
    bot.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=3))
    slack.faults.limited["chat.postMessage"] = 2
    slack.faults.retry_after = 0
    answer = await bot.chat_postMessage(channel=slack.channel_id("general"), text="in the end")
    assert answer["ok"]
    calls = slack.record.calls("chat.postMessage")
    assert [call.answer.get("error") for call in calls] == ["ratelimited", "ratelimited", None]
    assert slack.limits.refused["chat.postMessage"] == 2


async def test_a_burst_of_posts_is_stopped_per_channel() -> None:
    async with LocalSlack.serving(limits=Limits(post_burst=3, posts_per_second=0.01)) as slack:
        bot = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        first, second = [await slack.person("mia").creates_channel(name) for name in ("inc-a", "inc-b")]
        for channel in (first, second):
            await bot.conversations_join(channel=channel)
        for _ in range(3):
            await bot.chat_postMessage(channel=first, text="x")
        with pytest.raises(SlackApiError) as caught:
            await bot.chat_postMessage(channel=first, text="x")
        assert caught.value.response.status_code == 429
        assert int(caught.value.response.headers["Retry-After"]) > 1
        assert (await bot.chat_postMessage(channel=second, text="x"))["ok"]


async def test_edits_keep_to_their_tier() -> None:
    async with LocalSlack.serving(limits=Limits(tiers={3: 4})) as slack:
        bot = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        await bot.conversations_join(channel=slack.channel_id("general"))
        card = await bot.chat_postMessage(channel=slack.channel_id("general"), text="x")
        outcomes = await asyncio.gather(
            *[bot.chat_update(channel=str(card["channel"]), ts=str(card["ts"]), text=str(n)) for n in range(6)],
            return_exceptions=True,
        )
        assert sum(isinstance(outcome, SlackApiError) for outcome in outcomes) == 2
        assert slack.limits.refused["chat.update"] == 2
