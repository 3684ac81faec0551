"""Can a picture be uploaded with the SDK, and shown only once it has settled?"""

# The SDK types every field of an answer as possibly None.
# pyright: reportArgumentType=false, reportOperatorIssue=false
# pyright: reportOptionalIterable=false, reportOptionalSubscript=false

import asyncio
import struct
import zlib

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.server import LocalSlack


def png(width: int = 3, height: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xff\xff\xff" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def uploaded(bot: AsyncWebClient) -> str:
    answer = await bot.files_upload_v2(file=png(), filename="p99.png", title="p99", alt_txt="p99 rises")
    return str(answer["file"]["id"])


async def settled(bot: AsyncWebClient, file: str) -> bool:
    for _ in range(100):
        if (await bot.files_info(file=file))["file"]["mimetype"]:
            return True
        await asyncio.sleep(0.01)
    return False


def picture(file: str) -> list[dict[str, object]]:
    return [{"type": "image", "slack_file": {"id": file}, "alt_text": "p99 rises"}]


async def test_a_picture_is_refused_until_it_settled_and_then_served(slack: LocalSlack, bot: AsyncWebClient) -> None:
    channel = slack.channel_id("general")
    file = await uploaded(bot)
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel=channel, text="x", blocks=picture(file))
    answer = caught.value.response.data
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == ["[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]"]

    assert await settled(bot, file)
    info = (await bot.files_info(file=file))["file"]
    assert (info["original_w"], info["original_h"], info["alt_txt"]) == (3, 2, "p99 rises")
    card = await bot.chat_postMessage(channel=channel, text="x", blocks=picture(file))
    shown = card["message"]["blocks"][0]["slack_file"]["url"]
    async with aiohttp.ClientSession() as session, session.get(shown) as got:
        assert got.content_type == "image/png"
        assert await got.read() == png()


async def test_an_upload_that_never_settles_stays_unusable(slack: LocalSlack, bot: AsyncWebClient) -> None:
    slack.faults.never_settle = True
    assert not await settled(bot, await uploaded(bot))


async def test_an_upload_address_takes_exactly_what_was_announced_and_once(
    slack: LocalSlack, bot: AsyncWebClient
) -> None:
    ticket = await bot.files_getUploadURLExternal(filename="a.txt", length=3)
    async with aiohttp.ClientSession() as session:
        async with session.post(str(ticket["upload_url"]), data=b"four") as got:
            assert got.status == 400
        async with session.post(str(ticket["upload_url"]), data=b"abc") as got:
            assert got.status == 200
        async with session.post(str(ticket["upload_url"]), data=b"abc") as got:
            assert got.status == 404
    done = await bot.files_completeUploadExternal(
        files=[{"id": str(ticket["file_id"]), "title": "a"}], channel_id=slack.channel_id("general")
    )
    assert done["files"][0]["title"] == "a"
    assert slack.person("mia").messages("general")[-1]["files"][0]["name"] == "a.txt"
