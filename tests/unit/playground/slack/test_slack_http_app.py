"""Does a real Bolt app behind a request URL live in the local Slack as it would in Slack?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.limits import Limits
from playground.slack.server import LocalSlack

QUIET = Limits(on=False)


@asynccontextmanager
async def listening(slack: LocalSlack, secret: str | None = None) -> AsyncGenerator[tuple[AsyncApp, str]]:
    """A Bolt app on a free port, and its request URL."""
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret=secret or slack.signing_secret)
    runner = web.AppRunner(app.server(port=0, path="/slack/events").web_app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield app, f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


async def test_the_request_url_is_verified_by_a_challenge() -> None:
    async with LocalSlack.serving(mode="http", limits=QUIET) as slack:
        async with listening(slack) as (_, url):
            assert not slack.connected
            assert await slack.listens_at(url)
            assert slack.connected
        async with listening(slack, secret="another one") as (_, url):
            assert not await slack.listens_at(url)


async def test_events_commands_and_clicks_arrive_signed() -> None:
    async with LocalSlack.serving(mode="http", limits=QUIET) as slack, listening(slack) as (app, url):

        @app.event("app_mention")
        async def mentioned(event: dict[str, Any], client: AsyncWebClient) -> None:
            await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text=event["text"])

        @app.event("message")
        async def listens() -> None: ...

        @app.command("/investigate")
        async def takes(ack: Any, command: dict[str, Any]) -> None:
            element = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
            await ack(text=command["channel_name"], blocks=[{"type": "actions", "elements": [element]}])

        @app.action("go")
        async def clicked(ack: Any, respond: Any, body: dict[str, Any]) -> None:
            await ack()
            assert body["container"]["is_ephemeral"]
            await respond(text="replaced", replace_original=True)

        assert await slack.listens_at(url)
        mia, channel = slack.person("mia"), slack.channel_id("general")
        await mia.invites(channel)
        asked = await mia.says(channel, "@clew what about <this> & https://x.invalid/a ?")
        answer = await slack.record.until(lambda e: e.kind == "message" and e.payload.get("thread_ts") == asked)
        assert answer.payload["text"].endswith("what about &lt;this&gt; &amp; <https://x.invalid/a> ?")

        assert (await mia.command(channel, "/investigate")).ok
        whispered = [m for m in mia.messages(channel) if m.get("ephemeral")][-1]
        assert whispered["text"] == "general"
        assert (await mia.clicks(channel, whispered["ts"], "go")).ok
        await slack.record.until(lambda e: e.kind == "ephemeral" and e.payload["text"] == "replaced")
        assert len([m for m in mia.messages(channel) if m.get("ephemeral")]) == 1


async def test_a_failing_app_gets_the_event_three_more_times() -> None:
    heard: list[tuple[str | None, str | None]] = []

    async def failing(request: web.Request) -> web.Response:
        body = await request.json()
        if body["type"] == "url_verification":
            return web.json_response({"challenge": body["challenge"]})
        heard.append((request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason")))
        return web.Response(status=500)

    app = web.Application()
    app.router.add_post("/", failing)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with LocalSlack.serving(mode="http", limits=QUIET, retry_delays=(0.0, 0.02, 0.05)) as slack:
        assert await slack.listens_at(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        await slack.person("mia").creates_channel("inc-1")
        await slack.deliveries.settled()
    await runner.cleanup()

    assert heard == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]


async def test_a_command_nobody_handles_is_told_to_the_person() -> None:
    async with LocalSlack.serving(mode="http", limits=QUIET) as slack, listening(slack) as (_, url):
        assert await slack.listens_at(url)
        mia = slack.person("mia")
        assert not (await mia.command("general", "/investigate")).ok
        assert mia.notices == ['/investigate failed with the error "http_service_error"']
        assert not (await asyncio.wait_for(mia.command("general", "/investigate"), 10)).ok
