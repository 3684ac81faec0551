"""What does a newcomer see in the first minute: one recorded incident, replayed through the whole bot."""

import asyncio
import re
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from bot.composition import Facts, facts
from bot.service import Service, serviced
from bot.settings import HttpSettings, Settings, SlackSettings, StoreSettings
from bot.slack.manifest import manifest
from bot.slack.opening import title_of
from playground.library import Library, library
from playground.slack.acts import Scenario
from playground.slack.server import LocalSlack
from playground.transcript import Transcript
from tools.case.brief import case_incident

VERDICT_SECONDS = 60.0
YOUR_TURN = """
[bold]Your turn[/bold], in the browser: agree with a hypothesis, reject it, or ask in its thread, for example
  what changed?   ·   show me latency of web   ·   who else is affected?
Ctrl-C ends the demo."""
WORKING = "investigating"
SHOWN = frozenset({"message", "edited"})


@dataclass(frozen=True)
class Playground:
    """A local Slack and the bot in it."""

    slack: LocalSlack
    service: Service


def shelf(folders: Mapping[str, Path], first: str) -> Library:
    """The recorded incidents as the bot's facts; each is replayed by the channel that `channel_name` gives it. Raises BadCase."""
    return library(
        {title_of(channel_name(name)): facts(folder) for name, folder in folders.items()}, title_of(channel_name(first))
    )


def channel_name(incident: str) -> str:
    """What an on-call person would call the incident's channel: inc-DATE-NAME."""
    slug = re.sub(r"[^a-z0-9]+", "-", incident.lower()).strip("-")
    return f"inc-{datetime.now(UTC):%Y-%m-%d}-{slug or 'something-broke'}"[:80]


@asynccontextmanager
async def opened(
    found: Facts, *, port: int = 0, incidents: Mapping[str, Path] | None = None
) -> AsyncGenerator[Playground]:
    """The local Slack with the bot connected to it over Socket Mode; everything is forgotten at the end.

    `incidents` become the page's "Break something" buttons.
    """
    started: list[LocalSlack] = []

    async def start(name: str) -> str:
        slack = started[0]
        again = sum(channel.name.startswith(channel_name(name)) for channel in slack.workspace.channels.values())
        return await slack.person("mia").creates_channel(channel_name(name) + ("-" + "again-" * again).rstrip("-"))

    scenarios = tuple(
        Scenario(name, name.replace("-", " "), case_incident(folder).title, partial(start, name))
        for name, folder in (incidents or {}).items()
    )
    with tempfile.TemporaryDirectory(prefix="clew-playground-") as scratch:
        async with LocalSlack.serving(manifest=manifest("socket"), port=port, scenarios=scenarios) as slack:
            started.append(slack)
            settings = Settings(
                slack=SlackSettings(
                    bot_token=SecretStr(slack.bot_token), app_token=SecretStr(slack.app_token), api_url=slack.api_url
                ),
                http=HttpSettings(port=0),
                store=StoreSettings(url=f"sqlite:///{scratch}/clew.db", checkpoints=Path(scratch) / "checkpoints.db"),
            )
            async with serviced(settings, found) as service:
                yield Playground(slack, service)


async def demonstrate(
    incidents: Mapping[str, Path], first: str, console: Console, *, once: bool, port: int = 0
) -> bool:
    """Opens an incident channel as a person would and shows the thread as it unfolds. True if a verdict was posted.

    With `once` it ends then; without, it serves until cancelled. Raises BadCase.
    """
    async with opened(shelf(incidents, first), port=port, incidents=incidents) as playground:
        slack = playground.slack
        mia = slack.person("mia")
        channel = await mia.creates_channel(channel_name(first))
        console.print(
            f"[bold]Watch it in a browser:[/bold] {slack.url}/?user={mia.id}&channel={channel}", soft_wrap=True
        )
        brief = case_incident(incidents[first])
        console.print(
            f"Replaying {first} in #{channel_name(first)}, recorded from {brief.system}.", style="dim", markup=False
        )
        names = {user.id: user.name for user in slack.workspace.users.values()}
        following = asyncio.create_task(Transcript(console, names).follow(slack.record, channel))
        try:
            told = await _verdict(slack, channel)
            await asyncio.sleep(0.5)  # the last edits reach the terminal
            if once or not told:
                return told
            console.print(YOUR_TURN, highlight=False)
            await asyncio.Event().wait()
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
    return True


async def serve(incidents: Mapping[str, Path], first: str, console: Console, *, port: int = 0) -> None:
    """The playground with nothing broken yet; until cancelled. Raises BadCase."""
    async with opened(shelf(incidents, first), port=port, incidents=incidents) as playground:
        slack = playground.slack
        console.print(
            f"[bold]The playground is open:[/bold] {slack.url}/?user={slack.person('mia').id}", soft_wrap=True
        )
        console.print(
            "Break something there, or create a channel such as #inc-try-clew. Ctrl-C closes it.", highlight=False
        )
        await asyncio.Event().wait()


async def _verdict(slack: LocalSlack, channel: str) -> bool:
    """Whether the card in the channel came to say something other than that Clew is investigating, within a minute."""
    last = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(VERDICT_SECONDS):
            while True:
                entry = await slack.record.until(
                    lambda e: e.channel == channel and e.kind in SHOWN, VERDICT_SECONDS, last
                )
                last = entry.seq
                message = entry.payload.get("message", entry.payload)
                threaded = message.get("thread_ts", message.get("ts")) != message.get("ts")
                if message.get("bot_id") and not threaded and WORKING not in str(message.get("text", "")):
                    return True
    return False
