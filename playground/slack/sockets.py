"""How do things reach an app that connected by Socket Mode?"""

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from playground.slack.envelope import Ack, Envelope
from playground.slack.faults import Faults
from playground.slack.installation import APP_ID, Json

CONNECTIONS = 10


@dataclass
class Link:
    """One open WebSocket of the app and the envelopes it has not acknowledged."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    waiting: dict[str, asyncio.Future[Ack]] = field(default_factory=dict[str, asyncio.Future[Ack]])

    @property
    def open(self) -> bool:
        return not self.socket.closed


class Sockets:
    """The app's WebSockets; an envelope goes to one of them, a retry to another one if there is another."""

    def __init__(self, faults: Faults, ack_seconds: float) -> None:
        self._faults = faults
        self._ack_seconds = ack_seconds
        self._links: list[Link] = []
        self._turn = 0
        self._last: Link | None = None
        self.opened = 0
        self.changed = asyncio.Event()

    @property
    def connected(self) -> bool:
        return any(link.open for link in self._links)

    @property
    def count(self) -> int:
        return sum(link.open for link in self._links)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from hello to close."""
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        if self.count >= CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        link = Link(socket, request.transport)
        self._links.append(link)
        self.opened += 1
        try:
            await socket.send_json(self._hello(request.host))
            self._ring()
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._hear(link, message.data)
        finally:
            self._links.remove(link)
            for future in link.waiting.values():
                if not future.done():
                    future.set_result(Ack("connection_failed"))
            self._ring()
        return socket

    def _ring(self) -> None:
        """Wake who waits for a connection to come or go."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    def _hello(self, host: str) -> Json:
        debug = {"host": host, "build_number": 1, "approximate_connection_time": 18_060, "started": time.time()}
        info = {"app_id": APP_ID}
        return {"type": "hello", "num_connections": self.count, "debug_info": debug, "connection_info": info}

    def _hear(self, link: Link, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        waiting = link.waiting.get(str(frame.get("envelope_id", ""))) if isinstance(frame, dict) else None
        if waiting is None or waiting.done() or self._faults.takes_lost_ack():
            return
        payload = frame.get("payload")
        waiting.set_result(Ack(body=payload if isinstance(payload, dict) else {"text": payload} if payload else {}))

    def _pick(self, retry: bool) -> Link | None:
        live = [link for link in self._links if link.open]
        if retry and len(live) > 1:
            live = [link for link in live if link is not self._last] or live
        if not live:
            return None
        self._turn += 1
        self._last = live[self._turn % len(live)]
        return self._last

    async def send(self, envelope: Envelope) -> Ack:
        link = self._pick(envelope.attempt > 0)
        if link is None:
            return Ack("no_connection")
        envelope_id = str(uuid.uuid4())
        frame: Json = {"envelope_id": envelope_id, "type": envelope.kind, "payload": envelope.payload}
        frame["accepts_response_payload"] = envelope.kind != "events_api"
        if envelope.kind == "events_api":
            frame |= {"retry_attempt": envelope.attempt, "retry_reason": envelope.reason}
        future: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        link.waiting[envelope_id] = future
        try:
            await link.socket.send_json(frame)
            return await asyncio.wait_for(future, self._ack_seconds)
        except TimeoutError:
            return Ack("timeout")
        except ConnectionError:
            return Ack("connection_failed")
        finally:
            link.waiting.pop(envelope_id, None)

    async def refresh(self) -> None:
        """Ask every connection to be replaced, as Slack does every few hours: a warning, then the real thing."""
        for reason in ("warning", "refresh_requested"):
            for link in [link for link in self._links if link.open]:
                await link.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})
            await asyncio.sleep(0.01)

    async def drop(self) -> None:
        """Cut every connection without a word, as a network would."""
        for link in list(self._links):
            if link.transport is not None:
                link.transport.abort()
        await asyncio.sleep(0)

    async def close(self) -> None:
        for link in list(self._links):
            await link.socket.close()
