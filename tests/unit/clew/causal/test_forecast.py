"""Are forecasts drawn from what the past supports: scales, repeats and the ends of a range?"""

import numpy as np
import pytest

from clew.causal.course import Course
from clew.causal.forecast import forecast, scales
from clew.causal.repeats import chance, repeated, repeats
from clew.causal.stretch import stretch
from clew.tables import Floats

TIMES = 60.0 * np.arange(60, dtype=np.float64)
LATER = 60.0 * np.arange(60, 66, dtype=np.float64)


def noise(seed: int) -> Floats:
    return np.random.default_rng(seed).standard_normal(60)


@pytest.mark.parametrize(
    "values", [np.array([0.0, 0.2, 3.0]), np.array([0.5, 7.0, 40.0])], ids=["with zero", "positive"]
)
def test_a_scale_leads_back_to_where_it_came_from(values: Floats) -> None:
    found = scales(values)
    assert [scale.power for scale in found] == [1.0, 0.5, 0.0]
    for scale in found:
        assert scale.back(scale.forth(values)) == pytest.approx(values)


def test_what_can_be_negative_has_no_root_and_no_logarithm() -> None:
    assert [scale.power for scale in scales(np.array([-1.0, 2.0]))] == [1.0]
    assert [scale.power for scale in scales(np.zeros(3))] == [1.0]


def test_white_noise_is_foretold_by_the_formula_of_the_textbook() -> None:
    values = 5.0 + noise(4)
    found = forecast(TIMES, values, LATER, (), scales(values)[:1])
    about, low, high = found.levels(0.9)
    half = 1.671 * float(np.std(values, ddof=1)) * np.sqrt(1 / 6 + 1 / 60)  # t of 59 degrees, six new samples
    assert about == pytest.approx(float(values.mean()), abs=0.15)
    assert half <= (high - low) / 2 < 1.35 * half  # wider by what the noise may remember
    assert np.all(np.diff(found.draws) >= 0)
    assert np.all(np.diff(found.middles) >= 0)


def test_a_wandering_level_is_foretold_from_where_it_is_and_widely() -> None:
    values = 100.0 + np.cumsum(noise(5))
    calm = forecast(TIMES, 100.0 + noise(5), LATER, (), scales(values)).levels(0.9)
    about, low, high = forecast(TIMES, values, LATER, (), scales(values)).levels(0.9)
    assert about == pytest.approx(float(values[-1]), abs=2.0)
    assert high - low > 2 * (calm[2] - calm[1])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.zeros(20), True),
        (np.array([0.0, 0, 0, 2, 0, 0, 1, 0]), True),
        (np.repeat([5.0, 6.0, 8.0, 9.0], 4), True),
        (noise(1), False),
        (np.array([1.0]), False),
    ],
    ids=["constant", "mostly zero", "steps", "noise", "one sample"],
)
def test_signals_that_repeat_themselves_are_known(values: Floats, expected: bool) -> None:
    assert repeats(values) is expected


def test_a_signal_that_comes_back_is_foretold_around_its_usual_value() -> None:
    values = np.zeros(60)
    values[::10] = 3.0
    means = repeated(values, 6).mean(axis=1)
    assert means.min() == 0.0
    assert 0.1 < means.mean() < 0.6  # a tenth of the time at about 3
    assert np.mean(means == 0.0) == pytest.approx(0.9**6, abs=0.12)


def test_a_gauge_that_moves_in_steps_goes_on_from_where_it_is() -> None:
    values = np.repeat(np.arange(20.0), 3)
    means = repeated(values, 6).mean(axis=1)
    assert 18.0 < np.median(means) < 22.0
    assert means.min() >= 0.0


def test_the_chance_of_samples_in_random_order() -> None:
    assert chance(np.zeros(8), np.array([0.0, 1.0])) == pytest.approx(2 / 10)
    assert chance(np.zeros(8), np.array([1.0, 1.0])) == pytest.approx(2 / 10 * 1 / 9)


def test_fine_samples_are_averaged_in_whole_bins_from_the_event_on() -> None:
    times = np.arange(0.0, 1200.0, 1.0)
    cut = stretch(Course(times, np.where(times >= 600.0, 1.0, 0.0), "x"), 600.0)
    assert set(cut.values.tolist()) == {0.0}
    assert set(cut.shown.tolist()) == {1.0}
    assert len(cut.shown) == 30
    assert cut.step == 20.0


@pytest.mark.parametrize(("late", "kept"), [(0, 40), (2, 40), (3, 40), (5, 45)])
def test_samples_that_are_already_of_the_event_are_no_past(late: int, kept: int) -> None:
    values: Floats = np.where(np.arange(60) >= 40, 9.0, 1.0) + 0.1 * noise(2)
    assert len(stretch(Course(TIMES, values, "x"), float(TIMES[40 + late])).values) == kept
