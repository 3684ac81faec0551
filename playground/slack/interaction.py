"""What does Slack send when a person uses the app, and what does the person see of the answer?"""

import time
from typing import Any

from playground.slack.elements import ELEMENTS
from playground.slack.envelope import Ack, Envelope
from playground.slack.installation import APP_ID, BOT_USER, TEAM_ID, Json
from playground.slack.posting import command_text
from playground.slack.refusal import Refusal
from playground.slack.responses import address, answer
from playground.slack.tickets import Response
from playground.slack.workspace import Channel
from playground.slack.world import World

NO_ANSWER = {"timeout": "operation_timeout", "http_error": "http_service_error"}


def common(world: World, user: str, kind: str) -> Json:
    """The fields of every interactive payload."""
    name = world.workspace.users[user].name
    who = {"id": user, "username": name, "name": name, "team_id": TEAM_ID}
    body: Json = {"type": kind, "user": who, "api_app_id": APP_ID, "token": world.installation.verification_token}
    return body | {"team": {"id": TEAM_ID, "domain": "playground"}, "enterprise": None, "is_enterprise_install": False}


async def command(world: World, user: str, channel: Channel, line: str, thread_ts: str = "") -> Ack:
    """Send a slash command and show its immediate answer, or the notice Slack gives when it fails."""
    name, _, text = line.strip().partition(" ")
    if thread_ts:
        world.notice(user, f"{name} is not supported in threads. Sorry!")
        return Ack("not_supported_in_threads")
    if not world.installation.takes_command(name):
        world.notice(user, f"{name} is not a valid command.")
        return Ack("unknown_command")
    place = Response(user, channel.id, time.monotonic())
    body: Json = {"token": world.installation.verification_token, "team_id": TEAM_ID, "team_domain": "playground"}
    body |= {"channel_id": channel.id, "channel_name": "directmessage" if channel.is_im else channel.name}
    if channel.is_private:
        body["channel_name"] = "privategroup"
    body |= {"user_id": user, "user_name": world.workspace.users[user].name, "command": name}
    body["text"] = command_text(world, text.strip(), world.installation.escapes(name))
    body |= {"api_app_id": APP_ID, "is_enterprise_install": "false", "response_url": address(world, place)}
    body["trigger_id"] = world.tickets.trigger(user)
    ack = await world.deliveries.once(Envelope("slash_commands", body))
    if not ack.ok:
        world.notice(user, f'{name} failed with the error "{NO_ANSWER.get(ack.error, "dispatch_failed")}"')
        return ack
    if ack.body.get("text") or ack.body.get("blocks"):
        try:
            answer(world, place, ack.body)
        except Refusal as refusal:
            world.notice(user, f'{name} failed with the error "{refusal.error}"')
            return Ack(refusal.error, ack.body)
    return ack


def find_action(blocks: list[Json], wanted: tuple[str, str | None]) -> Json:
    """The action a click on action_id (with this value, if given) makes. Raises Refusal no_such_action."""
    action_id, value = wanted
    for block in blocks:
        for element in _elements(block):
            if element.get("action_id") == action_id and (action := _action(element, value)) is not None:
                return {"block_id": block.get("block_id", ""), "action_id": action_id, **action}
    raise Refusal("no_such_action", action_id=action_id, value=value)


def _elements(block: Json) -> list[Json]:
    inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    return [element for element in inside if isinstance(element, dict) and element.get("type") in ELEMENTS]


def _action(element: Json, value: str | None) -> Json | None:
    kind = element["type"]
    if kind in ("button", "icon_button"):
        if value is not None and element.get("value") != value:
            return None
        kept = {name: element[name] for name in ("text", "value", "style") if name in element}
        return {"type": kind, **kept}
    if kind == "feedback_buttons":
        sides = [element["positive_button"], element["negative_button"]]
        chosen = next((side for side in sides if side["value"] == value), None)
        return {"type": kind, "value": value, "text": chosen["text"]} if chosen else None
    if kind == "plain_text_input":
        return {"type": kind, "value": value}
    option = find_option(element, value)
    if option is None:
        return None
    if kind in ("checkboxes", "multi_static_select"):
        return {"type": kind, "selected_options": [option]}
    return {"type": kind, "selected_option": option}


def find_option(element: Json, value: Any) -> Json | None:
    groups = [group["options"] for group in element.get("option_groups", [])]
    options = [option for found in (element.get("options", []), *groups) for option in found]
    return next((option for option in options if option["value"] == value), None)


def has_action(blocks: list[Json], action: Json) -> bool:
    """Whether the message or view still has the element an action names."""
    return any(
        block.get("block_id") == action.get("block_id") and element.get("action_id") == action.get("action_id")
        for block in blocks
        for element in _elements(block)
    )


async def message_action(
    world: World, user: str, channel: Channel, seen: str | Json, wanted: tuple[str, str | None] | Json
) -> Ack:
    """Click in a message; `wanted` is (action_id, value) or a whole action.

    `seen` is the message's ts, or the message as it was when the person saw it, which may be out of date.
    Raises Refusal message_not_found or no_such_action.
    """
    ts = seen if isinstance(seen, str) else seen["ts"]
    whispered = next((m for m in world.workspace.ephemerals.get(user, []) if m["ts"] == ts), None)
    message = whispered or world.workspace.message(channel, ts)
    if not isinstance(seen, str):
        message = seen
    blocks = message.get("blocks", [])
    action = wanted if isinstance(wanted, dict) else find_action(blocks, wanted)
    if not has_action(blocks, action):
        raise Refusal("no_such_action", action_id=action.get("action_id"))
    action = action | {"action_ts": world.workspace.next_ts()}
    thread_ts = message.get("thread_ts", "")
    place = Response(user, channel.id, time.monotonic(), ts, whispered is not None, thread_ts)
    container = {"type": "message", "message_ts": ts, "channel_id": channel.id, "is_ephemeral": whispered is not None}
    chosen = world.choices.setdefault((user, channel.id, ts), {})
    for block_id, values in _state(action).items():
        chosen.setdefault(block_id, {}).update(values)
    body = common(world, user, "block_actions")
    body |= {"container": container | ({"thread_ts": thread_ts} if thread_ts else {})}
    body |= {"trigger_id": world.tickets.trigger(user), "channel": _named(channel), "state": {"values": chosen}}
    if whispered is None:
        body["message"] = {name: value for name, value in message.items() if name != "streaming_state"}
    body |= {"response_url": address(world, place), "actions": [action]}
    return await _send(world, user, body)


def _state(action: Json) -> Json:
    chosen = {name: action[name] for name in ("selected_option", "selected_options") if name in action}
    if not chosen:
        return {}
    return {action["block_id"]: {action["action_id"]: {"type": action["type"], **chosen}}}


def _named(channel: Channel) -> Json:
    return {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name}


async def _send(world: World, user: str, body: Json) -> Ack:
    ack = await world.deliveries.once(Envelope("interactive", body))
    if not ack.ok:
        world.notice(user, f"This app did not respond ({NO_ANSWER.get(ack.error, 'dispatch_failed')}).")
    return ack


async def message_shortcut(world: World, user: str, callback_id: str, channel: Channel, ts: str) -> Ack:
    """Raises Refusal message_not_found or unknown_shortcut."""
    message = world.workspace.message(channel, ts)
    if not world.installation.takes_shortcut(callback_id, "message"):
        raise Refusal("unknown_shortcut")
    place = Response(user, channel.id, time.monotonic(), ts, thread_ts=message.get("thread_ts", ""))
    body = common(world, user, "message_action")
    body |= {"callback_id": callback_id, "trigger_id": world.tickets.trigger(user), "channel": _named(channel)}
    body |= {"message_ts": ts, "message": dict(message), "action_ts": world.workspace.next_ts()}
    return await _send(world, user, body | {"response_url": address(world, place)})


async def global_shortcut(world: World, user: str, callback_id: str) -> Ack:
    """Raises Refusal unknown_shortcut."""
    if not world.installation.takes_shortcut(callback_id, "global"):
        raise Refusal("unknown_shortcut")
    body = common(world, user, "shortcut") | {"callback_id": callback_id}
    return await _send(
        world, user, body | {"trigger_id": world.tickets.trigger(user), "action_ts": world.workspace.next_ts()}
    )


async def view_action(world: World, user: str, view_id: str, wanted: tuple[str, str | None] | Json) -> Ack:
    """Click in a modal or on Home. Raises Refusal not_found or no_such_action."""
    owner, view = world.workspace.view(view_id)
    if owner != user:
        raise Refusal("not_found")
    action = wanted if isinstance(wanted, dict) else find_action(view["blocks"], wanted)
    if not has_action(view["blocks"], action):
        raise Refusal("no_such_action", action_id=action.get("action_id"))
    action = action | {"action_ts": world.workspace.next_ts()}
    for block_id, chosen in _state(action).items():
        view["state"]["values"].setdefault(block_id, {}).update(chosen)
    body = common(world, user, "block_actions") | {"container": {"type": "view", "view_id": view_id}}
    body |= {"trigger_id": world.tickets.trigger(user, view_id), "view": view, "actions": [action]}
    return await _send(world, user, body)


def stop_session(world: World, user: str, channel: Channel, ts: str) -> None:
    """Slack's Stop: streams in that thread end, the app is told; the status stays until the app changes it."""
    session = world.workspace.sessions.get((channel.id, ts))
    if session is None or session.get("status") != "processing":
        raise Refusal("not_processing")
    ended = [key for key in world.streams if key[0] == channel.id and _in_thread(channel, key[1], ts)]
    for key in ended:
        del world.streams[key]
        channel.messages[key[1]].pop("streaming_state", None)
    event: Json = {"type": "agent_session_stopped", "channel": channel.id, "thread_ts": ts, "user": user}
    world.announce(event | {"streaming_message_ts": [stamp for _, stamp in ended]}, channel)


def _in_thread(channel: Channel, stamp: str, root: str) -> bool:
    message = channel.messages.get(stamp, {})
    return message.get("thread_ts", stamp) == root and message.get("user") == BOT_USER
