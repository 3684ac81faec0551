"""Where is the local Slack served, and how does a test or the playground take hold of it?"""

import asyncio
import ipaddress
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypedDict, Unpack

from aiohttp import web

from playground.slack.acts import Scenario
from playground.slack.deliveries import RETRY_DELAYS, Deliveries
from playground.slack.faults import Faults
from playground.slack.files import Files
from playground.slack.installation import Installation, Json, Mode, scopes_of
from playground.slack.limits import Limits
from playground.slack.person import Person
from playground.slack.record import Record
from playground.slack.refusal import Refusal
from playground.slack.routes import application
from playground.slack.sockets import Sockets
from playground.slack.tickets import Tickets
from playground.slack.webhook import Webhook
from playground.slack.workspace import Workspace
from playground.slack.world import World

ACK_SECONDS = 3.0


class Options(TypedDict, total=False):
    """host, port: where to listen (loopback only; port 0 takes a free one). manifest: the app's manifest as a dict,
    None subscribes it to everything. mode: socket or http, the latter posting to request_url. scopes: granted ones
    (the manifest's by default; None with no manifest grants all). refuse: block types this Slack does not know.
    limits: Limits(on=False) turns 429s off. retry_delays, ack_seconds, trigger_seconds, settle_seconds: seconds.
    journal: a file that gets every record entry as a JSON line. scenarios: buttons on the page."""

    host: str
    port: int
    manifest: Json | None
    mode: Mode
    request_url: str
    scopes: Iterable[str] | None
    refuse: Iterable[str]
    limits: Limits
    retry_delays: tuple[float, ...]
    ack_seconds: float
    trigger_seconds: float
    settle_seconds: float
    journal: Path | None
    scenarios: tuple[Scenario, ...]


class LocalSlack:
    """A Slack on this machine. `record` says what happened, `person` does things, `faults` breaks things."""

    def __init__(self, world: World, transport: Sockets | Webhook) -> None:
        self.world = world
        self.record = world.record
        self.workspace = world.workspace
        self.faults = world.faults
        self.limits = world.limits
        self.deliveries = world.deliveries
        self._transport = transport

    @classmethod
    @asynccontextmanager
    async def serving(cls, **options: Unpack[Options]) -> AsyncGenerator["LocalSlack"]:
        """Serve until the block ends. Raises ValueError for a host that is not loopback."""
        host = options.get("host", "127.0.0.1")
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the local Slack has no passwords and serves loopback only: not {host}, try 127.0.0.1")
        async with AsyncExitStack() as stack:
            journal = options.get("journal")
            record = Record(stack.enter_context(journal.open("a", encoding="utf-8", buffering=1)) if journal else None)
            slack = cls._built(record, options)
            app = application(slack.world, options.get("scenarios", ()), slack.sockets)
            runner = web.AppRunner(app, shutdown_timeout=1.0, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.push_async_callback(slack.close)
            site = web.TCPSite(runner, host, options.get("port", 0))
            await site.start()
            port = runner.addresses[0][1]
            shown = f"[{host}]" if ":" in host else host
            slack.world.url = slack.world.files.url = f"http://{shown}:{port}"
            watching = asyncio.create_task(slack.watch())
            stack.callback(watching.cancel)
            yield slack

    @classmethod
    def _built(cls, record: Record, options: Options) -> "LocalSlack":
        manifest = options.get("manifest")
        scopes = options.get("scopes")
        installation = Installation(
            manifest=manifest,
            scopes=scopes_of(manifest) if scopes is None else frozenset(scopes),
            mode=options.get("mode", "socket"),
            refuse=frozenset(options.get("refuse", ())),
        )
        faults = Faults()
        ack_seconds = options.get("ack_seconds", ACK_SECONDS)
        transport: Sockets | Webhook
        if installation.mode == "http":
            transport = Webhook(installation, faults, ack_seconds)
            transport.request_url = options.get("request_url", "")
        else:
            transport = Sockets(faults, ack_seconds)
        delays = options.get("retry_delays", RETRY_DELAYS)
        world = World(
            installation=installation,
            workspace=Workspace(installation.name),
            record=record,
            faults=faults,
            limits=options.get("limits") or Limits(),
            tickets=Tickets(options.get("trigger_seconds", 3.0)),
            deliveries=Deliveries(installation, transport, record, delays),
            files=Files(faults, options.get("settle_seconds", 0.2)),
        )
        return cls(world, transport)

    async def close(self) -> None:
        """Cut the app and the pages off; `serving` does it at its end."""
        self.world.screens.close()
        await self.deliveries.close()

    async def watch(self) -> None:
        """Tell open pages when the app comes and goes."""
        known = self.connected
        while True:
            await self._transport.changed.wait()
            if self.connected != known:
                known = self.connected
                self.world.screens.show(self.world.screens.everyone(), {"type": "bot", "connected": known})

    @property
    def url(self) -> str:
        """The web page's address, without a slash at the end."""
        return self.world.url

    @property
    def api_url(self) -> str:
        """The Web API's base address; ends in a slash, as slack_sdk wants it."""
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        return self.world.installation.bot_token

    @property
    def app_token(self) -> str:
        return self.world.installation.app_token

    @property
    def signing_secret(self) -> str:
        return self.world.installation.signing_secret

    @property
    def connected(self) -> bool:
        """Whether the app has a socket open, or its request URL was verified."""
        return self._transport.connected

    @property
    def sockets(self) -> Sockets | None:
        """Socket Mode's connections (`opened` counts them all, `count` the open ones). None in HTTP mode."""
        return self._transport if isinstance(self._transport, Sockets) else None

    async def drops_connections(self) -> None:
        """Socket Mode: cut every connection without a word, as a network would."""
        await self._socket_mode().drop()

    async def refreshes_connections(self) -> None:
        """Socket Mode: ask the app to connect anew, as Slack does every few hours."""
        await self._socket_mode().refresh()

    def _socket_mode(self) -> Sockets:
        if not isinstance(self._transport, Sockets):
            raise TypeError("only LocalSlack.serving(mode='socket') has connections of the app")
        return self._transport

    async def listens_at(self, request_url: str) -> bool:
        """HTTP mode: post to this request URL from now on. True when it echoed Slack's challenge."""
        if not isinstance(self._transport, Webhook):
            raise TypeError("only LocalSlack.serving(mode='http') has a request URL")
        self._transport.request_url = request_url
        return await self._transport.verify()

    async def until_connected(self, seconds: float = 10.0) -> None:
        """Wait for the app to come. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not self.connected:
                await self._transport.changed.wait()

    def person(self, name: str) -> Person:
        """mia, lee, sam, or a user id. Raises Refusal user_not_found."""
        found = self.workspace.user(name)
        if found.is_bot:
            raise Refusal("user_not_found")
        return Person(self.world, found)

    def channel_id(self, name: str) -> str:
        return self.workspace.channel(name).id

    def dump(self) -> str:
        """The whole record as JSON lines, for a failing test's output."""
        return "\n".join(
            json.dumps({"kind": e.kind, "method": e.method, "payload": e.payload}) for e in self.record.entries()
        )
