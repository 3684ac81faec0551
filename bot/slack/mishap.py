"""What happens when a listener fails: who is told, and is the delivery kept for another try?"""

import asyncio
import secrets
from typing import Any

import aiohttp
import structlog
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackClientError

from bot.slack.admission import FAILED, UNHANDLED
from bot.slack.desk import Desk
from bot.slack.web import transient
from clew.errors import ClewError, PlatformError, StoreError

log = structlog.get_logger(__name__)


SEEN_SECONDS = 0.05


class Mishap:
    """The app-wide error handler: every exception of a listener ends here, and none leaves."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handle(self, error: Exception, request: AsyncBoltRequest) -> None:
        """Logs, tells the person privately in words that help, and keeps what may succeed later."""
        number = secrets.token_hex(3)
        request.context[FAILED] = True
        later = isinstance(error, StoreError) or (isinstance(error, PlatformError) and transient(error))
        if later:
            request.context[UNHANDLED] = True
        if isinstance(error, ClewError):
            log.warning("a listener could not do what was asked", error=number, why=str(error), later=later)
        else:
            log.error("a listener failed", error=number, exc_info=error)
        body: dict[str, Any] = request.body
        await self._tell(request, body, _words(error, number, later=later))
        # Bolt forgets an acknowledgement once its listener has failed, and looks for one every 10 ms:
        # returning sooner would leave the person with Slack's own "operation timed out".
        await asyncio.sleep(SEEN_SECONDS)

    async def _tell(self, request: AsyncBoltRequest, body: dict[str, Any], text: str) -> None:
        context = request.context
        said = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if context.respond is not None and context.response_url:
            try:
                await self._desk.respond(context.respond, said)
            except (SlackClientError, aiohttp.ClientError, StoreError, TimeoutError, OSError) as error:
                log.warning("could not tell a person", why=repr(error))
            return
        event = body.get("event") or {}
        if event.get("type") in ("app_mention", "message") and context.user_id and context.channel_id:
            await self._desk.say_privately(context.channel_id, context.user_id, event.get("thread_ts"), said)


def _words(error: Exception, number: str, *, later: bool) -> str:
    if later:
        return f"Clew could not do this just now and keeps it for later: {error}"
    if isinstance(error, ClewError):
        return str(error)
    return f"Something went wrong on Clew's side. Nothing recorded was lost; the log has it as `{number}`."
