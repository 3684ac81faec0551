"""What happens to an incident when the bot is killed outright and started again? The same card goes on; nothing is doubled.

The bot is a process of its own against the local Slack. SIGKILL comes as soon as Slack has taken the n-th call of one kind,
for the calls that change something: at each of these the bot may not yet know that Slack did what it asked for.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.manifest import manifest
from playground.bundle import FIRST, bundled
from playground.slack.server import LocalSlack

ROOT = Path(__file__).parents[2]
VERDICT = "likely cause"
POINTS = (
    ("conversations.join", 1),  # in the channel, nothing said
    ("chat.postMessage", 1),  # the card stands
    ("files.completeUploadExternal", 1),  # a chart is stored that no message shows
    ("chat.postMessage", 2),  # the first hypothesis stands in the thread
    ("chat.postMessage", 3),  # what was ruled out stands there too
    ("chat.update", 1),  # the card shows the verdict
)
LAST = POINTS[-1]

pytestmark = pytest.mark.timeout(240)


def environment(slack: LocalSlack, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "CLEW_SLACK__BOT_TOKEN": slack.bot_token,
        "CLEW_SLACK__APP_TOKEN": slack.app_token,
        "CLEW_SLACK__API_URL": slack.api_url,
        "CLEW_HTTP__PORT": "0",
        "CLEW_STORE__URL": f"sqlite:///{home}/clew.db",
        "CLEW_STORE__CHECKPOINTS": f"{home}/checkpoints.db",
        "CLEW_LIMITS__LEASE_SECONDS": "2",
    }


@asynccontextmanager
async def bot(slack: LocalSlack, home: Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", "bot", "run", "--case", str(bundled()[FIRST]))
    with (home / "bot.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment(slack, home), cwd=ROOT, stdout=log, stderr=log
        )
        try:
            await until(lambda: slack.connected or process.returncode is not None, 60)
            assert process.returncode is None, (home / "bot.log").read_text()[-3000:]
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                await asyncio.wait_for(process.wait(), 30)


async def until(true: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def nth_call(slack: LocalSlack, method: str, number: int, after: int) -> None:
    for _ in range(number):
        entry = await slack.record.until(lambda e: e.kind == "call" and e.method == method, 60, after)
        after = entry.seq


def shown(slack: LocalSlack, channel: str) -> list[dict[str, Any]]:
    """What the bot has said in the channel, as it stands now."""
    return [message for message in slack.workspace.channel(channel).messages.values() if message.get("bot_id")]


def top(messages: list[dict[str, Any]]) -> list[str]:
    return [m["text"] for m in messages if m.get("thread_ts", m["ts"]) == m["ts"]]


def replies(messages: list[dict[str, Any]]) -> list[str]:
    return sorted(m["text"] for m in messages if m.get("thread_ts", m["ts"]) != m["ts"])


def doubled(slack: LocalSlack, channel: str) -> dict[str, int]:
    """Every post of the bot that was made twice, taken back since or not; two cards count whatever they say."""
    posted = [e.payload for e in slack.record.entries("message") if e.channel == channel and e.payload.get("bot_id")]
    keys = Counter("a card" if not p.get("thread_ts") else str(p.get("text")) for p in posted)
    return {key: count for key, count in keys.items() if count > 1}


def at_rest(slack: LocalSlack, channel: str) -> bool:
    """The card shows a verdict and Slack was told that nothing runs any more."""
    cards = top(shown(slack, channel))
    states = [str(call.payload.get("status")) for call in slack.record.calls("agents.sessions.setStatus") if call.ok]
    return bool(cards) and VERDICT in cards[0] and states[-1:] == ["active"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the bot says when nobody kills it."""
    async with (
        LocalSlack.serving(manifest=manifest("socket")) as slack,
        bot(slack, tmp_path_factory.mktemp("undisturbed")),
    ):
        channel = await slack.person("mia").creates_channel("inc-killed")
        await until(lambda: at_rest(slack, channel), 90)
        return shown(slack, channel)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]}-{point[1]}")
async def test_the_same_card_goes_on_after_sigkill(
    point: tuple[str, int], undisturbed: list[dict[str, Any]], tmp_path: Path
) -> None:
    async with LocalSlack.serving(manifest=manifest("socket")) as slack:
        async with bot(slack, tmp_path) as first:
            start = slack.record.last_seq
            channel = await slack.person("mia").creates_channel("inc-killed")
            await nth_call(slack, *point, after=start)
            first.send_signal(signal.SIGKILL)
            assert await first.wait() == -signal.SIGKILL
        assert any(VERDICT in text for text in top(shown(slack, channel))) == (point == LAST), "killed at another step"
        async with bot(slack, tmp_path):
            await until(lambda: at_rest(slack, channel), 90)
            await asyncio.sleep(1.0)  # a second card would come now
        assert doubled(slack, channel) == {}
        assert top(shown(slack, channel)) == top(undisturbed)
        assert replies(shown(slack, channel)) == replies(undisturbed)
        assert len(replies(undisturbed)) > 1, "the hypotheses stand in the thread"


async def test_a_doubled_card_or_hypothesis_would_be_seen() -> None:
    async with LocalSlack.serving(manifest=manifest("socket")) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        channel = await slack.person("mia").creates_channel("inc-killed")
        await client.conversations_join(channel=channel)
        card = await client.chat_postMessage(channel=channel, text="p99 up: investigating")
        await client.chat_postMessage(channel=channel, thread_ts=card["ts"], text="H1")
        assert doubled(slack, channel) == {}
        await client.chat_postMessage(channel=channel, thread_ts=card["ts"], text="H1")
        again = await client.chat_postMessage(channel=channel, text="p99 up: likely cause")
        await client.chat_delete(channel=channel, ts=str(again["ts"]))
        assert doubled(slack, channel) == {"a card": 2, "H1": 2}
