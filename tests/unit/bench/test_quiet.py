"""Are windows cut as promised, are noisy ones told apart, and is a cause in a quiet one counted?"""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from bench.case import Case, case
from bench.quiet import Told, calm, causes_table, dropped, once, quiet, quiet_table, stretches, told, wilson
from bench.replay import Replay
from clew.incident import Signal, Symptom, Window
from clew.ports import MetricSource
from clew.tables import Matrix, SeriesKey
from tests.unit.bench.conftest import ALERT, Incident


@pytest.fixture
def opened(incident: Incident, tmp_path: Path) -> Case:
    return case(incident(), tmp_path)


def test_a_window_ends_soon_after_its_alert_and_well_before_the_real_one(opened: Case) -> None:
    found = list(stretches(opened))
    assert len(found) == 3
    for one in found:
        times = one.tables.matrix.times
        assert one.at < ALERT - 900 + 60
        assert times[-1] <= one.at + 300
        assert (times < one.at).sum() >= 20
        assert all(change.at <= one.at + 300 for change in one.tables.changes.changes)
        assert one.calm is True
    assert [one.at for one in found] == [one.at for one in stretches(opened)], "always the same windows"


def test_the_investigation_of_a_window_sees_nothing_of_what_came_later(opened: Case) -> None:
    one = next(stretches(opened, 1))
    moved = quiet(opened, one)
    assert moved.alerted_at == one.at
    assert moved.truth is None
    (metrics,) = (source for source in moved.facts.sources if isinstance(source, MetricSource))
    seen = asyncio.run(metrics.matrix(Window(start=0.0, end=1e11)))
    assert seen.times[-1] <= one.at + 300


def test_a_quiet_window_of_a_made_system_blames_nobody(opened: Case, incident: Incident) -> None:
    found = told(incident("other"))
    assert [row.verdict for row in found] == ["healthy"] * 3
    (broken,) = (asyncio.run(Replay().answer(opened)).report,)
    assert broken is not None
    assert broken.verdict.value == "cause", "the same system with its fault in sight"


def front(late: float, *, count: int = 60) -> Matrix:
    values = 0.2 + 0.01 * np.sin(np.arange(count, dtype=float))
    values[-6:] += late
    return Matrix(60.0 * np.arange(count, dtype=float), (SeriesKey("", "", "latency-p90", "s"),), values[None])


def test_calm_is_the_front_door_in_its_usual_range() -> None:
    symptom = Symptom(signal=Signal.LATENCY)
    at = 60.0 * 56
    assert calm(front(0.0), at, symptom) is True
    assert calm(front(0.3), at, symptom) is False
    assert calm(front(0.0, count=8), 60.0 * 6, symptom) is None
    other = Matrix(front(0.0).times, (SeriesKey("cart", "", "latency-p90", "s"),), front(0.3).values)
    assert calm(other, at, symptom) is None
    assert calm(other, at, symptom.model_copy(update={"service": "cart"})) is False


def test_wilson() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(5, 100)
    assert low == pytest.approx(0.0215, abs=1e-3)
    assert high == pytest.approx(0.1118, abs=1e-3)
    assert wilson(0, 50)[0] == 0.0
    assert wilson(50, 50)[1] == 1.0


def test_causes_are_counted_over_the_calm_and_beside_them_over_all() -> None:
    rows = [
        Told("x", True, "healthy"),
        Told("x", True, "not found"),
        Told("x", True, "not found"),
        Told("x", True, "cause", "Possible", "service", "resource", 0.9),
        Told("x", False, "cause", "Likely", "service", "call graph", 2.0),
        Told("x", None, "not found"),
    ]
    cells = [next(iter(column.cells)) for column in quiet_table(rows).columns]
    assert cells[:8] == ["x", "6", "4", "1", "2", "1", "0", "0"]
    assert str(cells[8]).startswith("25 (5-")
    assert str(cells[9]).startswith("33 (10-")
    assert dropped(rows) == "Left out: 1 whose front door was not as usual, 1 without one that is measured."
    causes = causes_table(rows)
    assert [next(iter(column.cells)) for column in causes.columns] == ["service", "Possible", "resource", "1", "0.90"]
    assert causes.row_count == 1


def test_a_window_that_two_cases_share_counts_once() -> None:
    row = Told("x", True, "healthy", window="60 cart latency")
    assert len(once([row, row, row._replace(family="y"), row._replace(window="120 cart latency")])) == 3
