"""Which open pages must hear, right now, that something changed?"""

import asyncio
from collections.abc import Iterable

from aiohttp import WSCloseCode, web

from playground.slack.installation import Json

QUEUED_FRAMES = 2_000


class Screens:
    """Fan-out of frames to the pages people have open; a page that cannot keep up is closed and refetches."""

    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[Json | None]]] = {}

    def show(self, users: Iterable[str], frame: Json) -> None:
        for user in users:
            for queue in self._queues.get(user, ()):
                if queue.full():
                    queue.get_nowait()
                    queue.put_nowait(None)
                else:
                    queue.put_nowait(frame)

    def everyone(self) -> tuple[str, ...]:
        return tuple(self._queues)

    async def serve(self, request: web.Request, user: str) -> web.WebSocketResponse:
        """One page's WebSocket, until either side closes it."""
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        queue: asyncio.Queue[Json | None] = asyncio.Queue(QUEUED_FRAMES)
        self._queues.setdefault(user, set()).add(queue)
        writer = asyncio.create_task(self._write(socket, queue))
        try:
            async for _ in socket:
                pass
        finally:
            self._queues[user].discard(queue)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    async def _write(self, socket: web.WebSocketResponse, queue: asyncio.Queue[Json | None]) -> None:
        while (frame := await queue.get()) is not None:
            await socket.send_json(frame)
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    def close(self) -> None:
        for queues in self._queues.values():
            for queue in queues:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(None)
