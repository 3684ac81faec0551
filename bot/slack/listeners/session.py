"""What does Slack's own Stop button do?"""

from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.desk import Desk


def register(app: AsyncApp, desk: Desk) -> None:
    app.event("agent_session_stopped")(partial(on_stopped, desk=desk))


async def on_stopped(event: dict[str, Any], *, desk: Desk) -> None:
    """Halts the thread's investigation. Slack leaves the session at `processing`; the stopped card moves it on, and so do we."""
    channel, thread = str(event.get("channel", "")), str(event.get("thread_ts", ""))
    progress = await desk.in_thread(channel, thread)
    if progress is not None and await desk.copilot.stop(progress.incident.id, str(event.get("user", ""))):
        return
    await desk.platform.release_session(channel, thread)
