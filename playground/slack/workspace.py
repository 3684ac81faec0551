"""Who and what is in the workspace right now?"""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from playground.slack.installation import BOT_ID, BOT_USER, TEAM_ID, Json
from playground.slack.refusal import Refusal


@dataclass
class User:
    id: str
    name: str
    real_name: str
    color: str = "4a6fa5"
    is_bot: bool = False

    def shape(self) -> Json:
        """The user object of users.info."""
        profile = {"display_name": self.name, "real_name": self.real_name, "email": f"{self.name}@playground.invalid"}
        shape: Json = {"id": self.id, "team_id": TEAM_ID, "name": self.name, "real_name": self.real_name}
        shape |= {"deleted": False, "color": self.color, "tz": "Etc/UTC", "tz_offset": 0, "locale": "en-GB"}
        return shape | {"is_bot": self.is_bot, "is_app_user": False, "profile": profile, "updated": 0}


@dataclass
class Channel:
    id: str
    name: str
    creator: str
    created: int
    is_private: bool = False
    is_im: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False
    topic: str = ""
    purpose: str = ""
    members: list[str] = field(default_factory=list[str])
    messages: dict[str, Json] = field(default_factory=dict[str, Json])
    previous_names: list[str] = field(default_factory=list[str])
    pins: list[str] = field(default_factory=list[str])
    bookmarks: list[Json] = field(default_factory=list[Json])

    @property
    def family(self) -> str:
        """The scope family that covers this kind of conversation: channels, groups or im."""
        return "im" if self.is_im else "groups" if self.is_private else "channels"

    @property
    def kind(self) -> str:
        """The channel_type of a message event."""
        return "im" if self.is_im else "group" if self.is_private else "channel"

    def shape(self, viewer: str = BOT_USER) -> Json:
        """The conversation object of conversations.info as `viewer` gets it."""
        common: Json = {"id": self.id, "created": self.created, "is_archived": self.is_archived, "is_im": self.is_im}
        common |= {"is_org_shared": False, "context_team_id": TEAM_ID, "updated": self.created * 1000}
        if self.is_im:
            other = next((m for m in self.members if m != viewer), viewer)
            return common | {"user": other, "is_user_deleted": False, "priority": 0}
        named = {"name": self.name, "name_normalized": self.name, "is_channel": not self.is_private}
        named |= {"is_group": self.is_private, "is_mpim": False, "is_private": self.is_private}
        common |= named | {"is_general": self.name == "general", "unlinked": 0, "is_shared": self.is_ext_shared}
        common |= {"is_ext_shared": self.is_ext_shared, "is_pending_ext_shared": False, "creator": self.creator}
        common |= {"is_member": viewer in self.members, "num_members": len(self.members)}
        about = {"creator": self.creator, "last_set": 0}
        common |= {"topic": {"value": self.topic} | about, "purpose": {"value": self.purpose} | about}
        return common | {"previous_names": list(self.previous_names), "shared_team_ids": [TEAM_ID]}


class Workspace:
    """Plain state and its look-ups. Who hears of a change is World's matter."""

    def __init__(self, bot_name: str) -> None:
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: dict[str, list[Json]] = {}
        self.homes: dict[str, Json] = {}
        self.stacks: dict[str, list[Json]] = {}
        self.sessions: dict[tuple[str, str], Json] = {}
        self.canvases: dict[str, Json] = {}
        self._numbers = itertools.count(1)
        self._last_ts = 0
        for id_, name, real, color in (
            ("U0MIA0001", "mia", "Mia Okafor", "2f7d6d"),
            ("U0LEE0001", "lee", "Lee Marsh", "a5573f"),
            ("U0SAM0001", "sam", "Sam Ortiz", "5b5ea6"),
        ):
            self.users[id_] = User(id_, name, real, color)
        self.users[BOT_USER] = User(BOT_USER, bot_name.lower(), bot_name, "8a6d1f", is_bot=True)
        people = [user.id for user in self.users.values() if not user.is_bot]
        self.add_channel("general", people[0], members=people)

    def next_ts(self) -> str:
        """A message stamp: Unix seconds with microseconds, unique and rising in the whole workspace."""
        self._last_ts = max(time.time_ns() // 1000, self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def next_id(self, prefix: str) -> str:
        return f"{prefix}0PLAY{next(self._numbers):04d}"

    def user(self, id_or_name: str) -> User:
        """By id or by name (`mia`, `@mia`). Raises Refusal user_not_found."""
        name = id_or_name.removeprefix("@").lower()
        for user in self.users.values():
            if user.id == id_or_name or user.name == name:
                return user
        raise Refusal("user_not_found")

    def channel(self, id_or_name: str) -> Channel:
        """By id or by name (`inc-1`, `#inc-1`). Raises Refusal channel_not_found."""
        found = self.channels.get(id_or_name) or self.channel_named(id_or_name.removeprefix("#"))
        if found is None:
            raise Refusal("channel_not_found")
        return found

    def channel_by_id(self, channel_id: str) -> Channel:
        """By id alone, as most of the Web API wants it. Raises Refusal channel_not_found."""
        if channel_id not in self.channels:
            raise Refusal("channel_not_found")
        return self.channels[channel_id]

    def channel_named(self, name: str) -> Channel | None:
        return next((c for c in self.channels.values() if c.name == name and not c.is_im), None)

    def add_channel(self, name: str, creator: str, members: list[str], **kind: Any) -> Channel:
        channel = Channel(self.next_id("C"), name, creator, int(time.time()), members=list(members), **kind)
        self.channels[channel.id] = channel
        return channel

    def im(self, first: str, second: str) -> Channel:
        """The direct conversation of two users, opened if there was none."""
        for channel in self.channels.values():
            if channel.is_im and set(channel.members) == {first, second}:
                return channel
        channel = Channel(self.next_id("D"), "", first, int(time.time()), is_im=True, members=[first, second])
        self.channels[channel.id] = channel
        return channel

    def message(self, channel: Channel, ts: str) -> Json:
        """Raises Refusal message_not_found."""
        if ts not in channel.messages:
            raise Refusal("message_not_found")
        return channel.messages[ts]

    def thread(self, channel: Channel, root: str) -> list[Json]:
        """The root and its replies, oldest first. Raises Refusal thread_not_found."""
        found = [m for m in channel.messages.values() if m["ts"] == root or m.get("thread_ts") == root]
        if not found:
            raise Refusal("thread_not_found")
        return found

    def view(self, view_id: str = "", external_id: str = "") -> tuple[str, Json]:
        """(user id, view) of an open modal or a Home view. Raises Refusal not_found."""
        homes = [(user, home) for user, home in self.homes.items()]
        opened = [(user, view) for user, stack in self.stacks.items() for view in stack]
        for user, view in (*opened, *homes):
            if (view_id and view["id"] == view_id) or (external_id and view.get("external_id") == external_id):
                return user, view
        raise Refusal("not_found")


def bot_profile(name: str) -> Json:
    return {"id": BOT_ID, "name": name, "deleted": False, "team_id": TEAM_ID, "updated": 0}
