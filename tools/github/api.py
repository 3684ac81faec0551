"""How is GitHub's REST API asked with care: unchanged answers cost nothing, and a spent quota ends the asking?"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from clew.errors import QueryRejected, SourceUnavailable
from tools.transport import Reply, Transport

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
PER_PAGE = "100"
AT_ONCE = 4
"""GitHub asks for few requests at the same time."""
HELD = 600
HELD_BYTES = 24_000_000
"""Answers kept to be asked for again with their ETag."""
RESERVE = 20
"""Requests of the quota that are left to others."""
PAUSE = 60.0
"""Seconds without requests after a refusal that does not say how long, as GitHub's documentation asks."""
Params = Mapping[str, str]


class QuotaSpent(SourceUnavailable):
    """GitHub allows no more requests for now."""


@dataclass(eq=False)
class Api:
    """One account's way to the API. Asks one address for one thing at a time; follows no link that an answer holds."""

    transport: Transport
    now: Callable[[], float]
    until: float = 0.0
    """No request before this, Unix seconds."""
    skew: float = 0.0
    """How far the server's clock is ahead of ours, seconds, as it last said."""
    _held: OrderedDict[str, Reply] = field(default_factory=OrderedDict[str, Reply])
    _bytes: int = 0
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def page(self, path: str, params: Params | None = None) -> tuple[Any, bool]:
        """One page as JSON, and whether there is a next one. Raises SourceError; QuotaSpent where asking has to end."""
        reply = await self.reply(path, params)
        return self.transport.parsed(reply), 'rel="next"' in reply.headers.get("link", "")

    async def listed(self, path: str, params: Params | None = None, pages: int = 1) -> tuple[list[Any], bool]:
        """The items of at most `pages` pages, and whether there are more."""
        found: list[Any] = []
        more = True
        for number in range(1, pages + 1):
            given, more = await self.page(path, {**(params or {}), "per_page": PER_PAGE, "page": str(number)})
            if not isinstance(given, list):
                raise SourceUnavailable(self.transport.source, f"{path} is no list; is this the REST API?")
            found += given
            if not more:
                break
        return found, more

    async def text(self, path: str) -> str:
        """A file as it is."""
        reply = await self.reply(path, None, {"Accept": "application/vnd.github.raw+json"})
        return reply.body.decode("utf-8", "replace")

    async def reply(self, path: str, params: Params | None = None, headers: Params | None = None) -> Reply:
        """An answer, from what is held where it did not change."""
        async with self._gate:  # whoever waits here learns of a spent quota before asking
            self._may_ask()
            return await self._asked(path, params, headers)

    async def _asked(self, path: str, params: Params | None, headers: Params | None) -> Reply:
        key = path + "?" + "&".join(f"{name}={value}" for name, value in sorted((params or {}).items()))
        held = self._held.get(key)
        tag = {"If-None-Match": held.headers["etag"]} if held else {}
        try:
            told = await self.transport.get(path, params, {**(headers or {}), **tag})
        except (SourceUnavailable, QueryRejected) as error:
            raise self._refused(error) from None
        reply = Reply(told.status, {name.lower(): value for name, value in told.headers.items()}, told.body)
        self._counted(reply)
        if reply.status == 304 and held is not None:
            self._held.move_to_end(key)
            return held
        self._hold(key, reply)
        return reply

    def _may_ask(self) -> None:
        if self.now() < self.until:
            raise self._spent()

    def _spent(self) -> QuotaSpent:
        at = datetime.fromtimestamp(self.until, UTC).strftime("%H:%M:%S")
        return QuotaSpent(
            self.transport.source, f"GitHub's rate limit is reached; it is not asked again before {at} UTC"
        )

    def _refused(self, error: SourceUnavailable | QueryRejected) -> SourceUnavailable | QueryRejected:
        said = str(error).lower()
        if "rate limit" in said or "status 429" in said:
            self.until = max(self.until, self.now() + PAUSE)
            return self._spent()
        return error

    def _counted(self, reply: Reply) -> None:
        left, reset = reply.headers.get("x-ratelimit-remaining", ""), reply.headers.get("x-ratelimit-reset", "")
        if left.isdigit() and reset.isdigit() and int(left) <= RESERVE:
            # an hour at most, whatever it says: that is how long GitHub's quotas last
            self.until = max(self.until, min(float(reset), self.now() + 3600.0))
        try:
            self.skew = parsedate_to_datetime(reply.headers.get("date", "")).timestamp() - self.now()
        except (ValueError, TypeError):
            self.skew = 0.0

    def _hold(self, key: str, reply: Reply) -> None:
        old = self._held.pop(key, None)
        self._bytes -= len(old.body) if old else 0
        if "etag" not in reply.headers or len(reply.body) > HELD_BYTES // 8:
            return
        self._held[key] = reply
        self._bytes += len(reply.body)
        while len(self._held) > HELD or self._bytes > HELD_BYTES:
            _, gone = self._held.popitem(last=False)
            self._bytes -= len(gone.body)
