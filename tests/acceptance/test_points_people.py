"""Does the whole product obey people, and tell them what went wrong: votes, Stop, a source or a model that hangs?"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.composition import Facts, facts
from bot.settings import LlmSettings
from bot.slack.ids import Act
from clew.testing import FakeLogs, Mood
from playground.bundle import FIRST, bundled
from playground.demo import Playground, channel_name
from playground.slack.person import Person
from tests.acceptance.reading import words
from tests.acceptance.replay import Json, card_says, clew, heading, ours, settled, verdict
from tests.flows.story import without

pytestmark = pytest.mark.timeout(300)
VERDICT = re.compile(r"CAUSE FOUND|CAUSE NOT FOUND|LOOKS HEALTHY")


class HangingLogs(FakeLogs):
    """Logs that never answer; `ended` is when each read was given up, monotonic seconds."""

    def __init__(self, mood: Mood) -> None:
        super().__init__(name="recorded logs", mood=mood)
        self.ended: list[float] = []

    async def _asked(self, call: str) -> None:
        try:
            await super()._asked(call)
        finally:
            self.ended.append(time.monotonic())


def hanging(mood: Mood = Mood.HANGS) -> tuple[Facts, HangingLogs]:
    """A recorded incident whose log source is broken, and that source."""
    found = facts(bundled()[FIRST])
    logs = HangingLogs(mood)
    return Facts(without(found.sources, "recorded logs", logs), found.brief), logs


def leading(person: Person, channel: str) -> Json:
    """The message of H1 as it stands."""
    return next(m for m in ours(person, channel) if heading(m).startswith("H1 "))


def text(message: Json) -> str:
    return "\n".join(said for _, said in words(message["blocks"]))


async def test_point_15_one_voice_a_person_a_reason_for_a_reject_and_nothing_is_deleted(tmp_path: Path) -> None:
    async with clew(facts(bundled()[FIRST]), tmp_path) as playground:
        slack = playground.slack
        mia, lee = slack.person("mia"), slack.person("lee")
        channel = await mia.creates_channel(channel_name(FIRST))
        await verdict(slack, channel)
        before = leading(mia, channel)
        word, title = heading(before).split(" · ")[1:3]
        for person in (mia, mia, lee):
            await person.clicks(channel, leading(person, channel), Act.AGREE.value)
            await settled(slack, playground.service)
        await _until(mia, channel, "▲ Agree 2")
        await lee.clicks(channel, before["ts"], Act.REJECT.value)
        await settled(slack, playground.service)
        form = lee.views[-1]
        refused = await lee.submits(form, {"text": "it was so before"})
        assert refused.body.get("response_action") == "errors"
        assert "Challenged" not in text(leading(mia, channel))
        reason = {"type": "radio_buttons", "selected_option": {"value": "wrong cause"}}
        objection = {"type": "plain_text_input", "value": "it was so before"}
        assert (await lee.submits(form, {"reason": {"reason": reason}, "text": {"text": objection}})).ok
        await settled(slack, playground.service)
        told = await _until(mia, channel, "After an objection")
        assert "▲ Agree 1" in text(told), "a person has one voice and may change it"
        assert "▼ Reject 1" in text(told)
        assert "it was so before" in text(told)
        assert heading(told).split(" · ")[-1] == title or title in heading(told)
        assert heading(told).split(" · ")[1] in (word, "POSSIBLE", "RULED OUT")
        assert told["ts"] == before["ts"]
        assert slack.record.entries("deleted") == ()
        await lee.clicks(channel, leading(lee, channel), Act.AGREE.value)
        await settled(slack, playground.service)
        assert "▼ Reject 1" not in text(await _until(mia, channel, "▲ Agree 2"))
        edits = [e.payload for e in slack.record.entries("edited") if e.ts == before["ts"]]
        assert any("rechecking" in heading(shown) for shown in edits), "people saw that it was looked at again"


async def _until(person: Person, channel: str, said: str, seconds: float = 30.0) -> Json:
    """H1 once it says this."""
    async with asyncio.timeout(seconds):
        while said not in text(leading(person, channel)):
            await asyncio.sleep(0.05)
    return leading(person, channel)


async def test_point_18_stop_halts_reads_within_two_seconds_and_says_who(tmp_path: Path) -> None:
    found, logs = hanging()
    async with clew(found, tmp_path) as playground:
        slack, lee = playground.slack, playground.slack.person("lee")
        channel = await lee.creates_channel(channel_name(FIRST))
        card = await card_says(slack, channel, Act.STOP.value)
        while not logs.calls:
            await asyncio.sleep(0.02)
        began = time.monotonic()
        await lee.clicks(channel, card["ts"], Act.STOP.value)
        async with asyncio.timeout(5.0):
            while len(logs.ended) < len(logs.calls):
                await asyncio.sleep(0.02)
        assert max(logs.ended) - began < 2.0, "what was being read is given up"
        reads = list(logs.calls)
        shown = await card_says(slack, channel, "STOPPED", seconds=10)
        assert lee.id in text(shown)
        assert Act.RESUME.value in str(shown["blocks"])
        await asyncio.sleep(1.0)
        assert logs.calls == reads, "nothing is read after the stop"
        assert "STOPPED" in heading(ours(lee, channel)[0])
        assert slack.record.calls("agents.sessions.setStatus")[-1].payload["status"] == "active"


@asynccontextmanager
async def silent_model() -> AsyncGenerator[tuple[LlmSettings, list[float], list[float]]]:
    """An OpenAI-compatible endpoint that never answers; when it was asked, and when the asker hung up."""
    asked, dropped = list[float](), list[float]()

    async def complete(_: web.Request) -> web.Response:
        asked.append(time.monotonic())
        try:
            await asyncio.Event().wait()
        finally:
            dropped.append(time.monotonic())
        raise AssertionError

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield LlmSettings(base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/v1", model="m"), asked, dropped
    finally:
        await runner.cleanup()


async def test_point_18_stop_halts_the_model_within_two_seconds(tmp_path: Path) -> None:
    async with (
        silent_model() as (llm, asked, dropped),
        clew(facts(bundled()[FIRST]), tmp_path, llm) as playground,
    ):
        slack, mia = playground.slack, playground.slack.person("mia")
        channel = await mia.creates_channel(channel_name(FIRST))
        card = await card_says(slack, channel, Act.STOP.value)
        async with asyncio.timeout(60):
            while not asked:
                await asyncio.sleep(0.02)
        began = time.monotonic()
        await mia.clicks(channel, card["ts"], Act.STOP.value)
        async with asyncio.timeout(5.0):
            while len(dropped) < len(asked):
                await asyncio.sleep(0.02)
        assert max(dropped) - began < 2.0
        assert mia.id in text(await card_says(slack, channel, "STOPPED", seconds=10))
        calls = len(asked)
        await asyncio.sleep(0.5)
        assert len(asked) == calls, "the model is not asked after the stop"


@pytest.mark.parametrize("mood", [Mood.FAILS, Mood.HANGS])
async def test_point_29_a_broken_source_is_a_line_with_its_effect_within_ten_seconds(
    tmp_path: Path, mood: Mood
) -> None:
    found, _ = hanging(mood)
    async with clew(found, tmp_path) as playground:
        slack, mia = playground.slack, playground.slack.person("mia")
        began = time.monotonic()
        channel = await mia.creates_channel(channel_name(FIRST))
        line = await _failure_line(playground, channel, 10.0)
        assert time.monotonic() - began < 10.0
        assert re.search(r"going on without|could not be looked for|missing", line), line
        card = await verdict(slack, channel)
    assert VERDICT.search(heading(card))
    assert "recorded logs" in text(card), "the gap stands beside the verdict"


async def _failure_line(playground: Playground, channel: str, seconds: float) -> str:
    """The first line of the card that says that the logs are not there."""
    mia = playground.slack.person("mia")
    async with asyncio.timeout(seconds):
        while True:
            for message in ours(mia, channel)[:1]:
                for said in _lines(message):
                    if said.startswith("! ") and "recorded logs" in said:
                        return said
            await asyncio.sleep(0.05)


def _lines(message: Json) -> list[str]:
    plain: list[Any] = [said.splitlines() for _, said in words(message["blocks"])]
    return [line.replace("*", "") for lines in plain for line in lines]
