"""What does every listener have at hand?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.card import Card
from bot.slack.blocks import message
from bot.slack.channels import Channels
from bot.slack.config import NAME, Identity, SlackConfig
from bot.slack.opening import Opening
from bot.slack.platform import SlackPlatform, thread_key
from bot.slack.posts import permalink
from bot.slack.scopes import Method
from bot.slack.shapes import Message, section
from bot.slack.text import fallback
from bot.slack.web import Web
from clew.errors import PlatformError
from clew.incident import Incident
from clew.memory import Memory
from clew.ports import Clock, Copilot
from clew.progress import Progress, RunState

log = structlog.get_logger(__name__)

OPEN = frozenset({RunState.INVESTIGATING, RunState.RECHECKING})


@dataclass(frozen=True)
class Desk:
    """The copilot and everything that turns Slack's words into its verbs."""

    config: SlackConfig
    identity: Identity
    web: Web
    copilot: Copilot
    memory: Memory
    clock: Clock
    channels: Channels
    opening: Opening
    platform: SlackPlatform

    async def in_channel(self, channel: str) -> Progress | None:
        """The newest investigation in a channel."""
        return await self.copilot.progress_in(NAME, self.identity.team, channel)

    async def in_thread(self, channel: str, root: str) -> Progress | None:
        """The investigation that is spoken about in a thread, if it is one of ours."""
        kept = await self.memory.effect(thread_key(self.identity.team, channel, root))
        return await self.copilot.progress(kept.ref) if kept is not None and kept.done else None

    async def link(self, incident: Incident) -> str | None:
        """Where the card is, as an address; None if it is not posted or Slack would not say."""
        at = await self.platform.card_at(incident)
        return await permalink(self.web, *at) if at is not None else None

    async def respond(self, respond: AsyncRespond, said: Card | str) -> None:
        """Says something to the person who pressed or typed, through the address that Slack gave for it."""
        shown = await self._message(said)
        await respond(
            text=shown.text, blocks=shown.wire(), response_type="ephemeral", replace_original=False, unfurl_links=False
        )

    async def say_privately(self, channel: str, user: str, thread: str | None, said: Card | str) -> None:
        """Says something that only one person in a channel sees. Where Slack refuses even that, the log has it."""
        shown = await self._message(said)
        try:
            await self.web.call(
                Method.WHISPER, channel=channel, user=user, text=shown.text, blocks=shown.wire(), thread_ts=thread
            )
        except PlatformError as error:
            log.warning("could not tell a person", code=error.code, text=shown.text)

    async def say_directly(self, channel: str, thread: str | None, said: Card | str) -> None:
        """Answers in a direct conversation; a user's id stands for the one with them. Raises PlatformError."""
        shown = await self._message(said)
        await self.web.call(
            Method.POST,
            channel=channel,
            text=shown.text,
            blocks=shown.wire(),
            thread_ts=thread,
            unfurl_links=False,
            unfurl_media=False,
        )

    async def _message(self, said: Card | str) -> Message:
        if isinstance(said, Card):
            return message(said, await self.platform.dialects.current())
        return Message(text=fallback(said.replace("`", "")), blocks=(section(said),))

    async def open_view(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Opens a form or a page for one person. Raises PlatformError."""
        await self.web.call(Method.OPEN_VIEW, trigger_id=trigger, view=dict(view))


def running(progress: Progress | None) -> bool:
    """Whether an investigation is under way."""
    return progress is not None and progress.state in OPEN
