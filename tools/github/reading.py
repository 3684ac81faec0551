"""What happened in one repository in a window: what landed on its branch, and what went live?"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from clew.errors import QueryRejected, SourceError, SourceUnavailable
from clew.evidence import Change
from clew.incident import Window
from tools.diffs import composed
from tools.github.api import PER_PAGE, Api, Params, QuotaSpent
from tools.github.live import Live, went_live
from tools.github.settings import GithubSettings
from tools.github.shapes import Commit, Deployment, DeployStatus, File, Pull, Release, Runs, Shape, shaped
from tools.ownership import HARMLESS, Ownership, named_files
from tools.phrases import counted
from tools.redact import redacted

NAME = "github"
PAGES = 3
"""Of 100 commits each."""
DIFFS = 80
"""Commits of one repository whose diff is read, newest first."""
STATUSES = 20
"""Deployments of one repository whose course is read, newest first."""
HOUR = 3600.0
COMMITS = 300
"""Commits of a repository that are remembered: a commit never changes."""


@dataclass
class Told:
    """What was read of a repository, and what was not, in plain words."""

    changes: list[Change] = field(default_factory=list[Change])
    partial: list[str] = field(default_factory=list[str])
    pages: dict[str, tuple[str, int | str]] = field(default_factory=dict[str, tuple[str, int | str]])
    """Where each change can be looked at: what it is there, and its number."""

    def lacks(self, what: str, error: SourceError) -> None:
        """Something was not read, and why; said once."""
        why = f"{what} were not read: {error}"
        if why not in self.partial:
            self.partial.append(why)


@dataclass(frozen=True)
class Detail:
    """What a commit does, small enough to be remembered."""

    files: tuple[str, ...]
    diff: str | None
    opaque: bool
    """Nothing of it could be read, though it changes more than texts and pictures."""

    @staticmethod
    def of(commit: Commit) -> "Detail":
        names = [file.filename for file in commit.files]
        blind = bool(names) and not any(file.patch for file in commit.files)
        # the first commit of a history has no diff: everything in it is new
        diff = composed([_part(file) for file in commit.files if file.patch]) if commit.parents else None
        return Detail(named_files(names), diff, blind and any(not HARMLESS.search(name) for name in names))


@dataclass(eq=False)
class Reading:
    """One repository of one account. What never changes is remembered."""

    api: Api
    repository: str
    settings: GithubSettings
    owned: Ownership
    _known: OrderedDict[str, Detail] = field(default_factory=OrderedDict[str, Detail])

    async def told(self, window: Window, seconds: float) -> Told:
        """Commits along the branch's own line with their diffs, and deploys. Raises SourceError where not even the commits are told."""
        told = Told()
        commits = await self._branch(window, told)
        pulls, live, owned = await asyncio.gather(self._pulls(told), self._live(window, told), self._owned(told))
        brought = [one.sha for one in live if one.sha and one.sha not in {c.sha for c in commits}]
        wanted = [c.sha for c in commits[:DIFFS]] + list(dict.fromkeys(brought))[:STATUSES]
        details = await self._details(wanted, told, seconds)
        for commit in commits:
            told.changes.append(_landed(commit, details.get(commit.sha), pulls.get(commit.sha), owned, self.repository))
            told.pages[commit.sha] = ("commit", commit.sha)
        services = {change.ref: change.service for change in told.changes}
        for one in live:
            detail = details.get(one.sha) if one.sha in brought else None
            told.changes.append(self._deployed(one, detail, services, owned))
            told.pages[one.ref] = one.page
        told.partial += _unread(commits, details)
        return told

    async def _branch(self, window: Window, told: Told) -> list[Commit]:
        # whole hours, so that the same question asked again is answered from what is held
        since = datetime.fromtimestamp(window.start // HOUR * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {"since": since, **({"sha": self.settings.branch} if self.settings.branch else {})}
        try:
            given, more = await self.api.listed(f"/repos/{self.repository}/commits", params, PAGES)
        except SourceUnavailable as error:
            if "status 409" in str(error):  # documented: an empty repository
                return []
            raise
        every = [shaped(Commit, item, NAME) for item in given]
        if more:
            told.partial.append(f"only the newest {len(every)} commits were read")
        line = _first_parents(every)
        return [commit for commit in line if window.start <= commit.at <= window.end]

    async def _pulls(self, told: Told) -> dict[str, Pull]:
        """Merged pull requests by the commit that they became."""
        params = {"state": "closed", "sort": "updated", "direction": "desc"}
        pulls, _ = await self._listed("pull requests", "pulls", Pull, told, params)
        return {pull.merge_commit_sha: pull for pull in pulls if pull.merge_commit_sha and pull.merged_at is not None}

    async def _live(self, window: Window, told: Told) -> list[Live]:
        """Deployments; where none is recorded, runs of deploy workflows, or else releases."""
        every, more = await self._listed("deployments", "deployments", Deployment, told)
        if more and min((d.created_at for d in every), default=0.0) > window.start:
            told.partial.append(f"only the newest {len(every)} deployments were read")
        mine = [d for d in every if window.start - HOUR <= d.created_at <= window.end and self._counts(d.environment)]
        if len(mine) > STATUSES:
            told.partial.append(f"how it went was read of the newest {STATUSES} of {len(mine)} deployments")
        courses = await asyncio.gather(*(self._course(d, told) for d in mine[:STATUSES]))
        every_course = [*courses, *(() for _ in mine[STATUSES:])]
        live = [one for d, course in zip(mine, every_course, strict=True) if (one := went_live(d, course)) is not None]
        if not mine:
            live = await self._runs(window, told) or await self._releases(told)
        return [one for one in live if window.start <= one.at <= window.end]

    async def _course(self, deployment: Deployment, told: Told) -> tuple[DeployStatus, ...]:
        course, _ = await self._listed("deployments", f"deployments/{deployment.id}/statuses", DeployStatus, told)
        return tuple(course)

    async def _runs(self, window: Window, told: Told) -> list[Live]:
        since = datetime.fromtimestamp((window.start - HOUR) // HOUR * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {"created": f">={since}", "status": "success", "per_page": PER_PAGE}
        try:
            given, _ = await self.api.page(f"/repos/{self.repository}/actions/runs", params)
            runs = shaped(Runs, given, NAME).workflow_runs
        except SourceError as error:
            told.lacks("workflow runs", error)
            return []
        patterns = tuple(p.lower() for p in self.settings.deploy_workflows)
        mine = [run for run in runs if any(fnmatchcase((run.name or "").lower(), p) for p in patterns)]
        return [Live.of_run(run) for run in mine if run.conclusion == "success"]

    async def _releases(self, told: Told) -> list[Live]:
        releases, _ = await self._listed("releases", "releases", Release, told)
        return [Live.of_release(r) for r in releases if not r.draft and not r.prerelease and r.published_at is not None]

    async def _owned(self, told: Told) -> Ownership:
        """CODEOWNERS is asked for only where owners can be told apart."""
        if not self.settings.owners and not self.settings.services:
            return self.owned
        for path in (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"):
            try:
                return self.owned.with_codeowners(await self.api.text(f"/repos/{self.repository}/contents/{path}"))
            except QueryRejected:
                continue
            except SourceError as error:
                told.partial.append(f"CODEOWNERS was not read: {error}")
                break
        return self.owned

    async def _details(self, shas: list[str], told: Told, seconds: float) -> dict[str, Detail]:
        """Commits with their files, as many as time and quota allow."""
        found = {sha: self._known[sha] for sha in shas if sha in self._known}
        missing = [sha for sha in shas if sha not in found]
        errors: list[SourceError] = []

        async def one(sha: str) -> None:
            try:
                if not any(isinstance(error, QuotaSpent) for error in errors):
                    given, _ = await self.api.page(f"/repos/{self.repository}/commits/{sha}")
                    found[sha] = self._known[sha] = Detail.of(shaped(Commit, given, NAME))
            except SourceError as error:
                errors.append(error)

        late = ""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(one(sha) for sha in missing))
        except TimeoutError:
            late = "no time was left"
        while len(self._known) > COMMITS:
            self._known.popitem(last=False)
        unread = len([sha for sha in shas if sha not in found])
        if unread:
            why = late or (str(errors[0]) if errors else "")
            told.partial.append(f"{counted(unread, 'diff')} of {len(shas)} could not be read: {why}")
        return found

    async def _listed(
        self, what: str, path: str, kind: type[Shape], told: Told, params: Params | None = None
    ) -> tuple[list[Shape], bool]:
        """One page of what an account may lack the right to read; then that is said and the rest goes on."""
        try:
            given, more = await self.api.listed(f"/repos/{self.repository}/{path}", params)
            return [shaped(kind, item, NAME) for item in given], more
        except SourceError as error:
            told.lacks(what, error)
            return [], False

    def _counts(self, environment: str) -> bool:
        return not any(fnmatchcase(environment.lower(), p.lower()) for p in self.settings.not_live)

    def _deployed(self, one: Live, detail: Detail | None, services: dict[str, str | None], owned: Ownership) -> Change:
        """A deploy; where its commit landed before the window the deploy itself carries the diff."""
        files = detail.files if detail else ()
        named = next((s for s in self.settings.services if s and s.lower() in one.place.lower()), None)
        service = (
            one.service or named or services.get(one.sha) or (owned.service(self.repository, files) if files else None)
        )
        return Change(
            ref=one.ref,
            what="deploy",
            at=one.at,
            service=service,
            author=redacted(one.author)[:200] or None,
            title=redacted(one.title)[:500],
            files=files,
            diff=detail.diff if detail else None,
            commit=one.sha or None,
        )


def _first_parents(commits: list[Commit]) -> list[Commit]:
    """The branch's own line: what came through a merge is in the merge's diff. The listing begins at the branch's end."""
    by_sha = {commit.sha: commit for commit in commits}
    line: list[Commit] = []
    at = commits[0].sha if commits else ""
    while at in by_sha:
        commit = by_sha.pop(at)
        line.append(commit)
        at = commit.parents[0].sha if commit.parents else ""
    return line


def _landed(commit: Commit, detail: Detail | None, pull: Pull | None, owned: Ownership, repository: str) -> Change:
    files = detail.files if detail else ()
    login = pull.user.login if pull and pull.user else commit.author.login if commit.author else ""
    title = f"{pull.title} (#{pull.number})" if pull else commit.title
    return Change(
        ref=commit.sha,
        at=commit.at,
        service=owned.service(repository, files) if files else None,
        author=redacted(login or commit.commit.author.name)[:200] or None,
        title=redacted(title)[:500],
        files=files,
        diff=detail.diff if detail else None,
    )


def _part(file: File) -> tuple[str, str]:
    """A file's patch with the headers that a diff has."""
    name = " ".join(file.filename.splitlines())
    return name, f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n{file.patch}\n"


def _unread(commits: list[Commit], details: dict[str, Detail]) -> list[str]:
    """Commits of which the API shows no diff though they change more than texts."""
    blind = [c.sha[:10] for c in commits if c.sha in details and details[c.sha].opaque]
    if not blind:
        return []
    shown = ", ".join(blind[:3])
    return [f"{counted(len(blind), 'commit')} changed only binary or very large files, which were not read: {shown}"]
