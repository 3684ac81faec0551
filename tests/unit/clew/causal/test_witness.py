"""Does a draw of witnesses depend on names alone, and does it find the onset of a large fleet?"""

import numpy as np
import pytest

from clew.causal.onset import incident_onset
from clew.causal.witness import MOST, gathered, witnesses
from clew.incident import Signal, Symptom
from clew.tables import Matrix, SeriesKey

ONSET = 1_763_836_800.0
SYMPTOM = Symptom(service="s7", signal=Signal.LATENCY)


def fleet(services: int, seed: int = 0) -> Matrix:
    """Four series a service, those of every tenth service off from ONSET on; node gauges say nothing."""
    rng = np.random.default_rng(seed)
    times = (ONSET + np.arange(-60, 20) * 30.0).astype(np.float64)
    names = [f"s{place}" if place else "" for place in range(services)]
    keys = tuple(
        SeriesKey(name, "", metric) for name in names for metric in ("cpu", "latency", "requests", "node_load")
    )
    values = rng.normal(20.0, 1.0, (len(keys), len(times)))
    sick = np.array([place % 40 < 4 for place in range(len(keys))])
    values[sick] += np.where(times >= ONSET, 30.0, 0.0)
    return Matrix(times, keys, values)


def part(matrix: Matrix, index: int, of: int) -> Matrix:
    rows = [row for row, key in enumerate(matrix.keys) if len(key.service + key.metric) % of == index]
    return Matrix(matrix.times, tuple(matrix.keys[row] for row in rows), matrix.values[rows])


def test_the_witnesses_of_parts_are_those_of_the_whole() -> None:
    whole = fleet(900)
    parts = [witnesses(part(whole, index, 3), SYMPTOM) for index in range(3)]
    assert sum(len(found.keys) for found in parts) > MOST
    joined, drawn = witnesses(gathered(parts[::-1]), SYMPTOM), witnesses(whole, SYMPTOM)
    assert joined.keys == drawn.keys
    assert np.array_equal(joined.values, drawn.values)
    assert len(drawn.keys) == MOST


def test_the_service_level_and_the_symptoms_service_always_speak() -> None:
    drawn = witnesses(fleet(900), SYMPTOM)
    said = {(key.service, key.metric) for key in drawn.keys}
    assert {(name, metric) for name in ("", "s7") for metric in ("cpu", "latency", "requests", "node_load")} <= said
    assert not any(key.metric == "node_load" and key.service not in ("", "s7") for key in drawn.keys)


def test_the_draw_is_even() -> None:
    drawn = witnesses(fleet(2000), SYMPTOM)
    first = sum(1 for key in drawn.keys if key.service and int(key.service[1:]) < 1000)
    assert 400 < first < 600
    assert all(abs(sum(1 for key in drawn.keys if key.metric == m) - MOST / 3) < 80 for m in ("cpu", "latency"))


@pytest.mark.parametrize("services", [20, 2000])
def test_the_onset_is_the_same_in_a_large_fleet(services: int) -> None:
    assert incident_onset(fleet(services), Matrix.empty(), ONSET + 120.0, SYMPTOM) == ONSET


def test_parts_of_different_times_are_refused() -> None:
    one = fleet(3)
    other = Matrix((one.times + 30.0).astype(np.float64), one.keys, one.values)
    with pytest.raises(ValueError, match="same window and step"):
        gathered([one, other])
    assert gathered([]).keys == ()
