"""files.*: how does the app upload a file and learn that it is ready?"""

import time

from playground.slack.call import Call, Method
from playground.slack.files import MAX_BYTES, File
from playground.slack.installation import Json
from playground.slack.posting import bot_message, post
from playground.slack.refusal import Refusal, invalid_arguments
from playground.slack.world import World


async def upload_url(world: World, call: Call) -> Json:
    try:
        length = int(call.need("length"))
    except ValueError:
        raise invalid_arguments("must be a valid integer: length") from None
    if not 0 < length <= MAX_BYTES:
        raise Refusal("file_upload_size_restricted")
    file = File(world.workspace.next_id("F"), call.need("filename"), length, call.text("alt_txt"))
    world.files.keep(file)
    return {"upload_url": f"{world.url}/upload/v1/{file.ticket}", "file_id": file.id}


async def complete(world: World, call: Call) -> Json:
    """Also shares the files in a channel when one is given."""
    named = call.structure("files", list, "invalid_arguments")
    if not named:
        raise invalid_arguments("missing required field: files")
    done: list[File] = []
    for item in named:
        file = world.files.by_id.get(str(item.get("id", ""))) if isinstance(item, dict) else None
        if file is None or file.data is None:
            raise Refusal("file_not_found" if file is None else "file_update_failed")
        file.title = str(item.get("title") or file.name)
        file.completed_at = file.completed_at or time.monotonic()
        done.append(file)
    if call.text("channel_id") or call.text("channels"):
        _share(world, call, done)
    return {"files": [world.files.shape(file) for file in done]}


def _share(world: World, call: Call, files: list[File]) -> None:
    for wanted in (call.text("channel_id") or call.text("channels")).split(","):
        channel = world.joined(wanted)
        for file in files:
            file.channels.append(channel.id)
        message = bot_message(world, text=call.text("initial_comment"), thread_ts=call.text("thread_ts") or None)
        message |= {"subtype": "file_share", "upload": True, "files": [world.files.shape(file) for file in files]}
        post(world, channel, message)


def _file(world: World, call: Call) -> File:
    file = world.files.by_id.get(call.need("file", "file_not_found"))
    if file is None:
        raise Refusal("file_not_found")
    return file


async def info(world: World, call: Call) -> Json:
    return {"file": world.files.shape(_file(world, call)), "comments": [], "response_metadata": {"next_cursor": ""}}


async def delete(world: World, call: Call) -> Json:
    del world.files.by_id[_file(world, call).id]
    return {}


METHODS = (
    Method("files.getUploadURLExternal", upload_url, ("files:write",), tier=4),
    Method("files.completeUploadExternal", complete, ("files:write",), tier=4),
    Method("files.info", info, ("files:read",), tier=4),
    Method("files.delete", delete, ("files:write",), tier=3),
)
