"""Is a signal dated from where it left its usual range, and is its end seen?"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clew.causal.departure import departure
from clew.causal.scene import Signal
from clew.tables import Floats
from clew.testing.worlds import ONSET, World


def made(world: World, moves: NDArray[Any]) -> Signal:
    return Signal("db cpu", "db", "cpu", world.times, moves.astype(np.float64) + world.noise(0.3), world.step)


@pytest.mark.parametrize("step", [5.0, 10.0, 60.0])
@pytest.mark.parametrize("delay", [0.0, 60.0, 120.0])
def test_a_step_is_dated_within_one_sample(step: float, delay: float) -> None:
    world = World(1, step=step)
    found = departure(made(world, 20.0 + 30.0 * (world.times >= ONSET + delay)), world.moment)
    assert found is not None
    assert abs(found.began - (ONSET + delay)) <= step
    assert found.ended is None


def test_a_slow_climb_is_dated_from_its_foot() -> None:
    world = World(2)
    climb = 20 + 50 * np.clip((world.times - (ONSET - 300)) / 400, 0, 1)
    found = departure(made(world, climb), world.moment)
    assert found is not None
    assert ONSET - 300 <= found.began <= ONSET - 200


def test_one_that_came_back_has_an_end() -> None:
    world = World(3)
    burst = 20.0 + 30.0 * ((world.times >= ONSET) & (world.times < ONSET + 200))
    found = departure(made(world, burst), world.moment)
    assert found is not None
    assert found.ended is not None
    assert abs(found.ended - (ONSET + 200)) <= 2 * world.step


def test_noise_alone_and_old_events_do_not_depart() -> None:
    world = World(4)
    assert departure(made(world, np.full(len(world.times), 20.0)), world.moment) is None
    old = 20.0 + 30.0 * ((world.times >= ONSET - 1800) & (world.times < ONSET - 1500))
    assert departure(made(world, old), world.moment) is None


@pytest.mark.parametrize("values", [np.full(360, np.nan), np.full(360, 7.0)])
def test_nothing_measured_and_constants_do_not_depart(values: Floats) -> None:
    world = World(5)
    assert departure(Signal("a", "a", "a", world.times, values, 10.0), world.moment) is None
