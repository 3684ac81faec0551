"""Where is a program that the live Shop needs, and how is it had where it is missing?"""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Mapping
from pathlib import Path

from playground.live.prometheus import NotStartedError

PACKAGES: Mapping[str, str] = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
}
"""The Debian package that carries each program."""
FETCH_SECONDS = 300.0
POLICY = Path("/usr/sbin/policy-rc.d")
NO_SERVICES = "#!/bin/sh\nexit 101\n"
"""What Debian asks before it starts a freshly installed service; 101 forbids it."""


async def program(name: str, kept: Path) -> str:
    """The path of a program: installed, fetched before into `kept`, installed now (as root) or fetched now (as anybody else).

    Raises NotStartedError, saying what to install.
    """
    there = await asyncio.to_thread(_there, name, kept)
    if there:
        return there
    if shutil.which("apt-get") is None or name not in PACKAGES:
        raise NotStartedError(
            f"{name} is not installed and cannot be fetched here: install it, on Debian from its package of Prometheus"
        )
    said = await (_installed(PACKAGES[name]) if os.geteuid() == 0 else _unpacked(PACKAGES[name], kept))
    there = await asyncio.to_thread(_there, name, kept)
    if not there:
        raise NotStartedError(
            f"{name} could not be had; as root: apt-get install {PACKAGES[name]} ({said[-300:].strip()})"
        )
    return there


def _there(name: str, kept: Path) -> str | None:
    return shutil.which(name) or shutil.which(name, path=str(kept / "usr" / "bin"))


async def _installed(package: str) -> str:
    """Installs a package whose service must not start by itself; what apt said."""
    ours = await asyncio.to_thread(_forbid_services)
    try:
        return await _with_fresh_lists("apt-get", "install", "-y", "--no-install-recommends", package)
    finally:
        if ours:
            await asyncio.to_thread(POLICY.unlink, missing_ok=True)


def _forbid_services() -> bool:
    """False if somebody else decides already."""
    if POLICY.exists():
        return False
    POLICY.write_text(NO_SERVICES, encoding="utf-8")
    POLICY.chmod(0o755)
    return True


async def _unpacked(package: str, kept: Path) -> str:
    """Fetches a package and unpacks it into `kept`, which needs no rights; what apt and dpkg said."""
    await asyncio.to_thread(kept.mkdir, parents=True, exist_ok=True)
    said = await _with_fresh_lists("apt-get", "download", package, folder=kept)
    for archive in await asyncio.to_thread(lambda: sorted(kept.glob(f"{package}_*.deb"))):
        said += (await _run("dpkg", "-x", str(archive), str(kept)))[1]
    return said


async def _with_fresh_lists(*command: str, folder: Path | None = None) -> str:
    code, said = await _run(*command, folder=folder)
    if code != 0 and os.geteuid() == 0:
        await _run("apt-get", "update")
        code, said = await _run(*command, folder=folder)
    return said


async def _run(*command: str, folder: Path | None = None) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1, f"{command[0]} took longer than {FETCH_SECONDS:.0f} s"
    return process.returncode or 0, said.decode("utf-8", "replace")
