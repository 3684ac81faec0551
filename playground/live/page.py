"""What does `make live` show: a running Shop that somebody breaks on the page, and what Clew then says?"""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from playground.live.drill import KEPT
from playground.live.opensearch import search_server
from playground.live.stage import Plot, Programs, Stage, staged
from playground.shop.fault import FAULTS, Fault
from playground.slack.acts import Scenario
from playground.slack.record import Entry
from playground.transcript import Transcript

MEND = "mend"
SHOWN = frozenset({"message", "edited"})
HINT = """
[bold]Now break something[/bold]: the page has a button for it. An alarm follows within a minute, then a channel, then the cause.
"Mend everything" there puts all of it right again. Ctrl-C ends everything."""


@dataclass(frozen=True)
class Show:
    """How to open it: the page's port (0: a free one), a search server to use, or at once the small one."""

    port: int = 0
    given: str | None = None
    small_search: bool = False
    rate: float = 24.0
    first: str = ""
    """A fault to begin with, once the Shop has been quiet for `quiet` seconds."""
    quiet: float = 75.0


@dataclass
class Levers:
    """What the page's buttons do to the stage, which is set after them."""

    console: Console
    stages: list[Stage] = field(default_factory=list[Stage])
    pulled: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def scenarios(self) -> tuple[Scenario, ...]:
        """A button for every fault, and one that mends."""
        breaks = tuple(self._button(fault) for fault in FAULTS.values())
        return (*breaks, Scenario(MEND, "mend everything", "Undo every fault.", self._mended))

    def _button(self, fault: Fault) -> Scenario:
        async def pull() -> str:
            # some faults take a while to be set up; the page does not wait for them
            self._start(self.broken(fault))
            return ""

        return Scenario(fault.name, fault.title, "The running Shop is broken; an alarm follows.", pull)

    async def broken(self, fault: Fault) -> None:
        """Breaks the running Shop."""
        for stage in self.stages:
            self.console.print(f"[dim]broken: {fault.title}[/dim]", highlight=False)
            await stage.shop.break_(fault.name)
            if fault.noisy_alert:
                await stage.alarms(await stage.tight())

    async def _mended(self) -> str:
        await self.ended()
        for stage in self.stages:
            await stage.shop.mend()
            await stage.alarms()
            self.console.print("[dim]mended[/dim]")
        return ""

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.pulled.add(task)
        task.add_done_callback(self.pulled.discard)

    async def ended(self) -> None:
        """Nothing is still being broken."""
        pulled = tuple(self.pulled)
        for task in pulled:
            task.cancel()
        await asyncio.gather(*pulled, return_exceptions=True)


async def live(show: Show, console: Console) -> None:
    """Opens everything and shows what is said in every channel, until cancelled.

    Raises NotStartedError, ShopFailed or GitFailed, with what to do.
    """
    console.print("Opening the Shop, its telemetry and the bot; this takes a minute, the first time longer ...")
    programs = await Programs.found(KEPT / "programs")
    levers = Levers(console)
    with tempfile.TemporaryDirectory(prefix="clew-live-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        jars = (KEPT / "search").resolve()
        async with search_server(folder / "search", show.given, real=not show.small_search, jars=jars) as server:
            console.print(server.told, highlight=False, markup=False)
            name = folder.name.removeprefix("clew-live-").lower().strip("_")
            plot = Plot(folder, f"live-{name}", programs, server.url, rate=show.rate, port=show.port)
            async with staged(plot, levers.scenarios()) as stage:
                levers.stages.append(stage)
                try:
                    _tell(stage, console)
                    await asyncio.gather(_followed(stage, console), _begun(show, levers))
                finally:
                    await levers.ended()


async def _begun(show: Show, levers: Levers) -> None:
    if show.first:
        await asyncio.sleep(show.quiet)
        await levers.broken(FAULTS[show.first])


def _tell(stage: Stage, console: Console) -> None:
    mia = stage.slack.person("mia")
    console.print(f"[bold]Slack:[/bold]         {stage.slack.url}/?user={mia.id}", soft_wrap=True, highlight=False)
    for name, address in (
        ("Prometheus:   ", f"{stage.prometheus}/alerts"),
        ("Alertmanager: ", stage.alertmanager),
        ("the Shop:     ", stage.shop.address("web")),
        ("Clew:         ", f"{stage.bot}/metrics"),
    ):
        console.print(f"{name}  {address}", soft_wrap=True, highlight=False)
    console.print(HINT, highlight=False)


async def _followed(stage: Stage, console: Console) -> None:
    """Prints every channel that the bot speaks in."""
    names = {user.id: user.name for user in stage.slack.workspace.users.values()}
    told: dict[str, Transcript] = {}
    last = 0
    while True:
        with suppress(TimeoutError):
            entry = await stage.slack.record.until(_shown, 3600.0, last)
            last = entry.seq
            if entry.channel not in told:
                told[entry.channel] = Transcript(console, names)
                channel = stage.slack.workspace.channels.get(entry.channel)
                console.print(f"\n[bold]#{channel.name if channel else entry.channel}[/bold]", highlight=False)
            told[entry.channel].show(entry)


def _shown(entry: Entry) -> bool:
    return entry.kind in SHOWN
