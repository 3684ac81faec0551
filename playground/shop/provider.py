"""How does paygate, an outside company we only know by its answers, behave?

Started like a service, but it is not ours: it has no metrics, no log and no spans that we could read.
"""

import asyncio
import json
import math
import random
import sys
import time
from pathlib import Path

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from playground.shop.service import listen

TELLS_AFTER = 75.0
"""Seconds until its status page admits an outage."""


class Config(BaseModel):
    """What the provider is told at its start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port_file: str
    seed: int


class Provider:
    """Charges cards; can be made to fail."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"{seed}-paygate")
        self._down_since: float | None = None

    def app(self) -> web.Application:
        """The HTTP application, with a public status page and the operator's switch."""
        app = web.Application(client_max_size=64 * 1024)
        app.router.add_post("/v1/charges", self._charge)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/status", self._status)
        app.router.add_post("/-/down", self._set_down)
        return app

    async def _charge(self, request: web.Request) -> web.Response:
        cents = int((await request.json())["cents"])
        if self._down_since is not None:
            if self._rng.random() < 0.35:
                await asyncio.sleep(4.0)
            return web.json_response({"error": "service unavailable"}, status=503)
        await asyncio.sleep(0.17 * math.exp(self._rng.gauss(0, 0.25)))
        state = "declined" if self._rng.random() < 0.03 else "paid"
        return web.json_response({"state": state, "cents": cents}, status=402 if state == "declined" else 200)

    async def _health(self, _: web.Request) -> web.Response:
        down = self._down_since is not None
        return web.json_response({"ok": not down}, status=503 if down else 200)

    async def _status(self, _: web.Request) -> web.Response:
        admits = self._down_since is not None and time.monotonic() - self._down_since > TELLS_AFTER
        return web.json_response({"status": "degraded: card charges fail for many merchants" if admits else "all good"})

    async def _set_down(self, request: web.Request) -> web.Response:
        self._down_since = time.monotonic() if (await request.json())["down"] else None
        return web.json_response({"down": self._down_since is not None})


async def serve(config: Config) -> None:
    """Run the provider until standard input closes."""
    runner = await listen(Provider(config.seed).app(), Path(config.port_file))
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    await runner.cleanup()


def main() -> None:
    """Read the configuration named on the command line and serve."""
    asyncio.run(serve(Config.model_validate(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))


if __name__ == "__main__":
    main()
