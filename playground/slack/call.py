"""What did the app ask for in one Web API call?"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from playground.slack.installation import Json
from playground.slack.refusal import Refusal, invalid_arguments
from playground.slack.world import World

STRUCTURED = frozenset(
    {"blocks", "attachments", "view", "metadata", "files", "chunks", "prompts", "loading_messages", "document_content"}
    | {"changes", "criteria", "unfurls"}
)


@dataclass(frozen=True)
class Call:
    """Arguments of one call; query, form and JSON body are merged, structured ones decoded."""

    method: str
    args: Json
    token: str

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        return default if value is None else str(value)

    def need(self, name: str, error: str = "") -> str:
        """A required text argument. Raises Refusal (error, or invalid_arguments naming it)."""
        value = self.text(name)
        if not value:
            raise Refusal(error) if error else invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.args.get(name)
        return default if value is None else str(value).lower() in ("true", "1")

    def number(self, name: str, default: int, most: int) -> int:
        """Raises Refusal invalid_limit-like words when it is no number; larger than most becomes most."""
        try:
            return max(1, min(most, int(self.text(name) or default)))
        except ValueError:
            raise invalid_arguments(f"must be a valid integer: {name}") from None

    def structure(self, name: str, kind: type[list[Any]] | type[dict[str, Any]], error: str) -> Any:
        """A list or object argument, None when absent. Raises Refusal(error) when it is something else."""
        value = self.args.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, kind):
            raise Refusal(error)
        return value


Handler = Callable[[World, Call], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """A Web API method: any one of the scopes suffices; tier as in Slack's rate limits (0: none)."""

    name: str
    handle: Handler
    scopes: tuple[str, ...] = ()
    tier: int = 3
    bearer: Literal["bot", "app", "nobody"] = "bot"


async def read_call(request: web.Request, method: str) -> Call:
    """Merge query string, form and JSON. Raises Refusal invalid_form_data, json_not_object or not_authed."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        args |= _json_object(await request.text())
    elif request.can_read_body:
        try:
            form = await request.post()
        except ValueError:
            raise Refusal("invalid_form_data") from None
        args |= {name: value for name, value in form.items() if isinstance(value, str)}
    for name in STRUCTURED & set(args):
        args[name] = _decoded(args[name])
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else str(args.get("token") or "")
    args.pop("token", None)
    return Call(method, args, token)


def _json_object(body: str) -> Json:
    if not body:
        return {}
    try:
        found = json.loads(body)
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(found, dict):
        raise Refusal("json_not_object")
    return found


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
