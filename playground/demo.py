"""What does a newcomer see in the first minute: one recorded incident, replayed through the whole bot."""

import asyncio
import re
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from bot.composition import Facts, facts
from bot.service import Service, serviced
from bot.settings import HttpSettings, LlmSettings, Settings, SlackSettings, StoreSettings
from bot.slack.manifest import manifest
from clew.progress import Progress, RunState
from playground.slack.server import LocalSlack
from playground.transcript import Transcript

INCIDENTS = Path(__file__).parent / "incidents"
FIRST = "orders-slow-1"
VERDICT_SECONDS = 60.0
YOUR_TURN = """
[bold]Your turn[/bold], in the browser: agree with a hypothesis, reject it, or ask in its thread, for example
  what changed?   ·   show me latency of checkout   ·   who else is affected?
Ctrl-C ends the demo."""
SHOWN = frozenset({"message", "edited"})


@dataclass(frozen=True)
class Playground:
    """A local Slack and the bot in it."""

    slack: LocalSlack
    service: Service


def bundled() -> dict[str, Path]:
    """The incidents that ship with the playground, by name."""
    return {path.parent.name: path.parent for path in sorted(INCIDENTS.glob("*/incident.json"))}


@asynccontextmanager
async def opened(found: Facts, *, port: int = 0, llm: LlmSettings | None = None) -> AsyncGenerator[Playground]:
    """The local Slack with the bot connected to it over Socket Mode; everything is forgotten at the end."""
    with tempfile.TemporaryDirectory(prefix="clew-playground-") as scratch:
        async with LocalSlack.serving(manifest=manifest("socket"), port=port) as slack:
            settings = Settings(
                slack=SlackSettings(
                    bot_token=SecretStr(slack.bot_token), app_token=SecretStr(slack.app_token), api_url=slack.api_url
                ),
                http=HttpSettings(port=0),
                store=StoreSettings(url=f"sqlite:///{scratch}/clew.db", checkpoints=Path(scratch) / "checkpoints.db"),
                llm=llm or LlmSettings(),
            )
            async with serviced(settings, found) as service:
                yield Playground(slack, service)


def channel_name(found: Facts) -> str:
    """What an on-call person would call the incident's channel: inc-DATE-SERVICE-SIGNAL."""
    brief = found.brief
    words = [brief.symptom.service, brief.symptom.signal] if brief else []
    slug = re.sub(r"[^a-z0-9]+", "-", "-".join(str(word) for word in words if word).lower()).strip("-")
    return f"inc-{datetime.now(UTC):%Y-%m-%d}-{slug or 'something-broke'}"[:80]


async def demonstrate(case: Path, console: Console, *, once: bool, port: int = 0) -> bool:
    """Opens an incident channel as a person would and shows the thread as it unfolds. True if a verdict was posted.

    With `once` it ends then; without, it serves until cancelled. Raises BadCase.
    """
    found = facts(case)
    async with opened(found, port=port) as playground:
        slack = playground.slack
        name = channel_name(found)
        mia = slack.person("mia")
        channel = await mia.creates_channel(name)
        link = f"{slack.url}/?user={mia.id}&channel={channel}"
        console.print(f"[bold]Watch it in a browser:[/bold] {link}", highlight=False, soft_wrap=True)
        console.print(
            f"[dim]{found.brief.system if found.brief else ''}: replaying {case.name} in #{name}[/dim]", highlight=False
        )
        names = {user.id: user.name for user in slack.workspace.users.values()}
        following = asyncio.create_task(Transcript(console, names).follow(slack.record, channel))
        try:
            progress = await _verdict(playground, channel)
            await asyncio.sleep(0.5)  # the last edits reach the terminal
            if once or progress is None:
                return progress is not None
            console.print(YOUR_TURN, highlight=False)
            await asyncio.Event().wait()
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
    return True


async def _verdict(playground: Playground, channel: str) -> Progress | None:
    """The finished card, once it stands in the channel; None if it never does."""
    record, last = playground.slack.record, 0
    with suppress(TimeoutError):
        async with asyncio.timeout(VERDICT_SECONDS):
            while True:
                entry = await record.until(lambda e: e.channel == channel and e.kind in SHOWN, VERDICT_SECONDS, last)
                last = entry.seq
                recent = await playground.service.copilot.recent(1)
                if recent and recent[0].state is RunState.DONE and entry.kind == "edited":
                    return recent[0]
    return None
