"""Do the documents still speak of this program?"""

import re
import tomllib
from pathlib import Path

import pytest

from agents import SPECIALISTS
from bot.configuration import rows
from bot.settings import Settings
from clew import errors

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OURS = re.compile(r"`((?:clew|agents|tools|bot|playground|bench|tests|docs|helm)/[\w./<>-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_path_and_link_exists(page: Path) -> None:
    text = page.read_text()
    for path in OURS.findall(text):
        if "<" not in path:
            assert (ROOT / path).exists(), f"{page.name} speaks of {path}"
    for case in re.findall(r"--case (playground/\S+)", text):
        assert (ROOT / case / "incident.json").exists(), f"{page.name} replays {case}"
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_setting_is_in_the_manual() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    for name, _, meaning in rows(Settings()):
        assert f"| `{name}` |" in manual, name
        assert meaning in manual, f"{name}: {meaning}"


def test_the_commands_of_the_readme_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE)) <= targets


def test_the_version_is_one() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f'appVersion: "{version}"' in (ROOT / "helm/clew/Chart.yaml").read_text()
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_exit_codes_are_in_the_manual() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    codes = re.findall(r"(\d) [a-z]", (ROOT / "bot" / "cli.py").read_text().split("Exit codes:")[1].split('"""')[0])
    assert codes == ["0", "1", "2", "3", "4"]
    for code in codes:
        assert f"| {code} |" in manual


def test_every_error_is_in_the_manual_and_in_the_drawn_tree() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    found = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.ClewError)
    }
    assert len(found) > 8
    for name in found.keys() - {"ClewError"}:
        assert f"| `{name}` |" in manual, name
        assert re.search(rf"^ +{name} ", errors.__doc__ or "", re.MULTILINE), name


def test_every_specialist_is_named_on_the_first_map() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    for specialist in SPECIALISTS:
        assert specialist.name in page
