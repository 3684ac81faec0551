"""How does this Slack say no?"""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """A Web API answer with ok=false.

    error is Slack's word for it (`channel_not_found`); extra goes into the answer's body beside it.
    """

    def __init__(self, error: str, status: int = 200, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.extra = extra
        self.headers: Mapping[str, str] = {}

    @property
    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.extra}


def invalid_arguments(*messages: str) -> Refusal:
    """What Slack answers when an argument is missing or malformed."""
    found = [f"[ERROR] {message}" for message in messages]
    return Refusal("invalid_arguments", response_metadata={"messages": found})
