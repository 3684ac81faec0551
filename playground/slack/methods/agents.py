"""agents.sessions.*, assistant.threads.*: what does the app say it is doing?"""

from playground.slack.call import Call, Method
from playground.slack.installation import Json
from playground.slack.refusal import Refusal, invalid_arguments
from playground.slack.workspace import Channel
from playground.slack.world import World

STATES = ("active", "processing", "suspended", "closed")
WARNING = "missing_agent_session_stopped_event_subscription"


def _tell(world: World, channel: Channel, thread_ts: str, status: str) -> None:
    shown = "" if status in ("active", "closed") else status
    frame: Json = {"channel": channel.id, "thread_ts": thread_ts, "status": shown, "state": status}
    world.tell(world.audience(channel), "status", frame, channel=channel.id, ts=thread_ts)


def clear_status(world: World, channel: Channel, thread_ts: str) -> None:
    """A free-text status goes away as soon as the app writes in its thread."""
    session = world.workspace.sessions.get((channel.id, thread_ts))
    if session is not None and session.pop("text", None):
        _tell(world, channel, thread_ts, "")


def _place(world: World, call: Call, stamp: str) -> tuple[Channel, str]:
    channel = world.joined(call.need("channel_id", "channel_not_found"))
    if stamp not in channel.messages:
        raise Refusal("thread_not_found")
    return channel, stamp


async def set_session(world: World, call: Call) -> Json:
    status = call.need("status")
    if status not in STATES:
        raise invalid_arguments(f"must be one of: {', '.join(STATES)} [json-pointer:/status]")
    if len(call.text("title")) > 200:
        raise invalid_arguments("must be less than 201 characters [json-pointer:/title]")
    channel, stamp = _place(world, call, call.need("thread_ts"))
    new: Json = {"title": call.text("title"), "initiator": call.text("initiator_user_id")}
    session = world.workspace.sessions.setdefault((channel.id, stamp), new)
    session["status"] = status
    session.pop("text", None)
    _tell(world, channel, stamp, status)
    answer: Json = {"status": status, "agent_status": status, "title": session["title"]}
    if not world.installation.subscribes("agent_session_stopped"):
        answer |= {"warning": WARNING, "response_metadata": {"warnings": [WARNING]}}
    return answer


async def rename_session(world: World, call: Call) -> Json:
    channel, stamp = _place(world, call, call.need("thread_ts"))
    session = world.workspace.sessions.get((channel.id, stamp))
    if session is None:
        raise Refusal("session_not_found")
    session["title"] = call.need("title")[:200]
    return {"title": session["title"]}


async def set_status(world: World, call: Call) -> Json:
    """An empty status clears it; the last writer of this and of the session's state wins."""
    if "status" not in call.args:
        raise invalid_arguments("missing required field: status")
    channel, stamp = _place(world, call, call.need("thread_ts"))
    session = world.workspace.sessions.setdefault((channel.id, stamp), {"title": "", "status": "active"})
    session["text"] = call.text("status")
    _tell(world, channel, stamp, call.text("status"))
    return {}


async def set_title(world: World, call: Call) -> Json:
    channel, stamp = _place(world, call, call.need("thread_ts"))
    session = world.workspace.sessions.setdefault((channel.id, stamp), {"title": "", "status": "active"})
    session["title"] = call.need("title")
    return {}


async def set_prompts(world: World, call: Call) -> Json:
    channel = world.joined(call.need("channel_id", "channel_not_found"))
    prompts = call.structure("prompts", list, "invalid_arguments")
    if not prompts or len(prompts) > 4:
        raise invalid_arguments("between 1 and 4 prompts [json-pointer:/prompts]")
    for prompt in prompts:
        if not isinstance(prompt, dict) or not prompt.get("title") or not prompt.get("message"):
            raise invalid_arguments("missing required field: title and message [json-pointer:/prompts]")
    world.workspace.sessions.setdefault((channel.id, call.text("thread_ts")), {"title": ""})["prompts"] = prompts
    return {}


METHODS = (
    Method("agents.sessions.setStatus", set_session, ("chat:write",), tier=3),
    Method("agents.sessions.rename", rename_session, ("chat:write",), tier=3),
    Method("assistant.threads.setStatus", set_status, ("assistant:write", "chat:write"), tier=0),
    Method("assistant.threads.setTitle", set_title, ("assistant:write",), tier=0),
    Method("assistant.threads.setSuggestedPrompts", set_prompts, ("assistant:write",), tier=0),
)
