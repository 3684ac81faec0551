"""What do people see when the input is bad? The whole bot in a local Slack, and only what stands there is looked at.

Whatever comes in, the card ends with a verdict or "not found", says what failed and what that means, and nothing is lost.
"""

import asyncio
import gzip
import io
import json
import re
import shutil
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.composition import Facts, facts
from bot.service import Service, serviced
from bot.settings import HttpSettings, Settings, SlackSettings, StoreSettings
from bot.slack.manifest import manifest
from clew.limits import Limits
from clew.ports import Source
from clew.testing import FakeChanges, FakeGraph, FakeLogs, FakeMetrics, FakeTraces, Mood
from playground.bundle import bundled
from playground.slack.installation import Mode
from playground.slack.person import Person
from playground.slack.server import LocalSlack

CASE = bundled()["orders-slow-1"]
SLOW = 3.0
"""Seconds after which a source is given up here, so that the tests are short."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """A local Slack, the bot in it, and Mia."""

    slack: LocalSlack
    service: Service

    @property
    def mia(self) -> Person:
        return self.slack.person("mia")

    def bots(self, channel: str) -> list[Json]:
        """What stands of the bot in a channel, oldest first, as everybody sees it."""
        found = self.slack.workspace.channel(channel).messages.values()
        return sorted((m for m in found if m.get("bot_id")), key=lambda m: str(m["ts"]))

    def card(self, channel: str) -> Json:
        """The newest card."""
        return [m for m in self.bots(channel) if m.get("thread_ts", m["ts"]) == m["ts"]][-1]

    def private(self) -> list[str]:
        """What was said to Mia alone."""
        said = (e for e in self.slack.record.entries("ephemeral") if self.mia.id in e.audience)
        return [json.dumps(e.payload, ensure_ascii=False) for e in said]

    async def verdict(self, channel: str, seconds: float = 90) -> Json:
        """The card once it no longer says that Clew is investigating."""
        await until(lambda: self.bots(channel) and ended(self.card(channel)), seconds)
        return self.card(channel)


def ended(card: Json) -> bool:
    return "investigating" not in card["text"] and "rechecking" not in card["text"]


def shown(message: Json) -> str:
    return json.dumps([message.get("text"), message.get("blocks")], ensure_ascii=False)


async def until(true: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def stage(found: Facts, home: Path, mode: Mode = "socket", limits: Limits | None = None) -> AsyncGenerator[Stage]:
    async with LocalSlack.serving(manifest=manifest(mode), mode=mode) as slack:
        settings = Settings(
            slack=SlackSettings(
                bot_token=SecretStr(slack.bot_token),
                app_token=SecretStr(slack.app_token),
                signing_secret=SecretStr(slack.signing_secret),
                api_url=slack.api_url,
                mode=mode,
            ),
            http=HttpSettings(port=0),
            store=StoreSettings(url=f"sqlite:///{home}/clew.db", checkpoints=home / "checkpoints.db"),
            limits=limits or Limits(source_seconds=SLOW),
        )
        async with serviced(settings, found) as service:
            if mode == "http":
                assert await slack.listens_at(f"{service.url}/slack/events")
            yield Stage(slack, service)


def instead(*fakes: Source) -> Facts:
    """The recorded sources with some of them replaced."""
    given = {fake.telemetry: fake for fake in fakes}
    whole = facts(CASE)
    return Facts(tuple(given.get(source.telemetry, source) for source in whole.sources), whole.brief)


# a source that fails, hangs or answers nonsense

KINDS: dict[str, tuple[Callable[[Mood], Source], str]] = {
    "metrics": (lambda mood: FakeMetrics(mood=mood), "levels and the moment of the change are not known"),
    "logs": (lambda mood: FakeLogs(mood=mood), "new error messages could not be looked for"),
    "traces": (lambda mood: FakeTraces(mood=mood), "time spent inside each service could not be compared"),
    "changes": (lambda mood: FakeChanges(mood=mood), "no deploy or change can be named or cleared"),
    "topology": (lambda mood: FakeGraph(mood=mood), "callers may look guilty"),
}


@pytest.mark.parametrize("kind", ["metrics", "logs"])
async def test_a_source_that_hangs_is_said_at_once_and_the_rest_goes_on(kind: str, tmp_path: Path) -> None:
    make, effect = KINDS[kind]
    patient = Limits(source_seconds=60, investigation_seconds=25)
    async with stage(instead(make(Mood.HANGS)), tmp_path, limits=patient) as on:
        channel = await on.mia.creates_channel("inc-hanging")
        await until(lambda: on.bots(channel))
        # 10 s are promised; a busy machine gets more, but never the time that the source itself is given
        await until(lambda: effect in shown(on.card(channel)) and f"fake {kind}" in shown(on.card(channel)), 20)
        assert not ended(on.card(channel))
        assert "cause" in (await on.verdict(channel))["text"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_source_that_fails_is_a_line_with_its_effect(kind: str, tmp_path: Path) -> None:
    make, effect = KINDS[kind]
    async with stage(instead(make(Mood.FAILS)), tmp_path) as on:
        card = await on.verdict(await on.mia.creates_channel("inc-failing"))
        assert effect in shown(card)
        assert f"fake {kind} is down" in shown(card)


@pytest.mark.parametrize("mood", [Mood.FAILS, Mood.GARBAGE])
async def test_with_no_source_in_order_the_card_says_not_found(mood: Mood, tmp_path: Path) -> None:
    every = [make(mood) for make, _ in KINDS.values()]
    async with stage(instead(*every), tmp_path) as on:
        channel = await on.mia.creates_channel("inc-all-down")
        card = await on.verdict(channel)
        assert "NOT FOUND" in shown(card).upper()
        # hostile text of the sources neither mentions anybody nor steers a terminal
        everything = "".join(shown(message) for message in on.bots(channel))
        assert "<!channel>" not in everything
        # a raw escape character, as JSON writes it; its spelled-out form, which people see, has two strokes and steers nothing
        assert not re.search(r"(?<!\\)\\u001b", everything)


async def test_a_source_that_recovers_is_no_gap_any_more(tmp_path: Path) -> None:
    logs = FakeLogs(mood=Mood.HANGS)
    async with stage(instead(logs), tmp_path) as on:
        first = await on.mia.creates_channel("inc-first")
        assert "new error messages could not" in shown(await on.verdict(first))
        logs.mood = Mood.WELL
        second = await on.mia.creates_channel("inc-second")
        assert "new error messages could not" not in shown(await on.verdict(second))


# the verdict waits for nothing that is not needed for it


async def test_the_verdict_waits_for_no_chart(tmp_path: Path) -> None:
    async with stage(facts(CASE), tmp_path) as on:
        on.slack.faults.delays["files.getUploadURLExternal"] = 9.0
        channel = await on.mia.creates_channel("inc-slow-charts")
        await on.verdict(channel)
        assert not on.slack.record.calls("files.completeUploadExternal"), "the verdict came after the picture"
        await until(lambda: any('"image"' in shown(message) for message in on.bots(channel)), 40)


async def test_the_verdict_does_not_wait_for_cards_that_slack_holds_up(tmp_path: Path) -> None:
    async with stage(facts(CASE), tmp_path) as on:
        on.slack.faults.retry_after = 12
        channel = await on.mia.creates_channel("inc-slow-posts")
        await until(lambda: on.bots(channel))
        on.slack.faults.limited["chat.postMessage"] = 1
        await on.verdict(channel)
        assert len(on.bots(channel)) == 1, "the verdict came after the cards in the thread"
        await until(lambda: len(on.bots(channel)) > 1, 30)


async def test_a_stop_button_that_slack_does_not_answer_for_holds_nothing_up(tmp_path: Path) -> None:
    async with stage(facts(CASE), tmp_path) as on:
        on.slack.faults.delays["agents.sessions.setStatus"] = 9.0
        channel = await on.mia.creates_channel("inc-slow-session")
        assert "cause" in (await on.verdict(channel, 30))["text"]


# half-written and empty recordings


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _half_metrics(folder: Path) -> None:
    _cut(folder / "metrics.csv.gz")


def _no_gzip(folder: Path) -> None:
    (folder / "logs.csv.gz").write_bytes(b"not gzip at all\n" * 50)


def _lost_logs(folder: Path) -> None:
    (folder / "logs.csv.gz").unlink()


def _empty_logs(folder: Path) -> None:
    _write(folder / "logs.csv.gz", ["time,service,instance,severity,trace_id,message"])


def _no_bytes(folder: Path) -> None:
    (folder / "logs.csv.gz").write_bytes(b"")


def _long_lines(folder: Path) -> None:
    lines = gzip.decompress((folder / "logs.csv.gz").read_bytes()).decode().splitlines()
    at = lines[len(lines) // 2].split(",")[0]
    service = "web"
    row = dict.fromkeys(lines[0].split(","), "") | {"time": at, "service": service, "message": "x" * 1_000_000}
    lines += [",".join(row[name] for name in lines[0].split(","))] * 3
    _write(folder / "logs.csv.gz", lines)


def _all_nan(folder: Path) -> None:
    rows = gzip.decompress((folder / "metrics.csv.gz").read_bytes()).decode().splitlines()
    blank = [",".join([*row.split(",")[:3], *(["NaN"] * len(row.split(",")[3:]))]) for row in rows[1:]]
    _write(folder / "metrics.csv.gz", [rows[0], *blank])


def _broken_changes(folder: Path) -> None:
    (folder / "changes.jsonl").write_text('{"id": "abc", "kind"\n[]\nnull\n{"id": 5}\n')


def _same_time(folder: Path) -> None:
    rows = gzip.decompress((folder / "metrics.csv.gz").read_bytes()).decode().splitlines()
    one = rows[1].split(",")[0]
    _write(folder / "metrics.csv.gz", [rows[0], *(",".join([one, *row.split(",")[1:]]) for row in rows[1:])])


def _other_times(folder: Path) -> None:
    told = json.loads((folder / "incident.json").read_text())
    (folder / "incident.json").write_text(json.dumps(told | {"alerted_at": told["alerted_at"] - 40_000_000.0}))


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))


SPOILED: dict[Callable[[Path], None], str] = {
    _half_metrics: "levels and the moment of the change are not known",
    _no_gzip: "new error messages could not be looked for",
    _lost_logs: "new error messages could not be looked for",
    _no_bytes: "new error messages could not be looked for",
    _empty_logs: "",
    _long_lines: "",
    _all_nan: "",
    _broken_changes: "",
    _same_time: "",
    _other_times: "",
}


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__.strip("_"))
async def test_a_spoiled_recording_still_ends_with_a_verdict(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(CASE, folder, ignore=shutil.ignore_patterns("truth.json"))
    spoil(folder)
    async with stage(facts(folder), tmp_path) as on:
        channel = await on.mia.creates_channel("inc-spoiled")
        card = await on.verdict(channel)
        assert any(word in card["text"] for word in ("cause", "not found", "healthy", "Nothing")), card["text"]
        assert SPOILED[spoil] in shown(card)
        assert "run broke off" not in shown(card)


# people and Slack


async def test_a_card_that_is_deleted_in_mid_run_comes_back_with_the_verdict(tmp_path: Path) -> None:
    async with stage(instead(FakeLogs(mood=Mood.HANGS)), tmp_path) as on:
        channel = await on.mia.creates_channel("inc-deleted")
        await until(lambda: on.bots(channel))
        gone = on.card(channel)["ts"]
        on.slack.workspace.channel(channel).messages.pop(gone)
        card = await on.verdict(channel)
        assert card["ts"] != gone


async def test_a_channel_that_is_archived_in_mid_run_stops_nothing_else(tmp_path: Path) -> None:
    async with stage(instead(FakeLogs(mood=Mood.HANGS)), tmp_path) as on:
        channel = await on.mia.creates_channel("inc-archived")
        await until(lambda: on.bots(channel))
        await on.mia.archives_channel(channel)
        other = await on.mia.creates_channel("inc-other")
        assert "cause" in (await on.verdict(other))["text"]
        found = await on.service.copilot.recent(5)
        assert {p.incident.thread.channel for p in found} == {channel, other}, "nothing recorded is lost"
        async with asyncio.timeout(30):
            while any(p.report is None for p in await on.service.copilot.recent(5)):
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_wrong_use_of_the_command_gets_a_private_answer(mode: Mode, tmp_path: Path) -> None:
    async with stage(facts(CASE), tmp_path, mode) as on:
        plain = await on.mia.creates_channel("kitchen")
        shared = await on.mia.creates_channel("inc-shared", is_ext_shared=True)
        for channel, text, words in (
            (plain, "", "Say what is wrong"),
            (plain, "status", "Nothing"),
            (plain, "stop", "Nothing was investigated"),
            (plain, "catchup", "Nothing was investigated"),
            (shared, "", "shared with another organisation"),
            (shared, "it is slow", "shared with another organisation"),
            (on.mia.im().id, "", "Clew works in channels"),
        ):
            before = len(on.private())
            ack = await on.mia.command(channel, f"/investigate {text}".strip())
            await until(lambda n=before, a=ack: len(on.private()) > n or a.body)
            assert words in "".join(on.private()[before:]) + json.dumps(ack.body), (channel, text)
        assert not on.slack.record.calls("conversations.join"), "nobody is joined by wrong use"
        assert not on.bots(plain)
        assert not on.bots(shared)


HOSTILE = "<!channel> <@U0SAM> \u202e\u0645\u0631\u062d\u0628\u0627 🔥 `rm -rf` *bold* & <http://evil.example|click>"


@pytest.mark.parametrize(
    "question", ["", HOSTILE, "x" * 1_000_000, "\u0645\u0627\u0630\u0627 \u062a\u063a\u064a\u0631", "🔥" * 900]
)
async def test_any_question_gets_an_answer_that_mentions_nobody(question: str, tmp_path: Path) -> None:
    async with stage(facts(CASE), tmp_path) as on:
        channel = await on.mia.creates_channel("inc-asked")
        card = await on.verdict(channel)
        before = len(on.bots(channel)) + len(on.private())
        await on.mia.command(channel, f"/investigate {question}".strip())
        await until(lambda: len(on.bots(channel)) + len(on.private()) > before)
        said = "".join(shown(m) for m in on.bots(channel)) + "".join(on.private())
        assert "<!channel>" not in said
        assert "<http://evil.example" not in said
        assert ended(on.card(channel))
        assert on.card(channel)["ts"] == card["ts"]


async def test_clicks_that_make_no_sense_change_nothing(tmp_path: Path) -> None:
    async with stage(facts(CASE), tmp_path) as on:
        channel = await on.mia.creates_channel("inc-clicked")
        card = await on.verdict(channel)
        await until(lambda: len(on.bots(channel)) > 1)
        buttons = [e for b in card["blocks"] if b["type"] == "actions" for e in b["elements"]]
        assert buttons
        standing = [shown(message) for message in on.bots(channel)]
        for button in buttons:
            for value in ("not json", "", "x" * 2000, '{"incident":"../../etc","hypothesis":-1}'):
                twisted = json.loads(json.dumps(card))
                for block in twisted["blocks"]:
                    if block["type"] == "actions":
                        block["elements"] = [{**button, "value": value}]
                await on.mia.clicks(channel, twisted, button["action_id"])
        sent = on.slack.record.deliveries("block_actions")
        assert len(sent) == 4 * len(buttons), "the local Slack passed every forged click on"
        await asyncio.sleep(1.0)
        assert [shown(message) for message in on.bots(channel)] == standing
        assert (await on.service.copilot.recent(5))[0].incident.thread.channel == channel
        later = await on.mia.creates_channel("inc-afterwards")
        assert "cause" in (await on.verdict(later))["text"]


async def test_a_hostile_message_is_investigated_and_mentions_nobody(tmp_path: Path) -> None:
    async with stage(facts(CASE), tmp_path) as on:
        channel = await on.mia.creates_channel("kitchen")
        root = await on.mia.says(channel, f"{HOSTILE} {'y' * 3000}")
        await on.mia.shortcut("clew.shortcut.investigate", channel, root)
        await until(lambda: any("cause" in m["text"] and ended(m) for m in on.bots(channel)))
        assert all(m["thread_ts"] == root for m in on.bots(channel))
        assert "<!channel>" not in "".join(shown(m) for m in on.bots(channel))


async def test_stopped_in_mid_run_it_keeps_what_it_has_and_goes_on_when_resumed(tmp_path: Path) -> None:
    logs = FakeLogs(mood=Mood.HANGS)
    async with stage(instead(logs), tmp_path, limits=Limits(source_seconds=20)) as on:
        channel = await on.mia.creates_channel("inc-halted")
        await until(lambda: on.bots(channel) and "since" in on.card(channel)["text"])
        await on.mia.command(channel, "/investigate stop")
        await until(lambda: "stopped" in on.card(channel)["text"])
        logs.mood = Mood.WELL
        await on.mia.clicks(channel, on.card(channel), "clew.resume")
        await until(lambda: "cause" in on.card(channel)["text"], 60)
        assert len([m for m in on.bots(channel) if m.get("thread_ts", m["ts"]) == m["ts"]]) == 1


async def test_home_names_the_source_that_fails(tmp_path: Path) -> None:
    async with stage(instead(FakeLogs(mood=Mood.FAILS)), tmp_path) as on:
        await on.mia.opens_home()
        await until(lambda: on.mia.home)
        assert "fake logs" in json.dumps(on.mia.home)


# HTTP


@pytest.fixture
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_what_is_not_from_slack_is_refused_and_the_service_goes_on(
    web: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with stage(facts(CASE), tmp_path, "http") as on:
        events = f"{on.service.url}/slack/events"
        now = str(int(asyncio.get_running_loop().time()) + 10**9)
        forged = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": "v0=00", "Content-Type": "application/json"}
        for body, headers, status in (
            (b"{}", {}, 401),
            (b"{}", forged, 401),
            (b"\xff\xfe{{{", forged, 401),
            (b"x" * 3_000_000, forged, 413),
        ):
            async with web.post(events, data=io.BytesIO(body), headers=headers) as answer:
                assert answer.status in {status, 400}, (answer.status, headers)
        async with web.get(events) as answer:
            assert answer.status == 405
        for path in ("healthz", "readyz", "metrics"):
            async with web.get(f"{on.service.url}/{path}") as answer:
                assert answer.status == 200
        assert "cause" in (await on.verdict(await on.mia.creates_channel("inc-after-all")))["text"]
