"""Does the running bot open the change feed where a token is set, and read from it what was announced?"""

import time
from pathlib import Path

import aiohttp
import pytest

from bot.composition import Facts
from bot.service import serviced
from bot.slack.manifest import manifest
from playground.slack.server import LocalSlack
from tests.unit.bot.test_service import settings
from tools.feed import FeedSettings
from tools.memory import opened

TOKEN = "a-token-of-sixteen-or-more"


@pytest.mark.parametrize("token", [TOKEN, ""])
async def test_what_is_announced_to_the_running_bot_is_read_after_a_restart(tmp_path: Path, token: str) -> None:
    feed = FeedSettings.model_validate({"token": TOKEN})
    async with LocalSlack.serving(manifest=manifest("http"), mode="http") as slack:
        given = settings(slack, tmp_path).model_copy(update={"sources": {"feed": feed} if token else {}})
        async with serviced(given, Facts()) as service, aiohttp.ClientSession(service.url) as client:
            told = {"id": "d1", "kind": "deploy", "time": time.time(), "service": "web"}
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with client.post("/intake/changes", json=told, headers=headers) as answer:
                assert answer.status == (200 if token else 404), "without a token there is no route"
            names = {health.source: health.says for health in await service.copilot.health()}
            assert names.get("change feed") == ("1 change announced in the last day" if token else None)
    if not token:
        return
    async with opened(f"sqlite:///{tmp_path}/clew.db") as memory:
        found = await memory.announced(time.time() - 600, time.time() + 600, 5)
    assert [one.change.service for one in found] == ["web"]
