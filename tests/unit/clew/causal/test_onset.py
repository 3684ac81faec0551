"""Is the moment of a change found where it was planted, whatever the step, the gaps and the kind of series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.grid import regular
from clew.causal.onset import incident_onset, moment
from clew.incident import Signal, Symptom
from clew.tables import Floats, Matrix, SeriesKey

ALERT = 1_763_836_600.0
SYMPTOM = Symptom(service="web", signal=Signal.LATENCY)


def stepped(times: Floats, at: float, quiet: float, loud: float, seed: int = 1) -> Floats:
    noise = np.random.default_rng(seed).normal(0, 0.02, len(times))
    return np.where(times >= at, loud, quiet) * (1 + noise)


def web(times: Floats, values: Floats, metric: str = "latency-p99", unit: str = "s") -> Matrix:
    return Matrix(times, (SeriesKey("web", "", metric, unit),), values[None, :])


def begin(matrix: Matrix, alerted_at: float = ALERT) -> float | None:
    return incident_onset(matrix, Matrix.empty(), alerted_at, SYMPTOM)


@pytest.mark.parametrize("step", [5.0, 30.0, 300.0])
@pytest.mark.parametrize("late", [-120.0, 0.0, 240.0])
def test_the_incident_begins_at_the_first_sample_of_the_new_level(step: float, late: float) -> None:
    times = np.arange(ALERT - 24 * step - 3000.0, ALERT + 4 * step + 300.0, step)
    truth = float(times[np.searchsorted(times, ALERT - 60.0)])
    values = stepped(times, truth, 0.1, 0.6)
    found = begin(web(times, values), ALERT + late)
    assert found is not None
    assert abs(found - truth) <= step


def test_two_samples_of_history_are_enough_to_see_a_jump() -> None:
    times = ALERT + np.array([-120.0, -60.0, 0.0, 60.0, 120.0])
    assert begin(web(times, np.array([0.1, 0.1, 0.6, 0.6, 0.6]))) == ALERT


@pytest.mark.parametrize(
    "matrix",
    [
        Matrix.empty(),
        web(ALERT + np.array([-60.0, 0.0]), np.array([0.1, 0.9])),
        web(np.arange(ALERT - 900, ALERT, 30.0), np.full(30, np.nan)),
        web(np.arange(ALERT - 900, ALERT, 30.0), np.full(30, 0.2)),
        web(np.arange(ALERT - 9000, ALERT - 6000, 30.0), stepped(np.arange(100.0), 50.0, 0.1, 0.9)),
    ],
    ids=["empty", "two samples", "unmeasured", "constant", "nothing near the alert"],
)
def test_no_onset_is_made_up(matrix: Matrix) -> None:
    assert begin(matrix) is None


def test_unmeasured_series_beside_a_good_one_change_nothing() -> None:
    times = np.arange(ALERT - 1800, ALERT + 300, 30.0)
    good = stepped(times, ALERT - 90, 0.1, 0.6)
    keys = tuple(SeriesKey(s, "", "latency-p99", "s") for s in ("web", "cart", "pay"))
    both = Matrix(times, keys, np.stack([good, np.full(len(times), np.nan), np.full(len(times), np.inf)]))
    assert begin(both) == begin(web(times, good)) == pytest.approx(ALERT - 90, abs=30.0)


def test_a_counter_that_grows_faster_begins_where_its_rate_changed() -> None:
    times = np.arange(ALERT - 1800, ALERT + 300, 30.0)
    rate = np.where(times > ALERT - 90, 20.0, 1.0)
    counter = web(times, np.cumsum(rate * 30.0), "errors_total", "")
    found = begin(counter)
    assert found is not None
    assert abs(found - (ALERT - 90)) <= 30.0
    assert np.nanmedian(regular(counter).values) == pytest.approx(1.0)


def test_a_counter_that_was_reset_is_a_gap_and_no_negative_rate() -> None:
    times = np.arange(0.0, 1200.0, 30.0)
    total = np.cumsum(np.full(len(times), 60.0))
    total[20:] -= total[19]
    rates = regular(web(times, total, "requests_total", "")).values[0]
    assert np.isnan(rates[[0, 20]]).all()
    assert np.nanmin(rates) == np.nanmax(rates) == 2.0


def test_traffic_and_the_machines_own_gauges_do_not_set_the_onset() -> None:
    times = np.arange(ALERT - 1800, ALERT + 300, 30.0)
    slow, early = stepped(times, ALERT - 60, 0.1, 0.6), stepped(times, ALERT - 420, 10.0, 90.0)
    keys = (
        SeriesKey("web", "", "latency-p99", "s"),
        *(SeriesKey(s, "", "node_cpu", "%") for s in ("web", "cart", "pay")),
    )
    found = begin(Matrix(times, keys, np.stack([slow, early, early, early])))
    assert found is not None
    assert abs(found - (ALERT - 60)) <= 30.0


@given(order=st.permutations(range(4)), seed=st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_and_columns_does_not_matter(order: list[int], seed: int) -> None:
    times = np.arange(ALERT - 1800, ALERT + 300, 30.0)
    names = ("web", "cart", "pay", "")
    rows = np.stack([stepped(times, ALERT - 60, 0.1, 0.1 + 0.2 * i, seed + i) for i in range(4)])
    keys = tuple(SeriesKey(s, "", "latency-p99", "s") for s in names)
    columns = np.random.default_rng(seed).permutation(len(times))
    mixed = Matrix(times[columns], tuple(keys[i] for i in order), rows[order][:, columns])
    assert begin(mixed) == begin(Matrix(times, keys, rows)) is not None


def test_the_moment_covers_the_samples_and_the_alert_even_without_any() -> None:
    none = moment(Matrix.empty(), Matrix.empty(), ALERT, SYMPTOM)
    assert none.onset is None
    assert none.start == ALERT
    assert none.window.start < ALERT < none.window.end
    times = np.arange(ALERT - 1800, ALERT + 300, 30.0)
    some = moment(web(times, stepped(times, ALERT - 60, 0.1, 0.6)), Matrix.empty(), ALERT, SYMPTOM)
    assert some.onset is not None
    assert some.start == some.onset
    assert (some.window.start, some.window.end) == (times[0], times[-1])


def test_times_at_which_nothing_was_measured_yet_do_not_move_the_onset() -> None:
    """A store that is asked for an hour of 5 s and holds the last six minutes answers with columns of nothing."""
    times = np.arange(ALERT - 3600.0, ALERT + 60.0, 5.0)
    values = stepped(times, ALERT - 25.0, 0.1, 0.6)
    there = times >= ALERT - 300.0
    assert begin(web(times, np.where(there, values, np.nan))) == begin(web(times[there], values[there])) == ALERT - 25.0


def test_a_little_less_availability_tells_the_onset_beside_a_load_that_moved_earlier() -> None:
    """Two points of a hundred are much of availability: it is read by its distance from the usual, not by its height."""
    times = np.arange(ALERT - 1800, ALERT + 300, 30.0)
    noise = np.random.default_rng(4)
    available = np.where(times >= ALERT - 60, 97.0, 100.0) - np.abs(noise.normal(0, 0.05, len(times)))
    alone = web(times, available, "availability", "%")
    found = begin(alone)
    assert found is not None
    assert abs(found - (ALERT - 60)) <= 30.0
    gauge = SeriesKey("web", "", "cpu", "%")
    load = np.where(times >= ALERT - 60, 97.0, 100.0) - np.abs(noise.normal(0, 0.05, len(times)))
    assert begin(Matrix(times, (gauge,), load[None, :])) is None
    # neither the table that was read nor its order is touched
    assert np.array_equal(alone.values[0], available)
