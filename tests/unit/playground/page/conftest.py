"""A local Slack, an app in it that answers like Clew's listeners will, and people's browsers."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, Request, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.limits import Limits
from playground.slack.server import LocalSlack

WIDE = (1280, 860)
PATIENCE = 30_000  # milliseconds; a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE)
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Clew"},
    "features": {
        "bot_user": {"display_name": "Clew"},
        "agent_view": {"agent_description": "Follows an incident to its cause"},
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [{"command": "/investigate", "description": "Look into it", "usage_hint": "[question]"}],
        "shortcuts": [{"name": "Investigate this message", "callback_id": "look", "type": "message"}],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "chat:write",
                "channels:read",
                "channels:join",
                "channels:history",
                "commands",
                "files:write",
                "files:read",
                "assistant:write",
                "users:read",
            ]
        }
    },
    "settings": {"event_subscriptions": {"bot_events": ["app_home_opened", "message.channels"]}},
}

Opens = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def slack() -> AsyncGenerator[LocalSlack]:
    options = LocalSlack.serving(manifest=MANIFEST, limits=Limits(on=False), settle_seconds=0.05)
    async with options as slack:
        yield slack


@pytest_asyncio.fixture(loop_scope="session")
async def client(slack: LocalSlack) -> AsyncWebClient:
    """The app's Web API client; the app is in #general."""
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    await client.conversations_join(channel=slack.channel_id("general"))
    return client


@pytest_asyncio.fixture(loop_scope="session")
async def app(slack: LocalSlack, client: AsyncWebClient) -> AsyncGenerator[AsyncApp]:
    """A Bolt app without listeners, connected over Socket Mode."""
    app = AsyncApp(client=client)

    @app.event("message")
    async def _heard() -> None:
        """Messages are acknowledged and left alone."""

    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
    await handler.connect_async()
    await slack.until_connected()
    yield app
    await handler.close_async()


@pytest_asyncio.fixture(loop_scope="session")
async def opens(slack: LocalSlack, chromium: Browser) -> AsyncGenerator[Opens]:
    """`await opens("mia", channel="general")` is that person's page. Ends red when any page raised an error, broke the
    content policy or asked anybody else for anything."""
    wrong: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((slack.url, "data:")):
            wrong.append(f"asked {request.url}")

    async def open_page(who: str, size: tuple[int, int] = WIDE, channel: str = "", **query: str) -> Page:
        context = await chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=size[0] < 500, reduced_motion="reduce"
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: wrong.append(f"raised {error}"))
        page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
        page.on("request", asked)
        where = {"user": slack.person(who).id, **query}
        if channel:
            where["channel"] = slack.channel_id(channel)
        await page.goto(slack.url + "/?" + "&".join(f"{name}={value}" for name, value in where.items()))
        await page.locator(".shell").wait_for()
        return page

    yield open_page
    for context in tuple(chromium.contexts):
        with contextlib.suppress(Exception):
            await context.close()
    assert wrong == []
