"""Which one-time rights are out: triggers, response URLs, socket tickets, upload addresses?"""

import secrets
import time
from dataclasses import dataclass, field

from playground.slack.refusal import Refusal

RESPONSE_USES = 5
RESPONSE_SECONDS = 30 * 60.0
KEPT = 10_000


@dataclass
class Trigger:
    user: str
    at: float
    view_id: str = ""
    used: bool = False


@dataclass
class Response:
    """A response_url: where it answers, to whom, and the message it may replace."""

    user: str
    channel: str
    at: float
    message_ts: str = ""
    ephemeral: bool = False
    thread_ts: str = ""
    uses: int = 0


@dataclass
class Tickets:
    trigger_seconds: float = 3.0
    triggers: dict[str, Trigger] = field(default_factory=dict[str, Trigger])
    responses: dict[str, Response] = field(default_factory=dict[str, Response])
    sockets: set[str] = field(default_factory=set[str])

    def trigger(self, user: str, view_id: str = "") -> str:
        key = f"{int(time.time() * 1000)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self.triggers[key] = Trigger(user, time.monotonic(), view_id)
        while len(self.triggers) > KEPT:
            self.triggers.pop(next(iter(self.triggers)))
        return key

    def use_trigger(self, key: str) -> Trigger:
        """Raises Refusal invalid_trigger_id, exchanged_trigger_id or expired_trigger_id."""
        trigger = self.triggers.get(key)
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if time.monotonic() - trigger.at > self.trigger_seconds:
            raise Refusal("expired_trigger_id")
        trigger.used = True
        return trigger

    def response(self, response: Response) -> str:
        """The last path segments of a new response_url."""
        key = f"{secrets.randbelow(10**12)}/{secrets.token_hex(12)}"
        self.responses[key] = response
        while len(self.responses) > KEPT:
            self.responses.pop(next(iter(self.responses)))
        return key

    def use_response(self, key: str) -> Response:
        """Raises Refusal no_such_url, expired_url or used_url (HTTP 404)."""
        response = self.responses.get(key)
        if response is None:
            raise Refusal("no_such_url", status=404)
        if time.monotonic() - response.at > RESPONSE_SECONDS:
            raise Refusal("expired_url", status=404)
        if response.uses >= RESPONSE_USES:
            raise Refusal("used_url", status=404)
        response.uses += 1
        return response

    def socket(self) -> str:
        key = secrets.token_urlsafe(24)
        self.sockets.add(key)
        return key

    def use_socket(self, key: str) -> bool:
        known = key in self.sockets
        self.sockets.discard(key)
        return known
