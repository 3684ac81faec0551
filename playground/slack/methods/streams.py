"""chat.startStream, appendStream, stopStream: how does a message grow while it is written?"""

import time
from typing import Any

from playground.slack.blocks import check_message, with_ids
from playground.slack.call import Call, Method
from playground.slack.installation import BOT_USER, Json
from playground.slack.methods.chat import own_message, target
from playground.slack.posting import bot_message, edit, post
from playground.slack.refusal import Refusal, invalid_arguments
from playground.slack.world import World

# Not documented: streams were seen to die after about this long.
STREAM_SECONDS = 300.0
CHUNK_TEXT = 12_000
CHUNKS = frozenset({"markdown_text", "task_update", "plan_update", "blocks"})


def _chunks(world: World, call: Call) -> list[Json]:
    """The chunks of a call; markdown_text counts as one. Raises Refusal invalid_chunks, markdown_text_too_long."""
    chunks: list[Any] = list(call.structure("chunks", list, "invalid_chunks") or ())
    if call.text("markdown_text"):
        chunks.insert(0, {"type": "markdown_text", "text": call.text("markdown_text")})
    for chunk in chunks:
        if not isinstance(chunk, dict) or str(chunk.get("type")) not in CHUNKS:
            raise Refusal("invalid_chunks")
        if len(str(chunk.get("text", ""))) > CHUNK_TEXT:
            raise Refusal("msg_too_long")
        if chunk["type"] == "blocks":
            check_message(chunk.get("blocks"), world.installation.refuse, world.files.citable)
    return chunks


def _task(chunk: Json) -> Json:
    def rich(text: str) -> Json:
        inner = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
        return {"type": "rich_text", "elements": [inner]}

    if not chunk.get("id") or not chunk.get("title"):
        raise Refusal("invalid_chunks")
    task: Json = {"type": "task_card", "task_id": chunk["id"], "title": chunk["title"]}
    task["status"] = chunk.get("status", "pending")
    for name in ("details", "output"):
        if chunk.get(name):
            task[name] = rich(str(chunk[name])) if isinstance(chunk[name], str) else chunk[name]
    return task | ({"sources": chunk["sources"]} if chunk.get("sources") else {})


def _grown(state: Json, chunks: list[Json]) -> Json:
    """The stream's parts after these chunks: text, tasks by id, plan title and blocks."""
    text, tasks, blocks = state["text"], dict(state["tasks"]), list(state["blocks"])
    title = state["title"]
    for chunk in chunks:
        kind = chunk["type"]
        if kind == "markdown_text":
            text += str(chunk.get("text", ""))
        elif kind == "task_update":
            tasks[str(chunk.get("id"))] = _task(chunk)
        elif kind == "plan_update":
            title = str(chunk.get("title", ""))
        else:
            blocks += chunk["blocks"]
    return {"text": text, "tasks": tasks, "blocks": blocks, "title": title}


def _blocks(state: Json) -> list[Json]:
    tasks = list(state["tasks"].values())
    shown: list[Json] = []
    if tasks and state["title"]:
        shown.append({"type": "plan", "title": state["title"], "tasks": tasks})
    else:
        shown += tasks
    if state["text"]:
        shown.append({"type": "markdown", "text": state["text"][:CHUNK_TEXT]})
    return shown + state["blocks"]


async def start(world: World, call: Call) -> Json:
    channel = target(world, call)
    root = call.need("thread_ts")
    if root not in channel.messages:
        raise Refusal("thread_not_found")
    if not channel.is_im:
        for name in ("recipient_user_id", "recipient_team_id"):
            call.need(name, f"missing_{name}")
    state = _grown({"text": "", "tasks": {}, "blocks": [], "title": ""}, _chunks(world, call))
    message = bot_message(world, text=state["text"], blocks=with_ids(_blocks(state)), thread_ts=root)
    message |= {"streaming_state": "in_progress"}
    stored = post(world, channel, message)
    world.streams[channel.id, stored["ts"]] = state | {"started": time.monotonic()}
    return {"channel": channel.id, "ts": stored["ts"]}


def _open(world: World, call: Call) -> tuple[Any, Json, Json]:
    channel, message = own_message(world, call, "message_not_owned_by_app")
    state = world.streams.get((channel.id, message["ts"]))
    late = state is not None and time.monotonic() - state["started"] > STREAM_SECONDS
    if state is None or late or world.faults.streams_expired:
        world.streams.pop((channel.id, message["ts"]), None)
        message.pop("streaming_state", None)
        raise Refusal("message_not_in_streaming_state")
    return channel, message, state


async def append(world: World, call: Call) -> Json:
    channel, message, state = _open(world, call)
    chunks = _chunks(world, call)
    if not chunks:
        raise invalid_arguments("missing required field: markdown_text or chunks")
    grown = _grown(state, chunks) | {"started": state["started"]}
    world.streams[channel.id, message["ts"]] = grown
    edit(world, channel, message, text=grown["text"], blocks=with_ids(_blocks(grown)))
    return {"channel": channel.id, "ts": message["ts"]}


async def stop(world: World, call: Call) -> Json:
    channel, message, state = _open(world, call)
    grown = _grown(state, _chunks(world, call))
    final = call.structure("blocks", list, "invalid_blocks_format") or []
    if final:
        check_message(final, world.installation.refuse, world.files.citable)
    del world.streams[channel.id, message["ts"]]
    blocks = with_ids([*_blocks(grown), *final])
    metadata = call.structure("metadata", dict, "invalid_metadata_format") or message.get("metadata")
    edit(world, channel, message, text=grown["text"], blocks=blocks, metadata=metadata, streaming_state=None)
    if call.text("session_status"):
        session = world.workspace.sessions.setdefault((channel.id, message["thread_ts"]), {"title": ""})
        session["status"] = call.text("session_status")
    return {"channel": channel.id, "ts": message["ts"], "message": dict(message) | {"user": BOT_USER}}


METHODS = (
    Method("chat.startStream", start, ("chat:write",), tier=2),
    Method("chat.appendStream", append, ("chat:write",), tier=4),
    Method("chat.stopStream", stop, ("chat:write",), tier=2),
)
