"""conversations.*: which channels are there, who is in them, what was said?"""

import base64
from collections.abc import Sequence
from typing import Any

from playground.slack import membership
from playground.slack.call import Call, Method
from playground.slack.installation import BOT_USER, Json
from playground.slack.refusal import Refusal, invalid_arguments
from playground.slack.workspace import Channel
from playground.slack.world import World

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
MANAGE = ("channels:manage", "groups:write", "im:write", "mpim:write")


def page(items: Sequence[Any], call: Call, default: int = 100) -> tuple[list[Any], str]:
    """One page of items by `limit` and `cursor`, and the next cursor. Raises Refusal invalid_cursor."""
    start = 0
    if call.text("cursor"):
        try:
            start = int(base64.b64decode(call.text("cursor"), validate=True).decode().removeprefix("next:"))
        except ValueError:
            raise Refusal("invalid_cursor") from None
    end = start + call.number("limit", default, 1000)
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return list(items[start:end]), cursor


def _readable(world: World, call: Call, what: str = "read") -> Channel:
    channel = world.reachable(call.need("channel", "channel_not_found"))
    world.require(f"{channel.family}:{what}")
    return channel


async def create(world: World, call: Call) -> Json:
    name = call.need("name", "invalid_name_required")
    channel = membership.create(world, name, BOT_USER, is_private=call.flag("is_private"))
    return {"channel": channel.shape()}


async def join(world: World, call: Call) -> Json:
    channel = world.reachable(call.need("channel", "channel_not_found"))
    if channel.is_im or channel.is_private:
        raise Refusal("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refusal("is_archived")
    if BOT_USER in channel.members:
        return {
            "channel": channel.shape(),
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    membership.add(world, channel, BOT_USER)
    return {"channel": channel.shape()}


async def leave(world: World, call: Call) -> Json:
    channel = world.reachable(call.need("channel", "channel_not_found"))
    if BOT_USER not in channel.members:
        return {"not_in_channel": True}
    membership.remove(world, channel, BOT_USER)
    return {}


async def invite(world: World, call: Call) -> Json:
    channel = world.joined(call.need("channel", "channel_not_found"))
    users = [user.strip() for user in call.need("users", "no_user").split(",")]
    for user in users:
        if user not in world.workspace.users:
            raise Refusal("user_not_found")
        if user == BOT_USER:
            raise Refusal("cant_invite_self")
    if all(user in channel.members for user in users):
        raise Refusal("already_in_channel")
    for user in users:
        membership.add(world, channel, user, inviter=BOT_USER)
    return {"channel": channel.shape()}


async def info(world: World, call: Call) -> Json:
    shape = _readable(world, call).shape()
    channel = world.reachable(call.need("channel"))
    return {"channel": shape if call.flag("include_num_members") else _without_count(shape, channel)}


def _without_count(shape: Json, channel: Channel) -> Json:
    return {name: value for name, value in shape.items() if name != "num_members" or channel.is_im}


async def list_all(world: World, call: Call) -> Json:
    wanted = set((call.text("types") or "public_channel").split(","))
    if not wanted <= {"public_channel", "private_channel", "im", "mpim"}:
        raise Refusal("invalid_types")
    kinds = {"channels": "public_channel", "groups": "private_channel", "im": "im"}
    for family, kind in kinds.items():
        if kind in wanted:
            world.require(f"{family}:read")
    found = [
        channel
        for channel in world.workspace.channels.values()
        if kinds[channel.family] in wanted
        and (channel.family == "channels" or BOT_USER in channel.members)
        and not (call.flag("exclude_archived") and channel.is_archived)
    ]
    items, cursor = page(found, call)
    return {"channels": [channel.shape() for channel in items], "response_metadata": {"next_cursor": cursor}}


async def members(world: World, call: Call) -> Json:
    items, cursor = page(_readable(world, call).members, call)
    return {"members": items, "response_metadata": {"next_cursor": cursor}}


def _shown(message: Json, call: Call) -> Json:
    hidden = {"streaming_state"} | (set() if call.flag("include_all_metadata") else {"metadata"})
    return {name: value for name, value in message.items() if name not in hidden}


def _between(messages: list[Json], call: Call) -> list[Json]:
    try:
        oldest, latest = float(call.text("oldest") or 0), float(call.text("latest") or "inf")
    except ValueError:
        raise Refusal("invalid_ts_oldest") from None
    if call.flag("inclusive"):
        return [m for m in messages if oldest <= float(m["ts"]) <= latest]
    return [m for m in messages if oldest < float(m["ts"]) < latest]


def _in(world: World, call: Call) -> Channel:
    channel = world.joined(call.need("channel", "channel_not_found"))
    world.require(f"{channel.family}:history")
    return channel


async def history(world: World, call: Call) -> Json:
    """Newest first, without plain thread replies, as Slack does."""
    channel = _in(world, call)
    top = [
        message
        for message in reversed(channel.messages.values())
        if message.get("thread_ts", message["ts"]) == message["ts"] or message.get("subtype") == "thread_broadcast"
    ]
    items, cursor = page(_between(top, call), call)
    answer: Json = {
        "messages": [_shown(m, call) for m in items],
        "has_more": bool(cursor),
        "pin_count": len(channel.pins),
    }
    return answer | {"response_metadata": {"next_cursor": cursor}} if cursor else answer


async def replies(world: World, call: Call) -> Json:
    """Oldest first; the thread's root is always the first item."""
    channel = _in(world, call)
    stamp = call.need("ts")
    root = channel.messages.get(stamp, {}).get("thread_ts", stamp)
    thread = world.workspace.thread(channel, root)
    rest = _between([m for m in thread if m["ts"] != root], call)
    items, cursor = page([*[m for m in thread if m["ts"] == root], *rest], call, 1000)
    answer: Json = {"messages": [_shown(m, call) for m in items], "has_more": bool(cursor)}
    return answer | {"response_metadata": {"next_cursor": cursor}} if cursor else answer


async def set_topic(world: World, call: Call) -> Json:
    channel = world.joined(call.need("channel", "channel_not_found"))
    if "topic" not in call.args:
        raise invalid_arguments("missing required field: topic")
    membership.set_topic(world, channel, call.text("topic"), BOT_USER)
    return {"channel": channel.shape(), "topic": channel.topic}


async def set_purpose(world: World, call: Call) -> Json:
    channel = world.joined(call.need("channel", "channel_not_found"))
    if len(call.text("purpose")) > 250:
        raise Refusal("too_long")
    channel.purpose = call.text("purpose")
    world.show_channel(channel)
    return {"channel": channel.shape(), "purpose": channel.purpose}


async def archive(world: World, call: Call) -> Json:
    membership.archive(world, world.joined(call.need("channel", "channel_not_found")), BOT_USER)
    return {}


async def rename(world: World, call: Call) -> Json:
    channel = world.joined(call.need("channel", "channel_not_found"))
    if channel.creator != BOT_USER:
        raise Refusal("not_authorized")
    membership.rename(world, channel, call.need("name", "invalid_name_required"), BOT_USER)
    return {"channel": channel.shape()}


async def open_im(world: World, call: Call) -> Json:
    if call.text("channel"):
        return {"channel": world.reachable(call.text("channel")).shape()}
    users = [user.strip() for user in call.need("users", "users_list_not_supplied").split(",")]
    if len(users) > 1:
        raise Refusal("method_not_supported_for_channel_type")
    if users[0] not in world.workspace.users:
        raise Refusal("user_not_found")
    channel = world.workspace.im(BOT_USER, users[0])
    return {"channel": channel.shape() if call.flag("return_im") else {"id": channel.id}, "no_op": False}


async def of_user(world: World, call: Call) -> Json:
    """The channels the app is in (users.conversations)."""
    found = [channel for channel in world.workspace.channels.values() if BOT_USER in channel.members]
    items, cursor = page([channel for channel in found if not channel.is_im], call)
    return {"channels": [channel.shape() for channel in items], "response_metadata": {"next_cursor": cursor}}


METHODS = (
    Method("users.conversations", of_user, READ, tier=3),
    Method("conversations.create", create, MANAGE, tier=2),
    Method("conversations.join", join, ("channels:join",), tier=3),
    Method("conversations.leave", leave, MANAGE, tier=3),
    Method("conversations.invite", invite, MANAGE, tier=3),
    Method("conversations.info", info, READ, tier=3),
    Method("conversations.list", list_all, READ, tier=2),
    Method("conversations.members", members, READ, tier=4),
    Method("conversations.history", history, HISTORY, tier=3),
    Method("conversations.replies", replies, HISTORY, tier=3),
    Method("conversations.setTopic", set_topic, ("channels:write.topic", *MANAGE), tier=2),
    Method("conversations.setPurpose", set_purpose, ("channels:write.topic", *MANAGE), tier=2),
    Method("conversations.archive", archive, MANAGE, tier=2),
    Method("conversations.rename", rename, MANAGE, tier=2),
    Method("conversations.open", open_im, MANAGE, tier=3),
)
