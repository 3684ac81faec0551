"""What happens when a person submits or closes a modal?"""

from typing import Any

from playground.slack.envelope import Ack, Envelope
from playground.slack.installation import Json
from playground.slack.interaction import NO_ANSWER, common, find_option
from playground.slack.refusal import Refusal
from playground.slack.views import check_view, push, replace, show_stack
from playground.slack.world import World

REQUIRED = "Please complete this required field."
MANY = ("checkboxes", "multi_static_select")
INITIAL = {
    "initial_value": "value",
    "initial_option": "selected_option",
    "initial_options": "selected_options",
    "initial_channel": "selected_channel",
    "initial_conversation": "selected_conversation",
    "initial_user": "selected_user",
}
CHOSEN = tuple(INITIAL.values())


async def submit(world: World, user: str, view_id: str, values: Json) -> Ack:
    """Send view_submission and do what the answer says; field errors come back as response_action errors.

    Raises Refusal not_found when that modal is not open for this person.
    """
    view = _opened(world, user, view_id)
    state = {**view["state"]["values"]}
    for block_id, given in _values(view, values).items():
        state[block_id] = {**state.get(block_id, {}), **given}
    errors = _faulty(view, state)
    if errors:
        return Ack("invalid_input", {"response_action": "errors", "errors": errors})
    view["state"] = {"values": state}
    body = common(world, user, "view_submission") | {"view": dict(view), "response_urls": []}
    body["trigger_id"] = world.tickets.trigger(user, view_id)
    ack = await world.deliveries.once(Envelope("interactive", body))
    if not ack.ok:
        world.notice(user, f"We had some trouble connecting ({NO_ANSWER.get(ack.error, 'dispatch_failed')}).")
        return ack
    try:
        _follow(world, user, view, ack.body)
    except Refusal as refusal:
        world.notice(user, f"We had some trouble connecting ({refusal.error}).")
        return Ack(refusal.error, ack.body | refusal.extra)
    return ack


def _opened(world: World, user: str, view_id: str) -> Json:
    for view in world.workspace.stacks.get(user, []):
        if view["id"] == view_id:
            return view
    raise Refusal("not_found")


def _follow(world: World, user: str, view: Json, answer: Json) -> None:
    stack = world.workspace.stacks.get(user, [])
    action = answer.get("response_action")
    if action == "errors":
        return
    if action in ("update", "push"):
        check_view(answer.get("view"), "modal", world.installation.refuse, world.files.citable)
        if action == "push":
            push(world, user, answer["view"])
        else:
            replace(world, user, view, answer["view"])
        return
    if action == "clear":
        stack.clear()
    elif view in stack:
        stack.remove(view)
    show_stack(world, user)


def _inputs(view: Json) -> list[tuple[Json, Json]]:
    """(block, element) of everything in a view that holds a value."""
    found: list[tuple[Json, Json]] = []
    for block in view["blocks"]:
        inside = [block.get("element"), block.get("accessory"), *block.get("elements", [])]
        found += [(block, e) for e in inside if isinstance(e, dict) and e.get("type") not in ("button", "image", None)]
    return [(block, element) for block, element in found if "action_id" in element]


def _values(view: Json, values: Json) -> Json:
    state: Json = {}
    for block, element in _inputs(view):
        block_id, action_id = block["block_id"], element["action_id"]
        given = values.get(block_id, values.get(action_id))
        if isinstance(given, dict) and action_id in given:
            given = given[action_id]
        if given is None:
            given = _initial(element)
        if isinstance(given, dict):
            state.setdefault(block_id, {})[action_id] = {"type": element["type"], **given}
        elif block["type"] == "input" or given is not None:
            state.setdefault(block_id, {})[action_id] = _value(element, given)
    return state


def _initial(element: Json) -> Any:
    return next(({shown: element[name]} for name, shown in INITIAL.items() if name in element), None)


def _value(element: Json, given: Any) -> Json:
    kind = element["type"]
    if kind in MANY:
        chosen = [given] if isinstance(given, str) else given or []
        return {"type": kind, "selected_options": [find_option(element, value) for value in chosen]}
    if "options" in element or "option_groups" in element:
        return {"type": kind, "selected_option": find_option(element, given)}
    return {"type": kind, "value": given}


def _faulty(view: Json, state: Json) -> dict[str, str]:
    """What Slack's own client refuses to send: empty required inputs, text too short or too long."""
    errors: dict[str, str] = {}
    for block, element in _inputs(view):
        given = state.get(block["block_id"], {}).get(element["action_id"], {})
        value = next((given[name] for name in CHOSEN if given.get(name)), None)
        if block["type"] == "input" and not block.get("optional") and not value:
            errors[block["block_id"]] = REQUIRED
        elif isinstance(value, str) and not element.get("min_length", 0) <= len(value) <= element.get(
            "max_length", 3000
        ):
            errors[block["block_id"]] = (
                f"Between {element.get('min_length', 0)} and {element.get('max_length', 3000)} characters."
            )
    return errors


async def close(world: World, user: str, view_id: str) -> None:
    """Close a modal by its X; the app hears of it only if the view asked for that."""
    view = _opened(world, user, view_id)
    stack = world.workspace.stacks[user]
    cleared = bool(view["clear_on_close"])
    closed = list(stack) if cleared else [view]
    for gone in closed:
        stack.remove(gone)
    show_stack(world, user)
    for gone in closed:
        if gone["notify_on_close"]:
            body = common(world, user, "view_closed") | {"view": gone, "is_cleared": cleared}
            await world.deliveries.once(Envelope("interactive", body))
