"""Do modals, Home and shortcuts of a real Bolt app behave?"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.refusal import Refusal
from playground.slack.server import LocalSlack


@pytest.fixture
async def app(slack: LocalSlack, bot: AsyncWebClient) -> AsyncGenerator[AsyncApp]:
    app = AsyncApp(client=bot)
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()
    await slack.until_connected()
    yield app
    await handler.close_async()


def modal(name: str, **fields: Any) -> dict[str, Any]:
    choice = {
        "type": "radio_buttons",
        "action_id": "kind",
        "options": [{"text": {"type": "plain_text", "text": v}, "value": v} for v in ("wrong_cause", "known")],
    }
    block = {"type": "input", "block_id": "why", "label": {"type": "plain_text", "text": "Why"}, "element": choice}
    title = {"type": "plain_text", "text": name}
    return {"type": "modal", "callback_id": name, "title": title, "submit": title, "blocks": [block], **fields}


async def opened(slack: LocalSlack, app: AsyncApp, **fields: Any) -> dict[str, Any]:
    """A modal on mia's screen."""
    mia = slack.person("mia")
    await app.client.views_open(trigger_id=slack.world.tickets.trigger(mia.id), view=modal("first", **fields))
    return mia.views[-1]


async def test_a_shortcut_opens_a_modal(slack: LocalSlack, app: AsyncApp) -> None:
    @app.shortcut("open")
    async def opens(ack: Any, shortcut: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal("first"))

    mia = slack.person("mia")
    assert (await mia.shortcut("open")).ok
    shown = await slack.record.until(lambda e: e.kind == "view" and bool(e.payload["views"]))
    assert shown.audience == (mia.id,)
    assert mia.views[-1]["callback_id"] == "first"


async def test_an_answer_can_update_push_and_clear(slack: LocalSlack, app: AsyncApp) -> None:
    given: list[str] = []
    answers = [
        {"response_action": "update", "view": modal("first", private_metadata="second time")},
        {"response_action": "push", "view": modal("first")},
        {"response_action": "clear"},
    ]

    @app.view("first")
    async def takes(ack: Any, view: dict[str, Any]) -> None:
        given.append(view["state"]["values"]["why"]["kind"]["selected_option"]["value"])
        await ack(**answers[len(given) - 1])

    mia = slack.person("mia")
    view = await opened(slack, app)
    assert (await mia.submits(view, {"why": "wrong_cause"})).ok
    assert [v["private_metadata"] for v in mia.views] == ["second time"]
    assert mia.views[0]["hash"] != view["hash"]
    assert (await mia.submits(mia.views[-1], {"kind": "known"})).ok
    assert [v["previous_view_id"] for v in mia.views] == [None, view["id"]]
    assert (await mia.submits(mia.views[-1], {"kind": "known"})).ok
    assert mia.views == []
    assert given == ["wrong_cause", "known", "known"]


async def test_a_bad_view_in_an_answer_is_told_and_changes_nothing(slack: LocalSlack, app: AsyncApp) -> None:
    @app.view("first")
    async def takes(ack: Any) -> None:
        await ack(response_action="update", view={"type": "modal", "title": {"type": "plain_text", "text": "x" * 30}})

    view = await opened(slack, app)
    mia = slack.person("mia")
    assert (await mia.submits(view, {"why": "known"})).error == "invalid_arguments"
    assert mia.views == [view]
    assert "trouble connecting" in mia.notices[0]


async def test_closing_is_told_only_on_request(slack: LocalSlack, app: AsyncApp) -> None:
    closed = asyncio.Event()

    @app.view_closed("first")
    async def hears(ack: Any) -> None:
        await ack()
        closed.set()

    mia = slack.person("mia")
    await mia.closes(await opened(slack, app))
    assert slack.record.deliveries("view_closed") == ()
    assert mia.views == []
    await mia.closes(await opened(slack, app, notify_on_close=True))
    await asyncio.wait_for(closed.wait(), 5)
    with pytest.raises(Refusal, match="not_found"):
        await mia.closes("V404")


async def test_a_trigger_works_once_and_not_for_long(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia = slack.person("mia").id
    trigger = slack.world.tickets.trigger(mia)
    await bot.views_open(trigger_id=trigger, view=modal("a"))
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await bot.views_open(trigger_id=trigger, view=modal("a"))
    slack.world.tickets.trigger_seconds = 0.0
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await bot.views_open(trigger_id=slack.world.tickets.trigger(mia), view=modal("a"))
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await bot.views_open(trigger_id="1.2.3", view=modal("a"))


async def test_a_view_is_updated_only_as_the_app_knew_it(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia = slack.person("mia")
    first = (await bot.views_open(trigger_id=slack.world.tickets.trigger(mia.id), view=modal("a")))["view"]
    assert isinstance(first, dict)
    await bot.views_update(view_id=first["id"], hash=first["hash"], view=modal("b"))
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await bot.views_update(view_id=first["id"], hash=first["hash"], view=modal("c"))
    assert mia.views[-1]["callback_id"] == "b"


async def test_home_shows_buttons_that_work(slack: LocalSlack, app: AsyncApp) -> None:
    @app.event("app_home_opened")
    async def shows(event: dict[str, Any], client: AsyncWebClient) -> None:
        new = {"type": "button", "action_id": "new", "text": {"type": "plain_text", "text": "New run"}}
        blocks = [{"type": "actions", "elements": [new]}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.action("new")
    async def starts(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_publish(
            user_id=body["user"]["id"],
            hash=body["view"]["hash"],
            view={"type": "home", "blocks": [{"type": "divider"}]},
        )

    mia = slack.person("mia")
    await mia.opens_home()
    await slack.record.until(lambda e: e.kind == "home")
    assert mia.home is not None
    assert (await mia.clicks_in_view(mia.home["id"], "new")).ok
    await slack.record.until(lambda e: e.kind == "home" and e.payload["view"]["blocks"][0]["type"] == "divider")
    with pytest.raises(Refusal, match="no_such_action"):
        await mia.clicks_in_view(mia.home["id"], "new")


async def test_a_message_shortcut_brings_the_message(slack: LocalSlack, app: AsyncApp) -> None:
    seen: list[dict[str, Any]] = []

    @app.shortcut("look")
    async def looks(ack: Any, shortcut: dict[str, Any], respond: Any) -> None:
        await ack()
        seen.append(shortcut["message"])
        await respond("looking")

    mia = slack.person("mia")
    stamp = await slack.person("lee").says("general", "checkout is slow")
    assert (await mia.shortcut("look", "general", stamp)).ok
    await slack.record.until(lambda e: e.kind == "ephemeral" and e.payload["text"] == "looking")
    assert (seen[0]["ts"], seen[0]["text"]) == (stamp, "checkout is slow")


async def test_a_click_on_what_has_gone_can_be_made_on_purpose(slack: LocalSlack, app: AsyncApp) -> None:
    clicked: list[str] = []

    @app.action("go")
    async def takes(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        clicked.append(action["value"])

    element = {"type": "button", "action_id": "go", "value": "1", "text": {"type": "plain_text", "text": "Go"}}
    channel, mia = slack.channel_id("general"), slack.person("mia")
    card = await app.client.chat_postMessage(
        channel=channel, text="x", blocks=[{"type": "actions", "elements": [element]}]
    )
    seen = dict(mia.messages(channel)[-1])
    await app.client.chat_update(channel=channel, ts=str(card["ts"]), text="done")
    with pytest.raises(Refusal, match="no_such_action"):
        await mia.clicks(channel, str(card["ts"]), "go")
    assert (await mia.clicks(channel, seen, "go")).ok
    assert clicked == ["1"]
