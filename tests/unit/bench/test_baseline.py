"""Do the rankers that Clew is measured against do what their names say?"""

import importlib.util

import numpy as np
import pytest

from bench.baseline import (
    BARO,
    N_SIGMA,
    ROBUST,
    THREE_SIGMA,
    Phases,
    baselines,
    max_robust_z,
    newest_deploy,
    phases,
    sigma_count,
)
from clew.evidence import Change
from clew.tables import Matrix, SeriesKey

ALERT = 6000.0
MINUTES = np.arange(0.0, 9000.0, 60.0)


def matrix(*moves: tuple[str, str, float]) -> Matrix:
    """Noisy series of level 10 and deviation 1 that move by some deviations at the alert."""
    noise = np.random.default_rng(3).normal(10.0, 1.0, (len(moves), len(MINUTES)))
    for row, (_, _, move) in enumerate(moves):
        noise[row, MINUTES >= ALERT] += move
    return Matrix(MINUTES, tuple(SeriesKey(service, "", metric) for service, metric, _ in moves), noise)


def split(found: Matrix, alerted_at: float = ALERT) -> Phases:
    return phases(found, Matrix.empty(), alerted_at)


MOVED = split(matrix(("quiet", "cpu", 0.0), ("loud", "cpu", 20.0), ("wide", "cpu", 8.0), ("wide", "mem", 8.0)))


def test_the_largest_jump_wins_by_z_and_the_most_metrics_by_count() -> None:
    assert max_robust_z(MOVED)[0] == "loud"
    assert sigma_count(MOVED) == ("wide", "loud", "quiet")


def test_a_drop_counts_as_much_as_a_rise() -> None:
    assert max_robust_z(split(matrix(("a", "cpu", 3.0), ("b", "rps", -30.0))))[0] == "b"


def test_the_whole_system_and_the_machines_gauges_name_nobody() -> None:
    found = split(matrix(("", "latency", 9.0), ("a", "NodeCpuUsageRate", 9.0), ("a", "cpu", 0.0)))
    assert found.owners == ("a",)
    assert found.after.max() < 15.0


def test_a_fault_free_reference_is_the_normal_phase() -> None:
    usual = matrix(("b", "cpu", 0.0), ("a", "cpu", 0.0))
    found = phases(matrix(("a", "cpu", 0.0), ("b", "cpu", 0.0), ("c", "cpu", 0.0)), usual, ALERT)
    assert np.array_equal(found.before[:2], usual.values[::-1])
    assert np.isnan(found.before[2]).all()
    assert found.after.shape[1] == int((MINUTES >= ALERT).sum())


@pytest.mark.parametrize("name", [ROBUST, THREE_SIGMA, N_SIGMA, BARO])
def test_a_table_with_holes_or_with_nothing_before_the_alert_is_no_crash(name: str) -> None:
    if name in (N_SIGMA, BARO) and importlib.util.find_spec("baro") is None:
        pytest.skip("needs fse-baro (the bench extra)")
    ranker = baselines().rankers[name]
    holed = matrix(("a", "cpu", 0.0), ("b", "cpu", 9.0), ("c", "cpu", 0.0))
    holed.values[2] = np.nan
    holed.values[1, ::7] = np.nan
    assert ranker(split(holed))[0] == "b"
    assert ranker(split(holed, -1.0)) == ()
    assert ranker(split(Matrix.empty())) == ()


def test_the_packages_own_scorers_rank_by_metric_and_are_read_by_service() -> None:
    if importlib.util.find_spec("baro") is None:
        pytest.skip("needs fse-baro (the bench extra)")
    rankers = baselines().rankers
    assert rankers[BARO](MOVED) == ("loud", "wide", "quiet")
    assert rankers[N_SIGMA](MOVED) == ("loud", "wide", "quiet")


def test_without_the_package_the_simple_rankers_stay_and_what_to_install_is_said() -> None:
    found = baselines("no_such_package_here.scorers")
    assert set(found.rankers) == {ROBUST, THREE_SIGMA}
    assert "pip install 'clew[bench]'" in found.lacking
    assert baselines().lacking == "" or importlib.util.find_spec("baro") is None


def test_the_newest_deploy_before_the_alert_is_blamed_by_its_commit() -> None:
    def change(ref: str, at: float, commit: str | None = None, *, commits: bool = False) -> Change:
        return Change(ref=ref, what="commit" if commits else "deploy", at=at, title=ref, commit=commit)

    told = newest_deploy(
        (
            change("d1", 10.0, "c1"),
            change("c9", 50.0, commits=True),
            change("d2", 40.0, "c2"),
            change("d3", 90.0, "c3"),
            change("d4", 20.0),
        ),
        60.0,
    )
    assert told == ("c2", "d4", "c1")
