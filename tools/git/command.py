"""How is git run: read-only, with a clean environment, bounded in time and bytes, and gone when nobody waits?"""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LINE_BYTES = 16_000
"""Of one line; the rest of a longer one is not read."""
TEXT_BYTES = 4_000_000
BIG_FILE = "1m"
"""A file above this is no text for git, so that its diff costs nothing."""
SETTINGS = (
    f"core.bigFileThreshold={BIG_FILE}",
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "log.showSignature=false",
    "diff.renameLimit=200",
    "color.ui=false",
)
ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
"""A person's own configuration, prompts and pagers have no say in what is read."""


class GitFailed(Exception):
    """git is missing or refused; the message is its own last line."""


@dataclass(frozen=True)
class Git:
    """The git program in one folder."""

    folder: Path
    any_owner: bool = False

    async def text(self, *arguments: str, most: int = TEXT_BYTES) -> str:
        """What a command prints, at most `most` bytes of it. Raises GitFailed."""
        async with self.running(*arguments) as process:
            assert process.stdout is not None
            out = await _first(process.stdout, most)
            return out.decode("utf-8", "replace")

    async def lines(self, *arguments: str, most: int) -> AsyncGenerator[bytes]:
        """The lines that a command prints, as they come, each cut at LINE_BYTES; ends after `most` bytes. Raises GitFailed."""
        async with self.running(*arguments) as process:
            assert process.stdout is not None
            held, size = b"", 0
            while size < most and (chunk := await process.stdout.read(1 << 16)):
                size += len(chunk)
                *whole, held = (held[:LINE_BYTES] + chunk).split(b"\n")
                for line in whole:
                    yield line[:LINE_BYTES]
            if held:
                yield held[:LINE_BYTES]

    @asynccontextmanager
    async def running(self, *arguments: str, offline: bool = True) -> AsyncGenerator[Process]:
        """A command while it runs; killed with its children when the block ends before it does."""
        process = await self._started(arguments, offline)
        assert process.stderr is not None
        told = asyncio.create_task(_first(process.stderr, 4_000))
        done = False
        try:
            yield process
            done = process.stdout is None or process.stdout.at_eof()
        finally:
            if not done:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            said = await told
            code = await process.wait()
        if done and code != 0:
            raise GitFailed(_last(said) or f"git {arguments[0]} ended with {code}")

    async def fetched(self) -> None:
        """Brings the history of `origin` up to date. Uses the process's own keys and helpers. Raises GitFailed."""
        arguments = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance", "origin")
        async with self.running(*arguments, offline=False) as process:
            assert process.stdout is not None
            await _first(process.stdout, 4_000)

    async def _started(self, arguments: tuple[str, ...], offline: bool) -> Process:
        program = shutil.which("git")
        if program is None:
            raise GitFailed("git is not installed")
        settings = (*SETTINGS, *(("protocol.allow=never",) if offline else ()))
        trust = (f"safe.directory={self.folder.absolute()}",) if self.any_owner else ()
        options = [word for setting in (*settings, *trust) for word in ("-c", setting)]
        command = [program, "--no-pager", *options, *arguments]
        clean = {**ENVIRONMENT, "PATH": f"{Path(program).parent}:{os.defpath}", "HOME": "/nonexistent"}
        if not offline:
            words = [f"{name}={value}" for name, value in ENVIRONMENT.items() if not name.startswith("GIT_CONFIG")]
            command = ["env", *words, "GIT_SSH_COMMAND=ssh -oBatchMode=yes", *command]
        try:
            return await asyncio.create_subprocess_exec(
                *command,
                cwd=self.folder,
                env=clean if offline else None,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise GitFailed(f"{self.folder}: {error.strerror or error}") from error


async def _first(stream: asyncio.StreamReader, most: int) -> bytes:
    """All that comes is read, the first `most` bytes are kept."""
    out = b""
    while chunk := await stream.read(1 << 16):
        out += chunk[: most - len(out)]
    return out


def _last(said: bytes) -> str:
    """git's own reason: its first line that says fatal or error, else its last."""
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    bad = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
    return bad.removeprefix("fatal: ").removeprefix("error: ")[:300]
