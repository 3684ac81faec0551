"""How does this Slack answer a Web API call?"""

import asyncio

from aiohttp import web

from playground.slack.call import Call, Method, read_call
from playground.slack.faults import SESSION_METHODS
from playground.slack.installation import Json
from playground.slack.methods.table import METHODS
from playground.slack.refusal import Refusal
from playground.slack.world import World


class Api:
    """The handler behind /api/<method>; every call is recorded with its answer, refused ones too."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        headers = {"X-OAuth-Scopes": ",".join(sorted(self._world.installation.scopes or ()))}
        status, call = 200, Call(name, {}, "")
        faults = self._world.faults
        if faults.takes_html(name):
            self._world.record.add("call", method=name, answer={"ok": False, "error": "html", "status": 503})
            page = "<!doctype html><title>503</title><p>Service Unavailable</p>"
            return web.Response(text=page, content_type="text/html", status=503)
        try:
            call = await read_call(request, name)
            await asyncio.sleep(faults.delay(name))
            answer = {"ok": True, **await self._answer(call)}
        except Refusal as refusal:
            status, answer = refusal.status, refusal.body
            headers |= refusal.headers
        channel = str(call.args.get("channel") or call.args.get("channel_id") or "")
        stamp = str(answer.get("ts") or answer.get("message_ts") or call.args.get("ts") or "")
        self._world.record.add("call", method=name, channel=channel, ts=stamp, payload=call.args, answer=answer)
        return web.json_response(answer, status=status, headers=headers)

    async def _answer(self, call: Call) -> Json:
        method = METHODS.get(call.method)
        if method is None:
            raise Refusal("unknown_method", req_method=call.method)
        self._check_token(method, call)
        self._check_limits(method, call)
        faults = self._world.faults
        if call.method in faults.refuse:
            raise Refusal(faults.refuse[call.method])
        if SESSION_METHODS.match(call.method) and (faults.not_agent or not self._world.installation.is_agent):
            raise Refusal("not_authorized")
        self._world.require(*method.scopes)
        return await method.handle(self._world, call)

    def _check_token(self, method: Method, call: Call) -> None:
        installed = self._world.installation
        if method.bearer == "nobody":
            return
        if not call.token:
            raise Refusal("not_authed")
        if call.token not in (installed.bot_token, installed.app_token):
            raise Refusal("invalid_auth")
        if call.token != (installed.app_token if method.bearer == "app" else installed.bot_token):
            raise Refusal("not_allowed_token_type")

    def _check_limits(self, method: Method, call: Call) -> None:
        faults, limits = self._world.faults, self._world.limits
        if faults.takes_limited(call.method):
            limits.refused[call.method] += 1
            wait = faults.retry_after
        else:
            wait = limits.retry_after(call.method, method.tier, call.text("channel"))
        if wait is not None:
            refusal = Refusal("ratelimited", status=429)
            refusal.headers = {"Retry-After": str(wait)}
            raise refusal
