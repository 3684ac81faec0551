"""Are answers counted as right by the rules, and do the fit and the scores say what they should of numbers that are known?"""

import numpy as np
import pytest

from bench.calibration import (
    TODAY,
    Said,
    bins,
    brier,
    brier_table,
    fitted,
    judged,
    numbers,
    reliability_table,
    said,
)
from bench.truth import Truth
from clew.causal.confidence import BAR
from clew.causal.odds import odds
from clew.hypothesis import Cause, CauseKind, Confidence, Hypothesis, Report, Verdict
from tests.unit.bench.conftest import Incident


def report(service: str | None, change: str | None = None, verdict: Verdict = Verdict.CAUSE) -> Report:
    kind = CauseKind.CHANGE if change else CauseKind.SERVICE
    first = Hypothesis(
        id="h1",
        cause=Cause(kind=kind, service=service, change=change),
        title="it",
        confidence=Confidence.LIKELY,
        weight=1.0,
        odds=0.8,
    )
    return Report(incident="i", verdict=verdict, headline="it", hypotheses=(first,) if service else ())


@pytest.mark.parametrize(
    ("service", "change", "truth", "right"),
    [
        ("cart", None, Truth(services=("cart",), change="c1"), True),
        ("cart", "c1", Truth(services=("cart",), change="c1"), True),
        ("cart", "c2", Truth(services=("cart",), change="c1"), False),
        ("cart", "c2", Truth(services=("cart",), change="none"), False),
        ("cart", "c2", Truth(services=("cart",)), True),
        ("email", "c1", Truth(services=("cart",), change="c1"), False),
        ("cart", None, Truth(services=("cart",), healthy=True), False),
        (None, None, Truth(services=("cart",)), False),
    ],
)
def test_right_is_the_service_and_the_change_that_is_named(
    service: str | None, change: str | None, truth: Truth, right: bool
) -> None:
    assert judged("shop", 0.0, report(service, change), truth).right is right


def test_what_was_not_found_still_tells_how_the_ranking_began() -> None:
    silent = report(None, verdict=Verdict.NOT_FOUND)
    ranked = silent.model_copy(update={"ranking": ("cart", "email")})
    truth = Truth(services=("cart",))
    assert not judged("shop", 0.0, silent, truth).place_right
    assert judged("shop", 0.0, ranked, truth)[2:6] == ("Not found", False, None, True)


def test_health_is_a_row_of_its_own_without_a_number() -> None:
    well = judged("shop", 0.0, report(None, verdict=Verdict.HEALTHY), Truth(healthy=True))
    assert (well.word, well.number, well.right) == ("nothing is wrong", None, True)


def rows(family: str, count: int, seed: int) -> list[Said]:
    """Answers whose chance of being right is what a line (0.5, 1.5) says of their lead."""
    rng = np.random.default_rng(seed)
    leads = rng.uniform(0.1, 0.9, count)
    chances = 1 / (1 + np.exp(-0.5 - 1.5 * np.log(leads / (1 - leads))))
    hits = rng.uniform(size=count) < chances
    return [
        Said(family, 0.0, "Likely", bool(hit), float(chance), bool(hit), lead=float(lead))
        for lead, chance, hit in zip(leads, chances, hits, strict=True)
    ]


def test_the_fit_finds_the_line_that_made_the_answers() -> None:
    found = fitted(rows("x", 4000, 1))
    assert found.base == pytest.approx(0.45, abs=0.15), "smoothed labels pull a little towards one half"
    assert found.slope == pytest.approx(1.3, abs=0.25)


def test_the_numbers_are_those_of_the_product() -> None:
    lead = 1.2 / (1.2 + 0.5 + BAR)
    row = Said("x", 0.0, "Likely", right=True, number=0.5, lead=lead)
    plain, change = numbers([row, row._replace(change=True)], TODAY)
    assert plain == pytest.approx(odds(1.2, 0.5))
    assert change == pytest.approx(0.85 * plain)


def test_a_brier_score() -> None:
    pair = [Said("x", 0.0, "Likely", right=True), Said("x", 0.0, "Likely", right=False)]
    assert brier([1.0, 0.0], pair) == 0.0
    assert brier([0.5, 0.5], pair) == 0.25
    assert brier([0.2, 0.2], pair) == pytest.approx((0.64 + 0.04) / 2)


def test_bins_are_of_about_equal_size_and_keep_equal_numbers_together() -> None:
    groups = bins(rows("x", 100, 2))
    assert [len(group) for group in groups] == [20] * 5
    same = [Said("x", 0.0, "Likely", right=True, number=0.95)] * 7
    assert [len(group) for group in bins(same)] == [7]


def test_the_tables_hold_every_answer_once() -> None:
    told = [*rows("x", 60, 3), *rows("y", 40, 4), Said("y", 0.0, "Not found", right=False, place_right=True)]
    moved = [row._replace(shift=60.0) for row in told]
    table = reliability_table([*told, *moved])
    cells = list(zip(*(column.cells for column in table.columns), strict=True))
    assert sum(int(str(row[1])) for row in cells[:5]) == 100
    assert sum(int(str(row[4])) for row in cells[:5]) == 200
    assert cells[-2][:4] == ("Not found (apart)", "1", "", "0.00")
    assert cells[-1][:4] == ("... by the first it ranked", "1", "", "1.00")
    scores = list(zip(*(column.cells for column in brier_table(told).columns), strict=True))
    assert [row[:2] for row in scores] == [("x", "60"), ("y", "40"), ("all", "100"), ("all, fitted on all", "100")]
    assert float(str(scores[2][3])) < float(str(scores[2][4])), "answers that know beat a base rate"


def test_a_recorded_incident_is_asked_at_every_shift(incident: Incident) -> None:
    found = said(incident(truth={"services": ["cart"], "change": None, "healthy": False}))
    assert [row.shift for row in found] == [0.0, -60.0, 60.0]
    assert all(row.right and row.number is not None for row in found)
    assert numbers(found, TODAY) == pytest.approx([row.number for row in found], abs=0.02)
