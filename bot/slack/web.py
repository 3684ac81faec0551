"""How is a Slack method called, and what does each refusal mean?"""

from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.config import Identity, SlackConfig
from bot.slack.scopes import Method
from clew.errors import PlatformError

UNREACHABLE = "unreachable"
LIMITED = "ratelimited"
TRANSIENT = frozenset(
    {UNREACHABLE, LIMITED, "internal_error", "fatal_error", "service_unavailable", "request_timeout", "rollup_error"}
)
READS = frozenset(
    {Method.INFO, Method.LIST, Method.MEMBERS, Method.HISTORY, Method.REPLIES, Method.FILE, Method.PERMALINK}
)
"""Methods that take their arguments as a form; Slack ignores a JSON body there."""
FORMS = READS | {Method.UPLOAD_URL}

NO_ANSWER = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError)
"""What Slack's client raises when there is no answer, or one that is not Slack's (ValueError: no JSON, no number)."""

ADVICE = {
    "channel_not_found": "Slack knows no such channel, or Clew may not see it. Invite Clew to the channel and try again.",
    "is_archived": "The channel is archived. Unarchive it to go on there.",
    "not_in_channel": "Clew is not in the channel. Invite it with `/invite`.",
    "missing_scope": "Clew's Slack app lacks a scope. Reinstall it from the manifest.",
    "invalid_auth": "Slack refused the bot token. Check CLEW_SLACK__BOT_TOKEN.",
    "not_authed": "No bot token was sent. Set CLEW_SLACK__BOT_TOKEN.",
    "account_inactive": "The bot token belongs to a removed app. Install Clew again and set CLEW_SLACK__BOT_TOKEN.",
    "token_revoked": "The bot token was revoked. Install Clew again and set CLEW_SLACK__BOT_TOKEN.",
    "message_not_found": "The message is gone; somebody deleted it.",
    "expired_trigger_id": "Slack gives three seconds to open a form, and they were over. Press the button again.",
}


class Limited(PlatformError):
    """Slack asked for patience; `seconds` is how long."""

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(LIMITED, f"Slack asks {method} to wait {seconds:.0f} s")
        self.seconds = seconds


def transient(error: PlatformError) -> bool:
    """Whether the same call may succeed later."""
    return error.code in TRANSIENT


def refusal(method: str, error: SlackApiError) -> PlatformError:
    """The platform's refusal in our words: what happened and what to do."""
    response: Any = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    headers: Any = getattr(response, "headers", None) or {}
    if status == 429:
        return Limited(method, _seconds(headers.get("Retry-After", headers.get("retry-after"))))
    data: Any = getattr(response, "data", None)
    if not isinstance(data, dict) or "error" not in data:
        return PlatformError(UNREACHABLE, f"Slack's answer to {method} could not be read (HTTP {status})")
    code = str(data["error"])
    advice = ADVICE.get(code, f"Slack refused {method}: {code}")
    if method == Method.CONNECT:  # the one method that takes the other token
        advice = advice.replace("bot token", "app-level token").replace("__BOT_TOKEN", "__APP_TOKEN")
    return PlatformError(code, advice)


def unreachable(address: str, error: Exception) -> PlatformError:
    """No answer, or none that Slack would give, in words for whoever runs Clew."""
    why = "no answer in time" if isinstance(error, TimeoutError) else str(getattr(error, "strerror", "") or error)
    return PlatformError(
        UNREACHABLE,
        f"Slack could not be reached at {address}: {why[:200] or type(error).__name__}. "
        "Check the network, and CLEW_SLACK__API_URL if you set it.",
    )


def _seconds(header: object) -> float:
    try:
        return max(0.0, float(str(header)))
    except ValueError:
        return 1.0


class Web:
    """The one door to Slack's Web API. Every failure leaves it as a PlatformError."""

    def __init__(self, config: SlackConfig, session: aiohttp.ClientSession) -> None:
        self.config = config
        self.session = session
        self.client = AsyncWebClient(token=config.bot_token, base_url=config.api_url, session=session)
        patient: list[AsyncRetryHandler] = [
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
            AsyncServerErrorRetryHandler(max_retry_count=3),
            AsyncRateLimitErrorRetryHandler(max_retry_count=5),
        ]
        self.client.retry_handlers = patient
        # Edits are not repeated here: while Slack asks for patience a newer state may replace this one.
        self._once = AsyncWebClient(token=config.bot_token, base_url=config.api_url, session=session)
        self._once.retry_handlers = []

    async def call(self, method: Method, **arguments: Any) -> dict[str, Any]:
        """Slack's answer; waits out rate limits. Raises PlatformError."""
        return await self._call(self.client, method, arguments)

    async def call_once(self, method: Method, **arguments: Any) -> dict[str, Any]:
        """The same without waiting. Raises Limited when Slack asks for patience, else PlatformError."""
        return await self._call(self._once, method, arguments)

    async def _call(self, client: AsyncWebClient, method: Method, arguments: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in arguments.items() if value is not None}
        body: dict[str, Any] = {"data": given} if method in FORMS else {"json": given}
        try:
            answer = await client.api_call(method.value, **body)
        except SlackApiError as error:
            raise refusal(method.value, error) from None
        except NO_ANSWER as error:
            raise self._unreachable(error) from None
        data: Any = answer.data
        if not isinstance(data, dict):
            raise PlatformError(UNREACHABLE, f"Slack's answer to {method} was not an object")
        return data

    def _unreachable(self, error: Exception) -> PlatformError:
        return unreachable(self.config.api_url, error)

    async def identify(self) -> Identity:
        """Who this token is and what it may do. Raises PlatformError."""
        try:
            answer = await self.client.auth_test()
        except SlackApiError as error:
            raise refusal(Method.IDENTIFY, error) from None
        except NO_ANSWER as error:
            raise self._unreachable(error) from None
        headers: Any = answer.headers
        granted = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
        scopes = None if granted is None else frozenset(s.strip() for s in str(granted).split(",") if s.strip())
        return Identity(str(answer["team_id"]), str(answer["user_id"]), str(answer.get("bot_id", "")), scopes)

    async def put(self, url: str, content: bytes) -> None:
        """Sends an uploaded file's bytes to the address Slack gave for it. Raises PlatformError."""
        try:
            async with self.session.post(url, data=content) as answer:
                if answer.status >= 300:
                    raise PlatformError(UNREACHABLE, f"the upload was answered with HTTP {answer.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PlatformError(UNREACHABLE, f"the upload failed: {error!r}") from None


def new_session(config: SlackConfig) -> aiohttp.ClientSession:
    """The HTTP session for one running bot; closed by whoever opened it."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=config.call_seconds), cookie_jar=aiohttp.DummyCookieJar()
    )
