"""What was committed, reviewed, released and deployed in repositories on GitHub?"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from clew.errors import QueryRejected, SourceError, SourceTimeout, SourceUnavailable
from clew.evidence import Asked, Change, Evidence, Payload
from clew.incident import Window
from clew.ports import Checked, Health, Source, Telemetry, query
from clew.tables import ChangeTable
from tools.answers import change_facts
from tools.diffs import DIFF_CHARACTERS
from tools.github.api import HEADERS, Api
from tools.github.reading import NAME, Reading, Told
from tools.github.settings import GithubSettings
from tools.outside import Outside
from tools.ownership import ownership
from tools.phrases import asked, counted, span
from tools.transport import transported

REMEMBERED = 5_000
"""Changes whose page is known, for links."""
SKEW = 60.0


@dataclass(eq=False)
class GithubChanges:
    """ChangeSource over the REST API."""

    api: Api
    readings: tuple[Reading, ...]
    outside: Outside
    telemetry: Telemetry = Telemetry.CHANGES
    name: str = NAME
    _pages: OrderedDict[str, tuple[str, str, int | str]] = field(
        default_factory=OrderedDict[str, tuple[str, str, int | str]]
    )

    async def changes(self, window: Window) -> ChangeTable:
        """What landed and what went live in the window, in all repositories. Raises SourceError where none of them answers."""
        answers = await asyncio.gather(*(self._read(reading, window) for reading in self.readings))
        failed = [answer for answer in answers if isinstance(answer, SourceError)]
        told = [answer for answer in answers if isinstance(answer, Told)]
        if not told:
            raise failed[0]
        partial = [why for one in told for why in one.partial] + [str(error) for error in failed]
        found = sorted((c for one in told for c in one.changes), key=lambda c: (c.at, c.ref))
        names = ", ".join(reading.repository for reading in self.readings)
        return ChangeTable(
            tuple(found),
            f"GET /repos/{{owner}}/{{name}}/commits, /pulls, /deployments, /releases, /actions/runs of {names}, {span(window)}",
            "; ".join(dict.fromkeys(partial)),
        )

    @query
    async def list_changes(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """Commits and deploys that touch `service` (empty: any) in the window; newest first, at most 20."""
        found = await self.changes(window)
        question = asked(self.name, "list_changes", found.query, window, service=service)
        return change_facts(found, question, service, self.outside.now(), DIFF_CHARACTERS)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """The page of a commit, a run or a release."""
        page = self._pages.get(payload.ref) if isinstance(payload, Change) else None
        if page is None:
            return None
        repository, kind, number = page
        links = self.outside.links
        if kind == "run":
            return links.run(repository, int(number))
        return links.release(repository, str(number)) if kind == "release" else links.commit(repository, str(number))

    async def check(self) -> Health:
        """Reach, rights and what is left of the quota; every repository by itself. Never raises."""
        try:
            async with asyncio.timeout(self.outside.seconds * 0.9):
                quota = await self._quota()
                found = await asyncio.gather(*(self._checked(reading.repository) for reading in self.readings))
        except TimeoutError:
            return self._unwell(f"no answer within {self.outside.seconds:g} s")
        except SourceError as error:
            return self._unwell(str(error))
        skewed = abs(self.api.skew) > SKEW
        clock = f"its clock is {self.api.skew:+.0f} s from ours" if skewed else "its clock agrees with ours"
        findings = (*found, quota, Checked(what="clock", ok=not skewed, says=clock))
        well = sum(each.ok for each in found)
        says = f"{well} of {counted(len(found), 'repository').replace('repositorys', 'repositories')} can be read"
        bad = next((finding for finding in findings if not finding.ok), None)
        without = "commits and deploys of what cannot be read" if well < len(found) else ""
        without = without or ("how near a change was to the trouble, by that much" if skewed else "")
        told = f"{says}; {bad.says}" if bad else says
        return Health(source=self.name, ok=well == len(found), says=told, findings=findings, without=without)

    async def _read(self, reading: Reading, window: Window) -> Told | SourceError:
        seconds = self.outside.seconds * 0.9
        try:
            async with asyncio.timeout(seconds):
                told = await reading.told(window, seconds * 0.6)
        except TimeoutError:
            return SourceTimeout(self.name, f"{reading.repository}: no answer within {seconds:.0f} s")
        except SourceError as error:
            return _named(reading.repository, error)
        told.partial = [f"{reading.repository}: {why}" for why in told.partial]
        for ref, (kind, number) in told.pages.items():
            self._pages[ref] = (reading.repository, kind, number)
        while len(self._pages) > REMEMBERED:
            self._pages.popitem(last=False)
        return told

    async def _quota(self) -> Checked:
        given, _ = await self.api.page("/rate_limit")
        try:
            core = given["resources"]["core"]
            left, limit = int(core["remaining"]), int(core["limit"])
        except (KeyError, TypeError, ValueError):
            return Checked(what="quota", ok=True, says="this server has no rate limit")
        enough = left > max(100, limit // 10)
        advice = "" if enough else "; it is asked sparingly until the hour is over"
        advice += "" if limit > 60 else "; set a token for more"
        return Checked(what="quota", ok=enough and limit > 60, says=f"{left} of {limit} requests an hour left{advice}")

    async def _checked(self, repository: str) -> Checked:
        try:
            given, _ = await self.api.page(f"/repos/{repository}")
            branch = str(given["default_branch"])
            await self.api.page(f"/repos/{repository}/deployments", {"per_page": "1"})
        except SourceError as error:
            return Checked(what=repository, ok=False, says=str(_named(repository, error)))
        except (KeyError, TypeError):
            return Checked(what=repository, ok=False, says=f"{repository}: the answer is no repository; check url")
        return Checked(what=repository, ok=True, says=f"{repository} can be read, {branch} is its branch")

    def _unwell(self, says: str) -> Health:
        finding = Checked(what="reach", ok=False, says=says)
        without = "commits and deploys cannot be named or cleared"
        return Health(source=self.name, ok=False, says=says, findings=(finding,), without=without)


def _named(repository: str, error: SourceError) -> SourceError:
    """The same with the repository's name and what to do about it."""
    said = str(error)
    if isinstance(error, QueryRejected) and "404" in said:
        return QueryRejected(NAME, f"{repository} does not exist, or the token may not read it")
    if "redirects elsewhere" in said:
        return SourceUnavailable(NAME, f"{repository} was renamed or moved; put its new name into repositories")
    return type(error)(NAME, f"{repository}: {said}")


@asynccontextmanager
async def opened(settings: GithubSettings, outside: Outside) -> AsyncGenerator[tuple[Source, ...]]:
    """One source for all repositories. Raises Misconfigured where a file of the settings cannot be read."""
    owned = await asyncio.to_thread(ownership, settings)
    async with transported(NAME, settings, outside.usage, outside.seconds, HEADERS) as transport:
        api = Api(transport, outside.now)
        readings = tuple(Reading(api, repository, settings, owned) for repository in settings.repositories)
        yield (GithubChanges(api, readings, outside),)
