"""How are the Slack parts put together, and how do they run?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.admission import Admission, Flight, Settling
from bot.slack.channels import Channels
from bot.slack.config import Identity, SlackConfig
from bot.slack.desk import Desk
from bot.slack.listeners import register
from bot.slack.mishap import Mishap
from bot.slack.opening import Briefed, Opening, Scoped, nobody, unchanged
from bot.slack.platform import SlackPlatform
from bot.slack.socket import Socket
from bot.slack.uploads import Draw
from bot.slack.web import Web, new_session
from clew.limits import Limits
from clew.memory import Memory
from clew.ports import Clock, Copilot

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Slack:
    """A connected workspace: who Clew is there, and the platform that shows views."""

    config: SlackConfig
    web: Web
    identity: Identity
    platform: SlackPlatform
    memory: Memory
    clock: Clock


@asynccontextmanager
async def connected(config: SlackConfig, memory: Memory, clock: Clock, draw: Draw) -> AsyncGenerator[Slack]:
    """The platform for one workspace, ready to show views. Raises PlatformError when Slack refuses the token."""
    async with new_session(config) as session:
        web = Web(config, session)
        identity = await web.identify()
        platform = SlackPlatform(web, identity, memory, clock, draw)
        async with platform.running():
            yield Slack(config, web, identity, platform, memory, clock)


@dataclass(frozen=True)
class Running:
    """The bot as it runs: what to ask for readiness, and the app that HTTP routes hand requests to."""

    app: AsyncApp
    admission: Admission
    socket: Socket | None

    async def connected(self) -> bool:
        """Whether Slack's deliveries can reach us: the websocket is up, or HTTP mode waits for them."""
        return self.socket is None or await self.socket.connected()

    @property
    def last_event_at(self) -> float | None:
        """Unix seconds of the last delivery, None before the first."""
        return self.admission.last_event_at

    async def ready(self) -> tuple[bool, str]:
        """For /readyz; never raises."""
        if await self.connected():
            return True, "connected" if self.socket is not None else "waiting for Slack's requests"
        return False, "the websocket to Slack is down; it reconnects by itself"


def build_app(
    slack: Slack, copilot: Copilot, limits: Limits, briefed: Briefed = unchanged, scoped: Scoped = nobody
) -> tuple[AsyncApp, Admission]:
    """The Bolt app with every listener, the same for both transports, and the ledger in front of it."""
    identity, config = slack.identity, slack.config

    async def authorize(context: Any) -> AuthorizeResult:
        # Known since start: asking Slack again would hold up the first acknowledgement.
        return AuthorizeResult(
            enterprise_id=context.enterprise_id,
            team_id=context.team_id,
            bot_user_id=identity.bot_user,
            bot_id=identity.bot,
            bot_token=config.bot_token,
        )

    app = AsyncApp(
        name="clew",
        client=AsyncWebClient(base_url=config.api_url, session=slack.web.session),
        authorize=authorize,
        signing_secret=config.signing_secret,
        request_verification_enabled=True,
    )
    admission = Admission(slack.memory, slack.clock, config.append_seconds)

    async def admit(request: AsyncBoltRequest, next_: Any) -> Any:
        return await admission.admit(request, next_)

    app.middleware(admit)
    app.listener_runner.listener_start_handler = Flight(admission)
    app.listener_runner.listener_completion_handler = Settling(admission)
    desk = Desk(
        config=config,
        identity=identity,
        web=slack.web,
        copilot=copilot,
        memory=slack.memory,
        clock=slack.clock,
        channels=Channels(slack.web),
        opening=Opening(identity.team, slack.clock, limits, briefed, scoped),
        platform=slack.platform,
    )
    app.error(Mishap(desk).handle)
    register(app, desk)
    return app, admission


@asynccontextmanager
async def serving(
    slack: Slack,
    copilot: Copilot,
    limits: Limits | None = None,
    briefed: Briefed = unchanged,
    scoped: Scoped = nobody,
) -> AsyncGenerator[Running]:
    """Listens to Slack while open. In HTTP mode hand `Running.app` to `bot.slack.http.add_events`.

    At the end nothing new is taken in, what is under way may end within `drain_seconds`, and the rest waits in the ledger.
    Raises PlatformError when Slack refuses the connection, StoreError.
    """
    app, admission = build_app(slack, copilot, limits or Limits(), briefed, scoped)
    unfinished = await admission.unfinished()
    async with AsyncExitStack() as stack:
        socket = None
        if slack.config.mode == "socket":
            socket = await stack.enter_async_context(Socket.opened(app, slack.config))
        replay = asyncio.create_task(admission.replay(app, unfinished), name="slack replay")
        try:
            yield Running(app, admission, socket)
        finally:
            replay.cancel()
            await asyncio.gather(replay, return_exceptions=True)
            await stack.aclose()
            if not await admission.drained(slack.config.drain_seconds, final=True):
                log.warning("stopped while deliveries were under way; they are taken up at the next start")
