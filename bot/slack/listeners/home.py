"""What does Clew show when somebody opens it?"""

from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.desk import Desk
from bot.slack.home import home
from bot.slack.scopes import Method, missing
from clew.errors import PlatformError
from clew.progress import Progress

RECENT = 10
PROMPTS = (
    {"title": "How do I start?", "message": "help"},
    {"title": "What can I ask?", "message": "What can I ask you?"},
)


def register(app: AsyncApp, desk: Desk) -> None:
    app.event("app_home_opened")(partial(on_opened, desk=desk))


async def on_opened(event: dict[str, Any], *, desk: Desk) -> None:
    """The Home tab: what runs, what ran, how the sources are. The Messages tab: what one can say."""
    if event.get("tab") == "messages":
        await _prompt(desk, str(event.get("channel", "")))
        return
    user = str(event.get("user", ""))
    recent = await _visible(desk, user)
    threads = {p.incident.id: link for p in recent if (link := await desk.link(p.incident))}
    health = await desk.copilot.health()
    view = home(recent, health, missing(desk.identity.scopes), now=desk.clock.now(), threads=threads)
    await desk.web.call(Method.PUBLISH, user_id=user, view=dict(view))


async def _visible(desk: Desk, user: str) -> list[Progress]:
    """Investigations in channels that this person can look into: a private channel's incident is nobody else's business."""
    shown: list[Progress] = []
    seen: dict[str, bool] = {}
    for progress in await desk.copilot.recent(RECENT):
        channel = progress.incident.thread.channel
        if channel not in seen:
            seen[channel] = await desk.channels.sees(user, channel)
        if seen[channel]:
            shown.append(progress)
    return shown


async def _prompt(desk: Desk, channel: str) -> None:
    try:
        await desk.web.call(Method.PROMPTS, channel_id=channel, prompts=list(PROMPTS))
    except PlatformError:
        # Prompts are a courtesy of newer Slacks; without them one can still type.
        return
