"""Are plans, pictures, tables and unknown blocks drawn so that everybody can read them?"""

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.server import LocalSlack

Opens = Callable[..., Awaitable[Page]]

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="session")]


def rich(text: str) -> dict[str, Any]:
    part = {"type": "text", "text": text, "style": {"bold": True}}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [part]}]}


def plan(*states: str) -> list[dict[str, Any]]:
    sources = [{"type": "url", "url": "https://example.com/4f2c1a", "text": "4f2c1a"}]
    tasks = [
        {
            "type": "task_card",
            "task_id": f"t{at}",
            "title": f"Task {at}",
            "status": state,
            "output": rich(f"saw {state}"),
            "sources": sources,
        }
        for at, state in enumerate(states)
    ]
    return [{"type": "plan", "title": "Plan", "tasks": tasks}]


def png(width: int, height: int) -> bytes:
    """A plain grey picture of that many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x99" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_plan_says_each_state_in_words_and_follows_its_edits(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens
) -> None:
    channel = slack.channel_id("general")
    page = await opens("mia", channel="general")
    before = plan("complete", "in_progress", "pending", "error")
    sent = await client.chat_postMessage(channel=channel, text="plan", blocks=before)
    message = page.get_by_test_id(f"message-{sent['ts']}")
    words = ["Done: Task 0", "In progress: Task 1", "Waiting: Task 2", "Failed: Task 3"]
    await expect(message.locator(".task-title")).to_have_text(words)
    await expect(message.get_by_text("2 of 4")).to_be_visible()
    await expect(message.locator(".task strong").first).to_have_text("saw complete")
    await expect(message.get_by_role("link", name="4f2c1a").first).to_have_attribute("rel", "noopener noreferrer")
    after = plan("complete", "complete", "in_progress", "error")
    await client.chat_update(channel=channel, ts=str(sent["ts"]), text="plan", blocks=after)
    await expect(message.locator(".task-title").nth(1)).to_have_text("Done: Task 1")
    await expect(message.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "3")


async def test_an_uploaded_picture_is_shown_with_its_words(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens
) -> None:
    channel = slack.channel_id("general")
    page = await opens("mia", channel="general")
    upload = await client.files_upload_v2(filename="p99.png", content=png(640, 300), title="p99")
    file: Any = upload["file"]
    await slack.record.until(lambda entry: entry.method == "files.completeUploadExternal")
    blocks = [{"type": "image", "slack_file": {"id": file["id"]}, "alt_text": "p99 rises from 118 to 510 ms"}]
    sent = await _posted_when_settled(client, channel, blocks)
    picture = page.get_by_test_id(f"message-{sent}").get_by_role("img", name="p99 rises from 118 to 510 ms")
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("naturalWidth", 640)


async def test_a_picture_of_somebody_elses_is_a_link_and_never_fetched(
    slack: LocalSlack, client: AsyncWebClient, opens: Opens
) -> None:
    page = await opens("mia", channel="general")
    blocks = [{"type": "image", "image_url": "https://example.com/p99.png", "alt_text": "the graph"}]
    sent = await client.chat_postMessage(channel=slack.channel_id("general"), text="x", blocks=blocks)
    message = page.get_by_test_id(f"message-{sent['ts']}")
    await expect(message.get_by_role("link")).to_have_attribute("href", "https://example.com/p99.png")
    await expect(message).to_contain_text("the graph")
    await expect(message.locator("img")).to_have_count(0)


async def test_a_table_and_markdown_are_laid_out(slack: LocalSlack, client: AsyncWebClient, opens: Opens) -> None:
    page = await opens("mia", channel="general")
    rows = [
        [{"type": "raw_text", "text": cell} for cell in row] for row in (("service", "p99"), ("checkout", "510 ms"))
    ]
    text = "# Wallet\n**9.1%** timed out [1](https://example.com), *not* card\n\n1. one\n2. two `x`\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    blocks = [{"type": "table", "rows": rows}, {"type": "markdown", "text": text}]
    sent = await client.chat_postMessage(channel=slack.channel_id("general"), text="x", blocks=blocks)
    message = page.get_by_test_id(f"message-{sent['ts']}")
    await expect(message.get_by_role("columnheader")).to_have_text(["service", "p99", "a", "b"])
    await expect(message.get_by_role("cell")).to_have_text(["checkout", "510 ms", "1", "2"])
    await expect(message.locator("h4")).to_have_text("Wallet")
    await expect(message.locator("strong")).to_have_text("9.1%")
    await expect(message.locator("em")).to_have_text("not")
    await expect(message.get_by_role("listitem")).to_have_text(["one", "two x"])
    await expect(message.get_by_role("link", name="1")).to_have_attribute("href", "https://example.com/")


async def test_a_block_it_does_not_know_is_folded_not_dropped(opens: Opens) -> None:
    page = await opens("mia", channel="general")
    shown = await page.evaluate(
        """async () => {
            const { blocks } = await import("/page/blocks.js");
            const { patch } = await import("/page/vdom.js");
            const root = document.createElement("div");
            patch(root, blocks([{ type: "hologram", text: "<b>deep</b>" }, { type: "constructor" }], { names: {} }));
            return [...root.querySelectorAll("details")].map((node) => node.textContent);
        }"""
    )
    assert len(shown) == 2
    assert "hologram" in shown[0]
    assert "<b>deep</b>" in shown[0]


async def _posted_when_settled(client: AsyncWebClient, channel: str, blocks: list[dict[str, Any]]) -> str:
    for _ in range(50):
        try:
            return str((await client.chat_postMessage(channel=channel, text="x", blocks=blocks))["ts"])
        except SlackApiError as error:
            if error.response["error"] != "invalid_blocks":
                raise
            await asyncio.sleep(0.05)
    raise AssertionError("the upload never settled")
