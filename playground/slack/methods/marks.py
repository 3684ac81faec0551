"""reactions.*, pins.*, bookmarks.*: what is marked, and how?"""

from playground.slack import reactions
from playground.slack.call import Call, Method
from playground.slack.installation import BOT_USER, Json
from playground.slack.refusal import Refusal
from playground.slack.workspace import Channel
from playground.slack.world import World


def _at(world: World, call: Call) -> tuple[Channel, str]:
    channel = world.joined(call.need("channel", "channel_not_found"))
    return channel, call.need("timestamp", "no_item_specified")


async def add_reaction(world: World, call: Call) -> Json:
    channel, stamp = _at(world, call)
    reactions.react(world, channel, stamp, BOT_USER, call.need("name", "invalid_name"))
    return {}


async def remove_reaction(world: World, call: Call) -> Json:
    channel, stamp = _at(world, call)
    reactions.unreact(world, channel, stamp, BOT_USER, call.need("name", "invalid_name"))
    return {}


async def get_reactions(world: World, call: Call) -> Json:
    channel, stamp = _at(world, call)
    message = world.workspace.message(channel, stamp)
    return {"type": "message", "channel": channel.id, "message": message}


async def add_pin(world: World, call: Call) -> Json:
    channel, stamp = _at(world, call)
    world.workspace.message(channel, stamp)
    if stamp in channel.pins:
        raise Refusal("already_pinned")
    channel.pins.append(stamp)
    return {}


async def remove_pin(world: World, call: Call) -> Json:
    channel, stamp = _at(world, call)
    if stamp not in channel.pins:
        raise Refusal("no_pin")
    channel.pins.remove(stamp)
    return {}


async def list_pins(world: World, call: Call) -> Json:
    channel = world.joined(call.need("channel", "channel_not_found"))
    shown = [channel.messages[stamp] for stamp in channel.pins if stamp in channel.messages]
    return {"items": [{"type": "message", "channel": channel.id, "message": message} for message in shown]}


async def add_bookmark(world: World, call: Call) -> Json:
    channel = world.joined(call.need("channel_id", "channel_not_found"))
    if call.need("type") != "link":
        raise Refusal("invalid_bookmark_type")
    link = call.need("link", "invalid_link")
    bookmark: Json = {"id": world.workspace.next_id("Bk"), "channel_id": channel.id, "title": call.need("title")}
    bookmark |= {"link": link, "emoji": call.text("emoji"), "type": "link", "last_updated_by_user_id": BOT_USER}
    channel.bookmarks.append(bookmark)
    return {"bookmark": bookmark}


async def list_bookmarks(world: World, call: Call) -> Json:
    return {"bookmarks": list(world.joined(call.need("channel_id", "channel_not_found")).bookmarks)}


METHODS = (
    Method("reactions.add", add_reaction, ("reactions:write",), tier=3),
    Method("reactions.remove", remove_reaction, ("reactions:write",), tier=2),
    Method("reactions.get", get_reactions, ("reactions:read",), tier=3),
    Method("pins.add", add_pin, ("pins:write",), tier=2),
    Method("pins.remove", remove_pin, ("pins:write",), tier=2),
    Method("pins.list", list_pins, ("pins:read",), tier=2),
    Method("bookmarks.add", add_bookmark, ("bookmarks:write",), tier=2),
    Method("bookmarks.list", list_bookmarks, ("bookmarks:read",), tier=3),
)
