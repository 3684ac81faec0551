"""views.*: how does the app open and change modals and the Home tab?"""

from typing import Any

from playground.slack.call import Call, Method
from playground.slack.installation import Json
from playground.slack.refusal import Refusal, invalid_arguments
from playground.slack.views import check_view, opened, publish_home, push, replace, show_stack
from playground.slack.world import World


def _view(world: World, call: Call, surface: str = "") -> Json:
    view: Any = call.structure("view", dict, "invalid_arguments")
    if view is None:
        raise invalid_arguments("missing required field: view")
    check_view(view, surface or str(view.get("type")), world.installation.refuse, world.files.citable)
    _check_external_id(world, view)
    return view


def _check_external_id(world: World, view: Json) -> None:
    external = view.get("external_id")
    if external and any(v.get("external_id") == external for stack in world.workspace.stacks.values() for v in stack):
        raise Refusal("duplicate_external_id")


async def open_view(world: World, call: Call) -> Json:
    key = call.need("trigger_id")
    view = _view(world, call, "modal")
    trigger = world.tickets.use_trigger(key)
    shown = opened(world, view)
    world.workspace.stacks[trigger.user] = [shown]
    show_stack(world, trigger.user)
    return {"view": shown}


async def push_view(world: World, call: Call) -> Json:
    key = call.need("trigger_id")
    view = _view(world, call, "modal")
    trigger = world.tickets.use_trigger(key)
    if not trigger.view_id:
        raise Refusal("invalid_trigger_id")
    return {"view": push(world, trigger.user, view)}


async def update_view(world: World, call: Call) -> Json:
    if not call.text("view_id") and not call.text("external_id"):
        raise invalid_arguments("missing required field: view_id")
    user, old = world.workspace.view(call.text("view_id"), call.text("external_id"))
    if call.text("hash") and call.text("hash") != old["hash"]:
        raise Refusal("hash_conflict")
    view: Any = call.structure("view", dict, "invalid_arguments")
    check_view(view, old["type"], world.installation.refuse, world.files.citable)
    return {"view": replace(world, user, old, view)}


async def publish(world: World, call: Call) -> Json:
    user = call.need("user_id")
    if user not in world.workspace.users:
        raise Refusal("user_not_found")
    old = world.workspace.homes.get(user)
    if old is not None and call.text("hash") and call.text("hash") != old["hash"]:
        raise Refusal("hash_conflict")
    shown = opened(world, _view(world, call, "home"), old["id"] if old else "")
    publish_home(world, user, shown)
    return {"view": shown}


METHODS = (
    Method("views.open", open_view, (), tier=4),
    Method("views.push", push_view, (), tier=4),
    Method("views.update", update_view, (), tier=4),
    Method("views.publish", publish, (), tier=4),
)
