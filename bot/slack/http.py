"""How do Slack's deliveries arrive over signed HTTP?"""

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from clew.ports import Clock

log = structlog.get_logger(__name__)

PATH = "/slack/events"
BODY_BYTES = 2_000_000
FUTURE_SECONDS = 60.0
"""A request dated further ahead is refused: Bolt alone would let one replay it for five minutes more than that."""


def add_events(server: web.Application, app: AsyncApp, clock: Clock, path: str = PATH) -> None:
    """Adds the one route that takes events, commands and interactions. The server needs `client_max_size` of `BODY_BYTES`."""

    async def events(request: web.Request) -> web.Response:
        try:
            sent = float(request.headers.get("X-Slack-Request-Timestamp", ""))
        except ValueError:
            return _refused(401, "X-Slack-Request-Timestamp is missing or is not a number")
        if sent > clock.now() + FUTURE_SECONDS:
            return _refused(401, "the request is dated in the future")
        try:
            asked = await to_bolt_request(request)
            if not isinstance(asked.body.get("event", {}), dict):
                return _refused(400, "the event is not an object")
            # Listeners' own mistakes end in `Mishap`: what comes out of here is a body that is not what it says it is.
            return await to_aiohttp_response(await app.async_dispatch(asked))
        except (ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
            return _refused(400, f"the body cannot be read: {type(error).__name__}")

    server.router.add_post(path, events)


def _refused(status: int, why: str) -> web.Response:
    log.warning("a request was refused", status=status, why=why)
    return web.json_response({"error": why}, status=status)
