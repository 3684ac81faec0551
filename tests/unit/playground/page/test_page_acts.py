"""Do buttons, modals, commands and shortcuts on the page reach a real Bolt app, and its answers the person?"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.server import LocalSlack

Opens = Callable[..., Awaitable[Page]]

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="session")]


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value.title()), "value": value}


def modal(note: str = "One line", hint: str = "Everyone sees it.") -> dict[str, Any]:
    why = {"type": "radio_buttons", "action_id": "why", "options": [option("cause"), option("evidence")]}
    line = {"type": "plain_text_input", "action_id": "line", "multiline": True}
    again = {"type": "button", "action_id": "again", "text": plain("Look again")}
    return {
        "type": "modal",
        "callback_id": "reject",
        "title": plain("Reject H1"),
        "submit": plain("Send"),
        "blocks": [
            {"type": "input", "block_id": "why", "label": plain("What is wrong?"), "element": why},
            {"type": "input", "block_id": "note", "label": plain(note), "hint": plain(hint), "element": line},
            {"type": "actions", "block_id": "more", "elements": [again]},
        ],
    }


def ballot(votes: int = 0) -> list[dict[str, Any]]:
    stop = {
        "title": plain("Stop this run?"),
        "text": plain("What was found stays."),
        "confirm": plain("Stop it"),
        "deny": plain("Keep going"),
    }
    more = {"type": "overflow", "action_id": "more", "options": [option("query"), option("voters")]}
    elements = [
        {"type": "button", "action_id": "agree", "value": "h1", "text": plain(f"▲ Agree {votes}")},
        {"type": "button", "action_id": "reject", "value": "h1", "text": plain("▼ Reject")},
        {
            "type": "button",
            "action_id": "stop",
            "value": "h1",
            "text": plain("Stop"),
            "style": "danger",
            "confirm": stop,
        },
        more,
    ]
    return [{"type": "actions", "block_id": "ballot", "elements": elements}]


async def test_a_vote_changes_the_card_for_everyone(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, opens: Opens
) -> None:
    @app.action("agree")
    async def agrees(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        place = body["container"]
        await client.chat_update(channel=place["channel_id"], ts=place["message_ts"], text="H1", blocks=ballot(1))

    mia, lee = await opens("mia", channel="general"), await opens("lee", channel="general")
    await client.chat_postMessage(channel=slack.channel_id("general"), text="H1", blocks=ballot())
    await mia.get_by_role("button", name="▲ Agree 0").click()
    await expect(lee.get_by_role("button", name="▲ Agree 1")).to_be_visible()
    await expect(mia.get_by_role("button", name="▲ Agree 1")).to_be_visible()


async def test_a_confirm_dialog_asks_first_and_a_menu_says_what_was_chosen(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, opens: Opens
) -> None:
    heard: list[str] = []

    @app.action(re.compile("stop|more"))
    async def hears(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        heard.append(action.get("value") or action["selected_option"]["value"])

    page = await opens("mia", channel="general")
    await client.chat_postMessage(channel=slack.channel_id("general"), text="H1", blocks=ballot())
    await page.get_by_role("button", name="Stop").click()
    await page.get_by_test_id("confirm-dialog").get_by_role("button", name="Keep going").click()
    await expect(page.get_by_test_id("confirm-dialog")).to_have_count(0)
    await page.get_by_role("button", name="More options").click()
    await page.get_by_role("menuitem", name="Voters").click()
    await slack.record.until(lambda entry: "voters" in str(entry.payload))
    await page.get_by_role("button", name="Stop").click()
    await page.get_by_test_id("confirm-dialog").get_by_role("button", name="Stop it").click()
    await expect(page.get_by_test_id("confirm-dialog")).to_have_count(0)
    await expect(page.get_by_role("button", name="Stop")).not_to_have_attribute("aria-busy", "true")
    assert heard == ["voters", "h1"]


async def test_a_modal_keeps_what_was_typed_shows_errors_and_submits(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, opens: Opens
) -> None:
    sent: list[dict[str, Any]] = []

    @app.action("reject")
    async def rejects(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.action("again")
    async def again(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_update(view_id=body["view"]["id"], view=modal(hint="Looked again."))

    @app.view("reject")
    async def submits(ack: Any, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        if "5 before" not in values["note"]["line"]["value"]:
            await ack(response_action="errors", errors={"note": "Say what it was before."})
            return
        await ack()
        sent.append(values)

    page = await opens("mia", channel="general")
    await client.chat_postMessage(channel=slack.channel_id("general"), text="H1", blocks=ballot())
    await page.get_by_role("button", name="▼ Reject").click()
    form = page.get_by_test_id("modal")
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_role("alert")).to_have_count(2)
    await form.get_by_label("Evidence").check()
    await form.get_by_label("One line").fill("the pool was small")
    await form.get_by_role("button", name="Look again").click()
    await expect(form.get_by_text("Looked again.")).to_be_visible()
    await expect(form.get_by_label("One line")).to_have_value("the pool was small")
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_role("alert")).to_have_text("Say what it was before.")
    await expect(form.get_by_label("One line")).to_be_focused()
    await form.get_by_label("One line").fill("the pool was 5 before, too")
    await form.get_by_role("button", name="Send").click()
    await expect(form).to_have_count(0)
    assert sent[0]["note"]["line"]["value"] == "the pool was 5 before, too"
    assert sent[0]["why"]["why"]["selected_option"]["value"] == "evidence"


async def test_a_modal_keeps_the_focus_inside_and_escape_closes_it(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, opens: Opens
) -> None:
    @app.action("reject")
    async def rejects(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    page = await opens("mia", channel="general")
    await client.chat_postMessage(channel=slack.channel_id("general"), text="H1", blocks=ballot())
    await page.get_by_role("button", name="▼ Reject").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("modal")).to_be_visible()
    for _ in range(12):
        await page.keyboard.press("Tab")
        assert await page.evaluate("!document.querySelector('.shell').contains(document.activeElement)")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("modal")).to_have_count(0)
    await expect(page.get_by_role("button", name="▼ Reject")).to_be_focused()


async def test_a_command_is_completed_sent_and_answered_in_private(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, opens: Opens
) -> None:
    @app.command("/investigate")
    async def commanded(ack: Any, command: dict[str, Any]) -> None:
        await ack()
        await client.chat_postEphemeral(
            channel=command["channel_id"], user=command["user_id"], text=f"looking at: {command['text']}"
        )

    mia, lee = await opens("mia", channel="general"), await opens("lee", channel="general")
    composer = mia.get_by_test_id("composer")
    await composer.press_sequentially("/inv")
    await expect(mia.get_by_role("option", name="/investigate")).to_be_visible()
    await composer.press("Tab")
    await composer.press_sequentially("why so slow")
    await composer.press("Enter")
    await expect(mia.get_by_text("looking at: why so slow")).to_be_visible()
    await expect(mia.get_by_text("Only visible to you")).to_be_visible()
    await client.chat_postMessage(channel=slack.channel_id("general"), text="and this is for all")
    await expect(lee.get_by_text("and this is for all")).to_be_visible()
    await expect(lee.get_by_text("looking at")).to_have_count(0)


async def test_what_cannot_be_sent_says_so_and_stays_typed(slack: LocalSlack, opens: Opens) -> None:
    page = await opens("mia", channel="general")
    composer = page.get_by_test_id("composer")
    await expect(page.get_by_test_id("bot-status")).to_contain_text("Clew is not connected")
    await composer.fill("/invstigate now")
    await composer.press("Enter")
    await expect(page.get_by_test_id("notice")).to_contain_text("/invstigate is not a command here. Try /investigate.")
    await expect(composer).to_have_value("/invstigate now")
    await composer.fill("x" * 40_001)
    await composer.press("Enter")
    await expect(page.get_by_test_id("notice").last).to_contain_text("msg_too_long")
    await expect(composer).to_have_value("x" * 40_001)


async def test_a_message_shortcut_reaches_the_app_with_its_message(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, opens: Opens
) -> None:
    @app.shortcut("look")
    async def looks(ack: Any, shortcut: dict[str, Any]) -> None:
        await ack()
        message = shortcut["message"]
        await client.chat_postMessage(
            channel=shortcut["channel"]["id"], thread_ts=message["ts"], text=f"on it: {message['text']}"
        )

    page = await opens("mia", channel="general")
    ts = await slack.person("lee").says("general", "p99 alert")
    message = page.locator(".main").get_by_test_id(f"message-{ts}")
    await message.hover()
    await message.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Investigate this message").click()
    await message.get_by_role("button", name="1 reply").click()
    await expect(page.get_by_test_id("thread-panel")).to_contain_text("on it: p99 alert")


async def test_feedback_on_an_answer_is_said_once_and_shown(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, opens: Opens
) -> None:
    heard: list[str] = []

    @app.action("useful")
    async def hears(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        heard.append(action["value"])

    page = await opens("mia", channel="general")
    sides = {
        f"{side}_button": {"text": plain(label), "value": side}
        for side, label in (("positive", "Good"), ("negative", "Bad"))
    }
    element = {"type": "feedback_buttons", "action_id": "useful", **sides}
    blocks = [{"type": "context_actions", "elements": [element]}]
    await client.chat_postMessage(channel=slack.channel_id("general"), text="an answer", blocks=blocks)
    await page.get_by_role("button", name="Bad").click()
    await expect(page.get_by_role("button", name="Bad")).to_have_attribute("aria-pressed", "true")
    await slack.record.until(lambda entry: "negative" in str(entry.payload) and entry.kind != "message")
    assert heard == ["negative"]


async def test_the_home_tab_is_drawn_and_its_buttons_work(
    slack: LocalSlack, app: AsyncApp, client: AsyncWebClient, opens: Opens
) -> None:
    def home(text: str) -> dict[str, Any]:
        button = {"type": "button", "action_id": "open", "text": plain("Open")}
        return {"type": "home", "blocks": [{"type": "section", "text": plain(text), "accessory": button}]}

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any]) -> None:
        await client.views_publish(user_id=event["user"], view=home("nothing runs"))

    @app.action("open")
    async def pressed(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_publish(user_id=body["user"]["id"], view=home("opened"))

    page = await opens("mia")
    await page.get_by_test_id("home-tab").click()
    await expect(page.get_by_test_id("home-view")).to_contain_text("nothing runs")
    await page.get_by_role("button", name="Open", exact=True).click()
    await expect(page.get_by_test_id("home-view")).to_contain_text("opened")
