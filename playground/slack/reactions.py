"""Who reacted to a message, and who hears of it?"""

from playground.slack.installation import Json
from playground.slack.refusal import Refusal
from playground.slack.workspace import Channel
from playground.slack.world import World


def react(world: World, channel: Channel, ts: str, user: str, name: str) -> None:
    """Raises Refusal message_not_found, already_reacted or invalid_name."""
    message = world.workspace.message(channel, ts)
    name = name.strip(":")
    if not name:
        raise Refusal("invalid_name")
    reactions: list[Json] = message.setdefault("reactions", [])
    found = next((reaction for reaction in reactions if reaction["name"] == name), None)
    if found is None:
        reactions.append(found := {"name": name, "users": [], "count": 0})
    if user in found["users"]:
        raise Refusal("already_reacted")
    found["users"].append(user)
    found["count"] += 1
    _tell(world, channel, message, {"type": "reaction_added", "user": user, "reaction": name})


def unreact(world: World, channel: Channel, ts: str, user: str, name: str) -> None:
    """Raises Refusal message_not_found or no_reaction."""
    message = world.workspace.message(channel, ts)
    name = name.strip(":")
    reactions: list[Json] = message.get("reactions", [])
    found = next((reaction for reaction in reactions if reaction["name"] == name), None)
    if found is None or user not in found["users"]:
        raise Refusal("no_reaction")
    found["users"].remove(user)
    found["count"] -= 1
    if not found["users"]:
        reactions.remove(found)
    _tell(world, channel, message, {"type": "reaction_removed", "user": user, "reaction": name})


def _tell(world: World, channel: Channel, message: Json, event: Json) -> None:
    frame: Json = {"channel": channel.id, "ts": message["ts"], "reactions": message.get("reactions", [])}
    world.tell(world.audience(channel), "reaction", frame)
    item = {"type": "message", "channel": channel.id, "ts": message["ts"]}
    world.announce(event | {"item": item, "item_user": message.get("user", "")}, channel)
