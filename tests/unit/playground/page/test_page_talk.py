"""Do people on the page see and say what they would in Slack, live, and does hostile text stay text?"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.server import LocalSlack

Opens = Callable[..., Awaitable[Page]]

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="session")]

HOSTILE = (
    "<img src=x onerror=window.pwned=1>",
    "<script>window.pwned=1</script>",
    "</textarea><svg onload=window.pwned=1>",
    '"><a href="javascript:window.pwned=1">x</a>',
    "${window.pwned=1} {{window.pwned=1}}",
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


async def test_what_one_person_says_another_sees_without_reload(slack: LocalSlack, opens: Opens) -> None:
    mia = await opens("mia", channel="general")
    lee = await opens("lee", channel="general")
    await mia.get_by_test_id("composer").fill("p99 <500 & rising, *now*")
    await mia.get_by_test_id("composer").press("Enter")
    await expect(lee.locator(".message .text").last).to_have_text("p99 <500 & rising, now")
    await expect(lee.locator(".message .text strong").last).to_have_text("now")
    await expect(mia.get_by_test_id("composer")).to_have_value("")
    said = slack.person("lee").messages("general")[-1]
    assert said["text"] == "p99 &lt;500 &amp; rising, *now*"
    assert said["user"] == slack.person("mia").id


async def test_a_mention_is_completed_and_sent_as_slack_sends_it(slack: LocalSlack, opens: Opens) -> None:
    page = await opens("mia", channel="general")
    composer = page.get_by_test_id("composer")
    await composer.press_sequentially("hey @cl")
    await expect(page.get_by_role("option", name="Clew")).to_be_visible()
    await composer.press("Enter")
    await expect(composer).to_have_value(re.compile(r"^hey @clew $"))
    await composer.press_sequentially("look")
    await composer.press("Enter")
    await expect(page.locator(".message .mention").last).to_have_text("@Clew")
    bot = next(user for user in slack.workspace.users.values() if user.is_bot)
    assert slack.person("mia").messages("general")[-1]["text"] == f"hey <@{bot.id}> look"


async def test_mrkdwn_looks_as_slack_documents_it(slack: LocalSlack, client: AsyncWebClient, opens: Opens) -> None:
    page = await opens("mia", channel="general")
    text = (
        "*bold* _slanted_ ~gone~ `x*y*z` snake_case_name 2*3*4\n> quoted\n"
        "<https://example.com/a?b=1&amp;c=2|the graph> <javascript:alert(1)|no> <!here>\n```\na &lt; b\n```\n"
        "<!date^1763836560^{date_num}|2025-11-22> <!date^soon^{time}|soonish>"
    )
    sent = await client.chat_postMessage(channel=slack.channel_id("general"), text=text)
    message = page.get_by_test_id(f"message-{sent['ts']}")
    await expect(message.locator("strong")).to_have_text(["bold"])
    await expect(message.locator("em")).to_have_text(["slanted"])
    await expect(message.locator("s")).to_have_text(["gone"])
    await expect(message.locator("blockquote")).to_have_text(["quoted"])
    await expect(message.locator("code")).to_have_text(["x*y*z", "a < b"])
    await expect(message.locator(".text")).to_contain_text("snake_case_name 2*3*4")
    await expect(message.locator(".text time")).to_have_text([re.compile(r"2025-11-2[123]"), "soonish"])
    link = message.locator(".text a")
    await expect(link).to_have_count(1)
    await expect(link).to_have_attribute("href", "https://example.com/a?b=1&c=2")
    await expect(link).to_have_attribute("rel", re.compile("noopener"))
    await expect(link).to_have_attribute("target", "_blank")


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_stays_text_wherever_it_stands(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens, text: str
) -> None:
    page = await opens("mia", channel="general")
    button = {"type": "button", "action_id": "b", "text": plain(text[:75])}
    task = {"type": "task_card", "task_id": "t", "title": text, "status": "error"}
    blocks = [
        {"type": "header", "text": plain(text)},
        {"type": "section", "text": {"type": "mrkdwn", "text": escaped(text)}, "accessory": button},
        {"type": "context", "elements": [plain(text)]},
        {"type": "plan", "title": text, "tasks": [task]},
        {"type": "markdown", "text": escaped(text)},
    ]
    sent = await client.chat_postMessage(channel=slack.channel_id("general"), text=text, blocks=blocks)
    message = page.get_by_test_id(f"message-{sent['ts']}")
    await expect(message.locator("h3")).to_have_text(text)
    await expect(message.get_by_role("button", name=text[:75])).to_be_visible()
    await expect(message.locator(".task-title")).to_contain_text(text)
    await expect(message.locator("img, script, a[href^=javascript], [onload], [onerror]")).to_have_count(0)
    assert await page.evaluate("window.pwned") is None


async def test_an_edit_changes_only_what_differs_and_reading_is_not_moved(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens
) -> None:
    channel = slack.channel_id("general")
    page = await opens("mia", channel="general")
    card = await client.chat_postMessage(channel=channel, text="card", blocks=[_section("first"), _section("same")])
    for number in range(40):
        await client.chat_postMessage(channel=channel, text=f"line {number}")
    scroll = page.locator(".main .scroll")
    await expect(page.get_by_text("line 39")).to_be_in_viewport()
    await scroll.evaluate("node => { node.scrollTop = 0; }")
    await expect(page.get_by_role("button", name="Latest")).to_be_visible()
    message = page.get_by_test_id(f"message-{card['ts']}")
    await message.locator(".section").last.evaluate("node => { node.mark = 'kept'; }")
    await client.chat_update(
        channel=channel, ts=str(card["ts"]), text="card", blocks=[_section("second"), _section("same")]
    )
    await client.chat_postMessage(channel=channel, text="one more")
    await expect(message.locator(".section").first).to_have_text("second")
    assert await message.locator(".section").last.evaluate("node => node.mark") == "kept"
    assert await scroll.evaluate("node => node.scrollTop") == 0
    await page.get_by_role("button", name="Latest").click()
    await expect(page.get_by_text("one more")).to_be_in_viewport()
    await client.chat_postMessage(channel=channel, text="followed")
    await expect(page.get_by_text("followed")).to_be_in_viewport()


async def test_a_reply_opens_a_thread_and_a_reaction_counts(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens
) -> None:
    page = await opens("mia", channel="general")
    sent = await client.chat_postMessage(channel=slack.channel_id("general"), text="root")
    message = page.locator(".main").get_by_test_id(f"message-{sent['ts']}")
    await message.hover()
    await message.get_by_role("button", name="Reply in thread").click()
    await expect(page.get_by_test_id("thread-composer")).to_be_focused()
    await page.keyboard.type("did wallets suffer?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("thread-panel")).to_contain_text("did wallets suffer?")
    await expect(message.get_by_role("button", name="1 reply")).to_be_visible()
    await message.get_by_role("button", name="Add reaction").click()
    await page.get_by_role("menuitem", name="React with eyes").click()
    await expect(message.get_by_role("button", name=re.compile("^eyes: 1"))).to_have_attribute("aria-pressed", "true")
    assert [r["name"] for r in slack.person("lee").messages("general")[-2]["reactions"]] == ["eyes"]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
