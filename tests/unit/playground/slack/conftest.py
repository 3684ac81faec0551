"""A local Slack without rate limits, and the SDK's own client for its app."""

from collections.abc import AsyncGenerator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.limits import Limits
from playground.slack.server import LocalSlack


@pytest.fixture
async def slack() -> AsyncGenerator[LocalSlack]:
    async with LocalSlack.serving(limits=Limits(on=False), settle_seconds=0.05, retry_delays=()) as slack:
        yield slack


@pytest.fixture
async def bot(slack: LocalSlack) -> AsyncWebClient:
    """The app's client; the app is in #general."""
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    await client.conversations_join(channel=slack.channel_id("general"))
    return client
