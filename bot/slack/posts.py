"""How does a message appear once, although the process may die between asking for it and hearing that it is there?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from bot.slack.rendering import Dialects, Draft
from bot.slack.scopes import Method
from bot.slack.shapes import Block
from bot.slack.web import Web
from clew.errors import PlatformError
from clew.memory import Memory

log = structlog.get_logger(__name__)

EVENT_TYPE = "clew"
PAGES = 5
LINK_SECONDS = 3.0
CLOCK_SLACK = 120.0
"""Seconds by which our clock may be off Slack's when a lost post is looked for."""


@dataclass(frozen=True)
class Place:
    """Where a message belongs: its key in the ledger, its channel, its thread ("" = top level), and since when it can exist."""

    key: str
    channel: str
    thread: str
    since: float


@dataclass(frozen=True)
class Posted:
    """A message that is there. `digest` is what the ledger says it shows; `fresh` if this call put it there."""

    channel: str
    ts: str
    digest: str
    fresh: bool


def metadata(key: str) -> dict[str, Any]:
    """What a post carries so that it is found again."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


def reference(ref: str) -> tuple[str, str]:
    """(channel, ts) of a ledger reference."""
    channel, _, ts = ref.partition(":")
    return channel, ts


async def permalink(web: Web, channel: str, ts: str) -> str | None:
    """A message's address; None if Slack would not say."""
    try:
        async with asyncio.timeout(LINK_SECONDS):
            answer = await web.call(Method.PERMALINK, channel=channel, message_ts=ts)
    except (PlatformError, TimeoutError):
        return None
    return str(answer.get("permalink") or "") or None


class Posts:
    """Posts through the ledger: intent first, then the post, then its address."""

    def __init__(self, web: Web, memory: Memory, dialects: Dialects) -> None:
        self._web = web
        self._memory = memory
        self._dialects = dialects
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    async def put(self, place: Place, draft: Draft, digest: str) -> Posted:
        """The message at this place, posted now if it is not there yet. Raises PlatformError, StoreError."""
        async with self._alone(place.key):
            kept = await self._memory.effect(place.key)
            if kept is not None and kept.done and kept.ref:
                channel, ts = reference(kept.ref)
                return Posted(channel, ts, kept.digest, fresh=False)
            ts = None
            if kept is None:
                await self._memory.intend(place.key, digest)
            else:
                ts = await self._found(place)
            fresh = ts is None
            if ts is None:
                ts = await self._post(place, draft)
            shown = digest if fresh else ""
            await self._memory.done(place.key, f"{place.channel}:{ts}", shown)
            return Posted(place.channel, ts, shown, fresh)

    async def _post(self, place: Place, draft: Draft) -> str:
        async def send(text: str, blocks: tuple[Block, ...]) -> dict[str, Any]:
            return await self._web.call(
                Method.POST,
                channel=place.channel,
                thread_ts=place.thread or None,
                text=text,
                blocks=[{**block} for block in blocks] or None,
                metadata=metadata(place.key),
                unfurl_links=False,
                unfurl_media=False,
            )

        answer = await self._dialects.deliver(draft, send)
        return str(answer["ts"])

    async def _found(self, place: Place) -> str | None:
        """The same, or None where Slack does not let us look: a message twice is better than none."""
        try:
            return await self._find(place)
        except PlatformError as error:
            if error.code not in ("missing_scope", "thread_not_found"):
                raise
            log.warning("could not look for an earlier post; it may stand twice", key=place.key, code=error.code)
            return None

    async def _find(self, place: Place) -> str | None:
        """The post that an earlier process left behind, by its metadata."""
        cursor: str | None = None
        method = Method.REPLIES if place.thread else Method.HISTORY
        for _ in range(PAGES):
            page = await self._web.call(
                method,
                channel=place.channel,
                ts=place.thread or None,
                oldest=f"{max(0.0, place.since - CLOCK_SLACK):.6f}",
                include_all_metadata="true",
                limit=200,
                cursor=cursor,
            )
            for message in page.get("messages", ()):
                found = message.get("metadata") or {}
                if found.get("event_type") == EVENT_TYPE and (found.get("event_payload") or {}).get("key") == place.key:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return None
        log.warning("gave up looking for an earlier post; it may stand twice", key=place.key)
        return None

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncGenerator[None]:
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)
