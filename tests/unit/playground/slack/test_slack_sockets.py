"""Does the Socket Mode wire keep to its frames: hello, one-use tickets, retries on another connection?"""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.limits import Limits
from playground.slack.server import LocalSlack


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def address(slack: LocalSlack) -> str:
    client = AsyncWebClient(base_url=slack.api_url)
    return str((await client.apps_connections_open(app_token=slack.app_token))["url"])


async def link(slack: LocalSlack, session: aiohttp.ClientSession) -> ClientWebSocketResponse:
    return await session.ws_connect(await address(slack))


async def test_a_connection_says_hello_and_its_ticket_is_spent(
    slack: LocalSlack, session: aiohttp.ClientSession
) -> None:
    url = await address(slack)
    first = await session.ws_connect(url)
    hello = await first.receive_json(timeout=5)
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(url)


async def test_what_one_connection_leaves_unanswered_comes_to_another(session: aiohttp.ClientSession) -> None:
    async with LocalSlack.serving(ack_seconds=1.0, retry_delays=(0.0, 0.0), limits=Limits(on=False)) as slack:
        links = [await link(slack, session) for _ in range(2)]
        for one in links:
            await one.receive_json(timeout=5)
        await slack.person("mia").creates_channel("inc-1")
        frames = [await one.receive_json(timeout=5) for one in links]
        first, second = sorted(frames, key=lambda frame: frame["retry_attempt"])
        assert (first["retry_attempt"], second["retry_attempt"], second["retry_reason"]) == (0, 1, "timeout")
        assert first["payload"]["event_id"] == second["payload"]["event_id"]
        assert first["envelope_id"] != second["envelope_id"]
        await links[frames.index(second)].send_json({"envelope_id": second["envelope_id"]})
        await slack.deliveries.settled()
        assert [entry.ok for entry in slack.record.deliveries()] == [False, True]


async def test_nonsense_from_the_app_is_ignored(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    one = await link(slack, session)
    await one.receive_json(timeout=5)
    for text in ("{", "[]", '"x"', '{"envelope_id": "unknown"}', '{"envelope_id": ["x"]}'):
        await one.send_str(text)
    await asyncio.sleep(0.1)
    assert slack.connected
    await slack.person("mia").creates_channel("inc-1")
    frame = await one.receive_json(timeout=5)
    assert frame["payload"]["event"]["type"] == "channel_created"


async def test_an_eleventh_connection_is_turned_away(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    links = [await link(slack, session) for _ in range(11)]
    said = [(await one.receive_json(timeout=5))["type"] for one in links]
    assert said == ["hello"] * 10 + ["disconnect"]
