"""Does a real Bolt app over Socket Mode live in the local Slack as it would in Slack?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.limits import Limits
from playground.slack.server import LocalSlack

QUIET = Limits(on=False)


@asynccontextmanager
async def connected(slack: LocalSlack) -> AsyncGenerator[AsyncApp]:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=client)
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
    await handler.connect_async()
    await slack.until_connected()
    try:
        yield app
    finally:
        await handler.close_async()


def button(action_id: str = "go", value: str = "1") -> dict[str, Any]:
    element = {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": "Go"}}
    return {"type": "actions", "block_id": "act", "elements": [element]}


MODAL = {
    "type": "modal",
    "callback_id": "why",
    "title": {"type": "plain_text", "text": "Why"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "line"},
        }
    ],
}


async def test_a_new_channel_is_joined_and_gets_a_card_that_changes() -> None:
    async with LocalSlack.serving(limits=QUIET) as slack, connected(slack) as app:

        @app.event("channel_created")
        async def joins(event: dict[str, Any], client: AsyncWebClient) -> None:
            channel = event["channel"]["id"]
            await client.conversations_join(channel=channel)
            card = await client.chat_postMessage(channel=channel, text="card", blocks=[button()])
            await client.chat_update(channel=channel, ts=str(card["ts"]), text="done", blocks=[button(value="2")])

        mia = slack.person("mia")
        channel = await mia.creates_channel("inc-1")
        await slack.record.until(lambda e: e.kind == "edited" and e.payload["text"] == "done")

        card = next(m for m in mia.messages(channel) if m["text"] == "done")
        assert card["blocks"][0]["elements"][0]["value"] == "2"
        assert [e.kind for e in slack.record.seen_by(mia.id) if e.ts == card["ts"]] == ["message", "edited"]
        assert "channel_join" in [m.get("subtype") for m in mia.messages(channel)]


async def test_a_command_answers_in_private_and_then_at_its_response_url() -> None:
    async with LocalSlack.serving(limits=QUIET) as slack, connected(slack) as app:

        @app.command("/investigate")
        async def answers(ack: Any, respond: Any, command: dict[str, Any]) -> None:
            await ack(f"looking at {command['text']}")
            await respond(text="found", response_type="in_channel")

        mia, lee = slack.person("mia"), slack.person("lee")
        ack = await mia.command("general", "/investigate checkout")
        await slack.record.until(lambda e: e.kind == "message" and e.payload["text"] == "found")

        assert ack.ok
        assert {m["text"] for m in mia.messages("general")} == {"looking at checkout", "found"}
        assert [m["text"] for m in lee.messages("general")] == ["found"]


async def test_a_click_opens_a_modal_whose_errors_keep_it_open() -> None:
    async with LocalSlack.serving(limits=QUIET) as slack, connected(slack) as app:
        heard: list[str] = []

        @app.action("go")
        async def opens(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        @app.view("why")
        async def takes(ack: Any, view: dict[str, Any]) -> None:
            said = view["state"]["values"]["reason"]["line"]["value"]
            if said == "no":
                await ack(response_action="errors", errors={"reason": "say more"})
                return
            heard.append(said)
            await ack()

        await app.client.conversations_join(channel=slack.channel_id("general"))
        card = await app.client.chat_postMessage(channel=slack.channel_id("general"), text="c", blocks=[button()])
        mia = slack.person("mia")
        await mia.clicks("general", str(card["ts"]), "go", "1")
        await slack.record.until(lambda e: e.kind == "view" and bool(e.payload["views"]))
        refused = await mia.submits(mia.views[-1], {"reason": "no"})
        assert refused.body["errors"] == {"reason": "say more"}
        assert len(mia.views) == 1
        empty = await mia.submits(mia.views[-1], {"reason": ""})
        assert empty.error == "invalid_input"

        assert (await mia.submits(mia.views[-1], {"line": "the pool was five before"})).ok
        assert heard == ["the pool was five before"]
        assert mia.views == []


async def test_an_app_that_does_not_answer_is_told_to_the_person_alone() -> None:
    async with LocalSlack.serving(limits=QUIET, ack_seconds=0.2) as slack, connected(slack) as app:

        @app.command("/investigate")
        async def sleeps(ack: Any) -> None:
            await asyncio.sleep(0.4)
            await ack("late")

        mia, lee = slack.person("mia"), slack.person("lee")
        ack = await mia.command("general", "/investigate")
        await asyncio.sleep(0.3)

        assert ack.error == "timeout"
        assert mia.notices == ['/investigate failed with the error "operation_timeout"']
        assert lee.notices == []


async def test_an_unacknowledged_event_comes_again_with_its_retry_number() -> None:
    async with LocalSlack.serving(limits=QUIET, ack_seconds=1.0, retry_delays=(0.0, 0.05)) as slack:
        slack.faults.lost_acks = 1
        async with connected(slack) as app:
            seen: list[str] = []

            @app.event("channel_created")
            async def hears(body: dict[str, Any]) -> None:
                seen.append(body["event_id"])

            await slack.person("mia").creates_channel("inc-2")
            await slack.deliveries.settled()

        sent = slack.record.deliveries("channel_created")
        assert [e.answer["attempt"] for e in sent] == [0, 1]
        assert [e.ok for e in sent] == [False, True]
        assert len(seen) == 2
        assert len(set(seen)) == 1


async def test_a_cut_connection_comes_back_and_the_event_with_it() -> None:
    async with LocalSlack.serving(limits=QUIET, retry_delays=(0.2, 0.5, 1.0, 2.0)) as slack, connected(slack) as app:
        heard = asyncio.Event()

        @app.event("channel_created")
        async def hears() -> None:
            heard.set()

        assert slack.sockets is not None
        await slack.drops_connections()
        await slack.person("mia").creates_channel("inc-3")
        await asyncio.wait_for(heard.wait(), 10)
        assert slack.sockets.opened >= 2


async def test_a_refresh_makes_the_app_connect_anew() -> None:
    async with LocalSlack.serving(limits=QUIET) as slack, connected(slack):
        assert slack.sockets is not None
        await slack.refreshes_connections()
        async with asyncio.timeout(10):
            while slack.sockets.opened < 2 or not slack.connected:
                await slack.sockets.changed.wait()
        assert len(slack.record.calls("apps.connections.open")) >= 2
