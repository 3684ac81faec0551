"""What was committed to the Shop's repository, by whom and when?"""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SEED = Path(__file__).parent / "seed"


class GitFailed(Exception):
    """git is missing or refused a command."""


@dataclass(frozen=True)
class Edit:
    """A commit to be made: in `path`, the text `old` (found exactly once) becomes `new`."""

    author: str
    message: str
    path: str
    old: str
    new: str

    @property
    def service(self) -> str | None:
        """Which service the file belongs to; None for a file of nobody's."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "services" and len(parts) > 2 else None


@dataclass(frozen=True)
class Commit:
    """A commit as git shows it; `time` is its Unix second, `diff` a unified diff."""

    id: str
    time: int
    author: str
    title: str
    body: str
    files: tuple[str, ...]
    diff: str


class Repository:
    """A real git repository in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def found(self, at: float) -> str:
        """Make the repository out of the seed files, with one commit dated `at`; returns its id."""
        shutil.copytree(SEED, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        await self._git("init", "--quiet", "--initial-branch=main")
        return await self._commit("Noor Haddad", "Move the six services into one repository", at)

    async def apply(self, edit: Edit, at: float | None = None) -> str:
        """Make the commit, dated `at` (Unix seconds) or now; returns its id. Raises GitFailed where it does not fit."""
        self._rewrite(edit)
        return await self._commit(edit.author, edit.message, at)

    async def revert(self, commit: str, author: str) -> str:
        """Commit the opposite of `commit`; returns the new id."""
        await self._git("revert", "--no-edit", "--no-commit", commit)
        title = (await self._git("show", "--no-patch", "--format=%s", commit)).strip()
        return await self._commit(author, f'Revert "{title}"', None)

    async def release(self, service: str, commit: str, target: Path) -> Path:
        """The files of `service` at `commit`, written below `target`; returns their folder."""
        for name in ("handlers.py", "settings.yaml"):
            text = await self._git("show", f"{commit}:services/{service}/{name}")
            await asyncio.to_thread(_write, target / service / name, text)
        return target / service

    async def log(self) -> tuple[Commit, ...]:
        """All commits, the oldest first."""
        ids = (await self._git("log", "--reverse", "--format=%H")).split()
        return tuple([await self._shown(commit) for commit in ids])

    async def _shown(self, commit: str) -> Commit:
        told = await self._git("show", "--no-patch", "--format=%ct%x00%an%x00%s%x00%b", commit)
        time, author, title, body = told.split("\0")
        files = await self._git("show", "--name-only", "--format=", commit)
        diff = await self._git("show", "--format=", commit)
        return Commit(commit, int(time), author, title, body.strip(), tuple(files.split("\n")[:-1]), diff)

    def _rewrite(self, edit: Edit) -> None:
        path = self.folder / edit.path
        text = path.read_text(encoding="utf-8")
        found = text.count(edit.old)
        if found != 1:
            raise GitFailed(f"{edit.message!r} does not fit: its old text occurs {found} times in {path}")
        path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")

    async def _commit(self, author: str, message: str, at: float | None) -> str:
        address = f"{author.lower().replace(' ', '.')}@shop.example"
        who = ("-c", f"user.name={author}", "-c", f"user.email={address}")
        dates = () if at is None else (f"GIT_AUTHOR_DATE=@{int(at)} +0000", f"GIT_COMMITTER_DATE=@{int(at)} +0000")
        await self._git("add", "--all")
        await self._git(*who, "commit", "--quiet", "--message", message, settings=dates)
        return (await self._git("rev-parse", "HEAD")).strip()

    async def _git(self, *arguments: str, settings: Sequence[str] = ()) -> str:
        # A person's own git configuration (signing, hooks, aliases) must not change what the Shop does.
        command = ("env", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", *settings, "git", *arguments)
        try:
            process = await asyncio.create_subprocess_exec(
                *command, cwd=self.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
        except OSError as error:
            raise GitFailed(f"git cannot be started: {error}. Install git.") from error
        out, told = await process.communicate()
        if process.returncode == 127:
            raise GitFailed("The Shop needs git, which is not installed.")
        if process.returncode != 0:
            raise GitFailed(f"git {arguments[0]} failed: {told.decode(errors='replace').strip()}")
        return out.decode(errors="replace")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
