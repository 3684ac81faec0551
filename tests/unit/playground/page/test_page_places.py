"""Does one always get where one wants: by link, as another person, on a phone, after a lost connection?"""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.server import LocalSlack

Opens = Callable[..., Awaitable[Page]]

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="session")]
PHONE = (390, 844)


async def test_a_link_leads_to_its_thread_and_back_leads_back(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens
) -> None:
    channel = slack.channel_id("general")
    root = await client.chat_postMessage(channel=channel, text="the card")
    await client.chat_postMessage(channel=channel, text="the first hypothesis", thread_ts=str(root["ts"]))
    page = await opens("lee", channel="general", thread=str(root["ts"]))
    thread = page.get_by_test_id("thread-panel")
    await expect(thread).to_contain_text("the first hypothesis")
    await expect(page.get_by_test_id("person-lee")).to_have_attribute("aria-pressed", "true")
    await thread.get_by_role("button", name="Close thread").click()
    await expect(thread).to_have_count(0)
    await expect(page).to_have_url(re.compile(f"channel={channel}$"))
    await page.go_back()
    await expect(thread).to_contain_text("the first hypothesis")


async def test_becoming_somebody_else_shows_what_they_may_see(slack: LocalSlack, opens: Opens) -> None:
    await slack.person("mia").creates_channel("sev1-secret", is_private=True)
    page = await opens("mia", channel="sev1-secret")
    await expect(page.get_by_test_id("channel-sev1-secret")).to_be_visible()
    await page.get_by_test_id("person-lee").click()
    await expect(page.get_by_test_id("person-lee")).to_have_attribute("aria-pressed", "true")
    await expect(page).to_have_url(re.compile(f"user={slack.person('lee').id}"))
    await expect(page.get_by_test_id("channel-sev1-secret")).to_have_count(0)
    await page.get_by_test_id("channel-general").click()
    await page.get_by_test_id("composer").fill("I am Lee")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.get_by_text("I am Lee")).to_be_visible()
    assert slack.person("sam").messages("general")[-1]["user"] == slack.person("lee").id
    assert await page.get_by_test_id("composer").input_value() == ""


async def test_an_unknown_person_or_channel_in_the_link_is_no_dead_end(slack: LocalSlack, opens: Opens) -> None:
    page = await opens("mia")
    await page.goto(f"{slack.url}/?user=U0NOBODY&channel=C0NOWHERE")
    await expect(page.get_by_text("This channel is not here")).to_be_visible()
    await page.get_by_test_id("channel-general").click()
    await expect(page.get_by_test_id("composer")).to_be_visible()


async def test_a_channel_is_created_and_mistakes_are_told_in_the_form(slack: LocalSlack, opens: Opens) -> None:
    page, other = await opens("mia"), await opens("lee", channel="general")
    await page.get_by_test_id("create-channel").click()
    form = page.get_by_test_id("create-dialog")
    await expect(form.get_by_label("Name")).to_be_focused()
    await form.get_by_label("Name").fill("general")
    await form.get_by_role("button", name="Create").click()
    await expect(form.get_by_role("alert")).to_contain_text("there already")
    await form.get_by_label("Name").fill("Inc Checkout Latency")
    await form.get_by_role("button", name="Create").click()
    await expect(form).to_have_count(0)
    await expect(page.get_by_test_id("channel-inc-checkout-latency")).to_have_attribute("aria-current", "page")
    await expect(other.get_by_test_id("channel-inc-checkout-latency")).to_be_visible()
    names = [await one.get_attribute("data-testid") for one in await other.locator("[data-testid^=channel-]").all()]
    assert names == sorted(str(name) for name in names)


async def test_what_is_new_elsewhere_is_marked_until_it_is_read(slack: LocalSlack, opens: Opens) -> None:
    await slack.person("lee").creates_channel("deploys")
    page = await opens("mia", channel="general")
    entry = page.get_by_test_id("channel-deploys")
    await slack.person("lee").says("deploys", "4f2c1a is out")
    await slack.person("lee").says("deploys", "@mia please look")
    await expect(entry).to_have_attribute("aria-label", "deploys, 2 unread")
    await expect(entry.locator(".count-mention")).to_have_text("2")
    await entry.click()
    await expect(entry).to_have_attribute("aria-label", "deploys")
    await page.get_by_test_id("channel-general").click()
    await expect(entry).to_have_attribute("aria-label", "deploys")


async def test_a_draft_waits_in_its_channel(slack: LocalSlack, opens: Opens) -> None:
    await slack.person("lee").creates_channel("deploys")
    page = await opens("mia", channel="general")
    await page.get_by_test_id("composer").fill("half a thou")
    await page.get_by_test_id("channel-deploys").click()
    await expect(page.get_by_test_id("composer")).to_have_value("")
    await page.get_by_test_id("channel-general").click()
    await expect(page.get_by_test_id("composer")).to_have_value("half a thou")


async def test_a_lost_connection_comes_back_with_what_was_missed(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens
) -> None:
    page = await opens("mia", channel="general")
    await page.get_by_test_id("composer").fill("typed before")
    slack.world.screens.close()
    await expect(page.get_by_text("Reconnecting to the Playground")).to_be_visible()
    await client.chat_postMessage(channel=slack.channel_id("general"), text="said in the gap")
    await expect(page.get_by_text("said in the gap")).to_be_visible()
    await expect(page.get_by_text("Reconnecting to the Playground")).to_have_count(0)
    await expect(page.get_by_test_id("composer")).to_have_value("typed before")


async def test_the_page_says_whether_the_app_is_there(slack: LocalSlack, client: AsyncWebClient, opens: Opens) -> None:
    page = await opens("mia", channel="general")
    line = page.get_by_test_id("bot-status")
    await expect(line).to_contain_text("Clew is not connected")
    handler = AsyncSocketModeHandler(AsyncApp(client=client), slack.app_token, ping_interval=0.2)
    await handler.connect_async()
    await expect(line).to_have_count(0)
    await handler.close_async()
    await expect(line).to_contain_text("Clew is not connected")


async def test_what_the_app_is_doing_is_shown_and_can_be_stopped(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens
) -> None:
    channel = slack.channel_id("general")
    root = await client.chat_postMessage(channel=channel, text="the card")
    page = await opens("mia", channel="general")
    await client.api_call(
        "assistant.threads.setStatus",
        params={"channel_id": channel, "thread_ts": str(root["ts"]), "status": "reads the logs"},
    )
    await expect(page.get_by_text("Clew reads the logs")).to_be_visible()
    await expect(page.get_by_role("button", name="Stop Clew")).to_be_visible()
    await client.api_call(
        "assistant.threads.setStatus", params={"channel_id": channel, "thread_ts": str(root["ts"]), "status": ""}
    )
    await expect(page.get_by_role("button", name="Stop Clew")).to_have_count(0)


async def test_on_a_phone_one_pane_at_a_time_and_nothing_wider_than_the_screen(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens
) -> None:
    channel = slack.channel_id("general")
    wide = "```" + "x" * 400 + "```\n" + "y" * 400
    root = await client.chat_postMessage(channel=channel, text=wide)
    await client.chat_postMessage(channel=channel, text=wide, thread_ts=str(root["ts"]))
    page = await opens("mia", size=PHONE, channel="general")
    await expect(page.get_by_test_id("person-mia")).to_be_hidden()
    await page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_test_id("thread-panel")
    await expect(thread).to_be_visible()
    await expect(page.get_by_test_id("composer")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    await thread.get_by_role("button", name="Back to channel").click()
    await expect(page.get_by_test_id("composer")).to_be_visible()
    await page.get_by_role("button", name="Back to channels").click()
    await expect(page.get_by_test_id("person-mia")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    await page.get_by_test_id("channel-general").click()
    await expect(page.get_by_test_id("composer")).to_be_visible()
