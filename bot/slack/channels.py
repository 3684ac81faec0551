"""May Clew be in this channel, and how does it get in?"""

import fnmatch
from dataclasses import dataclass
from typing import Any

from bot.slack.scopes import Method
from bot.slack.web import Web
from clew.errors import PlatformError, Refused


@dataclass(frozen=True)
class Channel:
    """What matters here of a Slack conversation."""

    id: str
    name: str = ""
    member: bool = False
    archived: bool = False
    direct: bool = False
    """A conversation of people, not a channel."""
    private: bool = False
    general: bool = False
    external: bool = False
    """Shared with another organisation, or about to be."""


def channel_from(found: dict[str, Any]) -> Channel:
    """The channel in Slack's conversation object; unknown fields are ignored, missing ones are False."""
    shared = ("is_ext_shared", "is_shared", "is_pending_ext_shared", "pending_shared", "pending_connected_team_ids")
    return Channel(
        id=str(found.get("id", "")),
        name=str(found.get("name", "")),
        member=bool(found.get("is_member")),
        archived=bool(found.get("is_archived")),
        direct=bool(found.get("is_im") or found.get("is_mpim")),
        private=bool(found.get("is_private") or found.get("is_group")),
        general=bool(found.get("is_general")),
        external=any(bool(found.get(flag)) for flag in shared),
    )


def matching(name: str, patterns: tuple[str, ...]) -> str | None:
    """The first pattern that a channel's name matches, ignoring case."""
    return next((p for p in patterns if fnmatch.fnmatchcase(name.lower(), p.lower())), None)


def refuse(channel: Channel) -> None:
    """Raises Refused, in words for a person, if Clew must not work in this channel."""
    if channel.external:
        raise Refused(
            "This channel is shared with another organisation, so Clew does not post evidence here. "
            "Use a channel that only your workspace can see."
        )
    if channel.direct:
        raise Refused(
            "Clew works in channels, where the people who need it can see it. "
            "Run `/investigate` in the incident's channel."
        )
    if channel.archived:
        raise Refused("This channel is archived. Unarchive it, then run `/investigate` again.")
    if channel.general:
        raise Refused(
            "Clew does not post in the workspace's general channel. Run `/investigate` in an incident's channel."
        )


class Channels:
    """Looks channels up and enters those where Clew may work."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def look(self, channel_id: str) -> Channel:
        """The channel as it is now. Raises PlatformError, or Refused if Clew cannot see it."""
        if channel_id.startswith("D"):
            return Channel(id=channel_id, direct=True)
        try:
            answer = await self._web.call(Method.INFO, channel=channel_id)
        except PlatformError as error:
            if error.code in ("channel_not_found", "missing_scope"):
                raise Refused(
                    "Clew cannot see this conversation. If it is a private channel, add Clew with "
                    "`/invite` and try again; otherwise run `/investigate` in the incident's channel."
                ) from None
            raise
        return channel_from(answer.get("channel") or {})

    async def enter(self, channel_id: str) -> Channel:
        """The channel, with Clew in it. Raises Refused with the reason for a person, or PlatformError."""
        return await self.join(await self.look(channel_id))

    async def join(self, channel: Channel) -> Channel:
        """The same for a channel that was looked up already."""
        refuse(channel)
        if channel.member:
            return channel
        if channel.private:
            raise Refused("Clew is not in this private channel. Add it with `/invite`, then try again.")
        try:
            await self._web.call(Method.JOIN, channel=channel.id)
        except PlatformError as error:
            if error.code in (
                "is_archived",
                "method_not_supported_for_channel_type",
                "missing_scope",
                "restricted_action",
            ):
                raise Refused(
                    "Clew cannot join this channel by itself. Add it with `/invite`, then try again."
                ) from None
            raise
        return channel

    async def sees(self, user: str, channel_id: str) -> bool:
        """Whether a person may know what is said in a channel: it is public, or they are in it. False if in doubt."""
        try:
            answer = await self._web.call(Method.INFO, channel=channel_id)
            if not channel_from(answer.get("channel") or {}).private:
                return True
            return await self._is_member(user, channel_id)
        except PlatformError:
            return False

    async def _is_member(self, user: str, channel_id: str) -> bool:
        cursor: str | None = None
        for _ in range(10):
            page = await self._web.call(Method.MEMBERS, channel=channel_id, limit=200, cursor=cursor)
            if user in page.get("members", ()):
                return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                break
        return False
