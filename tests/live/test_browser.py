"""Does the main job work for people in a browser: a channel, the card, a vote, a rejection, a question, on the real bot?"""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from playground.bundle import FIRST, bundled
from playground.demo import Playground, opened, shelf

PICTURES = Path(__file__).parents[2] / ".clew" / "pictures"
CHANNEL = "inc-2026-11-22-checkout-slow"
PATIENCE = 60_000.0

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def playground() -> AsyncGenerator[Playground]:
    async with opened(shelf(bundled(), FIRST)) as playground:
        yield playground


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncGenerator[Browser]:
    yield chromium
    for context in tuple(chromium.contexts):
        await context.close()


async def page_of(browser: Browser, playground: Playground, who: str, width: int = 1360, channel: str = "") -> Page:
    page = await browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(PATIENCE)
    await page.goto(
        f"{playground.slack.url}/?user={playground.slack.person(who).id}" + (f"&channel={channel}" if channel else "")
    )
    return page


async def create_channel(page: Page, name: str) -> None:
    await page.get_by_role("button", name=re.compile("create|new channel|add channel", re.IGNORECASE)).first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").first.fill(name)
    await dialog.get_by_role("button", name=re.compile("create", re.IGNORECASE)).last.click()
    await page.get_by_test_id(f"channel-{name}").click()


def card(page: Page) -> Locator:
    """The one top-level message that carries the investigation."""
    return page.locator("[data-testid^=message-]").filter(has_text="run ").first


async def test_from_an_empty_channel_to_a_verdict_people_can_argue_with(
    browser: Browser, playground: Playground
) -> None:
    mia = await page_of(browser, playground, "mia")
    await create_channel(mia, CHANNEL)
    await expect(card(mia)).to_contain_text("LIKELY CAUSE FOUND", timeout=PATIENCE)
    await expect(card(mia)).to_contain_text("size 12 → 2")
    await expect(card(mia)).to_contain_text("joined because")

    await mia.get_by_role("button", name=re.compile(r"\d+ repl")).click()
    thread = mia.get_by_test_id("thread-panel")
    first = thread.locator("[data-testid^=message-]").filter(has_text="H1 ·")
    await expect(first.get_by_role("img").first).to_be_visible()
    await mia.wait_for_timeout(1500)
    PICTURES.mkdir(parents=True, exist_ok=True)
    await first.scroll_into_view_if_needed()
    await mia.screenshot(path=PICTURES / "thread.png")

    await first.get_by_role("button", name=re.compile("Agree")).click()
    await expect(first.get_by_role("button", name=re.compile("Agree 1|1 .*agree", re.IGNORECASE))).to_be_visible()

    lee = await page_of(browser, playground, "lee")
    await lee.get_by_test_id(f"channel-{CHANNEL}").click()
    await lee.get_by_role("button", name=re.compile(r"\d+ repl")).click()
    theirs = lee.get_by_test_id("thread-panel").locator("[data-testid^=message-]").filter(has_text="H1 ·")
    await theirs.get_by_role("button", name=re.compile("Reject")).click()
    form = lee.get_by_role("dialog")
    await form.get_by_role("button", name="Reject").click()
    await expect(form).to_be_visible()  # without a reason it stays open
    await form.get_by_role("radio", name=re.compile("wrong cause", re.IGNORECASE)).check()
    await form.get_by_role("textbox").fill("the pool was 2 before too")
    await form.get_by_role("button", name="Reject").click()
    await expect(theirs).to_contain_text("the pool was 2 before too")
    await expect(first).to_contain_text("the pool was 2 before too")  # live, on the other person's page

    await thread.get_by_test_id("thread-composer").fill("what changed?")
    await thread.get_by_test_id("thread-composer").press("Enter")
    answer = thread.locator("[data-testid^=message-]").filter(has_text="what changed?").last
    await expect(answer).to_be_visible()
    reply = thread.locator("[data-testid^=message-]").last
    await expect(reply).to_contain_text(re.compile(r"commit [0-9a-f]{7} of checkout"))
    await expect(reply).to_contain_text(re.compile(r"\[E\d+\]"))
    tops = mia.locator("main [data-testid^=message-], [role=main] [data-testid^=message-]").filter(has_text="run ")
    assert await tops.count() <= 1


async def test_the_card_reads_well_on_a_phone(browser: Browser, playground: Playground) -> None:
    channel = await playground.slack.person("mia").creates_channel(CHANNEL)
    phone = await page_of(browser, playground, "mia", width=390, channel=channel)
    await expect(card(phone)).to_contain_text("LIKELY CAUSE FOUND", timeout=PATIENCE)
    assert await phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "nothing may need sideways scrolling"
    )
    box = await card(phone).get_by_text("Cause", exact=False).first.bounding_box()
    assert box is not None
    assert box["y"] < 844, "the cause stands on the first screen"


async def test_breaking_something_opens_its_channel_and_the_right_recording(browser: Browser) -> None:
    async with opened(shelf(bundled(), FIRST), incidents=bundled()) as playground:
        mia = await page_of(browser, playground, "mia")
        for channel in ("latency-alert-1", "latency-alert-1-again"):
            await mia.get_by_test_id("break-something").click()
            await mia.get_by_test_id("scenario-latency-alert-1").click()
            await expect(mia.get_by_role("heading", level=1, name=re.compile(rf"inc-.*-{channel}$"))).to_be_visible()
            await expect(card(mia)).to_contain_text("0.47 s")  # this recording's alert, not the first one's
