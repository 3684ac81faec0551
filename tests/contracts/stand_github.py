"""The suite's changes as commits of a repository that a server of the documented shapes tells."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from clew.ports import Source, Telemetry
from tests.contracts.content import ALERT, CHANGES, SERVICE
from tests.contracts.hub import Hub, Repo, commit, serving
from tests.contracts.stand import Program, Stand
from tools.github import GithubSettings, opened
from tools.outside import Outside


@asynccontextmanager
async def filled(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    """One commit for each change, the newest first."""
    rows = list(enumerate(CHANGES, 1))[::-1]
    path = f"services/{SERVICE}/a.py"
    hub = Hub({"shop/web": Repo([commit(n, c.at, c.title, {path: f"@@ -1 +1 @@\n{c.diff}"}) for n, c in rows])})
    hub.clock = ALERT + 100
    async with serving(hub) as url:
        settings = GithubSettings(url=url, repositories=("shop/web",))
        async with opened(settings, Outside(now=lambda: ALERT + 100)) as sources:
            yield sources


STAND = Stand("github", (), (Telemetry.CHANGES,), filled)
