"""How does the bot run until it is told to stop?"""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from rich.console import Console

from bot.chart import Painter, Picture, picture
from bot.clock import SystemClock
from bot.composition import Facts, facts, investigating, owner, remembering
from bot.health import Ready, add_health
from bot.intake import incident_io
from bot.intake.changes import add_change_feed
from bot.intake.incidents import Incidents, Office
from bot.intake.reader import Reader
from bot.intake.routes import add_intake
from bot.logs import configure_logs
from bot.scoping import scope_of_channel, scope_of_labels
from bot.settings import Settings, SlackSettings, variable
from bot.slack.app import Running, Slack, connected, serving
from bot.slack.config import SlackConfig
from bot.slack.http import BODY_BYTES, add_events
from bot.vitals import Vitals
from clew.burst import Grouping
from clew.errors import ClewError, Misconfigured, StoreError
from clew.evidence import Series
from clew.hypothesis import Timeline
from clew.incident import Window
from clew.ports import Copilot
from tools.feed import FeedSettings
from tools.memory import SqlMemory
from tools.outside import Outside
from tools.usage import Usage

log = structlog.get_logger(__name__)

DAY = 86_400.0
ENDING_SECONDS = 5.0
CHANNEL_SECONDS = 20.0
"""incident.io makes an incident's channel a moment after the incident."""


@dataclass(frozen=True)
class Service:
    """The bot as it runs; `url` is where it listens."""

    copilot: Copilot
    slack: Running
    url: str


def slack_config(settings: Settings) -> SlackConfig:
    """Slack's part of the settings. Raises Misconfigured, naming what is missing for the chosen mode."""
    slack = settings.slack
    needed = ("bot_token", "app_token") if slack.mode == "socket" else ("bot_token", "signing_secret")
    missing = [variable("slack", name) for name in needed if getattr(slack, name) is None]
    if missing:
        raise Misconfigured(
            f"{' and '.join(missing)} must be set to run in {slack.mode} mode. docs/real-workspace.md shows where to find it; "
            "`make demo` needs none of it."
        )
    return SlackConfig(
        bot_token=_secret(slack, "bot_token"),
        app_token=_secret(slack, "app_token"),
        signing_secret=_secret(slack, "signing_secret"),
        api_url=slack.api_url,
        mode=slack.mode,
        channel_patterns=slack.channel_patterns,
        alerts_channel=settings.alerts.channel,
        fallback_channel=settings.alerts.fallback_channel,
        invite=settings.alerts.invite,
    )


def _secret(slack: SlackSettings, name: str) -> str:
    value = getattr(slack, name)
    return value.get_secret_value() if value is not None else ""


@asynccontextmanager
async def serviced(settings: Settings, found: Facts) -> AsyncGenerator[Service]:
    """The whole bot, running while open: store, queue, Slack, health. Raises Misconfigured, StoreError or PlatformError."""
    clock, registry = SystemClock(), CollectorRegistry()
    outside = Outside(usage=Usage(registry), now=clock.now)
    config = slack_config(settings)
    async with AsyncExitStack() as stack:
        memory = await stack.enter_async_context(remembering(settings))
        painter = await stack.enter_async_context(Painter())

        async def draw(shows: Series | Timeline, window: Window) -> Picture:
            return await picture(shows, window, painter)

        slack = await stack.enter_async_context(connected(config, memory, clock, draw))
        platforms = {slack.platform.name: slack.platform}
        copilot = await stack.enter_async_context(investigating(settings, found, memory, platforms, outside=outside))
        scoped = partial(scope_of_channel, settings.scopes)
        running = await stack.enter_async_context(serving(slack, copilot, settings.limits, found.briefed, scoped))
        await copilot.recover()
        incidents = await stack.enter_async_context(_incidents(settings, found, slack, copilot).running())
        url = await stack.enter_async_context(_listening(settings, slack, running, registry, incidents))
        for chore in (_warmed(painter), _forgetting(memory)):
            stack.push_async_callback(_ended, asyncio.create_task(chore))
        yield Service(copilot, running, url)


async def _ended(chore: asyncio.Task[None]) -> None:
    """Stops a chore and waits until it is gone, while what it works with is still open."""
    chore.cancel()
    await asyncio.wait({chore}, timeout=ENDING_SECONDS)


async def _warmed(painter: Painter) -> None:
    """Draws once, unseen: the first drawing of a process takes seconds, and the first incident should not pay for it."""
    with suppress(ClewError):
        await painter.warm()


async def _forgetting(memory: SqlMemory) -> None:
    """Once a day, bodies of evidence older than the store keeps them are forgotten."""
    while True:
        try:
            await memory.purge()
        except StoreError as error:
            log.warning("nothing was forgotten today", error=str(error))
        await asyncio.sleep(DAY)


def _incidents(settings: Settings, found: Facts, slack: Slack, copilot: Copilot) -> Incidents:
    """What becomes of alerts that come in."""
    grouping = Grouping(seconds=settings.alerts.group_seconds, opens=frozenset(settings.alerts.severities))
    return Incidents(
        Office(
            memory=slack.memory,
            copilot=copilot,
            platform=slack.platform,
            clock=slack.clock,
            owner=owner(),
            limits=settings.limits,
            grouping=grouping,
            briefed=found.briefed,
            scoped=partial(scope_of_channel, settings.scopes),
            patience={incident_io.ORIGIN: CHANNEL_SECONDS},
        )
    )


@asynccontextmanager
async def _listening(
    settings: Settings, slack: Slack, running: Running, registry: CollectorRegistry, incidents: Incidents
) -> AsyncGenerator[str]:
    memory = slack.memory
    server = web.Application(client_max_size=BODY_BYTES)
    alerts = settings.alerts
    scoped = partial(scope_of_labels, settings.scopes)
    add_intake(server, incidents, alerts, Reader(slack.clock.now, alerts.service_labels, alerts.place_labels, scoped))
    registry.register(Vitals(running))

    async def store() -> tuple[bool, str]:
        health = await memory.check()
        return health.ok, health.says

    checks: dict[str, Ready] = {"slack": running.ready, "store": store}
    add_health(server, checks, registry)
    if slack.config.mode == "http":
        add_events(server, running.app, slack.clock)
    feed = settings.sources.get("feed")
    if isinstance(feed, FeedSettings):
        add_change_feed(server, memory, feed.token.get_secret_value(), slack.clock)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.http.host, settings.http.port).start()
        except OSError as error:
            names = f"{variable('http', 'host')} and {variable('http', 'port')}"
            raise Misconfigured(
                f"cannot listen on {settings.http.host}:{settings.http.port}: {error.strerror}. Change {names}."
            ) from None
        yield f"http://{settings.http.host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def served(settings: Settings, case: Path | None, console: Console) -> None:
    """Runs until SIGTERM or Ctrl-C. Raises like `serviced`."""
    configure_logs()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with serviced(settings, facts(case)) as service:
        console.print(
            f"Clew is listening ({settings.slack.mode} mode); health at {service.url}/healthz. Ctrl-C stops it.",
            highlight=False,
        )
        await stop.wait()
