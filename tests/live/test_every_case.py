"""Does an investigation of every recorded incident end well, cite only what it kept, and never look at the answer?

The answer (`truth.json`) is read here only, after the investigation of its case has ended.
"""

import json
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.commands import investigated
from bot.reporting import as_json
from bot.settings import Settings
from clew.hypothesis import Verdict
from playground.bundle import bundled

FAMILIES = ("nezha-onlineboutique", "nezha-trainticket", "petshop", "rootcausebench")
KEYS = {"verdict", "headline", "ranking", "changes", "hypotheses", "evidence", "healthy", "gaps", "seconds"}
LONGEST = 60.0
"""Seconds that an investigation may take: its own limit."""


class Spy:
    """Notes which answers are opened while it watches. An audit hook cannot be taken off, so there is one for all tests."""

    def __init__(self) -> None:
        self._watching = False
        self._opened: list[str] = []
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._watching and event == "open" and str(arguments[0]).endswith("truth.json"):
            self._opened.append(str(arguments[0]))

    @contextmanager
    def watching(self) -> Generator[list[str]]:
        self._opened, self._watching = [], True
        try:
            yield self._opened
        finally:
            self._watching = False


@pytest.fixture(scope="module")
def spy() -> Spy:
    return Spy()


def dangling(report: dict[str, Any]) -> list[str]:
    """Citations that no kept evidence answers, and claims that cite nothing."""
    kept = {item["number"] for item in report["evidence"]}
    claims = [c for h in report["hypotheses"] for side in ("support", "against") for c in h[side]]
    uncited = [claim["text"] for claim in claims if not claim["evidence"]]
    return uncited + [number for claim in claims for number in claim["evidence"] if number not in kept]


async def report_on(case: Path) -> dict[str, Any]:
    progress, evidence = await investigated(Settings(), case, None)
    return json.loads(json.dumps(as_json(progress, evidence), allow_nan=False))


def test_the_spy_sees_an_answer_that_is_opened(spy: Spy, tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text("{}")
    with spy.watching() as opened:
        json.loads((tmp_path / "truth.json").read_text())
    assert opened == [str(tmp_path / "truth.json")]


@pytest.mark.parametrize("family", FAMILIES)
async def test_every_recorded_case_ends_with_a_report(family: str, cases: Path, spy: Spy) -> None:
    folders = sorted(path.parent for path in (cases / family).glob("*/incident.json"))
    assert folders, f"{family} holds no case"
    wrong: dict[str, object] = {}
    for folder in folders:
        began = time.monotonic()
        with spy.watching() as opened:
            report = await report_on(folder)
        if missing := KEYS - set(report):
            wrong[f"{folder.name}: keys"] = missing
        if found := dangling(report):
            wrong[f"{folder.name}: citations"] = found
        if opened:
            wrong[f"{folder.name}: looked at the answer"] = opened
        if report["verdict"] not in set(Verdict) or report["healthy"]:
            wrong[f"{folder.name}: verdict of a real incident"] = report["verdict"]
        if (took := time.monotonic() - began) > LONGEST:
            wrong[f"{folder.name}: seconds"] = took
    assert not wrong


@pytest.mark.parametrize("name", sorted(bundled()))
async def test_a_bundled_incident_is_understood(name: str, spy: Spy) -> None:
    folder = bundled()[name]
    with spy.watching() as opened:
        report = await report_on(folder)
    assert not opened
    assert not dangling(report)
    truth = json.loads((folder / "truth.json").read_text())
    assert report["healthy"] == bool(truth["healthy"])
    if not truth["healthy"]:
        assert report["ranking"][0] in truth["services"]
        assert report["changes"][0] == truth["change"]


def test_enough_incidents_are_bundled_to_speak_of() -> None:
    answers = [json.loads((folder / "truth.json").read_text()) for folder in bundled().values()]
    assert len(answers) >= 6
    assert any(answer["healthy"] for answer in answers)
    assert any(answer["change"] not in (None, "none") for answer in answers)
    assert any(answer["change"] == "none" for answer in answers)
