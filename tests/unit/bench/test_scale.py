"""Does the speed benchmark run the product's ranking, on fleets that are what they say, and compare like with like?"""

import numpy as np
import pytest

from bench.fleet import METRICS, ONSET_POINT, Fleet, name
from bench.scale import Run, accuracy, exponent, in_parts, ours, race
from clew.causal.analysis import analyse
from clew.tables import Tables


def test_the_sick_service_moves_and_no_other_but_its_caller() -> None:
    fleet = Fleet(12, 2, seed=3, sick=7)
    matrix = fleet.whole()
    assert matrix.values.shape == (fleet.series, 720)
    before, after = np.median(matrix.values[:, :ONSET_POINT], axis=1), np.median(matrix.values[:, ONSET_POINT:], axis=1)
    moved = {key.service for key, rise in zip(matrix.keys, after / before - 1.0, strict=True) if rise > 0.2}
    assert name(7) in moved
    assert moved <= {name(7), name(fleet.caller(7))}
    assert fleet.graph.edges[6] == (name(2), name(7))


def test_the_same_seed_makes_the_same_fleet_and_parts_cover_it() -> None:
    fleet = Fleet(6, 1, seed=5)
    assert np.array_equal(fleet.whole().values, fleet.whole().values)
    parts = [fleet.part(first, first + 3, np.float32) for first in (0, 3)]
    assert [key for part in parts for key in part.keys] == list(fleet.whole().keys)
    assert parts[0].values.dtype == np.float32
    assert len(parts[1].keys) == 3 * len(METRICS)


def test_a_fleet_in_parts_is_ranked_as_the_product_ranks() -> None:
    fleet = Fleet(230, 1, seed=1, sick=211)
    run = in_parts(fleet)
    assert run.series == 2300
    assert run.first == name(211)
    assert run.seconds > 0
    small = Fleet(20, 2, seed=1, sick=9)
    whole = analyse(Tables(matrix=small.whole(), graph=small.graph), small.onset + 90.0, small.symptom)
    assert ours(small, small.whole())[0] == whole.services[0] == name(9)


def test_cost_that_doubles_with_size_has_the_exponent_one() -> None:
    runs = [
        Run(size, {"summaries": size / 1000, "making the series, not counted": 9.0}, 1.0, 1, "") for size in (10, 1000)
    ]
    assert exponent(runs) == pytest.approx(1.0)


def test_beside_the_published_scorer_it_is_no_less_right_and_much_faster() -> None:
    pytest.importorskip("baro", reason="needs the bench extra: pip install 'clew[bench]'")
    places = accuracy(6)
    assert sum(place == 0 for place in places.ours) >= max(5, sum(place == 0 for place in places.theirs))
    assert race(Fleet(20, 5), 2).ratio > 5  # the benchmark asks for 15 on a machine of its own
