"""auth.*, apps.*, users.*, bots.*, team.*, usergroups.*: who is who here?"""

from playground.slack.call import Call, Method
from playground.slack.installation import APP_ID, BOT_ID, BOT_USER, TEAM_ID, Json
from playground.slack.methods.conversations import page
from playground.slack.refusal import Refusal, invalid_arguments
from playground.slack.world import World


async def api_test(world: World, call: Call) -> Json:
    del world
    if call.text("error"):
        raise Refusal(call.text("error"), args=dict(call.args))
    return {"args": dict(call.args)} if call.args else {}


async def auth_test(world: World, call: Call) -> Json:
    del call
    bot = world.workspace.users[BOT_USER]
    answer: Json = {"url": f"{world.url}/", "team": "Playground", "team_id": TEAM_ID, "user": bot.name}
    return answer | {"user_id": BOT_USER, "bot_id": BOT_ID, "is_enterprise_install": False}


async def connections_open(world: World, call: Call) -> Json:
    del call
    if world.installation.mode != "socket":
        raise Refusal("internal_error")
    address = world.url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={world.tickets.socket()}&app_id={APP_ID}"}


async def users_info(world: World, call: Call) -> Json:
    user = world.workspace.users.get(call.need("user", "user_not_found"))
    if user is None:
        raise Refusal("user_not_found")
    return {"user": user.shape()}


async def users_list(world: World, call: Call) -> Json:
    items, cursor = page(list(world.workspace.users.values()), call)
    return {"members": [user.shape() for user in items], "response_metadata": {"next_cursor": cursor}}


async def by_email(world: World, call: Call) -> Json:
    email = call.need("email")
    for user in world.workspace.users.values():
        if user.shape()["profile"]["email"] == email:
            return {"user": user.shape()}
    raise Refusal("users_not_found")


async def bots_info(world: World, call: Call) -> Json:
    if call.text("bot") not in ("", BOT_ID):
        raise Refusal("bot_not_found")
    bot: Json = {"id": BOT_ID, "deleted": False, "name": world.installation.name, "app_id": APP_ID}
    return {"bot": bot | {"user_id": BOT_USER, "updated": 0, "icons": {}}}


async def team_info(world: World, call: Call) -> Json:
    del call
    team: Json = {"id": TEAM_ID, "name": "Playground", "domain": "playground", "email_domain": "", "icon": {}}
    return {"team": team | {"url": f"{world.url}/"}}


async def usergroups(world: World, call: Call) -> Json:
    del call
    group: Json = {"id": "S0ONCALL1", "team_id": TEAM_ID, "is_usergroup": True, "name": "On call"}
    return {"usergroups": [group | {"handle": "oncall", "users": [world.people()[0]], "user_count": 1}]}


async def usergroup_users(world: World, call: Call) -> Json:
    if call.need("usergroup") != "S0ONCALL1":
        raise Refusal("no_such_subteam")
    return {"users": [world.people()[0]]}


async def presence(world: World, call: Call) -> Json:
    if call.text("user") and call.text("user") not in world.workspace.users:
        raise invalid_arguments("user_not_found")
    return {"presence": "active"}


METHODS = (
    Method("api.test", api_test, (), tier=0, bearer="nobody"),
    Method("auth.test", auth_test, (), tier=0),
    Method("apps.connections.open", connections_open, (), tier=0, bearer="app"),
    Method("users.info", users_info, ("users:read",), tier=4),
    Method("users.list", users_list, ("users:read",), tier=2),
    Method("users.getPresence", presence, ("users:read",), tier=3),
    Method("users.lookupByEmail", by_email, ("users:read.email",), tier=3),
    Method("bots.info", bots_info, ("users:read",), tier=3),
    Method("team.info", team_info, ("team:read",), tier=3),
    Method("usergroups.list", usergroups, ("usergroups:read",), tier=2),
    Method("usergroups.users.list", usergroup_users, ("usergroups:read",), tier=2),
)
