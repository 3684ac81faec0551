"""Does the running bot start and stop as promised, and refuse over HTTP what is not Slack's?"""

import asyncio
import hashlib
import hmac
import io
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from bot.composition import Facts
from bot.service import Service, serviced, slack_config
from bot.settings import HttpSettings, Settings, SlackSettings, StoreSettings
from bot.slack.manifest import manifest
from clew.errors import Misconfigured, PlatformError
from playground.slack.server import LocalSlack

ROOT = Path(__file__).parents[3]


def settings(slack: LocalSlack, home: Path, port: int = 0, token: str = "") -> Settings:
    return Settings(
        slack=SlackSettings(
            bot_token=SecretStr(token or slack.bot_token),
            signing_secret=SecretStr(slack.signing_secret),
            api_url=slack.api_url,
            mode="http",
        ),
        http=HttpSettings(port=port),
        store=StoreSettings(url=f"sqlite:///{home}/clew.db", checkpoints=home / "checkpoints.db"),
    )


@asynccontextmanager
async def bot(home: Path) -> AsyncGenerator[tuple[LocalSlack, Service, aiohttp.ClientSession]]:
    async with (
        LocalSlack.serving(manifest=manifest("http"), mode="http") as slack,
        serviced(settings(slack, home), Facts()) as service,
        aiohttp.ClientSession(service.url) as client,
    ):
        yield slack, service, client


def signed(slack: LocalSlack, body: bytes, at: float | None = None) -> dict[str, str]:
    """The headers with which Slack would send this body."""
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(slack.signing_secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={mac}",
        "Content-Type": "application/json",
    }


async def test_what_is_not_slacks_is_refused_and_the_bot_goes_on(tmp_path: Path) -> None:
    async with bot(tmp_path) as (slack, _, client):
        now = time.time()
        big = b'{"x": "' + b"y" * 3_000_000 + b'"}'
        for body, headers, status in (
            (b"{}", {}, 401),
            (b"{}", {**signed(slack, b"{}"), "X-Slack-Signature": "v0=00"}, 401),
            (b"{}", signed(slack, b"{}", now - 310), 401),
            (b"{}", signed(slack, b"{}", now + 310), 401),
            (b"{}", {**signed(slack, b"{}"), "X-Slack-Request-Timestamp": "soon"}, 401),
            (big, signed(slack, big), 413),
        ):
            async with client.post("/slack/events", data=io.BytesIO(body), headers=headers) as answer:
                assert answer.status == status, headers
        async with client.get("/slack/events") as answer:
            assert answer.status == 405
        async with client.get("/healthz") as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b"\xff\xfe{{",
        b'{"type": 5}',
        b'{"type": "event_callback"}',
        b'{"type": "event_callback", "event": []}',
        b'{"type": "event_callback", "event_id": "E1", "event": {"type": "channel_created", "channel": null}}',
        b'{"type": "event_callback", "event_id": "E2", "event": {"type": "app_mention"}}',
        b'{"type": "event_callback", "event_id": "E3", "event": {"type": "message", "channel": {"a": 1}, "text": 7}}',
        b'{"type": "block_actions", "actions": []}',
        b'{"type": "view_submission", "view": {}}',
        b"[" * 100_000,
    ],
)
async def test_a_signed_payload_that_makes_no_sense_is_answered_and_harms_nothing(tmp_path: Path, body: bytes) -> None:
    async with bot(tmp_path) as (slack, _, client):
        async with client.post("/slack/events", data=body, headers=signed(slack, body)) as answer:
            assert answer.status < 500
        form = {**signed(slack, body), "Content-Type": "application/x-www-form-urlencoded"}
        async with client.post("/slack/events", data=body, headers=form) as answer:
            assert answer.status < 500
        async with client.get("/readyz") as answer:
            assert answer.status == 200
        assert not slack.record.calls("chat.postMessage")


async def test_a_port_in_use_is_said_with_the_settings_that_change_it(tmp_path: Path) -> None:
    async with bot(tmp_path) as (slack, service, _):
        port = int(service.url.rpartition(":")[2])
        other = tmp_path / "other"
        other.mkdir()
        with pytest.raises(Misconfigured, match="CLEW_HTTP__PORT"):
            async with serviced(settings(slack, other, port), Facts()):
                pass


async def test_a_refused_token_ends_the_start(tmp_path: Path) -> None:
    async with LocalSlack.serving(manifest=manifest("http"), mode="http") as slack:
        with pytest.raises(PlatformError, match="CLEW_SLACK__BOT_TOKEN"):
            async with serviced(settings(slack, tmp_path, token="xoxb-wrong"), Facts()):
                pass


def test_what_the_mode_needs_is_named() -> None:
    with pytest.raises(Misconfigured, match="CLEW_SLACK__BOT_TOKEN and CLEW_SLACK__APP_TOKEN"):
        slack_config(Settings())
    with pytest.raises(Misconfigured, match="CLEW_SLACK__SIGNING_SECRET"):
        slack_config(Settings(slack=SlackSettings(mode="http", bot_token=SecretStr("xoxb-1"))))


async def test_sigterm_ends_the_process_with_code_0(tmp_path: Path) -> None:
    async with LocalSlack.serving(manifest=manifest("socket")) as slack:
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "CLEW_SLACK__BOT_TOKEN": slack.bot_token,
            "CLEW_SLACK__APP_TOKEN": slack.app_token,
            "CLEW_SLACK__API_URL": slack.api_url,
            "CLEW_HTTP__PORT": "0",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "bot",
            "run",
            env=env,
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            await slack.until_connected(60)
            assert process.stderr is not None
            async with asyncio.timeout(30):
                while b"Clew is listening" not in await process.stderr.readline():
                    assert process.returncode is None
            process.send_signal(signal.SIGTERM)
            out, err = await asyncio.wait_for(process.communicate(), 15)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0
    assert b"Traceback" not in out + err
    assert slack.bot_token.encode() not in out + err
