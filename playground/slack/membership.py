"""How do channels come to be and change, and who is in them?"""

import re

from playground.slack.installation import BOT_USER, Json
from playground.slack.posting import post
from playground.slack.refusal import Refusal
from playground.slack.workspace import Channel
from playground.slack.world import World

NAME = re.compile(r"[a-z0-9_\-]{1,80}")


def create(world: World, name: str, creator: str, is_private: bool = False, is_ext_shared: bool = False) -> Channel:
    """Raises Refusal invalid_name_specials, invalid_name_maxlength, invalid_name_required or name_taken."""
    _check_name(world, name)
    channel = world.workspace.add_channel(name, creator, [creator], is_private=is_private, is_ext_shared=is_ext_shared)
    world.show_channel(channel)
    about = {"id": channel.id, "is_channel": True, "name": name, "name_normalized": name, "created": channel.created}
    world.announce(
        {"type": "channel_created", "channel": about | {"creator": creator, "is_shared": False}},
        channel,
        member_only=False,
    )
    return channel


def _check_name(world: World, name: str) -> None:
    if not name:
        raise Refusal("invalid_name_required")
    if len(name) > 80:
        raise Refusal("invalid_name_maxlength")
    if not NAME.fullmatch(name):
        raise Refusal("invalid_name_specials")
    if world.workspace.channel_named(name):
        raise Refusal("name_taken")


def rename(world: World, channel: Channel, name: str, user: str) -> None:
    _check_name(world, name)
    old, channel.name = channel.name, name
    channel.previous_names.append(old)
    world.show_channel(channel)
    about = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created, "is_channel": True}
    world.announce({"type": "channel_rename", "channel": about}, channel, member_only=False)
    text = f'has renamed the channel from "{old}" to "{name}"'
    post(world, channel, {"subtype": "channel_name", "user": user, "text": text, "old_name": old, "name": name})


def archive(world: World, channel: Channel, user: str) -> None:
    """Raises Refusal already_archived or cant_archive_general."""
    if channel.is_archived:
        raise Refusal("already_archived")
    if channel.name == "general":
        raise Refusal("cant_archive_general")
    post(world, channel, {"subtype": "channel_archive", "user": user, "text": f"<@{user}> archived the channel"})
    channel.is_archived = True
    world.show_channel(channel)
    world.announce({"type": "channel_archive", "channel": channel.id, "user": user}, channel, member_only=False)


def add(world: World, channel: Channel, user: str, inviter: str = "") -> None:
    """Put a user in; the join message and event follow. Nothing happens when the user is in already."""
    if user in channel.members:
        return
    channel.members.append(user)
    world.show_channel(channel)
    message: Json = {"subtype": "channel_join", "user": user, "text": f"<@{user}> has joined the channel"}
    if inviter:
        message["inviter"] = inviter
    post(world, channel, message)
    event: Json = {"type": "member_joined_channel", "user": user, "channel": channel.id, "team": "T0PLAY001"}
    event["channel_type"] = "G" if channel.is_private else "C"
    world.announce(event | ({"inviter": inviter} if inviter else {}), channel)


def remove(world: World, channel: Channel, user: str) -> None:
    """Raises Refusal not_in_channel or cant_leave_general."""
    if user not in channel.members:
        raise Refusal("not_in_channel")
    if channel.name == "general":
        raise Refusal("cant_leave_general")
    channel.members.remove(user)
    world.show_channel(channel)
    event = {"type": "member_left_channel", "user": user, "channel": channel.id, "team": "T0PLAY001"}
    if user == BOT_USER:
        world.announce({"type": "channel_left", "channel": channel.id}, channel, member_only=False)
    world.announce(event | {"channel_type": "G" if channel.is_private else "C"}, channel)


def set_topic(world: World, channel: Channel, topic: str, user: str) -> None:
    """Raises Refusal too_long for more than 250 characters."""
    if len(topic) > 250:
        raise Refusal("too_long")
    channel.topic = topic
    world.show_channel(channel)
    text = f"<@{user}> set the channel topic: {topic}"
    post(world, channel, {"subtype": "channel_topic", "user": user, "topic": topic, "text": text})
