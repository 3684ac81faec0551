"""What does one local clone hold: its branch, its reach back in time, and the commits of a window?"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from clew.incident import Window
from tools.git.command import Git, GitFailed
from tools.git.log import FORMAT, Committed, commits

COMMITS = 500
"""Of one clone in one window, newest first."""
LOG_BYTES = 64_000_000
TIPS = 8
"""Earlier ends of a branch whose history was rewritten."""
_REMOTE = re.compile(r"^(?:[\w+]+://)?(?:[^@/\s]+@)?([\w.-]+)(?::\d+)?[:/](?:.*/)?([\w.-]+/[\w.-]+?)(?:\.git)?/?$")
READING = (
    "--first-parent",
    "--diff-merges=first-parent",
    "--no-ext-diff",
    "--no-textconv",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)


@dataclass(frozen=True)
class Told:
    """What was read of a clone, and what was not, in plain words."""

    commits: tuple[Committed, ...]
    bare: frozenset[str] = frozenset()
    """Commits whose diff is no diff: the first of a history, or where a shallow one ends."""
    partial: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A clone as it stands: where its branch is, and its names."""

    ref: str
    tip: str
    remote: str
    """`owner/name` at its origin; empty without one."""
    host: str
    shallow: frozenset[str]
    """Commits behind which history is missing."""
    codeowners: str


@dataclass(eq=False)
class Clone:
    """One folder. Everything raises GitFailed where git refuses."""

    git: Git
    branch: str = ""
    fetches: bool = False
    _tips: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        """What people call it: its folder."""
        folder = self.git.folder
        return (folder.parent if folder.name == ".git" else folder).name.removesuffix(".git")

    async def place(self) -> Place:
        """Where the branch ends now."""
        ref, tip = await self._ref()
        host, remote = await self._remote()
        shallow = await self._shallow()
        return Place(ref, tip, remote, host, shallow, await self._codeowners(tip))

    async def told(self, place: Place, window: Window, seconds: float) -> Told:
        """The commits of the window along the branch's own line, newest first: what a merge brought is the merge's diff."""
        partial: list[str] = []
        earlier = await self._rewritten(place, window)
        if earlier:
            partial.append(f"the history of {place.ref} was rewritten; what it held before is read too")
        revisions = (place.tip, *earlier)
        found: dict[str, Committed] = {}
        whole = ""
        try:
            async with asyncio.timeout(seconds * 0.6):
                async with aclosing(self._log(window, revisions, "-p", "-M")) as read:
                    async for commit in read:
                        found[commit.sha] = commit
        except TimeoutError:
            whole = "git was too slow to read every diff"
        except GitFailed as error:
            whole = f"not every diff could be read: {error}"
        unread: set[str] = set()
        if whole:
            # one that was cut off is read again: without its diff
            async for commit in self._log(window, revisions, "--no-renames"):
                if commit.sha not in found:
                    unread.add(commit.sha)
                    found[commit.sha] = commit
            partial.append(whole)
        if len(found) > COMMITS:
            partial.append(f"only the newest {COMMITS} commits were read")
        kept = sorted(found.values(), key=lambda c: (-c.at, c.sha))[:COMMITS]
        bare = {c.sha for c in kept if not c.parents} | (place.shallow & found.keys())
        partial += await self._short(place, window)
        return Told(tuple(kept), frozenset(bare | unread), tuple(partial))

    def query(self, place: Place, window: Window) -> str:
        """What is asked of git, as a person would type it in the clone."""
        since, until = f"--since=@{int(window.start)}", f"--until=@{int(window.end)}"
        return f"{self.name}: git log --first-parent -p {since} {until} {place.ref}"

    async def reaches(self, place: Place) -> float | None:
        """When the oldest commit that a shallow clone holds was made, Unix seconds; None where its history is whole."""
        if not place.shallow:
            return None
        ends = await self.git.text("log", "--no-walk", "--format=%ct", *sorted(place.shallow)[:50])
        return min((float(word) for word in ends.split()), default=0.0)

    async def newest(self, place: Place) -> float:
        """When the branch's last commit was made, Unix seconds."""
        return float((await self.git.text("log", "-1", "--format=%ct", place.tip)).strip() or 0)

    async def body(self, sha: str) -> str:
        """What a commit's message says below its title."""
        return (await self.git.text("log", "-1", "--format=%b", sha, most=4_000)).strip()

    async def _log(self, window: Window, revisions: tuple[str, ...], *how: str) -> AsyncGenerator[Committed]:
        span = (f"--since=@{int(window.start)}", f"--until=@{int(window.end) + 1}", f"--max-count={COMMITS + 1}")
        asked = ("log", *READING, "--raw", *how, *span, FORMAT, *revisions, "--")
        async with aclosing(self.git.lines(*asked, most=LOG_BYTES)) as lines:
            async for commit in commits(lines):
                if window.start <= commit.at <= window.end:
                    yield commit

    async def _ref(self) -> tuple[str, str]:
        if self.branch:
            names = (f"refs/remotes/origin/{self.branch}", f"refs/heads/{self.branch}")
        else:
            names = ("refs/remotes/origin/HEAD", "HEAD") if self.fetches else ("HEAD",)
        found: list[tuple[float, str, str]] = []
        for order, name in enumerate(names):
            try:
                told = await self.git.text("log", "-1", "--format=%ct %H", name, "--")
            except GitFailed:
                if order == len(names) - 1 and not found:
                    raise
                continue
            when, sha = told.split()
            found.append((float(when), name, sha))
        if not found:
            raise GitFailed(f"there is no branch {self.branch}")
        newest = max(found, key=lambda each: each[0])
        return newest[1].removeprefix("refs/heads/").removeprefix("refs/remotes/"), newest[2]

    async def _remote(self) -> tuple[str, str]:
        try:
            url = (await self.git.text("config", "--get", "remote.origin.url")).strip()
        except GitFailed:
            return "", ""
        found = _REMOTE.match(url)
        return (found[1].lower(), found[2]) if found else ("", "")

    async def _shallow(self) -> frozenset[str]:
        if (await self.git.text("rev-parse", "--is-shallow-repository")).strip() != "true":
            return frozenset()
        named = (await self.git.text("rev-parse", "--git-path", "shallow")).strip()
        path = self.git.folder / named
        text = await asyncio.to_thread(path.read_text, "ascii", "replace")
        return frozenset(text.split())

    async def _codeowners(self, tip: str) -> str:
        for path in (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"):
            try:
                return await self.git.text("cat-file", "blob", f"{tip}:{path}", most=3_000_000)
            except GitFailed:
                continue
        return ""

    async def _rewritten(self, place: Place, window: Window) -> tuple[str, ...]:
        """Where the branch ended in the window without that being part of what it is now: somebody forced a push."""
        known = self._tips.get(place.ref)
        self._tips[place.ref] = place.tip
        try:
            # HEAD's own record also tells of visits to other branches: the branch's is asked for
            name = await self.git.text("rev-parse", "--symbolic-full-name", place.ref)
            named = name.strip() not in ("", "HEAD")
            log = await self._record(name.strip()) if named else ""
        except GitFailed:
            log = ""
        held = [known] if known else []
        for line in log.splitlines():
            when, _, sha = line.partition(" ")
            at = re.search(r"@\{(\d+)", when)
            if at and float(at[1]) >= window.start:
                held.append(sha)
        ends = [sha for sha in dict.fromkeys(held) if sha != place.tip]
        if not ends:
            return ()
        beyond = ("rev-list", "--ignore-missing", "--max-count=5000", *ends, f"^{place.tip}", "--")
        gone = set((await self.git.text(*beyond)).split())
        return tuple(sha for sha in ends if sha in gone)[:TIPS]

    async def _record(self, ref: str) -> str:
        """Where the branch ended before, as git noted it: newest first."""
        return await self.git.text("log", "-g", "--format=%gd %H", "--date=unix", "-n", "50", ref, "--")

    async def _short(self, place: Place, window: Window) -> list[str]:
        reach = await self.reaches(place)
        if reach is None or reach <= window.start:
            return []
        return ["the clone is shallow and ends inside the time asked for; `git fetch --unshallow` brings the rest"]
