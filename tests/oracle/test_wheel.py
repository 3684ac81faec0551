"""Is everything that runs in the wheel, and does Clew start from it alone?"""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return next(out.glob("*.whl"))


def test_pages_incidents_and_migrations_travel_along(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "playground/page/index.html",
        "playground/page/app.js",
        "playground/incidents/orders-slow-1/incident.json",
        "bot/chart_worker.py",
    ):
        assert needed in inside
    tracked = subprocess.run(
        ["git", "ls-files", "tools", "bot", "agents", "clew", "playground"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    missing = [path for path in tracked.stdout.split() if path not in inside]
    assert missing == []
    assert not [path for path in inside if path.startswith("tests/") or ".clew" in path]


def test_clew_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(home)
    program = "import bot.cli, sys; print(bot.cli.__file__); sys.argv = ['clew', 'manifest']; bot.cli.main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[0].startswith(str(home)), "the unpacked wheel was used, not the checkout"
    assert "socket_mode_enabled: true" in done.stdout
