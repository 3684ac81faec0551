"""What does a live incident need around it: the Shop, its Prometheus and Alertmanager, a search server, a local Slack, and the bot?"""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.slack.manifest import manifest
from playground.live import process, rules
from playground.live.alertmanager import Receiver, alertmanager
from playground.live.announcer import Announcer
from playground.live.prober import prober
from playground.live.program import program
from playground.live.prometheus import NotStartedError, free_port, prometheus
from playground.live.shipping import Indices, Shipper, Stream, forget, line_document, shipping, span_document
from playground.shop.recorder import StatusFeed
from playground.shop.shop import PROVIDER, Shop
from playground.slack.acts import Scenario
from playground.slack.server import LocalSlack

SETTLES_SECONDS = 8.0
"""The Shop has been open for so long when Prometheus comes to it: its first seconds are nobody's normal."""


@dataclass(frozen=True)
class Programs:
    """Paths of the servers that are started for each stage."""

    prometheus: str
    alertmanager: str

    @staticmethod
    async def found(kept: Path) -> "Programs":
        """What is installed or can be had. Raises NotStartedError."""
        return Programs(await program("prometheus", kept), await program("prometheus-alertmanager", kept))


@dataclass(frozen=True)
class Plot:
    """How one stage is set. `name` tells its indices apart from those of others on the same search server."""

    folder: Path
    name: str
    programs: Programs
    search: str
    seed: int = 1
    rate: float = 24.0
    port: int = 0
    """Of Slack's page; 0 takes a free one."""


@dataclass(frozen=True)
class Stage:
    """Everything, running. `store` is the address of the bot's memory."""

    shop: Shop
    slack: LocalSlack
    prometheus: str
    alertmanager: str
    bot: str
    store: str
    rules: Path
    shipper: Shipper
    announcer: Announcer
    client: aiohttp.ClientSession = field(repr=False)

    async def asked(self, expression: str) -> float | None:
        """What Prometheus answers to an expression of one value; None where it has none."""
        async with self.client.get(f"{self.prometheus}/api/v1/query", params={"query": expression}) as response:
            found = (await response.json())["data"]["result"]
        return float(found[0]["value"][1]) if found else None

    async def alarms(self, tight: float | None = None) -> None:
        """Set the rules: those of the front door and, with `tight` (seconds), one that somebody set too close to what is normal."""
        await asyncio.to_thread(self.rules.write_text, rules.alarms(tight), "utf-8")
        async with self.client.post(f"{self.prometheus}/-/reload") as response:
            if response.status != 200:
                raise NotStartedError(f"Prometheus refused its rules: {(await response.text())[:300]}")

    async def tight(self) -> float:
        """A threshold that is crossed by an ordinary minute: the 85th percentile of the front door's p99, in seconds."""
        usual = await self.asked(f"quantile_over_time(0.85, ({rules.P99})[60s:2s])")
        return 0.3 if usual is None else round(usual, 3)


@dataclass(frozen=True)
class Tokens:
    """What opens the bot's two doors."""

    feed: str = field(default_factory=lambda: secrets.token_hex(16))
    alerts: str = field(default_factory=lambda: secrets.token_hex(16))


@asynccontextmanager
async def staged(plot: Plot, scenarios: tuple[Scenario, ...] = ()) -> AsyncGenerator[Stage]:
    """The whole stage while open. Raises NotStartedError, ShopFailed or GitFailed."""
    tokens, port, folder = Tokens(), free_port(), plot.folder
    bot, store, rule_file = f"http://127.0.0.1:{port}", f"sqlite:///{folder}/clew.db", folder / "rules.yml"
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(Shop.running(folder / "shop", plot.seed, plot.rate))
        opened = loop.time()
        slack = await stack.enter_async_context(
            LocalSlack.serving(manifest=manifest("socket"), port=plot.port, scenarios=scenarios)
        )
        receiver = Receiver(f"{bot}/intake/alertmanager", tokens.alerts)
        alarm = await stack.enter_async_context(
            alertmanager(plot.programs.alertmanager, folder / "alertmanager", receiver)
        )
        shipper = await _shipping(stack, plot, shop)
        await asyncio.sleep(max(0.0, opened + SETTLES_SECONDS - loop.time()))
        await asyncio.to_thread(rule_file.write_text, rules.alarms(), "utf-8")
        metrics = await _scraping(stack, plot, shop, alarm)
        settings = {
            **_slack_settings(slack),
            **_source_settings(plot, shop, metrics),
            "CLEW_HTTP__PORT": str(port),
            "CLEW_STORE__URL": store,
            "CLEW_STORE__CHECKPOINTS": f"{folder}/checkpoints.db",
            "CLEW_FEED__TOKEN": tokens.feed,
            "CLEW_ALERTS__TOKEN": tokens.alerts,
        }
        await stack.enter_async_context(process.running(settings, bot, folder / "bot.log"))
        announcer = Announcer(shop, bot, tokens.feed)
        _in_background(stack, announcer.run())
        client = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10.0)))
        yield Stage(shop, slack, metrics, alarm, bot, store, rule_file, shipper, announcer, client)


def _slack_settings(slack: LocalSlack) -> dict[str, str]:
    return {
        "CLEW_SLACK__BOT_TOKEN": slack.bot_token,
        "CLEW_SLACK__APP_TOKEN": slack.app_token,
        "CLEW_SLACK__API_URL": slack.api_url,
        "CLEW_ALERTS__INVITE": slack.person("mia").id,
    }


def _source_settings(plot: Plot, shop: Shop, metrics: str) -> dict[str, str]:
    return {
        "CLEW_PROMETHEUS__URL": metrics,
        # a young server that is scraped often: read all of it, and as finely
        "CLEW_PROMETHEUS__STEP_SECONDS": str(rules.SCRAPE_SECONDS),
        "CLEW_PROMETHEUS__POINTS": "8000",
        "CLEW_OPENSEARCH__URL": plot.search,
        "CLEW_OPENSEARCH__LOG_INDEX": indices(plot.name).lines,
        "CLEW_OPENSEARCH__SPAN_INDEX": indices(plot.name).spans,
        "CLEW_GIT__PATHS": str(shop.repository.folder),
        "CLEW_LINKS__PROMETHEUS_URL": metrics,
    }


async def _scraping(stack: AsyncExitStack, plot: Plot, shop: Shop, alarm: str) -> str:
    """The address of a Prometheus that scrapes the Shop, with the rules that lie in the folder."""
    addresses = {name: shop.address(name) for name in (*shop.services, PROVIDER)}
    scraped = rules.Scraped(
        services={name: shop.direct(name).removeprefix("http://") for name in shop.services},
        probed=tuple(addresses),
        prober=await stack.enter_async_context(prober(addresses)),
        alertmanager=alarm.removeprefix("http://"),
    )
    config = rules.configuration(scraped, plot.folder / "rules.yml")
    return await stack.enter_async_context(
        prometheus(plot.programs.prometheus, plot.folder / "prometheus", config=config)
    )


def indices(name: str) -> Indices:
    """The indices of the stage of that name."""
    return Indices(f"logs-otel-{name}", f"otel-v1-apm-span-{name}")


async def _shipping(stack: AsyncExitStack, plot: Plot, shop: Shop) -> Shipper:
    goes = indices(plot.name)
    status = plot.folder / "status-feed.jsonl"
    streams = (
        *(Stream(shop.log_file(name), goes.lines, line_document) for name in shop.services),
        *(Stream(shop.span_file(name), goes.spans, span_document) for name in shop.services),
        Stream(status, goes.lines, line_document),
    )
    _in_background(stack, _watched(StatusFeed(shop.address(PROVIDER)), status))
    stack.push_async_callback(forget, plot.search, goes)
    kept = plot.folder / "shipped.json"
    return await stack.enter_async_context(shipping(plot.search, goes, streams, kept))


async def _watched(feed: StatusFeed, path: Path) -> None:
    """The provider's public status page as a file of log lines, until cancelled."""
    looking = asyncio.create_task(feed.run())
    written = 0
    try:
        while True:
            fresh, written = feed.lines[written:], len(feed.lines)
            if fresh:
                await asyncio.to_thread(_append, path, fresh)
            await asyncio.sleep(1.0)
    finally:
        looking.cancel()
        await asyncio.wait({looking})


def _append(path: Path, lines: list[dict[str, Any]]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def _in_background(stack: AsyncExitStack, chore: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(chore)

    async def ended() -> None:
        task.cancel()
        await asyncio.wait({task})

    stack.push_async_callback(ended)
