"""What becomes of deliveries that no other listener knows?"""

import re
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.slack.desk import Desk

log = structlog.get_logger(__name__)

ANY = re.compile(".*", re.DOTALL)
STRANGE = "This button belongs to another version of Clew and does nothing now. `/investigate` shows the current card."


def register(app: AsyncApp, desk: Desk) -> None:
    app.event(ANY)(on_event)
    app.command(ANY)(on_anything)
    app.action(ANY)(partial(on_action, desk=desk))
    app.view(ANY)(on_anything)
    app.view_closed(ANY)(on_anything)
    app.shortcut(ANY)(on_anything)
    app.options(ANY)(on_options)


async def on_event(event: dict[str, Any]) -> None:
    """Nothing; but Slack hears 200, else it would send the event again and again."""
    log.debug("event without a listener", type=event.get("type"))


async def on_action(ack: AsyncAck, action: dict[str, Any], respond: AsyncRespond, *, desk: Desk) -> None:
    """A button of a card that is older or newer than this version."""
    await ack()
    if not action.get("url"):
        await desk.respond(respond, STRANGE)


async def on_anything(ack: AsyncAck) -> None:
    await ack()


async def on_options(ack: AsyncAck) -> None:
    await ack(options=[])
