"""What is sent to the app, when, and how often until it is acknowledged?"""

import asyncio
from dataclasses import dataclass, field, replace

from playground.slack.envelope import Ack, Envelope, Transport, event_body
from playground.slack.installation import Installation, Json
from playground.slack.record import Record

# After a failed first try: at once, a minute later, five minutes later (docs.slack.dev, Events API retries).
RETRY_DELAYS = (0.0, 60.0, 300.0)
EVENT_REASONS = {"timeout": "http_timeout", "http_error": "http_error"}
SOCKET_REASONS = {"timeout": "timeout"}


@dataclass
class Deliveries:
    """Events are retried; commands and interactions are tried once, because a person is waiting."""

    installation: Installation
    transport: Transport
    record: Record
    retry_delays: tuple[float, ...] = RETRY_DELAYS
    _running: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def event(self, event: Json) -> None:
        """Start delivering an event the app has a right to; returns at once."""
        body = event_body(event, self.installation)
        self._start(Envelope("events_api", body))

    def replay(self, body: Json) -> None:
        """Deliver an event_callback body once more as it is, as a confused network would."""
        self._start(Envelope("events_api", body))

    def _start(self, envelope: Envelope) -> None:
        task = asyncio.create_task(self._until_acknowledged(envelope))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _until_acknowledged(self, envelope: Envelope) -> None:
        ack = await self.once(envelope)
        for attempt, delay in enumerate(self.retry_delays, start=1):
            if ack.ok:
                return
            await asyncio.sleep(delay)
            reasons = SOCKET_REASONS if self.installation.mode == "socket" else EVENT_REASONS
            ack = await self.once(replace(envelope, attempt=attempt, reason=reasons.get(ack.error, ack.error)))

    async def once(self, envelope: Envelope) -> Ack:
        """Send and wait; recorded whatever comes of it."""
        ack = await self.transport.send(envelope)
        answer = {"ok": ack.ok, "error": ack.error, "attempt": envelope.attempt, "body": ack.body}
        self.record.add("delivery", method=envelope.what, payload=envelope.payload, answer=answer)
        return ack

    async def settled(self) -> None:
        """Wait until no delivery is under way (retries that are due later included)."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.transport.close()
