"""Which addresses does this server answer, and who may ask?"""

import json
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from playground.slack.acts import Scenario, act, state
from playground.slack.api import Api
from playground.slack.files import MAX_BYTES
from playground.slack.installation import Json
from playground.slack.refusal import Refusal
from playground.slack.responses import answer
from playground.slack.sockets import Sockets
from playground.slack.world import World

PAGE = Path(__file__).parent.parent / "page"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws:; img-src 'self' data: https:",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn away pages of other sites that a browser on this machine has open."""
    host = urlsplit(f"//{request.host}").hostname or ""
    origin = request.headers.get("Origin")
    if host not in LOOPBACK or (origin is not None and urlsplit(origin).netloc != request.host):
        return web.json_response({"ok": False, "error": "forbidden_origin"}, status=403)
    return await handler(request)


class Routes:
    def __init__(self, world: World, scenarios: tuple[Scenario, ...], sockets: Sockets | None) -> None:
        self._world = world
        self._scenarios = scenarios
        self._sockets = sockets

    async def page(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name") or "index.html"
        path = (PAGE / name).resolve()
        if not path.is_relative_to(PAGE) or not path.is_file():
            return web.Response(text=f"not here: {name}", status=404)
        return web.FileResponse(path, headers=HEADERS)

    async def state(self, request: web.Request) -> web.Response:
        user = request.query.get("user") or self._world.people()[0]
        try:
            return web.json_response(state(self._world, user, self._scenarios))
        except Refusal as refusal:
            return web.json_response(refusal.body, status=404)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        try:
            user = self._world.workspace.user(request.query.get("user") or self._world.people()[0])
        except Refusal as refusal:
            return web.json_response(refusal.body, status=404)
        return await self._world.screens.serve(request, user.id)

    async def act(self, request: web.Request) -> web.Response:
        try:
            wanted = json.loads(await request.text())
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_json"}, status=400)
        return web.json_response(await act(self._world, self._scenarios, wanted))

    async def link(self, request: web.Request) -> web.StreamResponse:
        if self._sockets is None or not self._world.tickets.use_socket(request.query.get("ticket", "")):
            return web.Response(text="invalid or used ticket", status=401)
        return await self._sockets.serve(request)

    async def upload(self, request: web.Request) -> web.Response:
        ticket = request.match_info["ticket"]
        file = next((f for f in self._world.files.by_id.values() if f.ticket == ticket), None)
        if file is None or file.data is not None:
            return web.Response(text="not found", status=404)
        data = await self._uploaded(request)
        if len(data) != file.length:
            return web.Response(text=f"expected {file.length} bytes, got {len(data)}", status=400)
        file.data = data
        return web.Response(text=f"OK - {len(data)}")

    async def _uploaded(self, request: web.Request) -> bytes:
        if request.content_type != "multipart/form-data":
            return await request.read()
        async for part in await request.multipart():
            read = getattr(part, "read", None)
            if read is not None:
                return bytes(await read())
        return b""

    async def file(self, request: web.Request) -> web.StreamResponse:
        file = self._world.files.by_id.get(request.match_info["id"])
        if file is None or file.data is None:
            return web.Response(text="not found", status=404)
        return web.Response(body=file.data, content_type=file.type[1], headers=HEADERS)

    async def response(self, request: web.Request) -> web.Response:
        key = f"{request.match_info['a']}/{request.match_info['b']}"
        body: Json = {}
        try:
            found = json.loads(await request.text() or "{}")
            body = found if isinstance(found, dict) else {}
            place = self._world.tickets.use_response(key)
            answer(self._world, place, body)
        except ValueError:
            refusal = Refusal("invalid_payload", status=400)
        except Refusal as caught:
            refusal = caught
        else:
            self._world.record.add(
                "call", method="response_url", channel=place.channel, payload=body, answer={"ok": True}
            )
            return web.Response(text="ok")
        self._world.record.add("call", method="response_url", payload=body, answer=refusal.body)
        return web.json_response(refusal.body, status=refusal.status)


def application(world: World, scenarios: tuple[Scenario, ...], sockets: Sockets | None) -> web.Application:
    """The aiohttp application with every route."""
    app = web.Application(middlewares=[local_only], client_max_size=MAX_BYTES + 1_000_000)
    routes, api = Routes(world, scenarios, sockets), Api(world)
    app.router.add_route("*", "/api/{method}", api.handle)
    app.router.add_get("/", routes.page)
    app.router.add_get("/page/{name:.+}", routes.page)
    app.router.add_get("/ui/state", routes.state)
    app.router.add_get("/ui/stream", routes.stream)
    app.router.add_post("/ui/act", routes.act)
    app.router.add_get("/link/", routes.link)
    app.router.add_post("/upload/v1/{ticket}", routes.upload)
    app.router.add_get("/files/{id}/{name}", routes.file)
    app.router.add_post("/response/{a}/{b}", routes.response)
    return app
