"""How does a message come to be, change and go?"""

import re
from typing import Any

from playground.slack.installation import APP_ID, BOT_ID, BOT_USER, TEAM_ID, Json
from playground.slack.workspace import Channel, bot_profile
from playground.slack.world import World

TOKEN = re.compile(r"<(?:[@#!][^<>\s]+|https?://[^<>\s]+)>")
USER = re.compile(r"<@([A-Z0-9]+)>")
TYPED = re.compile(
    r"(?<![\w<])(?:@(?P<user>\w+(?:[.-]\w+)*)|#(?P<channel>[\w-]+)|(?P<link>https?://[^\s<>|]*[^\s<>|.,;:!?)'\"]))"
)


def typed_text(world: World, text: str) -> str:
    """What Slack stores for text a person typed: escaped, with @name, #name and links as tokens."""
    parts: list[str] = []
    end = 0
    for token in TOKEN.finditer(text):
        parts += [_typed(world, text[end : token.start()]), token.group()]
        end = token.end()
    return "".join([*parts, _typed(world, text[end:])])


def command_text(world: World, text: str, escaped: bool) -> str:
    """A command's text as sent: as typed, or for should_escape with tokens that carry names (`<@U1|mia>`)."""
    if not escaped:
        return text
    users = world.workspace.users
    return USER.sub(
        lambda found: f"<@{found[1]}|{users[found[1]].name}>" if found[1] in users else found[0],
        typed_text(world, text),
    )


def _typed(world: World, text: str) -> str:
    def token(found: re.Match[str]) -> str:
        if found["link"]:
            return f"<{found['link']}>"
        if found["user"]:
            name = found["user"].lower()
            user = next((u for u in world.workspace.users.values() if u.name == name), None)
            return f"<@{user.id}>" if user else found.group()
        channel = world.workspace.channel_named(found["channel"])
        return f"<#{channel.id}|{channel.name}>" if channel else found.group()

    return TYPED.sub(token, text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def bot_message(world: World, **fields: Any) -> Json:
    """The fields every message of the app has; None fields are left out."""
    message: Json = {"type": "message", "user": BOT_USER, "bot_id": BOT_ID, "app_id": APP_ID, "team": TEAM_ID}
    message["bot_profile"] = bot_profile(world.installation.name) | {"app_id": APP_ID}
    return message | {name: value for name, value in fields.items() if value is not None}


def post(world: World, channel: Channel, message: Json) -> Json:
    """Give a message its ts, store and show it, and tell the app. Returns the stored message."""
    message = {"type": "message", **message, "ts": world.workspace.next_ts()}
    channel.messages[message["ts"]] = message
    root = channel.messages.get(message.get("thread_ts", ""))
    if root is not None and root is not message:
        message["parent_user_id"] = root.get("user", "")
        _count_reply(root, message)
        world.screens.show(world.audience(channel), {"type": "message_changed", "channel": channel.id, "message": root})
    world.show("message", channel, message)
    _announce(world, channel, message)
    return message


def _count_reply(root: Json, reply: Json) -> None:
    root["thread_ts"] = root["ts"]
    root["reply_count"] = root.get("reply_count", 0) + 1
    users = root.setdefault("reply_users", [])
    if reply.get("user") not in users:
        users.append(reply.get("user"))
    root |= {"reply_users_count": len(users), "latest_reply": reply["ts"], "is_locked": False, "subscribed": False}


def _announce(world: World, channel: Channel, message: Json) -> None:
    hidden = {"parent_user_id", "reactions", "streaming_state", "metadata"}
    event = {name: value for name, value in message.items() if name not in hidden}
    event |= {"channel": channel.id, "channel_type": channel.kind, "event_ts": message["ts"]}
    if message.get("parent_user_id"):
        event["parent_user_id"] = message["parent_user_id"]
    world.announce(event, channel)
    if f"<@{BOT_USER}>" in message.get("text", "") and not channel.is_im and message.get("user") != BOT_USER:
        mention = {name: event[name] for name in event if name not in ("subtype", "channel_type", "parent_user_id")}
        world.announce(mention | {"type": "app_mention"}, channel)


def edit(world: World, channel: Channel, message: Json, **changes: Any) -> Json:
    """Change a stored message in place (None removes a field), show it, and tell the app."""
    before = dict(message)
    for name, value in changes.items():
        if value is None:
            message.pop(name, None)
        else:
            message[name] = value
    world.show("edited", channel, message)
    _announce_change(world, channel, "message_changed", message=dict(message), previous_message=before)
    return message


def delete(world: World, channel: Channel, message: Json) -> None:
    channel.messages.pop(message["ts"], None)
    root = channel.messages.get(message.get("thread_ts", ""))
    if root is not None and root is not message:
        root["reply_count"] = max(0, root.get("reply_count", 1) - 1)
    world.show("deleted", channel, message)
    _announce_change(world, channel, "message_deleted", deleted_ts=message["ts"], previous_message=dict(message))


def _announce_change(world: World, channel: Channel, subtype: str, **fields: Any) -> None:
    stamp = world.workspace.next_ts()
    event: Json = {"type": "message", "subtype": subtype, "hidden": True, "channel": channel.id, "ts": stamp}
    world.announce(event | {"event_ts": stamp, "channel_type": channel.kind} | fields, channel)


def whisper(world: World, channel: Channel, user: str, message: Json) -> Json:
    """An ephemeral message: one person sees it, nobody can fetch it."""
    stamp = world.workspace.next_ts()
    message = {"type": "message", "is_ephemeral": True, **message, "ts": stamp, "channel": channel.id}
    message["ephemeral"] = True
    world.workspace.ephemerals.setdefault(user, []).append(message)
    show_whisper(world, user, message)
    return message


def show_whisper(world: World, user: str, message: Json) -> None:
    channel = message["channel"]
    world.record.add("ephemeral", channel=channel, ts=message["ts"], audience=(user,), payload=message)
    world.screens.show((user,), {"type": "ephemeral", "channel": channel, "message": message})


def unwhisper(world: World, user: str, message: Json) -> None:
    world.workspace.ephemerals[user].remove(message)
    channel = message["channel"]
    world.record.add("deleted", channel=channel, ts=message["ts"], audience=(user,), payload=message)
    world.screens.show((user,), {"type": "message_deleted", "channel": channel, "ts": message["ts"]})
