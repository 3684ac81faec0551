"""What does the suite start for real, and what happens on a machine that lacks it."""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

#: Programs that tests start, and the Debian packages that carry them.
PACKAGES = {
    "chromium": ("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji"),
    "redis-server": ("redis-server",),
    "postgres": ("postgresql",),
    "node": ("nodejs", "npm"),
    "npm": ("nodejs", "npm"),
    "prometheus": ("prometheus",),
    "promtool": ("prometheus",),
    "prometheus-alertmanager": ("prometheus-alertmanager",),
    "git": ("git",),
    "openssl": ("openssl",),
}
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CASES = Path(__file__).parents[2] / "shared" / "cases"

lacking: Counter[str] = Counter()


def found(program: str) -> str | None:
    """Where a program is; Debian keeps PostgreSQL's outside the path."""
    elsewhere = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
    return shutil.which(program) or (str(elsewhere[0]) if elsewhere else None)


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=600).returncode == 0


def install(programs: set[str]) -> None:
    """Tries to install missing programs from Debian, as root there; keeps their services from starting."""
    packages = sorted({package for program in programs for package in PACKAGES.get(program, ())})
    apt = shutil.which("apt-get")
    if not packages or apt is None or os.geteuid() != 0:
        return
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        command = [apt, "install", "-y", "--no-install-recommends", *packages]
        if not succeeds(command):
            succeeds([apt, "update"])
            succeeds(command)
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def needed(item: pytest.Item) -> tuple[str, ...]:
    return tuple(str(name) for marker in item.iter_markers("needs") for name in marker.args)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    missing = {name for item in session.items for name in needed(item) if found(name) is None}
    if missing and not session.config.option.collectonly:
        install(missing)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for name in needed(item):
        if found(name) is None:
            lacking[name] += 1
            pytest.skip(f"needs {name}, which is not here and could not be installed")


@pytest.fixture(scope="session")
def program() -> Callable[[str], str | None]:
    """`program(name)` is the path of a program that a `needs` marker asked for."""
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(program: Callable[[str], str | None]) -> AsyncGenerator[Browser]:
    """One Chromium for the session; a test opens contexts of its own and closes them, and runs in the session's loop."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program("chromium"), args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
def cases() -> Path:
    """The folder of recorded incidents beside the checkout; other people's data, never part of it."""
    if not CASES.is_dir():
        lacking["recorded cases beside the checkout"] += 1
        pytest.skip("needs the recorded cases beside the checkout (../shared/cases)")
    return CASES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        terminalreporter.write_line("Nothing was skipped.")
        return
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    terminalreporter.section("what was skipped, and why")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:4d}  {reason}")
