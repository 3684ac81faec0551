"""How does a real Alertmanager run for a while and tell Clew what fires?"""

import asyncio
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from playground.live.prometheus import NotStartedError, free_port
from playground.live.server import answers, ended, ready

READY_SECONDS = 30.0
STARTS = 3


@dataclass(frozen=True)
class Receiver:
    """Who is told: the address of a webhook and the bearer token that opens it."""

    url: str
    token: str


def configuration(receiver: Receiver) -> str:
    """Alerts are told a second after the first of their group, again every hour while they last, and when they are over."""
    webhook = {
        "url": receiver.url,
        "send_resolved": True,
        "http_config": {"authorization": {"type": "Bearer", "credentials": receiver.token}},
    }
    route = {
        "receiver": "clew",
        "group_by": ["alertname"],
        "group_wait": "1s",
        "group_interval": "5s",
        "repeat_interval": "1h",
    }
    return yaml.safe_dump({"route": route, "receivers": [{"name": "clew", "webhook_configs": [webhook]}]})


@asynccontextmanager
async def alertmanager(program: str, folder: Path, receiver: Receiver) -> AsyncGenerator[str]:
    """The base address of an Alertmanager that tells `receiver`; it ends with the context. Raises NotStartedError."""
    _laid_out(folder, configuration(receiver))
    server, url = await _started(program, folder)
    try:
        yield url
    finally:
        await ended(server)


def _laid_out(folder: Path, config: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "alertmanager.yml"
    file.touch(mode=0o600)  # it holds the token
    file.write_text(config, encoding="utf-8")


async def _started(program: str, folder: Path) -> tuple[Process, str]:
    for _ in range(STARTS):
        address = f"127.0.0.1:{free_port()}"
        with (folder / "alertmanager.log").open("wb") as log:
            server = await asyncio.create_subprocess_exec(
                program,
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={address}",
                "--cluster.listen-address=",
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
            )
        if await ready(server, answers(server, f"http://{address}/-/ready", READY_SECONDS)):
            return server, f"http://{address}"
    said = (folder / "alertmanager.log").read_text("utf-8", "replace")[-500:]
    raise NotStartedError(f"{program} did not become ready: {said}")
