"""Is every delivery kept before it is acknowledged, and does it have one effect?"""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

import aiohttp
import pytest

from bot.slack.admission import kept_form
from bot.slack.config import NAME
from clew.incident import incident_id
from clew.testing import DictMemory


async def test_point_01_everything_is_acknowledged_at_once_with_the_copilot_blocked(bench: Any) -> None:
    mia = bench.slack.person("mia")
    made = await mia.creates_channel("inc-slow")
    await bench.settled()
    [card] = bench.cards(made)
    bench.copilot.gate.clear()
    bench.slack.faults.delays["conversations.info"] = 2.0
    times: list[float] = []
    for _ in range(10):
        started = time.monotonic()
        ack = await mia.command(made, "/investigate what changed?")
        times.append(time.monotonic() - started)
        assert ack.ok
    for _ in range(3):
        started = time.monotonic()
        assert (await mia.clicks(made, card["ts"], "clew.stop")).ok
        times.append(time.monotonic() - started)
    before = bench.slack.record.last_seq
    started = time.monotonic()
    await mia.says(made, "<@U0BOT0001> who else?", thread_ts=card["ts"])
    await mia.creates_channel("inc-other")
    await bench.slack.deliveries.settled()
    assert time.monotonic() - started < 1.0
    assert all(delivery.answer["ok"] for delivery in bench.slack.record.deliveries(after=before))
    assert max(times) < 1.0
    bench.copilot.gate.set()


async def test_point_02_the_card_is_there_within_five_seconds(bench: Any) -> None:
    started = time.monotonic()
    made = await bench.slack.person("mia").creates_channel("inc-checkout")
    await bench.slack.record.until(lambda entry: entry.method == "chat.postMessage" and entry.ok, timeout=5)
    assert bench.cards(made)
    assert time.monotonic() - started < 5


async def test_point_03_one_event_delivered_four_times_is_one_run_and_one_card(bench: Any) -> None:
    mia = bench.slack.person("mia")
    made = await mia.creates_channel("inc-checkout")
    await bench.settled()
    [delivery] = bench.slack.record.deliveries("channel_created")
    for _ in range(3):
        bench.slack.deliveries.replay(delivery.payload)
    await bench.settled()
    assert len(bench.copilot.opened) == 1
    assert len(bench.cards(made)) == 1
    assert len(bench.slack.record.calls("chat.postMessage")) == 1
    assert all(d.answer["ok"] for d in bench.slack.record.deliveries("channel_created"))


async def test_an_event_that_cannot_be_kept_is_not_acknowledged_and_comes_again(opened: Any) -> None:
    for mode in ("socket", "http"):
        async with opened(mode, retry_delays=(0.3, 0.3, 0.3), ack_seconds=0.5) as bench:
            bench.memory.down = "the disk is full"
            await bench.slack.person("mia").creates_channel("inc-checkout")
            await asyncio.sleep(0.2)
            assert bench.copilot.opened == []
            bench.memory.down = ""
            await bench.settled(10)
            assert len(bench.copilot.opened) == 1, mode
            assert not bench.slack.record.deliveries("channel_created")[0].answer["ok"]


class SlowMemory(DictMemory):
    """A store that takes its time to keep a delivery."""

    seconds = 0.0

    async def admit(self, key: str, body: str, at: float) -> bool:
        await asyncio.sleep(self.seconds)
        return await super().admit(key, body, at)


async def test_a_person_is_told_when_a_command_cannot_be_kept_in_time(opened: Any) -> None:
    for mode in ("socket", "http"):
        memory = SlowMemory()
        async with opened(mode, memory=memory, config={"append_seconds": 0.2}) as bench:
            mia = bench.slack.person("mia")
            made = await mia.creates_channel("inc-checkout")
            await bench.settled()
            [card] = bench.cards(made)
            memory.seconds = 5.0
            started = time.monotonic()
            assert (await mia.command(made, "/investigate what changed?")).ok
            assert (await mia.clicks(made, card["ts"], "clew.stop")).ok
            assert time.monotonic() - started < 2.0
            await bench.slack.record.until(lambda entry: entry.method == "response_url")
            assert sum("could not write this down" in told for told in bench.whispers()) == 2
            assert bench.copilot.questions == []
            assert bench.copilot.stops == []


async def test_a_double_click_counts_once_for_each_press_and_a_replay_never(opened: Any) -> None:
    async with opened("http") as bench:
        mia = bench.slack.person("mia")
        made = await mia.creates_channel("inc-checkout")
        await bench.settled()
        await mia.command(made, "/investigate what changed?")
        await bench.settled()
        [delivery] = bench.slack.record.deliveries("/investigate")
        url = bench.slack.world.deliveries.transport.request_url
        body = aiohttp.FormData(delivery.payload)().decode()  # pyright: ignore[reportAttributeAccessIssue]
        stamp = str(int(time.time()))
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                headers = signed(bench.config.signing_secret, stamp, body)
                async with session.post(url, data=body, headers=headers) as answer:
                    assert answer.status == 200
        await bench.settled()
        assert len(bench.copilot.questions) == 1


def signed(secret: str, stamp: str, body: str, kind: str = "application/x-www-form-urlencoded") -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": kind}


@pytest.mark.parametrize(("ahead", "status"), [(0, 200), (50, 200), (120, 401), (290, 401), (-290, 200), (-400, 401)])
async def test_a_request_from_the_future_or_the_past_is_refused(opened: Any, ahead: int, status: int) -> None:
    async with opened("http") as bench:
        url = bench.slack.world.deliveries.transport.request_url
        event = {"type": "channel_created", "channel": {"id": "C404", "name": "inc-nowhere"}}
        body = json.dumps({"type": "event_callback", "team_id": "T0PLAY001", "event_id": "Ev1", "event": event})
        headers = signed(bench.config.signing_secret, str(int(time.time()) + ahead), body, "application/json")
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            assert answer.status == status


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{half", "application/json"),
        ("[]", "application/json"),
        ('"text"', "application/json"),
        ("{}", "application/json"),
        ('{"type":"event_callback"}', "application/json"),
        ('{"type":"event_callback","event":null}', "application/json"),
        ('{"type":"event_callback","event":{"type":"app_mention"}}', "application/json"),
        ('{"type":"event_callback","event":{"type":"channel_created","channel":7}}', "application/json"),
        ("payload=%7Bnot+json", "application/x-www-form-urlencoded"),
        ("payload=%7B%22type%22%3A%22block_actions%22%7D", "application/x-www-form-urlencoded"),
        ("payload=%7B%22type%22%3A%22view_submission%22%7D", "application/x-www-form-urlencoded"),
        ("command=%2Finvestigate", "application/x-www-form-urlencoded"),
        ("\udce9".encode("utf-8", "surrogateescape").decode("latin-1"), "application/json"),
    ],
)
async def test_malformed_requests_do_no_harm(opened: Any, body: str, kind: str) -> None:
    async with opened("http") as bench:
        url = bench.slack.world.deliveries.transport.request_url
        headers = signed(bench.config.signing_secret, str(int(time.time())), body, kind)
        async with aiohttp.ClientSession() as session, session.post(url, data=body.encode(), headers=headers) as answer:
            assert answer.status < 500 or "event_callback" in body
        await bench.slack.person("mia").creates_channel("inc-checkout")
        await bench.settled()
        assert len(bench.copilot.opened) == 1, "it still works"


async def test_what_was_kept_and_not_done_is_done_at_the_next_start(opened: Any, joined: Any) -> None:
    async with opened() as bench:
        made = await bench.slack.person("mia").creates_channel("war-room")
        event = {"type": "channel_created", "channel": {"id": made, "name": "inc-war-room"}}
        body: dict[str, Any] = {"type": "event_callback", "team_id": "T0PLAY001", "event_id": "Ev9", "event": event}
        body["event_time"] = int(time.time())
        await bench.memory.admit("slack:in:T0PLAY001:event:Ev9", json.dumps(body), time.time())
        await bench.memory.admit("slack:in:T0PLAY001:event:Ev8", json.dumps(body | {"event_time": 1}), 1.0)
        await bench.memory.admit("alerts:in:7", "not ours", time.time())
        async with joined(bench.slack, "socket", bench.memory) as second:
            await bench.slack.record.until(lambda entry: entry.method == "chat.postMessage" and entry.ok)
            assert [i.id for i in second.copilot.opened] == [incident_id(NAME, "T0PLAY001", made)]
            assert await second.running.admission.drained(2)
        assert [key for key, _ in await bench.memory.unsettled()] == ["alerts:in:7"]


async def test_talk_in_busy_channels_is_not_kept(bot: Any) -> None:
    mia = bot.slack.person("mia")
    made = await mia.creates_channel("busy")
    await mia.invites(made)
    await bot.settled()
    for number in range(20):
        await mia.says(made, f"chatter {number}")
    await bot.settled()
    assert all(d.answer["ok"] for d in bot.slack.record.deliveries("message"))
    assert await bot.memory.admit("slack:in:probe", "{}", 0.0)


def test_a_megabyte_of_text_is_kept_within_bounds_as_json() -> None:
    body = {"type": "event_callback", "token": "secret", "event": {"type": "app_mention", "text": "x" * 1_000_000}}
    kept = kept_form(body)
    assert len(kept) < 10_000
    assert json.loads(kept)["event"]["type"] == "app_mention"
    assert "secret" not in kept


async def test_a_cut_connection_comes_back(bot: Any) -> None:
    await bot.slack.sockets.refresh()
    await bot.slack.until_connected()
    await bot.slack.person("mia").creates_channel("inc-checkout")
    await bot.settled()
    assert len(bot.copilot.opened) == 1
    assert await bot.running.ready() == (True, "connected")
    assert bot.running.last_event_at is not None


async def test_two_replicas_share_one_ledger_and_act_once(opened: Any, joined: Any) -> None:
    async with opened() as first, joined(first.slack, "socket", first.memory) as second:
        await first.slack.person("mia").creates_channel("inc-checkout")
        await first.settled()
        [delivery] = first.slack.record.deliveries("channel_created")
        for _ in range(7):
            first.slack.deliveries.replay(delivery.payload)
        await first.settled()
        await second.settled()
        assert len(first.copilot.opened) + len(second.copilot.opened) == 1
        assert len(first.slack.record.calls("chat.postMessage")) == 1
