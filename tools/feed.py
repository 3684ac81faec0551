"""What did deploy pipelines and flag services announce to us?"""

from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from clew.announcement import Announcement
from clew.errors import SourceUnavailable, StoreError
from clew.evidence import Asked, Change, Evidence, Payload
from clew.incident import Window
from clew.memory import Memory
from clew.ports import Checked, Health, Source, Telemetry, query
from clew.tables import ChangeTable
from tools.answers import change_facts
from tools.diffs import DIFF_CHARACTERS
from tools.outside import Outside
from tools.phrases import asked, counted, span

NAME = "change feed"
MOST = 2_000
"""Changes read in one window, newest first."""
REMEMBERED = 5_000
"""Changes whose page is known, for links."""
NOT_LIVE = ("dev*", "test*", "stag*", "qa*", "preview*", "review*", "sandbox*", "ci")


class FeedSettings(BaseModel):
    """The change feed: with a token, `POST /intake/changes` is open to whoever knows it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token: SecretStr = Field(min_length=16, description="Bearer token that senders of changes must know; 16 or more.")
    services: tuple[str, ...] = Field(default=(), description="Services whose changes count, with `*`; empty: all.")
    not_live: tuple[str, ...] = Field(
        default=NOT_LIVE, description="Environments whose changes do not count, with `*`; the others are live."
    )
    page_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts that a change's own `url` may lead people to; others are not shown."
    )


@dataclass(eq=False)
class FeedChanges:
    """ChangeSource over what was announced and kept."""

    memory: Memory | None
    settings: FeedSettings
    outside: Outside
    telemetry: Telemetry = Telemetry.CHANGES
    name: str = NAME
    _pages: OrderedDict[str, str] = field(default_factory=OrderedDict[str, str])

    async def changes(self, window: Window) -> ChangeTable:
        """Announced changes of the window that went live. Raises SourceUnavailable where the store does not answer."""
        found = await self._announced(window)
        partial = f"only the newest {MOST:,} announced changes were read" if len(found) > MOST else ""
        kept = [one for one in found[:MOST] if self._counts(one)]
        for one in kept:
            if self._shown(one.url):
                self._pages[one.change.ref] = one.url
        while len(self._pages) > REMEMBERED:
            self._pages.popitem(last=False)
        whose = f" of {', '.join(self.settings.services)}" if self.settings.services else ""
        return ChangeTable(
            tuple(sorted((one.change for one in kept), key=lambda c: (c.at, c.ref))),
            f"announced changes{whose}, {span(window)}",
            partial,
        )

    @query
    async def list_changes(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """Announced deploys, flags and settings that touch `service` (empty: any); newest first, at most 20."""
        found = await self.changes(window)
        question = asked(self.name, "list_changes", found.query, window, service=service)
        return change_facts(found, question, service, self.outside.now(), DIFF_CHARACTERS)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """The sender's own page, if its host is one that settings name."""
        return self._pages.get(payload.ref) if isinstance(payload, Change) else None

    async def check(self) -> Health:
        """How many changes arrived in the last day. Never raises."""
        now = self.outside.now()
        if self.memory is None:
            return Health(source=self.name, ok=True, says="open to senders when Clew runs")
        try:
            found = await self._announced(Window(start=now - 86_400, end=now + 1))
        except SourceUnavailable as error:
            without = "announced deploys and flags cannot be named or cleared"
            return Health(source=self.name, ok=False, says=str(error), without=without)
        says = f"{counted(len(found), 'change')} announced in the last day"
        heard = Checked(what="announced lately", ok=bool(found), says=says)
        without = "" if found else "deploys and flags that nobody else tells of"
        return Health(source=self.name, ok=True, says=says, findings=(heard,), without=without)

    async def _announced(self, window: Window) -> tuple[Announcement, ...]:
        if self.memory is None:
            raise SourceUnavailable(self.name, "the store that keeps announced changes is not open")
        try:
            return await self.memory.announced(window.start, window.end, MOST + 1)
        except StoreError as error:
            raise SourceUnavailable(self.name, f"the store that keeps announced changes: {error}") from error

    def _counts(self, one: Announcement) -> bool:
        service = (one.change.service or "").lower()
        ours = not self.settings.services or any(fnmatchcase(service, p.lower()) for p in self.settings.services)
        return ours and not any(fnmatchcase(one.environment.lower(), p.lower()) for p in self.settings.not_live)

    def _shown(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and parts.netloc.lower() in self.settings.page_hosts


@asynccontextmanager
async def opened(settings: FeedSettings, outside: Outside) -> AsyncGenerator[tuple[Source, ...]]:
    """One source over the store that Clew runs with."""
    yield (FeedChanges(outside.memory, settings, outside),)
