"""Can a test trust the record: everything in it, in order, and only what each person could see?"""

import asyncio
import json
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.record import Record
from playground.slack.server import LocalSlack


async def test_waiting_finds_what_is_there_and_what_comes() -> None:
    record = Record()
    record.add("message", ts="1")
    assert (await record.until(lambda e: e.ts == "1")).seq == 1
    waiting = asyncio.create_task(record.until(lambda e: e.ts == "2"))
    await asyncio.sleep(0)
    record.add("message", ts="2")
    assert (await waiting).seq == 2


async def test_waiting_in_vain_names_the_newest_entries() -> None:
    record = Record()
    record.add("call", method="chat.update")
    with pytest.raises(TimeoutError, match=r"call:chat\.update"):
        await record.until(lambda e: e.kind == "home", timeout=0.01)


async def test_an_entry_is_frozen_as_of_its_moment() -> None:
    record = Record()
    message = {"text": "before"}
    record.add("message", payload=message)
    message["text"] = "after"
    assert record.entries()[0].payload == {"text": "before"}


async def test_every_entry_also_goes_to_the_journal(tmp_path: Path) -> None:
    journal = tmp_path / "slack.jsonl"
    async with LocalSlack.serving(journal=journal) as slack:
        await slack.person("mia").says("general", "hello")
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert "hello" in [line["payload"].get("text") for line in lines if line["kind"] == "message"]


async def test_calls_are_kept_as_received_with_their_answer(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    await bot.chat_postMessage(channel=channel, text="x", unfurl_links=False, unfurl_media=False)
    call = slack.record.calls("chat.postMessage")[-1]
    assert call.ok
    assert call.payload == {"channel": channel, "text": "x", "unfurl_links": False, "unfurl_media": False}
    assert call.ts == call.answer["ts"]
    assert slack.bot_token not in json.dumps(call.payload)


async def test_a_private_channel_is_seen_by_its_members_alone(slack: LocalSlack) -> None:
    mia, lee, sam = (slack.person(name) for name in ("mia", "lee", "sam"))
    channel = await mia.creates_channel("secret", is_private=True)
    await mia.says(channel, "between us")
    await mia.invites(channel, "lee")
    await lee.says(channel, "me too")

    def texts(user: str) -> list[str]:
        return [e.payload["text"] for e in slack.record.seen_by(user) if e.kind == "message"]

    assert texts(mia.id)[-1] == "me too"
    assert "between us" not in texts(lee.id)
    assert texts(lee.id)[-1] == "me too"
    assert texts(sam.id) == []
