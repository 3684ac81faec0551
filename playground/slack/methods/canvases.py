"""canvases.*: which documents did the app write?"""

from typing import Any

from playground.slack.call import Call, Method
from playground.slack.installation import Json
from playground.slack.refusal import Refusal, invalid_arguments
from playground.slack.world import World

OPERATIONS = ("insert_after", "insert_before", "insert_at_start", "insert_at_end", "replace", "delete", "rename")


def _markdown(content: Any) -> str:
    if not isinstance(content, dict) or content.get("type") != "markdown":
        raise invalid_arguments("must be markdown content [json-pointer:/document_content/type]")
    return str(content.get("markdown", ""))


async def create(world: World, call: Call) -> Json:
    content = call.structure("document_content", dict, "invalid_arguments")
    text = _markdown(content) if content else ""
    canvas_id = world.workspace.next_id("F")
    world.workspace.canvases[canvas_id] = {"title": call.text("title"), "markdown": text, "channel": ""}
    return {"canvas_id": canvas_id}


async def create_in_channel(world: World, call: Call) -> Json:
    channel = world.joined(call.need("channel_id", "channel_not_found"))
    if any(canvas["channel"] == channel.id for canvas in world.workspace.canvases.values()):
        raise Refusal("channel_canvas_already_exists")
    answer = await create(world, call)
    world.workspace.canvases[answer["canvas_id"]]["channel"] = channel.id
    return answer


async def edit(world: World, call: Call) -> Json:
    canvas = world.workspace.canvases.get(call.need("canvas_id", "canvas_not_found"))
    if canvas is None:
        raise Refusal("canvas_not_found")
    changes = call.structure("changes", list, "invalid_arguments")
    if not changes or len(changes) > 1:
        raise invalid_arguments("exactly one change [json-pointer:/changes]")
    change = changes[0]
    if not isinstance(change, dict) or change.get("operation") not in OPERATIONS:
        raise invalid_arguments("unsupported operation [json-pointer:/changes/0/operation]")
    _apply(canvas, change)
    return {}


def _apply(canvas: Json, change: Json) -> None:
    operation = change["operation"]
    if operation == "delete":
        canvas["markdown"] = ""
        return
    text = _markdown(change.get("document_content"))
    if operation in ("insert_at_start", "insert_before"):
        canvas["markdown"] = f"{text}\n{canvas['markdown']}"
    elif operation in ("insert_at_end", "insert_after"):
        canvas["markdown"] = f"{canvas['markdown']}\n{text}"
    else:
        canvas["title" if operation == "rename" else "markdown"] = text


async def sections(world: World, call: Call) -> Json:
    canvas = world.workspace.canvases.get(call.need("canvas_id", "canvas_not_found"))
    if canvas is None:
        raise Refusal("canvas_not_found")
    criteria = call.structure("criteria", dict, "invalid_arguments") or {}
    wanted = str(criteria.get("contains_text", ""))
    lines = [line for line in canvas["markdown"].splitlines() if wanted in line]
    return {"sections": [{"id": f"temp:C:{index}"} for index, _ in enumerate(lines)]}


METHODS = (
    Method("canvases.create", create, ("canvases:write",), tier=2),
    Method("canvases.edit", edit, ("canvases:write",), tier=3),
    Method("canvases.sections.lookup", sections, ("canvases:read",), tier=3),
    Method("conversations.canvases.create", create_in_channel, ("canvases:write",), tier=2),
)
