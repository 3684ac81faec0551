"""How do Slack's deliveries arrive over a websocket?"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.config import SlackConfig
from bot.slack.scopes import Method
from bot.slack.web import NO_ANSWER, refusal, unreachable


class Socket:
    """A Socket Mode connection that reconnects by itself."""

    def __init__(self, handler: AsyncSocketModeHandler) -> None:
        self._handler = handler

    @classmethod
    @asynccontextmanager
    async def opened(cls, app: AsyncApp, config: SlackConfig) -> AsyncGenerator["Socket"]:
        """Connected while open. Raises PlatformError when Slack refuses the app-level token."""
        await _try(app.client, config)
        handler = AsyncSocketModeHandler(app, config.app_token, ping_interval=5)
        try:
            await handler.connect_async()
            yield cls(handler)
        finally:
            await handler.close_async()

    async def connected(self) -> bool:
        return bool(await self._handler.client.is_connected())


async def _try(client: AsyncWebClient, config: SlackConfig) -> None:
    """Asks once for a connection: Slack's client would repeat a refused token for ever without a word."""
    try:
        await client.apps_connections_open(app_token=config.app_token)
    except SlackApiError as error:
        raise refusal(Method.CONNECT, error) from None
    except NO_ANSWER as error:
        raise unreachable(config.api_url, error) from None
