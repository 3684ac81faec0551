"""What does one thing sent to the app look like, and what can come back?"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Literal, Protocol

from playground.slack.installation import APP_ID, BOT_USER, TEAM_ID, Installation, Json

Kind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(frozen=True)
class Envelope:
    """kind as Socket Mode names it; payload the body; attempt 0 for the first try, reason why it is a retry."""

    kind: Kind
    payload: Json
    attempt: int = 0
    reason: str = ""

    @property
    def what(self) -> str:
        """The event's type, the command or the interaction's type."""
        if self.kind == "events_api":
            return self.payload["event"]["type"]
        return self.payload["command"] if self.kind == "slash_commands" else self.payload["type"]


@dataclass(frozen=True)
class Ack:
    """error: "" when the app answered in time, else timeout, http_error, connection_failed, no_connection."""

    error: str = ""
    body: Json = field(default_factory=dict[str, object])
    status: int = 200

    @property
    def ok(self) -> bool:
        return not self.error


class Transport(Protocol):
    """One way to the app: Socket Mode or signed HTTP."""

    @property
    def connected(self) -> bool: ...

    async def send(self, envelope: Envelope) -> Ack:
        """Deliver once and wait for the acknowledgement; never raises for what the app does."""
        ...

    async def close(self) -> None: ...


def event_body(event: Json, installation: Installation) -> Json:
    """The event_callback around an event."""
    authorization = {"enterprise_id": None, "team_id": TEAM_ID, "user_id": BOT_USER, "is_bot": True}
    body: Json = {"token": installation.verification_token, "team_id": TEAM_ID, "context_team_id": TEAM_ID}
    body |= {"context_enterprise_id": None, "api_app_id": APP_ID, "event": event, "type": "event_callback"}
    body |= {"event_id": f"Ev{secrets.token_hex(5).upper()}", "event_time": int(time.time())}
    body |= {"authorizations": [authorization | {"is_enterprise_install": False}]}
    return body | {"is_ext_shared_channel": False, "event_context": f"4-{secrets.token_hex(16)}"}
