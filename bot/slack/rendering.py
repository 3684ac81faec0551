"""Which form of a message does this workspace take, and what goes out if Slack refuses a block?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from bot.slack.blocks import Dialect
from bot.slack.shapes import Block, Message
from clew.errors import PlatformError
from clew.memory import Memory

log = structlog.get_logger(__name__)

BLOCK_REFUSALS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "unsupported_block", "invalid_slack_file"}
)


class Render(Protocol):
    """A message in one dialect, with its chart (`file`: Slack's id of the uploaded picture) or without."""

    def __call__(self, dialect: Dialect, file: str | None) -> Message: ...


@dataclass(frozen=True)
class Draft:
    """What is to be shown: how to render it, and the chart that goes with it."""

    render: Render
    file: str | None = None


Send = Callable[[str, tuple[Block, ...]], Awaitable[dict[str, Any]]]
"""(fallback text, blocks) -> Slack's answer."""


class Dialects:
    """Asks for the newer blocks once; a workspace that refuses them gets the classic form from then on."""

    def __init__(self, memory: Memory, team: str) -> None:
        self._memory = memory
        self._key = f"slack:dialect:{team}"
        self._known: Dialect | None = None

    async def current(self) -> Dialect:
        """The workspace's dialect. Raises StoreError."""
        if self._known is None:
            kept = await self._memory.effect(self._key)
            classic = kept is not None and kept.done and kept.ref == Dialect.CLASSIC.value
            self._known = Dialect.CLASSIC if classic else Dialect.NEW
        return self._known

    async def deliver(self, draft: Draft, send: Send) -> dict[str, Any]:
        """Slack's answer to the richest form that it takes; in the end the bare text. Raises PlatformError, StoreError."""
        first = await self.current()
        forms = [(first, draft.file)]
        if draft.file is not None:
            forms.append((first, None))
        if first is Dialect.NEW:
            forms.append((Dialect.CLASSIC, None))
        for dialect, file in forms:
            message = draft.render(dialect, file)
            try:
                answer = await send(message.text, message.blocks)
            except PlatformError as error:
                if error.code not in BLOCK_REFUSALS:
                    raise
                log.warning("slack refused blocks", dialect=dialect.value, chart=file is not None, code=error.code)
                continue
            if dialect is not first:
                await self._remember(dialect)
            return answer
        return await send(draft.render(Dialect.CLASSIC, None).text, ())

    async def _remember(self, dialect: Dialect) -> None:
        self._known = dialect
        await self._memory.intend(self._key, dialect.value)
        await self._memory.done(self._key, dialect.value)


def without_chart(draft: Draft) -> Draft:
    """The same message with its numbers as text."""
    return replace(draft, file=None)
