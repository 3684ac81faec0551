"""How do things reach an app that listens at a request URL?"""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import urlencode

import aiohttp

from playground.slack.envelope import Ack, Envelope
from playground.slack.faults import Faults
from playground.slack.installation import Installation, Json

ANSWER_BYTES = 1_000_000


class Webhook:
    """Signed POSTs to one request URL (signature version v0, docs.slack.dev "verifying requests from Slack")."""

    def __init__(self, installation: Installation, faults: Faults, ack_seconds: float) -> None:
        self._installation = installation
        self._faults = faults
        self._ack_seconds = ack_seconds
        self._session: aiohttp.ClientSession | None = None
        self.request_url = ""
        self.verified = False
        self.changed = asyncio.Event()

    @property
    def connected(self) -> bool:
        return bool(self.request_url) and self.verified

    async def verify(self) -> bool:
        """Send url_verification; True when the app echoed the challenge."""
        challenge = secrets.token_urlsafe(24)
        body = {"token": self._installation.verification_token, "challenge": challenge, "type": "url_verification"}
        ack = await self._post(json.dumps(body), "application/json", {})
        self._note(ack.ok and challenge in (ack.body.get("challenge"), ack.body.get("text")))
        return self.verified

    def _note(self, reached: bool) -> None:
        if reached != self.verified:
            self.verified = reached
            changed, self.changed = self.changed, asyncio.Event()
            changed.set()

    async def send(self, envelope: Envelope) -> Ack:
        if not self.request_url:
            return Ack("no_connection")
        headers: dict[str, str] = {}
        if envelope.attempt:
            headers = {"X-Slack-Retry-Num": str(envelope.attempt), "X-Slack-Retry-Reason": envelope.reason}
        form = "application/x-www-form-urlencoded"
        if envelope.kind == "events_api":
            ack = await self._post(json.dumps(envelope.payload), "application/json", headers)
        elif envelope.kind == "slash_commands":
            ack = await self._post(urlencode(envelope.payload), form, headers)
        else:
            ack = await self._post(urlencode({"payload": json.dumps(envelope.payload)}), form, headers)
        self._note(ack.error != "connection_failed")
        return Ack("timeout") if ack.ok and self._faults.takes_lost_ack() else ack

    async def _post(self, body: str, content_type: str, headers: dict[str, str]) -> Ack:
        signed = headers | {"Content-Type": content_type, "User-Agent": "Slackbot 1.0"} | self._signature(body)
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        timeout = aiohttp.ClientTimeout(total=self._ack_seconds)
        try:
            async with self._session.post(
                self.request_url, data=body.encode(), headers=signed, timeout=timeout, allow_redirects=False
            ) as response:
                answer = (await response.content.read(ANSWER_BYTES)).decode("utf-8", "replace")
                if response.status >= 300:
                    return Ack("http_error", status=response.status)
                return Ack(body=_answer(answer), status=response.status)
        except TimeoutError:
            return Ack("timeout")
        except (aiohttp.ClientError, OSError):
            return Ack("connection_failed")

    def _signature(self, body: str) -> dict[str, str]:
        stamp = str(int(time.time()))
        secret = self._installation.signing_secret.encode()
        digest = hmac.new(secret, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _answer(text: str) -> Json:
    """A JSON object as it is; any other non-empty text as {"text": it}."""
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    if isinstance(found, dict):
        return found
    return {"text": found} if found else {}
