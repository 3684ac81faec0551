"""What happens to an incident when the bot is killed outright and started again? The same card goes on; nothing is doubled.

The bot is a process of its own against the local Slack; SIGKILL comes after the n-th call to the Web API, for several n.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.slack.manifest import manifest
from playground.demo import bundled
from playground.slack.record import Entry
from playground.slack.server import LocalSlack

ROOT = Path(__file__).parents[2]
CASE = next(iter(bundled().values()))
FINAL = ("LIKELY", "CAUSE", "NOT FOUND", "NOTHING")


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
    with (home / "bot.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            "--case",
            str(CASE),
            env=environment(slack, home),
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        try:
            await until(lambda: slack.connected or process.returncode is not None, 30)
            assert process.returncode is None, (home / "bot.log").read_text()[-3000:]
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                await asyncio.wait_for(process.wait(), 20)


async def until(true: object, seconds: float) -> None:
    assert callable(true)
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def posts(slack: LocalSlack, channel: str) -> list[Entry]:
    return [e for e in slack.record.entries("message") if e.channel == channel and e.payload.get("bot_id")]


def headline(slack: LocalSlack, channel: str) -> str:
    """The text of the bot's first post as it stands now."""
    first = posts(slack, channel)[0].ts
    return str(slack.workspace.message(slack.workspace.channel(channel), first).get("text", ""))


@pytest.mark.parametrize("calls", [1, 2, 3, 5, 8])
async def test_the_same_card_goes_on_after_sigkill(calls: int, tmp_path: Path) -> None:
    async with LocalSlack.serving(manifest=manifest("socket")) as slack:
        async with bot(slack, tmp_path) as first:
            channel = await slack.person("mia").creates_channel("inc-killed")
            start = slack.record.last_seq
            await until(
                lambda: (
                    len([e for e in slack.record.calls(after=0) if e.channel == channel and e.seq > start - 5]) >= calls
                ),
                30,
            )
            first.send_signal(signal.SIGKILL)
            await first.wait()
        async with bot(slack, tmp_path):
            await until(lambda: posts(slack, channel) and settled(slack, channel), 60)
            await asyncio.sleep(1.0)  # a second card would come now
            shown = posts(slack, channel)
            top = [e for e in shown if not e.payload.get("thread_ts")]
            assert len(top) == 1, [e.payload.get("text") for e in top]
            doubled = {text: n for text, n in Counter(str(e.payload.get("text")) for e in shown).items() if n > 1}
            assert not doubled
            assert len(shown) > 1, "the hypotheses follow in the thread"


def settled(slack: LocalSlack, channel: str) -> bool:
    return any(word in headline(slack, channel).upper() for word in FINAL)
