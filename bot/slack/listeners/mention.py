"""What happens when somebody addresses Clew by name?"""

from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.desk import Desk
from bot.slack.errand import Errand, run


def register(app: AsyncApp, desk: Desk) -> None:
    app.event("app_mention")(partial(on_mention, desk=desk))


async def on_mention(event: dict[str, Any], *, desk: Desk) -> None:
    """In one of our threads a mention is a question; elsewhere it starts an investigation, or asks the one that runs."""
    if event.get("subtype") or event.get("edited"):
        return
    channel, user, ts = str(event["channel"]), str(event.get("user", "")), str(event["ts"])
    thread = str(event.get("thread_ts") or "")
    await run(
        desk,
        Errand(
            channel=channel,
            user=user,
            text=without_mention(str(event.get("text") or ""), desk.identity.bot_user),
            key=f"{channel}:{ts}",
            tell=partial(desk.say_privately, channel, user, thread or None),
            root=thread or ts,
            about=await desk.in_thread(channel, thread) if thread else None,
        ),
    )


def without_mention(text: str, bot_user: str) -> str:
    """The sentence without the name it is addressed to."""
    return " ".join(text.replace(f"<@{bot_user}>", " ").split())
