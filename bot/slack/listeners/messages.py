"""Which of all the talk is meant for Clew?"""

from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from agents.questions import asks
from bot.card_private import help_card
from bot.slack.desk import Desk
from bot.slack.errand import Errand, Word, run


def register(app: AsyncApp, desk: Desk) -> None:
    app.event("message")(partial(on_message, desk=desk))


async def on_message(event: dict[str, Any], *, desk: Desk) -> None:
    """A reply under one of Clew's own messages that asks is a question; a direct message gets help; everything else is left alone."""
    if event.get("subtype") or event.get("bot_id") or not event.get("user"):
        return
    if event.get("channel_type") == "im":
        await desk.say_directly(str(event["channel"]), str(event["ts"]), help_card())
        return
    thread, text = event.get("thread_ts"), str(event.get("text") or "")
    if not thread or event.get("parent_user_id") != desk.identity.bot_user or not addressed(text):
        return
    channel, user = str(event["channel"]), str(event["user"])
    about = await desk.in_thread(channel, str(thread))
    if about is None or text.strip().lower() in set(Word):
        return
    tell = partial(desk.say_privately, channel, user, str(thread))
    key = f"{channel}:{event['ts']}"
    await run(desk, Errand(channel=channel, user=user, text=text, key=key, tell=tell, root=str(thread), about=about))


def addressed(text: str) -> bool:
    """False for talk among people: a message that mentions somebody, or asks nothing. One that names Clew comes as a mention event."""
    return "<@" not in text and asks(text)
