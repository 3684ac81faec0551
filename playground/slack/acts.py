"""How do the web page's requests become what a person does?"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from playground.slack import interaction
from playground.slack.envelope import Ack
from playground.slack.installation import BOT_USER, Json
from playground.slack.person import Person
from playground.slack.refusal import Refusal
from playground.slack.world import World, page_channel


@dataclass(frozen=True)
class Scenario:
    """A button "Break something" on the page. `run` answers with the channel to look at, or nothing."""

    name: str
    title: str
    description: str
    run: Callable[[], Awaitable[str]]


def _done(ack: Ack) -> Json:
    if ack.body.get("response_action") == "errors":
        return {"ok": False, "error": "invalid_input", "errors": ack.body.get("errors", {})}
    return {"ok": ack.ok, "error": ack.error} if ack.error else {"ok": True}


async def _post(person: Person, act: Json) -> Json:
    text = str(act.get("text", ""))
    if not text.strip():
        raise Refusal("no_text")
    if len(text) > 40_000:
        raise Refusal("msg_too_long")
    return {"ts": await person.says(act["channel"], text, act.get("thread_ts"))}


async def _command(person: Person, act: Json) -> Json:
    world = person.world
    channel = world.workspace.channel(act["channel"])
    ack = await interaction.command(world, person.id, channel, act["text"], act.get("thread_ts") or "")
    return _done(ack)


async def _block_action(person: Person, act: Json) -> Json:
    action = act["action"]
    if not isinstance(action, dict):
        raise Refusal("invalid_arguments")
    if act.get("view_id"):
        return _done(await interaction.view_action(person.world, person.id, act["view_id"], action))
    channel = person.world.workspace.channel(act["channel"])
    return _done(await interaction.message_action(person.world, person.id, channel, act["ts"], action))


async def _submit(person: Person, act: Json) -> Json:
    return _done(await person.submits(act["view_id"], act.get("values") or {}))


async def _close(person: Person, act: Json) -> Json:
    await person.closes(act["view_id"])
    return {}


async def _message_shortcut(person: Person, act: Json) -> Json:
    return _done(await person.shortcut(act["callback_id"], act["channel"], act["ts"]))


async def _global_shortcut(person: Person, act: Json) -> Json:
    return _done(await person.shortcut(act["callback_id"]))


async def _create(person: Person, act: Json) -> Json:
    name = re.sub(r"\s+", "-", str(act["name"]).strip().lower())
    return {"channel": await person.creates_channel(name, is_private=bool(act.get("is_private")))}


async def _rename(person: Person, act: Json) -> Json:
    await person.renames_channel(act["channel"], act["name"])
    return {}


async def _archive(person: Person, act: Json) -> Json:
    await person.archives_channel(act["channel"])
    return {}


async def _invite(person: Person, act: Json) -> Json:
    """Here `user` is who gets invited, the app included; the channel's creator does it unless `by` says who."""
    world = person.world
    channel = world.workspace.channel(act["channel"])
    by = act.get("by") or next((m for m in (channel.creator, *channel.members) if m != BOT_USER), world.people()[0])
    await Person(world, world.workspace.user(by)).invites(channel.id, person.id)
    return {}


async def _react(person: Person, act: Json) -> Json:
    try:
        await person.reacts(act["channel"], act["ts"], act["name"])
    except Refusal as refusal:
        if refusal.error != "already_reacted":
            raise
        await person.unreacts(act["channel"], act["ts"], act["name"])
    return {}


async def _home(person: Person, act: Json) -> Json:
    await person.opens_home(str(act.get("tab", "home")))
    return {}


async def _stop(person: Person, act: Json) -> Json:
    await person.stops(act["channel"], act["ts"])
    return {}


TEXTS = frozenset({"user", "by", "channel", "ts", "thread_ts", "text", "name", "view_id", "callback_id", "tab"})
ACTS: dict[str, Callable[[Person, Json], Awaitable[Json]]] = {
    "post": _post,
    "command": _command,
    "block_action": _block_action,
    "view_submit": _submit,
    "view_close": _close,
    "message_shortcut": _message_shortcut,
    "global_shortcut": _global_shortcut,
    "create_channel": _create,
    "rename_channel": _rename,
    "archive_channel": _archive,
    "invite": _invite,
    "react": _react,
    "open_home": _home,
    "stop_session": _stop,
}


async def act(world: World, scenarios: tuple[Scenario, ...], wanted: Any) -> Json:
    """Do what a page asks for; the answer has ok and, when refused, error with Slack's word."""
    try:
        return {"ok": True, **await _acted(world, scenarios, wanted)}
    except Refusal as refusal:
        return refusal.body
    except KeyError as missing:
        return {"ok": False, "error": "invalid_arguments", "missing": str(missing.args[0])}


async def _acted(world: World, scenarios: tuple[Scenario, ...], wanted: Any) -> Json:
    if not isinstance(wanted, dict):
        raise Refusal("json_not_object")
    if wanted.get("type") == "scenario":
        return await _scenario(scenarios, str(wanted.get("name")))
    for name in TEXTS & set(wanted):
        if wanted[name] is not None and not isinstance(wanted[name], str):
            raise Refusal("invalid_arguments", messages=[f"must be a string: {name}"])
    handler = ACTS.get(str(wanted.get("type")))
    if handler is None:
        raise Refusal("unknown_type")
    return await handler(Person(world, world.workspace.user(str(wanted.get("user")))), wanted)


async def _scenario(scenarios: tuple[Scenario, ...], name: str) -> Json:
    for scenario in scenarios:
        if scenario.name == name:
            return {"ok": True, "channel": await scenario.run()}
    raise Refusal("unknown_scenario")


def _statuses(world: World) -> list[Json]:
    found: list[Json] = []
    for (channel, stamp), session in world.workspace.sessions.items():
        text = session.get("text") or session.get("status", "")
        if text not in ("", "active", "closed"):
            found.append({"channel": channel, "thread_ts": stamp, "status": text})
    return found


def state(world: World, user: str, scenarios: tuple[Scenario, ...]) -> Json:
    """All that one person's page shows (the body of /ui/state). Raises Refusal user_not_found."""
    person = Person(world, world.workspace.user(user))
    me = person.id
    shown = [channel for channel in world.workspace.channels.values() if me in world.audience(channel)]
    users = [u.shape() for u in world.workspace.users.values()]
    bot: Json = {"user_id": BOT_USER, "name": world.installation.name, "app_id": "A0PLAY001"}
    return {
        "team": {"id": "T0PLAY001", "name": "Playground"},
        "me": me,
        "users": users,
        "channels": [page_channel(channel, me) for channel in shown],
        "messages": {channel.id: person.messages(channel.id) for channel in shown},
        "commands": [dict(command) for command in world.installation.commands],
        "shortcuts": [dict(shortcut) for shortcut in world.installation.shortcuts],
        "home": person.home,
        "views": person.views,
        "statuses": _statuses(world),
        "bot": bot | {"connected": world.deliveries.transport.connected},
        "scenarios": [{"name": s.name, "title": s.title, "description": s.description} for s in scenarios],
    }
