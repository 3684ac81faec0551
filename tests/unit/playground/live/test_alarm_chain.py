"""What fires reaches the webhook with its token; what is deployed reaches the change feed; what is probed says how it looks."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from playground.live.alertmanager import Receiver, alertmanager
from playground.live.announcer import Announcer
from playground.live.prober import prober
from playground.live.program import program as found_program
from playground.live.prometheus import NotStartedError
from playground.shop.shop import Deploy, Shop

TOKEN = "a-token-of-the-test"


@asynccontextmanager
async def serving(path: str, answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_route("*", path, answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.needs("prometheus-alertmanager")
async def test_an_alert_is_told_with_the_token(tmp_path: Path, program: Callable[[str], str | None]) -> None:
    told: asyncio.Queue[tuple[str | None, Any]] = asyncio.Queue()

    async def hook(request: web.Request) -> web.Response:
        told.put_nowait((request.headers.get("Authorization"), await request.json()))
        return web.Response()

    path = program("prometheus-alertmanager")
    assert path
    async with serving("/hook", hook) as url, alertmanager(path, tmp_path, Receiver(f"{url}/hook", TOKEN)) as address:
        labels = {"alertname": "slow", "service": "web", "severity": "critical"}
        alerts = f"{address}/api/v2/alerts"
        async with aiohttp.ClientSession() as client, client.post(alerts, json=[{"labels": labels}]) as response:
            assert response.status == 200
        authorization, body = await asyncio.wait_for(told.get(), 30)
    assert authorization == f"Bearer {TOKEN}"
    assert body["alerts"][0]["labels"] == labels
    assert (tmp_path / "alertmanager.yml").stat().st_mode & 0o077 == 0


async def test_a_deploy_is_told_until_it_is_taken(tmp_path: Path) -> None:
    told: list[Any] = []
    answers = iter((503, 200, 200))

    async def feed(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response(status=next(answers))

    shop = Shop(tmp_path, 1, 1.0)
    shop.deploys += [Deploy(f"deploy-{n}", 1.5, "cart", "c" * 40, "c" * 8, "Noor") for n in (1, 2)]
    async with serving("/intake/changes", feed) as url:
        announcer = Announcer(shop, url, TOKEN)
        working = asyncio.create_task(announcer.run())
        async with asyncio.timeout(20):
            while announcer.told < 2:
                await asyncio.sleep(0.05)
        working.cancel()
        await asyncio.wait({working})
    assert [one["id"] for one in told] == ["deploy-1", "deploy-1", "deploy-2"]
    assert announcer.trouble == ""


async def test_a_probe_says_whether_and_how_fast() -> None:
    async def health(_: web.Request) -> web.Response:
        await asyncio.sleep(0.05)
        return web.Response(status=503)

    async with (
        serving("/healthz", health) as url,
        prober({"paygate": url, "gone": "http://127.0.0.1:9"}) as address,
        aiohttp.ClientSession() as client,
    ):
        seen = {name: await probed(client, address, name) for name in ("paygate", "gone")}
        async with client.get(f"http://{address}/probe", params={"target": "elsewhere"}) as response:
            assert response.status == 400
    assert seen["paygate"]["probe_success"] == seen["gone"]["probe_success"] == 0.0
    assert seen["paygate"]["probe_duration_seconds"] >= 0.05


async def probed(client: aiohttp.ClientSession, address: str, name: str) -> dict[str, float]:
    async with client.get(f"http://{address}/probe", params={"target": name}) as response:
        text = await response.text()
    return {s.name: float(s.value) for family in text_string_to_metric_families(text) for s in family.samples}


async def test_a_program_that_was_fetched_before_is_found(tmp_path: Path) -> None:
    place = tmp_path / "usr" / "bin" / "promtool-of-the-test"
    place.parent.mkdir(parents=True)
    place.write_text("#!/bin/sh\n")
    place.chmod(0o755)
    assert await found_program("promtool-of-the-test", tmp_path) == str(place)


async def test_a_program_that_nobody_carries_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(NotStartedError, match="no-such-program"):
        await found_program("no-such-program", tmp_path)
