"""How does the whole bot run beside the Shop: `clew run` in a process of its own, told everything by its ordinary settings?"""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bot.settings import PREFIX, environment
from playground.live.prometheus import NotStartedError
from playground.live.server import answers

READY_SECONDS = 60.0
ENDS_SECONDS = 10.0
AFTER_THE_SHOP = ("nice", "-n", "5")
"""On one machine the bot's own work must not slow the services that it looks at: it would see itself."""
KEPT_PREFIXES = ("CLEW_LLM__",)
"""Settings of the person who starts it that also count here: the others would point the bot somewhere else."""


@asynccontextmanager
async def running(settings: Mapping[str, str], url: str, log: Path) -> AsyncGenerator[None]:
    """The bot, from when it is ready at `url` on; `settings` are variables such as CLEW_PROMETHEUS__URL. Raises NotStartedError."""
    env = {name: value for name, value in environment().items() if _kept(name)} | dict(settings)
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *AFTER_THE_SHOP, sys.executable, "-m", "bot", "run", env=env, stdin=DEVNULL, stdout=out, stderr=STDOUT
        )
    try:
        if not await answers(process, f"{url}/readyz", READY_SECONDS):
            said = (await asyncio.to_thread(log.read_text, "utf-8", "replace"))[-800:]
            raise NotStartedError(f"the bot did not become ready: {said}")
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), ENDS_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


def _kept(name: str) -> bool:
    return not name.startswith(PREFIX) or name.startswith(KEPT_PREFIXES)


async def spent(url: str) -> tuple[int, int]:
    """How many requests the bot at `url` has sent to its sources, and how many samples those say they touched."""
    async with aiohttp.ClientSession() as client, client.get(f"{url}/metrics") as response:
        text = await response.text()
    totals = {"clew_source_requests_total": 0.0, "clew_source_samples_total": 0.0}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in totals:
                totals[sample.name] += float(sample.value)
    return int(totals["clew_source_requests_total"]), int(totals["clew_source_samples_total"])
