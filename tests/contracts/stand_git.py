"""The suite's changes as commits in two clones: one that merges, and one that ends shallow before them."""

import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from clew.ports import Source, Telemetry
from tests.contracts.content import ALERT, BEFORE, CHANGES, SERVICE
from tests.contracts.stand import Program, Stand
from tools.git import GitSettings, opened
from tools.outside import Outside


def git(folder: Path, *arguments: str, at: float = BEFORE.end + 50.0, text: str | None = None) -> str:
    """Runs git as nobody in particular, at a time of the past."""
    when = f"@{int(at)} +0000"
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@shop.example",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@shop.example",
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, input=text, text=True
    )
    return done.stdout.strip()


def imported(folder: Path, commits: list[tuple[float, str, str, str]]) -> Path:
    """A repository of commits (time, title, path, content), written in one go; the first is its root."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    stream: list[str] = []
    for at, title, path, content in commits:
        body, words = content.encode(), title.encode()
        stream += [
            "commit refs/heads/main",
            f"committer Ada <ada@shop.example> {int(at)} +0000",
            f"data {len(words)}",
            title,
            f"M 100644 inline {path}",
            f"data {len(body)}",
            content,
            "",
        ]
    git(folder, "fast-import", "--quiet", text="\n".join(stream) + "\n")
    git(folder, "reset", "--quiet", "--hard", "main")
    return folder


@asynccontextmanager
async def filled(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    """Every change is a commit; a line of each is longer than git's output is read."""
    first = (BEFORE.end + 50, "root", f"services/{SERVICE}/a.py", "x\n")
    rest = [
        (change.at, change.title, f"services/{SERVICE}/a.py", f"{change.ref}\n{change.diff}\n" + "y\n" * 9_000)
        for change in CHANGES
    ]
    shop = imported(folder / "shop", [first, *rest])
    quiet = imported(folder / "quiet", [(BEFORE.end + 50 + n, "old", "README.md", f"{n}\n") for n in range(3)])
    git(folder, "clone", "--quiet", "--depth=1", f"file://{quiet}", "shallow")
    settings = GitSettings(paths=(shop, folder / "shallow"))
    async with opened(settings, Outside(now=lambda: ALERT + 100)) as sources:
        yield sources


STAND = Stand("git", ("git",), (Telemetry.CHANGES,), filled)
