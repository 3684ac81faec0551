"""What a drill's runs come to: failed ones are not wrong answers, controls are counted apart."""

from io import StringIO

import pytest
from rich.console import Console

from playground.live.outcome import Outcome
from playground.live.tally import at, by_fault, show, summary

RUNS = (
    Outcome("pool", False, True, True, False, 20.0, 3.0, 8.0, 50, 9000, change_to_blame=True),
    Outcome("pool", False, True, False, False, 30.0, 4.0, 9.0, 60, 9500, change_to_blame=True),
    Outcome("cpu", False, False, True, True, 22.0, 12.0, 31.0, 40, 8000),
    Outcome("nothing", True, None, None, True, 2.0, 3.0, 5.0, 30, 7000),
    Outcome("guard", False, failed="no alarm"),
)


def test_each_fault_has_a_line_and_controls_come_last() -> None:
    lines = {one.name: one for one in by_fault(RUNS)}
    assert list(lines) == ["pool", "cpu", "guard", "nothing"]
    assert (lines["pool"].service, lines["pool"].change, lines["pool"].to_alert) == ((2, 2), (1, 2), 20.0)
    assert (lines["guard"].runs, lines["guard"].failed, lines["guard"].to_verdict) == (0, 1, None)
    assert (lines["nothing"].service, lines["nothing"].false_causes) == ((0, 0), 1)


def test_the_sum_leaves_out_what_could_not_be_judged() -> None:
    service, change, finding, verdict, controls, failed = summary(RUNS)
    assert "2 of 3" in service
    assert "1 of 2" in change
    assert "12.0 s" in finding
    assert "31.0 s" in verdict
    assert "1 of 1" in controls
    assert failed == "guard: not judged, no alarm"


def test_the_table_says_the_same() -> None:
    text = StringIO()
    show(Console(file=text, width=160), RUNS)
    (pool,) = [line for line in text.getvalue().splitlines() if line.startswith("pool")]
    assert pool.split()[:8] == ["pool", "2", "2", "of", "2", "1", "of", "2"]


@pytest.mark.parametrize(("share", "found"), [(0.5, 2.0), (0.95, 4.0), (0.25, 1.0)])
def test_a_quantile_is_a_value_that_was_seen(share: float, found: float) -> None:
    assert at(share, [4.0, 1.0, 3.0, 2.0]) == found
    assert at(share, []) is None
