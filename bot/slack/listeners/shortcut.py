"""What do "Investigate this message" and "Open Clew" do?"""

from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.slack.desk import Desk
from bot.slack.forms import new_form
from bot.slack.ids import Form


def register(app: AsyncApp, desk: Desk) -> None:
    app.message_shortcut(Form.SHORTCUT)(partial(on_message_shortcut, desk=desk))
    app.global_shortcut(Form.OPEN)(partial(on_open, desk=desk))


async def on_message_shortcut(ack: AsyncAck, shortcut: dict[str, Any], respond: AsyncRespond, *, desk: Desk) -> None:
    """The thread under the message becomes the run."""
    await ack()
    message = shortcut.get("message") or {}
    channel = await desk.channels.enter(str((shortcut.get("channel") or {}).get("id", "")))
    root = str(message.get("thread_ts") or message.get("ts") or shortcut.get("message_ts") or "")
    known = await desk.in_thread(channel.id, root)
    if known is not None:
        await desk.respond(
            respond, f"This message is investigated already: {await desk.link(known.incident) or 'see its thread'}"
        )
        return
    text = spoken(message)
    user = str((shortcut.get("user") or {}).get("id", ""))
    await desk.copilot.open(desk.opening.for_message(channel, root, text, opened_by=user))


async def on_open(ack: AsyncAck, shortcut: dict[str, Any], *, desk: Desk) -> None:
    """A form that asks where and what."""
    await ack()
    await desk.open_view(str(shortcut["trigger_id"]), new_form())


def spoken(message: dict[str, Any]) -> str:
    """What a message says: its text, or that of its attachments (alerts often have only those)."""
    text = str(message.get("text") or "")
    if text.strip():
        return text
    parts = [a.get("fallback") or a.get("title") or a.get("text") or "" for a in message.get("attachments") or ()]
    return " ".join(str(part) for part in parts if part)
