"""How does a chart get into Slack, and what if it does not in time?"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from bot.card import Image
from bot.slack.config import Identity
from bot.slack.scopes import Method
from bot.slack.web import Web
from clew.errors import ClewError, PlatformError
from clew.evidence import Series
from clew.hypothesis import Timeline
from clew.incident import Window
from clew.memory import Memory
from clew.ports import Clock

log = structlog.get_logger(__name__)

POLLS = (0.1, 0.2, 0.4, 0.8, 1.0)


class Drawn(Protocol):
    """A drawn chart."""

    @property
    def png(self) -> bytes: ...
    @property
    def alt(self) -> str: ...
    @property
    def title(self) -> str: ...


Draw = Callable[[Series | Timeline, Window], Awaitable[Drawn]]
"""Raises ClewError when the chart cannot be drawn."""


@dataclass(frozen=True)
class Charts:
    """Uploads each chart once and answers with Slack's file id, or with None: then the text version stands."""

    web: Web
    memory: Memory
    clock: Clock
    identity: Identity
    draw: Draw
    seconds: float

    async def file(self, incident: str, image: Image, digest: str) -> str | None:
        """The id of the uploaded and settled picture, within `seconds`; None for any reason that prevents it."""
        if not (self.identity.may("files:write") and self.identity.may("files:read")):
            return None
        key = f"slack:file:{incident}:{image.key}:{digest}"
        try:
            kept = await self.memory.effect(key)
            if kept is not None and kept.done:
                return kept.ref
            async with asyncio.timeout(self.seconds):
                file = await self._upload(image)
                await self._settled(file)
            await self.memory.intend(key, digest)
            await self.memory.done(key, file, digest)
        except TimeoutError:
            log.warning("chart not ready in time; its numbers stand as text", incident=incident, picture=image.key)
            return None
        except ClewError as error:
            log.warning("no chart; its numbers stand as text", incident=incident, picture=image.key, why=str(error))
            return None
        return file

    async def _upload(self, image: Image) -> str:
        picture = await self.draw(image.shows, image.window)
        name = f"{image.key}.png"
        place = await self.web.call(
            Method.UPLOAD_URL, filename=name, length=str(len(picture.png)), alt_txt=picture.alt[:1000]
        )
        await self.web.put(str(place["upload_url"]), picture.png)
        file = str(place["file_id"])
        await self.web.call(Method.UPLOAD_DONE, files=[{"id": file, "title": picture.title[:200]}])
        return file

    async def _settled(self, file: str) -> None:
        """Ends when Slack knows the file's type: cited earlier, the block is refused."""
        turn = 0
        while True:
            answer: dict[str, Any] = await self.web.call(Method.FILE, file=file)
            found = answer.get("file") or {}
            if found.get("mimetype") and found.get("filetype"):
                if not str(found["mimetype"]).startswith("image/"):
                    raise PlatformError("not_an_image", f"Slack took the chart for {found['mimetype']}")
                return
            await self.clock.sleep(POLLS[min(turn, len(POLLS) - 1)])
            turn += 1
