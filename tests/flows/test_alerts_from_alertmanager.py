"""Does a real Alertmanager's webhook become one incident with a channel and a card, and end with it?"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.composition import Facts
from bot.intake.settings import AlertSettings
from bot.service import Service, serviced
from bot.settings import HttpSettings, Settings, SlackSettings, StoreSettings
from bot.slack.manifest import manifest
from clew.progress import Progress, RunState
from playground.slack.server import LocalSlack

TOKEN = "a token of forty characters, more or less"
CONFIG = """
route:
  receiver: clew
  group_by: ['...']
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: clew
    webhook_configs:
      - url: {url}/intake/alertmanager
        send_resolved: true
        http_config:
          {auth}
"""
BEARER = f"authorization: {{type: Bearer, credentials: '{TOKEN}'}}"
BASIC = f"basic_auth: {{username: alertmanager, password: '{TOKEN}'}}"


@asynccontextmanager
async def clew(folder: Path) -> AsyncGenerator[tuple[LocalSlack, Service]]:
    """The whole bot, connected to a local Slack."""
    async with LocalSlack.serving(manifest=manifest("socket")) as slack:
        settings = Settings(
            slack=SlackSettings(
                bot_token=SecretStr(slack.bot_token), app_token=SecretStr(slack.app_token), api_url=slack.api_url
            ),
            http=HttpSettings(port=0),
            store=StoreSettings(url=f"sqlite:///{folder}/clew.db", checkpoints=folder / "checkpoints.db"),
            alerts=AlertSettings(token=SecretStr(TOKEN)),
        )
        async with serviced(settings, Facts()) as service:
            yield slack, service


@asynccontextmanager
async def alertmanager(program: str, folder: Path, config: str) -> AsyncGenerator[aiohttp.ClientSession]:
    """A real one on a free port; the client speaks to its API."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    (folder / "alertmanager.yml").write_text(config)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={folder}/alertmanager.yml",
            f"--storage.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=log,
        )
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            async with asyncio.timeout(30):
                while not await _ready(client):
                    assert process.returncode is None, (folder / "log").read_text()
                    await asyncio.sleep(0.05)
            yield client
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _ready(client: aiohttp.ClientSession) -> bool:
    try:
        async with client.get("/-/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def fired(service: str, ends: timedelta) -> dict[str, Any]:
    """As Prometheus posts it."""
    now = datetime.now(UTC)
    return {
        "labels": {"alertname": "HighLatency", "service": service, "severity": "critical", "namespace": "shop"},
        "annotations": {"summary": f"p99 of {service} is above 500 ms"},
        "startsAt": (now - timedelta(seconds=30)).isoformat(),
        "endsAt": (now + ends).isoformat(),
        "generatorURL": "http://prometheus/graph?g0.expr=histogram_quantile%280.99%2C+sum+by+%28le%29+%28rate%28"
        "http_request_duration_seconds_bucket%5B1m%5D%29%29%29+%3E+0.5&g0.tab=1",
    }


async def post(client: aiohttp.ClientSession, *alerts: dict[str, Any]) -> None:
    async with client.post("/api/v2/alerts", json=list(alerts)) as answer:
        assert answer.status == 200, await answer.text()


async def the_card(service: Service, wanted: Callable[[Progress], bool]) -> Progress:
    """The one investigation, once it is as it is wanted."""
    async with asyncio.timeout(40):
        while True:
            recent = await service.copilot.recent(5)
            assert len(recent) <= 1, "one cause, one card"
            if recent and wanted(recent[0]):
                return recent[0]
            await asyncio.sleep(0.1)


@pytest.mark.needs("prometheus-alertmanager")
@pytest.mark.parametrize("auth", [BEARER, BASIC], ids=["bearer", "basic"])
async def test_it_fires_and_it_ends(program: Callable[[str], str | None], tmp_path: Path, auth: str) -> None:
    path = program("prometheus-alertmanager")
    assert path is not None
    async with (
        clew(tmp_path) as (slack, service),
        alertmanager(path, tmp_path, CONFIG.format(url=service.url, auth=auth)) as client,
    ):
        await post(client, *(fired(name, timedelta(hours=1)) for name in ("web", "checkout", "cart")))
        first = await the_card(service, lambda p: p.alerts is not None and len(p.alerts.also) + p.alerts.more == 2)
        incident = first.incident
        assert incident.severity == "critical"
        assert incident.symptom.signal is not None
        assert incident.symptom.metric == "http_request_duration_seconds_bucket"
        assert abs(incident.alerted_at - datetime.now(UTC).timestamp() + 30) < 20
        channel = slack.workspace.channels[incident.thread.channel]
        assert channel.name.startswith("inc-")
        assert len(slack.record.calls("conversations.create")) == 1
        cards = [m for m in slack.person("mia").messages(channel.id) if m.get("bot_id") and "thread_ts" not in m]
        assert len(cards) == 1, "its own new channel is not taken for another incident"

        await post(client, *(fired(name, timedelta(seconds=-1)) for name in ("web", "checkout", "cart")))
        ended = await the_card(service, lambda p: p.state is RunState.RESOLVED)
        assert ended.alerts is not None
        assert ended.alerts.ended == 3
        assert ended.incident.id == incident.id


@pytest.mark.needs("prometheus-alertmanager")
async def test_a_wrong_token_opens_nothing(program: Callable[[str], str | None], tmp_path: Path) -> None:
    path = program("prometheus-alertmanager")
    assert path is not None
    wrong = "authorization: {type: Bearer, credentials: 'somebody else'}"
    async with (
        clew(tmp_path) as (slack, service),
        alertmanager(path, tmp_path, CONFIG.format(url=service.url, auth=wrong)) as client,
    ):
        await post(client, fired("web", timedelta(hours=1)))
        async with asyncio.timeout(20):
            while b"401" not in (tmp_path / "log").read_bytes():
                await asyncio.sleep(0.1)
        assert await service.copilot.recent(5) == ()
        assert not slack.record.calls("conversations.create")
