"""Can a person at a terminal check the ranking: are the sums, the tests and the picture there, and the same as in the report?"""

import asyncio
import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from bot.commands import Reckoning, investigated, reckoned
from bot.explaining import drawn_into, explanation_as_json, show_explanation
from bot.settings import load
from clew.causal.explanation import Explanation, explained
from clew.errors import BadCase, Misconfigured
from clew.hypothesis import Confidence
from playground.bundle import bundled

CASE = bundled()["checkout-degrades-1"]
VALUE = re.compile(r"([+-]\d+\.\d{4})(?!\d)")


@pytest.fixture(scope="module")
def reckoning() -> Reckoning:
    return asyncio.run(reckoned(load({}, None), CASE))


@pytest.fixture
def told(reckoning: Reckoning) -> Explanation:
    return explained(reckoning.made)


def printed(told: Explanation, reckoning: Reckoning, width: int = 120) -> str:
    out = io.StringIO()
    show_explanation(Console(file=out, width=width, force_terminal=False), told, reckoning.timeline)
    return out.getvalue()


def test_the_printed_values_add_up_to_the_printed_weight(told: Explanation, reckoning: Reckoning) -> None:
    parts = re.split(r"^\d+\. ", printed(told, reckoning).split("\nChanges:")[0], flags=re.MULTILINE)[1:]
    assert len(parts) == len(told.candidates) > 0
    for part, candidate in zip(parts, told.candidates, strict=True):
        [weight] = re.findall(r"^\s+weight\s+(\d+\.\d{4})\s*$", part, flags=re.MULTILINE)
        values = [float(value) for value in VALUE.findall(part)]
        assert sum(values) == pytest.approx(float(weight), abs=1e-3)
        assert float(weight) == pytest.approx(candidate.weight, abs=1e-4)


def test_every_factor_times_its_worth_is_its_value(told: Explanation) -> None:
    factors = [term for candidate in told.candidates for term in candidate.terms if term.worth is not None]
    assert factors
    assert all(term.value == pytest.approx((term.amount or 0.0) * (term.worth or 0.0)) for term in factors)


@pytest.mark.parametrize("width", [40, 60, 120])
def test_it_fits_any_terminal_and_loses_no_word(told: Explanation, reckoning: Reckoning, width: int) -> None:
    said = printed(told, reckoning, width)
    assert all(len(line) <= width for line in said.splitlines())
    flat = re.sub(r"\s", "", said)
    for candidate in told.candidates:
        assert re.sub(r"\s", "", candidate.title) in flat
        for trial in candidate.trials:
            assert re.sub(r"\s", "", trial.says) in flat
    for out in told.ruled_out:
        assert re.sub(r"\s", "", out.reason) in flat


def test_changes_tests_and_what_could_not_be_judged_are_printed(told: Explanation, reckoning: Reckoning) -> None:
    said = printed(told, reckoning)
    assert "a change must beat" in said
    assert "near " in said
    assert "Ruled out" in said
    assert "Could not be judged" in said
    assert "onset order" in said
    assert "First signs" in said


async def test_it_explains_the_report_and_says_the_same_twice(reckoning: Reckoning) -> None:
    progress, _ = await investigated(load({}, None), CASE, None)
    assert progress.report is not None
    told = explained(reckoning.made, top=20)
    shown = [(h.title, h.confidence, h.weight) for h in progress.report.open]
    assert [(c.title, c.confidence, c.weight) for c in told.candidates][: len(shown)] == shown
    assert progress.report.timeline == reckoning.timeline
    again = await reckoned(load({}, None), CASE)
    assert printed(explained(again.made), again) == printed(explained(reckoning.made), reckoning)


def test_as_data_it_is_whole(told: Explanation, reckoning: Reckoning) -> None:
    found = json.loads(json.dumps(explanation_as_json(told, reckoning.timeline)))
    assert found["candidates"][0]["terms"]
    assert 2 <= len(found["timeline"]["rows"]) <= 12
    assert {c["confidence"] for c in found["ruled_out"]} <= {Confidence.RULED_OUT.value}
    assert explanation_as_json(told, None)["timeline"] is None


def test_text_from_outside_cannot_steer_the_terminal(told: Explanation, reckoning: Reckoning) -> None:
    hostile = "\x1b[31m[bold]gone[/bold]\x1b]0;title\x07\u202e"
    first = told.candidates[0].model_copy(update={"title": hostile, "reason": hostile})
    said = printed(told.model_copy(update={"candidates": (first,), "unjudged": (hostile,)}), reckoning)
    assert "[bold]gone[/bold]" in said
    assert not {"\x1b", "\x07", "\u202e"} & set(said)


async def test_the_picture_is_written_or_it_is_said_why_not(reckoning: Reckoning, tmp_path: Path) -> None:
    said = await drawn_into(tmp_path / "out.png", reckoning.timeline)
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    assert "first sign at" in said
    assert "No picture" in await drawn_into(tmp_path / "none.png", None)
    assert not (tmp_path / "none.png").exists()
    with pytest.raises(Misconfigured, match="--picture"):
        await drawn_into(tmp_path / "no" / "such" / "folder.png", reckoning.timeline)


async def test_what_is_no_case_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadCase, match=r"incident\.json"):
        await reckoned(load({}, None), tmp_path)
