"""What happens when the app answers at a response_url, or in the body of an acknowledgement?"""

from playground.slack.blocks import check_message, with_ids
from playground.slack.installation import Json
from playground.slack.posting import bot_message, delete, edit, post, show_whisper, unwhisper, whisper
from playground.slack.refusal import Refusal
from playground.slack.tickets import Response
from playground.slack.workspace import Channel
from playground.slack.world import World


def address(world: World, response: Response) -> str:
    """A new response_url for this place."""
    return f"{world.url}/response/{world.tickets.response(response)}"


def answer(world: World, place: Response, body: Json) -> None:
    """Post, replace or delete as the body says. Raises Refusal no_text, invalid_blocks, message_not_found."""
    channel = world.workspace.channel(place.channel)
    if body.get("delete_original"):
        _delete(world, channel, place)
        return
    fields = _content(world, body)
    if body.get("replace_original"):
        _replace(world, channel, place, fields)
        return
    thread_ts = str(body.get("thread_ts") or place.thread_ts) or None
    message = bot_message(world, thread_ts=thread_ts, **fields)
    if body.get("response_type") == "in_channel":
        post(world, channel, message)
    else:
        whisper(world, channel, place.user, message)


def _content(world: World, body: Json) -> Json:
    blocks = body.get("blocks")
    if not body.get("text") and not blocks and not body.get("attachments"):
        raise Refusal("no_text", status=404)
    if blocks:
        try:
            check_message(blocks, world.installation.refuse, world.files.citable)
        except Refusal as refusal:
            raise Refusal(refusal.error, status=404, **refusal.extra) from None
    return {"text": str(body.get("text", "")), "blocks": with_ids(blocks) if blocks else None}


def _ephemeral(world: World, place: Response) -> Json | None:
    found = world.workspace.ephemerals.get(place.user, [])
    return next((message for message in found if message["ts"] == place.message_ts), None)


def _delete(world: World, channel: Channel, place: Response) -> None:
    whispered = _ephemeral(world, place)
    if whispered is not None:
        unwhisper(world, place.user, whispered)
    else:
        delete(world, channel, world.workspace.message(channel, place.message_ts))


def _replace(world: World, channel: Channel, place: Response, fields: Json) -> None:
    whispered = _ephemeral(world, place)
    if whispered is None:
        edit(world, channel, world.workspace.message(channel, place.message_ts), **fields)
        return
    whispered |= {name: value for name, value in fields.items() if value is not None}
    if fields.get("blocks") is None:
        whispered.pop("blocks", None)
    show_whisper(world, place.user, whispered)
