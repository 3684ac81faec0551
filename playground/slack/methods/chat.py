"""chat.*: how does the app write, change and take back messages?"""

import time
from typing import Any

from playground.slack.blocks import check_message, with_ids
from playground.slack.call import Call, Method
from playground.slack.installation import BOT_USER, Json
from playground.slack.methods.agents import clear_status
from playground.slack.posting import bot_message, delete, edit, post, whisper
from playground.slack.refusal import Refusal
from playground.slack.workspace import Channel
from playground.slack.world import World

POST_TEXT = 40_000
UPDATE_TEXT = 4_000


def content(world: World, call: Call, most: int) -> Json:
    """text, blocks, attachments and metadata of a call, checked. Raises Refusal no_text and the like."""
    blocks: list[Json] | None = call.structure("blocks", list, "invalid_blocks_format")
    attachments = call.structure("attachments", list, "invalid_attachments")
    text = call.text("text")
    if not text and not blocks and not attachments:
        raise Refusal("no_text")
    if len(text) > most:
        raise Refusal("msg_too_long")
    if blocks:
        check_message(blocks, world.installation.refuse, world.files.citable)
        blocks = with_ids(with_files(world, blocks))
    found: Json = {"text": text, "blocks": blocks or None, "attachments": attachments or None}
    metadata = call.structure("metadata", dict, "invalid_metadata_format")
    if metadata is not None and not {"event_type", "event_payload"} <= set(metadata):
        raise Refusal("invalid_metadata_schema")
    return found | {"metadata": metadata}


def with_files(world: World, blocks: list[Json]) -> list[Json]:
    """Blocks with the address of each cited file filled in, as clients get them."""

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(child) for child in value]
        if not isinstance(value, dict):
            return value
        file = world.files.by_id.get(str(value.get("id", ""))) if "type" not in value else None
        if file is not None:
            return value | {"url": world.files.private_url(file)}
        return {name: filled(child) if name != "value" else child for name, child in value.items()}

    return filled(blocks)


def target(world: World, call: Call) -> Channel:
    """The channel to post in; a user id means the direct conversation. Raises Refusal with Slack's word."""
    wanted = call.need("channel", "channel_not_found")
    if wanted in world.workspace.users:
        return world.workspace.im(BOT_USER, wanted)
    channel = world.reachable(wanted if wanted in world.workspace.channels else world.workspace.channel(wanted).id)
    if channel.is_archived:
        raise Refusal("is_archived")
    public = world.installation.scopes is not None and world.installation.grants("chat:write.public")
    if BOT_USER not in channel.members and not public:
        raise Refusal("not_in_channel")
    return channel


async def post_message(world: World, call: Call) -> Json:
    channel = target(world, call)
    found = content(world, call, POST_TEXT)
    thread_ts = call.text("thread_ts") or None
    if thread_ts is not None:
        root = channel.messages.get(thread_ts)
        if root is None:
            raise Refusal("thread_not_found")
        thread_ts = root.get("thread_ts", thread_ts)
    subtype = "thread_broadcast" if thread_ts and call.flag("reply_broadcast") else None
    message = post(world, channel, bot_message(world, thread_ts=thread_ts, subtype=subtype, **found))
    clear_status(world, channel, message.get("thread_ts", ""))
    return {"channel": channel.id, "ts": message["ts"], "message": dict(message)}


def own_message(world: World, call: Call, error: str) -> tuple[Channel, Json]:
    channel = world.reachable(call.need("channel", "channel_not_found"))
    if channel.is_archived:
        raise Refusal("is_archived")
    message = world.workspace.message(channel, call.need("ts", "message_not_found"))
    if message.get("user") != BOT_USER or message.get("subtype", "").startswith("channel_"):
        raise Refusal(error)
    return channel, message


async def update(world: World, call: Call) -> Json:
    channel, message = own_message(world, call, "cant_update_message")
    if message.get("streaming_state") == "in_progress":
        raise Refusal("streaming_state_conflict")
    found = content(world, call, UPDATE_TEXT)
    if "metadata" not in call.args:
        found.pop("metadata")
    if not found["text"] and found["blocks"]:
        found["text"] = message.get("text", "")
    edited = {"user": BOT_USER, "ts": world.workspace.next_ts()}
    edit(world, channel, message, **found, edited=edited)
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": dict(message)}


async def delete_message(world: World, call: Call) -> Json:
    channel, message = own_message(world, call, "cant_delete_message")
    delete(world, channel, message)
    return {"channel": channel.id, "ts": message["ts"]}


async def post_ephemeral(world: World, call: Call) -> Json:
    channel = target(world, call)
    user = call.need("user", "user_not_found")
    if user not in world.workspace.users:
        raise Refusal("user_not_found")
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    found = {name: value for name, value in content(world, call, POST_TEXT).items() if value is not None}
    thread_ts = call.text("thread_ts")
    if thread_ts:
        found["thread_ts"] = thread_ts
    message = whisper(world, channel, user, bot_message(world, **found))
    return {"message_ts": message["ts"]}


async def permalink(world: World, call: Call) -> Json:
    channel = world.reachable(call.need("channel", "channel_not_found"))
    message = world.workspace.message(channel, call.need("message_ts", "message_not_found"))
    stamp = message["ts"]
    link = f"{world.url}/?channel={channel.id}&ts={stamp}"
    if message.get("thread_ts", stamp) != stamp:
        link = f"{world.url}/?channel={channel.id}&thread={message['thread_ts']}&ts={stamp}"
    return {"channel": channel.id, "permalink": link}


async def schedule(world: World, call: Call) -> Json:
    channel = target(world, call)
    found = content(world, call, POST_TEXT)
    try:
        post_at = int(call.need("post_at", "invalid_time"))
    except ValueError:
        raise Refusal("invalid_time") from None
    if post_at <= time.time():
        raise Refusal("time_in_past")
    message = bot_message(world, **found)
    answer: Json = {"channel": channel.id, "post_at": post_at, "message": message}
    return answer | {"scheduled_message_id": world.workspace.next_id("Q")}


METHODS = (
    Method("chat.postMessage", post_message, ("chat:write",), tier=0),
    Method("chat.update", update, ("chat:write",), tier=3),
    Method("chat.delete", delete_message, ("chat:write",), tier=3),
    Method("chat.postEphemeral", post_ephemeral, ("chat:write",), tier=4),
    Method("chat.getPermalink", permalink, (), tier=0),
    Method("chat.scheduleMessage", schedule, ("chat:write",), tier=3),
)
