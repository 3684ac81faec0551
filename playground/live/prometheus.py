"""How does a real Prometheus run for a while on this machine?"""

import asyncio
import socket
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from playground.live.server import answers, ended, ready

READY_SECONDS = 30.0
BACKFILL_SECONDS = 300.0
STARTS = 3
"""A free port may be taken by another program before the server listens on it; then another one is tried."""
IDLE = "global:\n  scrape_interval: 1m\n"


class NotStartedError(Exception):
    """The server, or the tool that fills it, did not do its work; the message holds what it said last."""


@asynccontextmanager
async def prometheus(
    program: str,
    folder: Path,
    *,
    config: str = "",
    openmetrics: Path | None = None,
    promtool: str = "",
    flags: Sequence[str] = (),
) -> AsyncGenerator[str]:
    """The base address of a server that keeps everything in `folder`; it ends with the context. Raises NotStartedError.

    `config` is the text of its configuration (without one it scrapes nothing); `openmetrics` a file of samples, ending in `# EOF`, that
    `promtool` turns into blocks before the server starts. Retention is long enough for recordings of any age.
    """
    _laid_out(folder, config or IDLE)
    if openmetrics is not None:
        await backfilled(promtool or "promtool", openmetrics, folder / "data")
    server, url = await _started(program, folder, flags)
    try:
        yield url
    finally:
        await ended(server)


def _laid_out(folder: Path, config: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")


async def backfilled(promtool: str, openmetrics: Path, data: Path) -> None:
    """Turns a file of OpenMetrics text into blocks below `data`. Raises NotStartedError."""
    command = (promtool, "tsdb", "create-blocks-from", "openmetrics", str(openmetrics), str(data))
    tool = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    try:
        async with asyncio.timeout(BACKFILL_SECONDS):
            said, _ = await tool.communicate()
    finally:
        await ended(tool)
    if tool.returncode:
        raise NotStartedError(f"promtool did not take {openmetrics}: {said.decode('utf-8', 'replace')[-500:]}")


async def _started(program: str, folder: Path, flags: Sequence[str]) -> tuple[Process, str]:
    said = ""
    for _ in range(STARTS):
        url = f"127.0.0.1:{free_port()}"
        with (folder / "prometheus.log").open("wb") as log:
            server = await asyncio.create_subprocess_exec(
                program,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=100y",
                "--storage.tsdb.allow-overlapping-blocks",
                "--enable-feature=exemplar-storage",
                "--web.enable-lifecycle",
                f"--web.listen-address={url}",
                *flags,
                stdout=log,
                stderr=STDOUT,
                stdin=DEVNULL,
            )
        if await ready(server, answers(server, f"http://{url}/-/ready", READY_SECONDS)):
            return server, f"http://{url}"
        said = (folder / "prometheus.log").read_text("utf-8", "replace")[-500:]
    raise NotStartedError(f"{program} did not become ready: {said}")


def free_port() -> int:
    """A port of the loopback interface that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
