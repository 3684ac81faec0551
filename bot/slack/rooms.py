"""Where does an incident that no person opened get its channel, although the process may die while it asks for one?"""

import asyncio
import re
import unicodedata
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.slack.channels import Channel, Channels, channel_from
from bot.slack.config import NAME, Identity
from bot.slack.scopes import Method
from bot.slack.web import Web
from clew.errors import PlatformError, Refused
from clew.incident import Room, Thread
from clew.memory import Memory
from clew.ports import Clock

log = structlog.get_logger(__name__)

ROOM = "slack:room:"
ID = re.compile(r"[CG][A-Z0-9]{5,}")
SLUG = 55
SUFFIXES = 30
PAGES = 20
NOT_ALLOWED = frozenset(
    {"missing_scope", "restricted_action", "not_allowed_token_type", "no_permission", "user_is_restricted"}
)
SCOPE = "channels:manage"
TAKEN = "name_taken"
NO_ROOM = "no_room"
NO_NOTE = "-"


def channel_name(title: str, at: float) -> str:
    """`inc-2026-11-23-web-p99-latency-high`: what Slack allows in a name, within its 80 characters, room for a number left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "alert"
    cut = slug if len(slug) <= SLUG else slug[:SLUG].rpartition("-")[0] or slug[:SLUG]
    return f"inc-{datetime.fromtimestamp(at, UTC):%Y-%m-%d}-{cut}"


def _said(ref: str) -> tuple[str, str]:
    """(id, name) of a channel in the ledger."""
    channel, _, name = ref.partition(" ")
    return channel, name


class Rooms:
    """Channels through the ledger: the name is written down first, then asked for, then its id is kept."""

    def __init__(self, web: Web, memory: Memory, clock: Clock, identity: Identity) -> None:
        self._web = web
        self._memory = memory
        self._clock = clock
        self._identity = identity
        self._channels = Channels(web)
        self._alone = asyncio.Lock()

    async def room(self, title: str, key: str, channel: str) -> Room:
        """The channel for this key: `channel`, the one that is configured, or a new one. Raises PlatformError, StoreError."""
        ledger = f"{ROOM}{key}"
        async with self._alone:
            kept = await self._memory.effect(ledger)
            if kept is not None and kept.done and kept.ref:
                return self._at(*_said(kept.ref), kept.digest)
            name = kept.digest if kept is not None else channel_name(title, self._clock.now())
            if kept is None:
                await self._memory.intend(ledger, name)
            found, note = await self._found(name, channel, again=kept is not None)
            # an empty digest would leave the name standing where the note is read
            await self._memory.done(ledger, f"{found.id} {found.name}", note or NO_NOTE)
            return self._at(found.id, found.name, note)

    def _at(self, channel: str, name: str, note: str) -> Room:
        thread = Thread(platform=NAME, team=self._identity.team, channel=channel)
        return Room(thread=thread, name=name, note="" if note == NO_NOTE else note)

    async def _found(self, name: str, theirs: str, *, again: bool) -> tuple[Channel, str]:
        """(channel, what people should know about it)."""
        note = ""
        if theirs:
            try:
                return await self._channels.enter(theirs), ""
            except Refused as refused:
                note = f"Clew could not enter <{theirs}>: {refused}"
        config = self._web.config
        if config.alerts_channel:
            return await self._standing(config.alerts_channel), note
        if not self._identity.may(SCOPE):
            return await self._instead("missing_scope", note)
        try:
            return await self._made(name, again=again), note
        except PlatformError as error:
            if error.code not in NOT_ALLOWED:
                raise
            return await self._instead(error.code, note)

    async def _instead(self, code: str, note: str) -> tuple[Channel, str]:
        other = self._web.config.fallback_channel
        why = f"Clew's Slack app may not make channels (scope {SCOPE})"
        if not other:
            raise PlatformError(
                NO_ROOM,
                f"{why}, and no other channel is set ({code}). Grant the scope and reinstall the app, or set "
                "CLEW_ALERTS__CHANNEL or CLEW_ALERTS__FALLBACK_CHANNEL.",
            )
        said = f"{why}, so this incident has no channel of its own."
        return await self._standing(other), f"{note} {said}".strip()

    async def _standing(self, configured: str) -> Channel:
        """A channel that is there, by its id or name, with Clew in it."""
        wanted = configured.strip().lstrip("#")
        channel = wanted if ID.fullmatch(wanted) else await self._named(wanted)
        try:
            return await self._channels.enter(channel)
        except Refused as refused:
            raise PlatformError(NO_ROOM, f"the channel {configured!r} for alerts cannot be used: {refused}") from None

    async def _named(self, name: str) -> str:
        async for found in self._public():
            if found.get("name") == name.lower():
                return str(found["id"])
        raise PlatformError(
            NO_ROOM, f"there is no public channel named {name!r}. For a private one set its id, and invite Clew to it."
        )

    async def _made(self, name: str, *, again: bool) -> Channel:
        """A new channel; after a crash the one that was made and not written down."""
        channel = await self._left_behind(name) if again else None
        if channel is None:
            channel = await self._created(name)
        await self._invite(channel.id)
        return channel

    async def _created(self, name: str) -> Channel:
        for number in range(1, SUFFIXES + 1):
            try:
                answer = await self._web.call(Method.CREATE, name=name if number == 1 else f"{name}-{number}")
            except PlatformError as error:
                if error.code != TAKEN:
                    raise
                continue
            return channel_from(answer["channel"])
        raise PlatformError(TAKEN, f"{SUFFIXES} channels named like {name} are there already")

    async def _left_behind(self, name: str) -> Channel | None:
        """The newest channel of this name that we made and no incident has."""
        ours = re.compile(rf"{re.escape(name)}(?:-\d+)?")
        had = {_said(effect.ref)[0] for effect in await self._memory.effects(ROOM)}
        made = [
            (float(found.get("created") or 0), str(found["id"]), found)
            async for found in self._public()
            if found.get("creator") == self._identity.bot_user
            and str(found["id"]) not in had
            and ours.fullmatch(str(found.get("name", "")))
        ]
        return channel_from(max(made, key=lambda one: one[:2])[2]) if made else None

    async def _public(self) -> AsyncGenerator[dict[str, Any]]:
        cursor: str | None = None
        for _ in range(PAGES):
            page = await self._web.call(
                Method.LIST, types="public_channel", exclude_archived="true", limit=1000, cursor=cursor
            )
            for found in page.get("channels", ()):
                yield found
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return

    async def _invite(self, channel: str) -> None:
        """Whoever should see it. One who cannot be invited does not keep the others out, nor the incident."""
        for person in self._web.config.invite:
            try:
                await self._web.call(Method.INVITE, channel=channel, users=person)
            except PlatformError as error:
                if error.code != "already_in_channel":
                    log.warning("somebody was not invited to an incident's channel", person=person, code=error.code)
