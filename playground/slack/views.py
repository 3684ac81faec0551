"""Would Slack take this view, and what does it look like once it is open?"""

import secrets
from collections.abc import Callable
from typing import Any

from playground.slack.blocks import VIEW_BLOCKS, check_blocks, refuse_findings, with_ids
from playground.slack.installation import APP_ID, BOT_ID, TEAM_ID, Json
from playground.slack.refusal import Refusal
from playground.slack.shapes import Findings, anything, boolean, shape, string, text
from playground.slack.world import World

COMMON = {
    "type": anything,
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
    "clear_on_close": boolean,
    "notify_on_close": boolean,
}
MODAL = shape(
    {"title": text(24), "blocks": anything},
    {**COMMON, "close": text(24), "submit": text(24), "submit_disabled": boolean},
)
HOME = shape({"blocks": anything}, {**COMMON, "title": anything, "close": anything, "submit": anything})


def check_view(view: Any, surface: str, refused: frozenset[str], citable: Callable[[Json], bool]) -> None:
    """surface is modal or home. Raises Refusal invalid_arguments with every fault, as views.* do."""
    findings = Findings(surface, refused, citable)
    if not isinstance(view, dict):
        findings.add("must be an object", "/view")
    elif view.get("type") != surface:
        findings.add(f"must be one of: {surface}", "/view/type")
    else:
        (MODAL if surface == "modal" else HOME)(view, "/view", findings)
        check_blocks(view.get("blocks", []), findings, VIEW_BLOCKS)
        blocks = view.get("blocks")
        kinds = [block.get("type") for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
        if surface == "modal" and "input" in kinds and "submit" not in view:
            findings.add("missing required field: submit (a modal with an input block needs it)", "/view")
    refuse_findings(findings, "invalid_arguments")


def opened(world: World, view: Json, view_id: str = "", parent: Json | None = None) -> Json:
    """The view object as views.open answers it, with ids, a fresh hash and an empty state."""
    view_id = view_id or world.workspace.next_id("V")
    shown: Json = {"private_metadata": "", "callback_id": "", "external_id": "", "title": None, "close": None}
    shown |= {"submit": None, "clear_on_close": False, "notify_on_close": False}
    shown |= view | {"blocks": with_ids(view["blocks"]), "id": view_id, "team_id": TEAM_ID, "app_id": APP_ID}
    shown |= {"bot_id": BOT_ID, "app_installed_team_id": TEAM_ID, "state": {"values": {}}}
    shown["hash"] = f"{world.workspace.next_ts()}.{secrets.token_hex(4)}"
    shown["root_view_id"] = parent["root_view_id"] if parent else view_id
    shown["previous_view_id"] = parent["id"] if parent else None
    return shown


def show_stack(world: World, user: str) -> None:
    """Put a person's stack of open modals on their screen."""
    stack = world.workspace.stacks.get(user, [])
    world.tell((user,), "view", {"views": stack})


def push(world: World, user: str, view: Json) -> Json:
    """Open on top of what is open. Raises Refusal push_limit_reached for a fourth one."""
    stack = world.workspace.stacks.setdefault(user, [])
    if len(stack) >= 3:
        raise Refusal("push_limit_reached")
    shown = opened(world, view, parent=stack[-1] if stack else None)
    stack.append(shown)
    show_stack(world, user)
    return shown


def replace(world: World, user: str, old: Json, view: Json) -> Json:
    """Put another content into an open modal or a Home view."""
    shown = opened(world, view, old["id"])
    shown |= {"root_view_id": old["root_view_id"], "previous_view_id": old["previous_view_id"]}
    shown["state"] = old["state"]
    stack = world.workspace.stacks.get(user, [])
    if old in stack:
        stack[stack.index(old)] = shown
        show_stack(world, user)
    else:
        publish_home(world, user, shown)
    return shown


def publish_home(world: World, user: str, shown: Json) -> None:
    world.workspace.homes[user] = shown
    world.tell((user,), "home", {"view": shown})
