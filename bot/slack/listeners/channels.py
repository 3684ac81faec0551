"""Which channels does Clew enter by itself?"""

from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp

from bot.slack.channels import matching
from bot.slack.desk import Desk
from clew.errors import Refused

log = structlog.get_logger(__name__)


def register(app: AsyncApp, desk: Desk) -> None:
    app.event("channel_created")(partial(on_named, desk=desk))
    app.event("channel_rename")(partial(on_named, desk=desk))
    app.event("member_joined_channel")(partial(on_joined, desk=desk))


async def on_named(event: dict[str, Any], *, desk: Desk) -> None:
    """A channel got a name that matches a configured pattern: enter it and start."""
    channel = event.get("channel") or {}
    if not isinstance(channel, dict):
        return
    if channel.get("creator") == desk.identity.bot_user:  # made for an incident that is being opened there
        return
    await _enter(desk, str(channel.get("id", "")), str(channel.get("name", "")))


async def on_joined(event: dict[str, Any], *, desk: Desk) -> None:
    """Somebody invited Clew: in a channel that matches a pattern that starts it, as in private ones it cannot enter itself."""
    if event.get("user") != desk.identity.bot_user or not event.get("inviter"):
        return
    channel = await desk.channels.look(str(event.get("channel", "")))
    await _enter(desk, channel.id, channel.name)


async def _enter(desk: Desk, channel_id: str, name: str) -> None:
    pattern = matching(name, desk.config.channel_patterns)
    if pattern is None or not channel_id:
        return
    try:
        channel = await desk.channels.enter(channel_id)
    except Refused as refused:
        # Nobody asked, so nobody is told: a shared channel is simply left alone.
        log.info("channel not entered", channel=channel_id, why=str(refused))
        return
    standing = await desk.in_channel(channel_id)
    if standing is not None:  # it was renamed, or an alert opened it
        await desk.copilot.open(standing.incident)
        return
    why = f"the channel's name matches {pattern} (setting channel_patterns)"
    await desk.copilot.open(desk.opening.for_channel(channel, opened_by=f"channel name matches {pattern}", why=why))
