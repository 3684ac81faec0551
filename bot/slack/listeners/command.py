"""What does `/investigate` do?"""

from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.slack.desk import Desk
from bot.slack.errand import Errand, run
from bot.slack.ids import COMMAND


def register(app: AsyncApp, desk: Desk) -> None:
    app.command(COMMAND)(partial(on_command, desk=desk))


async def on_command(ack: AsyncAck, command: dict[str, Any], respond: AsyncRespond, *, desk: Desk) -> None:
    """Starts, shows, asks, or answers a sub-command; whatever is private goes to the caller alone."""
    await ack()
    await run(
        desk,
        Errand(
            channel=str(command.get("channel_id", "")),
            user=str(command.get("user_id", "")),
            text=str(command.get("text") or ""),
            key=f"command:{command.get('trigger_id', '')}",
            tell=partial(desk.respond, respond),
        ),
    )
