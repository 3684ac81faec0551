"""Does a card wait for its picture? A moment; after that it comes by an edit."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.card import Image
from bot.slack.uploads import Charts
from clew.errors import PlatformError, StoreError

log = structlog.get_logger(__name__)

Arrived = Callable[[str], Awaitable[object]]
"""Takes Slack's id of the uploaded picture. Raises PlatformError or StoreError."""


class Pictures:
    """Pictures under way. Close it at the end: what is not there by then is left out, its numbers stand as text."""

    def __init__(self, charts: Charts, patience: float) -> None:
        self._charts = charts
        self._patience = patience
        self._drawing: dict[tuple[str, str, str], asyncio.Task[str | None]] = {}
        self._late: set[asyncio.Task[None]] = set()

    async def soon(self, incident: str, image: Image, digest: str) -> str | None:
        """The uploaded picture's id if it is there within the patience; None if it is not, or not yet. Raises StoreError."""
        picture = self._begun(incident, image, digest)
        await asyncio.wait({picture}, timeout=self._patience)
        return picture.result() if picture.done() else None

    def later(self, incident: str, image: Image, digest: str, arrived: Arrived) -> None:
        """Calls `arrived` when a picture that was not ready soon is. Nothing happens if it is never ready."""
        picture = self._drawing.get((incident, image.key, digest))
        if picture is None:
            return
        task = asyncio.create_task(self._follow(picture, arrived))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def close(self) -> None:
        """Stops what is under way."""
        tasks = (*self._late, *self._drawing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begun(self, incident: str, image: Image, digest: str) -> asyncio.Task[str | None]:
        """One drawing of each picture at a time, whoever asks."""
        key = (incident, image.key, digest)
        if key not in self._drawing:
            task = asyncio.create_task(self._charts.file(incident, image, digest))
            self._drawing[key] = task
            task.add_done_callback(lambda _: self._drawing.pop(key, None))
        return self._drawing[key]

    async def _follow(self, picture: "asyncio.Task[str | None]", arrived: Arrived) -> None:
        try:
            file = await asyncio.shield(picture)
            if file is not None:
                await arrived(file)
        except (PlatformError, StoreError) as error:
            log.warning("a late chart was not shown; its numbers stand as text", why=str(error))
