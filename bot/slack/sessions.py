"""Does Slack show its own Stop button for this investigation?"""

import asyncio
from collections import OrderedDict

import structlog

from bot.slack.scopes import Method
from bot.slack.web import Web, transient
from clew.errors import PlatformError
from clew.progress import RunState

log = structlog.get_logger(__name__)

REMEMBERED = 500
BRIEF_SECONDS = 2.0
"""How long a card waits for its native Stop button; it has one of its own."""
STATUS = {
    RunState.INVESTIGATING: "processing",
    RunState.RECHECKING: "processing",
    RunState.DONE: "active",
    RunState.STOPPED: "active",
    RunState.RESOLVED: "closed",
}


class Sessions:
    """Keeps Slack's session status in step with the card. An app that is no agent has its own Stop button and nothing else."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._agent = True
        self._shown: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def mark(self, channel: str, thread: str, state: RunState, title: str) -> None:
        """Tells Slack where the investigation stands; a refusal is nobody's business but the log's."""
        await self._set(channel, thread, STATUS[state], title)

    async def release(self, channel: str, thread: str) -> None:
        """Takes a session off `processing` although no card changes: Slack never does that by itself."""
        self._shown.pop((channel, thread), None)
        await self._set(channel, thread, "active", "")

    async def _set(self, channel: str, thread: str, status: str, title: str) -> None:
        if not self._agent or self._shown.get((channel, thread)) == status:
            return
        self._shown[channel, thread] = status
        self._shown.move_to_end((channel, thread))
        if len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
        try:
            # Patient only where it matters: a session left at `processing` would show Stop for an hour.
            brief = status == "processing"
            call = self._web.call_once if brief else self._web.call
            async with asyncio.timeout(BRIEF_SECONDS if brief else None):
                await call(
                    Method.SESSION, channel_id=channel, thread_ts=thread, status=status, title=title[:200] or None
                )
        except TimeoutError:
            log.info("no native stop button", code="no answer")
        except PlatformError as error:
            if status != "processing":  # which is not asked for twice: every state of the card would wait for it
                self._shown.pop((channel, thread), None)
            if not transient(error):
                # not_authorized: not declared an agent; unknown_method: a Slack without sessions.
                self._agent = error.code not in ("not_authorized", "unknown_method", "missing_scope", "not_allowed")
            log.info("no native stop button", code=error.code)
