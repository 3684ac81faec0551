"""Do the measured worlds keep the promise: what differs in nothing is hardly ever blamed, what differs a lot mostly is?"""

import numpy as np
import pytest

from bench.experiments import ruled
from bench.worlds import WORLDS
from clew.causal.ruling import Ruling

ROUNDS = 24
LATER = np.concatenate((np.zeros(60), np.ones(15)))


def share(name: str, times: float, ruling: Ruling) -> float:
    found = [ruled(WORLDS[name](np.random.default_rng([seed, 7]), LATER).planted(times)) for seed in range(ROUNDS)]
    return sum(one is not None and one.ruling is ruling for one in found) / ROUNDS


@pytest.mark.parametrize("name", WORLDS)
def test_arms_that_differ_in_nothing_are_hardly_ever_blamed(name: str) -> None:
    assert share(name, 1.0, Ruling.FOR) <= 0.05


@pytest.mark.parametrize("name", [name for name in WORLDS if "shared" in name])
def test_what_hit_both_arms_speaks_against_the_change(name: str) -> None:
    assert share(name, 1.0, Ruling.AGAINST) >= 0.7


@pytest.mark.parametrize(
    "name", ["white", "memory 0.5", "bursts", "few errors", "hourly wave", "shared traffic x3", "new canary"]
)
def test_a_tenfold_canary_is_found(name: str) -> None:
    assert share(name, 10.0, Ruling.FOR) >= 0.6


@pytest.mark.parametrize("name", WORLDS)
def test_a_tenfold_canary_is_never_cleared(name: str) -> None:
    assert share(name, 10.0, Ruling.AGAINST) == 0.0
