"""What was committed, by whom, and with which diff, in local clones?"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from clew.errors import SourceError, SourceTimeout, SourceUnavailable
from clew.evidence import Asked, Change, Evidence, Payload
from clew.incident import Window
from clew.ports import Checked, Health, Source, Telemetry, query
from clew.tables import ChangeTable
from tools.answers import change_facts
from tools.diffs import DIFF_CHARACTERS, composed
from tools.git.clone import Clone, Place, Told
from tools.git.command import Git, GitFailed
from tools.git.log import Committed
from tools.git.settings import GitSettings
from tools.outside import Outside
from tools.ownership import HARMLESS, Ownership, named_files, ownership
from tools.phrases import asked, counted
from tools.redact import redacted

NAME = "git"
AT_ONCE = 3
"""Clones read at the same time."""
FETCH_SECONDS = 30.0
"""A clone that was fetched this short while ago is not fetched again."""
WEEK = 7 * 86_400.0
REMEMBERED = 5_000
"""Commits whose repository is known, for links."""
MERGES = 20
"""Merges whose message is read for a better title than git's own."""


@dataclass(eq=False)
class GitChanges:
    """ChangeSource over local clones."""

    clones: tuple[Clone, ...]
    owned: Ownership
    outside: Outside
    telemetry: Telemetry = Telemetry.CHANGES
    name: str = NAME
    _fetched: dict[str, float] = field(default_factory=dict[str, float])
    _whose: OrderedDict[str, str] = field(default_factory=OrderedDict[str, str])
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def changes(self, window: Window) -> ChangeTable:
        """Commits of all clones in the window. Raises SourceError where none of them answers."""
        answers = await asyncio.gather(*(self._read(clone, window) for clone in self.clones))
        failed = [answer for answer in answers if isinstance(answer, SourceError)]
        tables = [answer for answer in answers if isinstance(answer, ChangeTable)]
        if not tables:
            raise failed[0]
        partial = [table.partial for table in tables if table.partial] + [str(error) for error in failed]
        found = sorted((c for table in tables for c in table.changes), key=lambda c: (c.at, c.ref))
        return ChangeTable(tuple(found), "; ".join(table.query for table in tables), "; ".join(partial))

    @query
    async def list_changes(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """Commits that touch `service` (empty: any) in the window; newest first, at most 20."""
        found = await self.changes(window)
        question = asked(self.name, "list_changes", found.query, window, service=service)
        return change_facts(found, question, service, self.outside.now(), DIFF_CHARACTERS)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """The commit's page, where the clone's origin is the host that links lead to."""
        repository = self._whose.get(payload.ref) if isinstance(payload, Change) else None
        return self.outside.links.commit(repository, payload.ref) if repository else None  # pyright: ignore[reportAttributeAccessIssue]

    async def check(self) -> Health:
        """Every clone: can it be read, how old is its news, how far back does it reach. Never raises."""
        told = await asyncio.gather(*(self._checked(clone) for clone in self.clones))
        findings = tuple(finding for each in told for finding in each)
        broken = [finding for finding in findings if not finding.ok]
        well = sum(each[0].ok for each in told)
        says = f"{well} of {counted(len(self.clones), 'clone')} can be read"
        if broken:
            says += f"; {broken[0].says}"
        without = "commits of these clones cannot be named or cleared" if broken else ""
        return Health(source=self.name, ok=well == len(told), says=says, findings=findings, without=without)

    async def _read(self, clone: Clone, window: Window) -> ChangeTable | SourceError:
        seconds = self.outside.seconds * 0.9
        try:
            async with asyncio.timeout(seconds), self._gate:
                stale = await self._fresh(clone)
                self.outside.usage.add(self.name, requests=1)
                place = await clone.place()
                told = await clone.told(place, window, seconds * 0.7)
                changes = await self._made(clone, place, told)
        except TimeoutError:
            return SourceTimeout(self.name, f"{clone.name}: git did not answer within {seconds:.0f} s")
        except (GitFailed, OSError) as error:
            return SourceUnavailable(self.name, _mended(clone, str(error)))
        partial = "; ".join(f"{clone.name}: {why}" for why in (*stale, *told.partial, *_unread(told, changes)))
        return ChangeTable(changes, clone.query(place, window), partial)

    async def _fresh(self, clone: Clone) -> list[str]:
        key, now = str(clone.git.folder), self.outside.now()
        if not clone.fetches or now - self._fetched.get(key, 0.0) < FETCH_SECONDS:
            return []
        self._fetched[key] = now
        try:
            async with asyncio.timeout(self.outside.seconds * 0.3):
                await clone.git.fetched()
        except TimeoutError:
            return ["fetching took too long, so this is what was fetched before"]
        except GitFailed as error:
            return [f"fetching failed ({redacted(str(error))}), so this is what was fetched before"]
        return []

    async def _made(self, clone: Clone, place: Place, told: Told) -> tuple[Change, ...]:
        repository = place.remote or clone.name
        owned = self.owned.with_codeowners(place.codeowners)
        host = self.outside.links.github_url.split("://", 1)[-1].split("/")[0].lower()
        titles = await _titles(clone, told)
        for commit in told.commits:
            if place.remote and place.host == host:
                self._whose[commit.sha] = place.remote
        while len(self._whose) > REMEMBERED:
            self._whose.popitem(last=False)
        return await asyncio.to_thread(_changes, told, titles, owned, repository)

    async def _checked(self, clone: Clone) -> tuple[Checked, ...]:
        what = f"{clone.name}: reach"
        try:
            async with asyncio.timeout(self.outside.seconds * 0.9):
                place = await clone.place()
                newest, reach = await clone.newest(place), await clone.reaches(place)
        except TimeoutError:
            return (Checked(what=what, ok=False, says=f"{clone.name}: git did not answer in time"),)
        except (GitFailed, OSError) as error:
            return (Checked(what=what, ok=False, says=_mended(clone, str(error))),)
        ahead = newest - self.outside.now()
        return (
            Checked(what=what, ok=True, says=f"{place.ref} is at {place.tip[:12]}, {_day(newest)}"),
            Checked(
                what=f"{clone.name}: clock",
                ok=ahead < 60,
                says="no commit from the future" if ahead < 60 else f"its last commit is {ahead / 60:.0f} min ahead",
            ),
            Checked(
                what=f"{clone.name}: history",
                ok=reach is None or reach < self.outside.now() - WEEK,
                says="its whole history"
                if reach is None
                else f"reaches back to {_day(reach)}, since it is shallow; `git fetch --unshallow` brings the rest",
            ),
        )


@asynccontextmanager
async def opened(settings: GitSettings, outside: Outside) -> AsyncGenerator[tuple[Source, ...]]:
    """One source for all clones. Raises Misconfigured where the mapping file cannot be read."""
    clones = tuple(Clone(Git(path, settings.any_owner), settings.branch, settings.fetch) for path in settings.paths)
    owned = await asyncio.to_thread(ownership, settings)
    yield (GitChanges(clones, owned, outside),)


async def _titles(clone: Clone, told: Told) -> dict[str, str]:
    """A merge's own title names a branch; the first line below says what it is about."""
    merges = [c for c in told.commits if len(c.parents) > 1 and c.title.startswith("Merge ")][:MERGES]
    titles: dict[str, str] = {}
    for commit in merges:
        first = (await clone.body(commit.sha)).split("\n", 1)[0].strip()
        if first:
            titles[commit.sha] = f"{first} ({commit.title})"
    return titles


def _changes(told: Told, titles: dict[str, str], owned: Ownership, repository: str) -> tuple[Change, ...]:
    return tuple(
        Change(
            ref=commit.sha,
            at=commit.at,
            service=owned.service(repository, commit.files),
            author=redacted(commit.author)[:200] or None,
            title=redacted(titles.get(commit.sha, commit.title))[:500],
            files=named_files(commit.files),
            diff=None if commit.sha in told.bare else composed(commit.parts),
        )
        for commit in told.commits
    )


def _unread(told: Told, changes: tuple[Change, ...]) -> list[str]:
    """Commits whose diff is worth knowing and could not be read."""
    unread = {change.ref for change in changes if change.diff is None}
    large = [c for c in told.commits if c.sha in unread and _opaque(c)]
    if not large:
        return []
    shown = ", ".join(f"{c.sha[:10]} ({c.binary[0][:80]})" for c in large[:3])
    return [f"{counted(len(large), 'commit')} changed only binary or very large files, which were not read: {shown}"]


def _opaque(commit: Committed) -> bool:
    return any(not HARMLESS.search(path) for path in commit.binary)


def _mended(clone: Clone, reason: str) -> str:
    """git's reason with what to do about it."""
    where = str(clone.git.folder)
    if "dubious ownership" in reason:
        return f"{clone.name}: another user owns {where}, so git refuses it; run Clew as its owner or set any_owner"
    if "not a git repository" in reason:
        return f"{clone.name}: {where} is no clone; correct paths"
    if "No such file" in reason:
        return f"{clone.name}: there is no folder {where}; correct paths"
    if "unknown revision" in reason or "bad revision" in reason or "does not have any commits" in reason:
        return f"{clone.name}: there is no such branch, or nothing was committed yet ({reason}); correct branch"
    return f"{clone.name}: {redacted(reason)}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
