"""Is a response believed only where there is one, at the stated rate?"""

import numpy as np
import pytest

from clew.causal.response import CHANCE, ranks, response, sampled
from clew.causal.scene import Signal
from clew.tables import Floats

START = 10_000.0


def signal(values: Floats, name: str = "a", step: float = 10.0, first: float = START) -> Signal:
    times = np.arange(len(values), dtype=np.float64) * step + first
    return Signal(name, name, name, times, values, step)


def wandering(rng: np.random.Generator, length: int, memory: float) -> Floats:
    out = rng.normal(0, 1, length)
    for place in range(1, length):
        out[place] += memory * out[place - 1]
    return out


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_two_series_that_have_nothing_to_do_with_each_other_rarely_respond(memory: float) -> None:
    rng = np.random.default_rng(3)
    firm = 0
    for _ in range(300):
        found = response(
            (signal(wandering(rng, 60, memory)),), signal(wandering(rng, 60, memory), "b"), (), START + 300
        )
        firm += found is not None and found.firm
    assert firm / 300 <= CHANCE + 0.03  # of 300 draws, by chance alone


def test_beginning_together_is_no_response() -> None:
    """Two steps at one time, each with noise of its own afterwards."""
    rng = np.random.default_rng(4)
    step, firm = np.repeat((0.0, 1.0), 40), 0
    for _ in range(200):
        one, other = step + rng.normal(0, 0.1, 80), step + rng.normal(0, 0.1, 80)
        found = response((signal(one),), signal(other, "b"), (), START + 400)
        firm += found is not None and found.firm
    assert firm <= 20


def test_a_response_up_to_two_samples_late_is_seen_and_one_that_comes_first_is_not() -> None:
    rng = np.random.default_rng(5)
    cause = wandering(rng, 100, 0.5)
    after = np.concatenate((np.zeros(2), cause[:-2])) + rng.normal(0, 0.2, 100)
    late = response((signal(cause),), signal(after, "b"), (), START)
    ahead = response((signal(after),), signal(cause, "b"), (), START)
    assert late is not None
    assert ahead is not None
    assert late.firm
    assert not ahead.firm


def test_what_a_third_thing_gives_to_both_goes_away_when_it_is_held() -> None:
    rng = np.random.default_rng(6)
    shared = wandering(rng, 120, 0.7)
    one, other = shared + rng.normal(0, 0.3, 120), shared + rng.normal(0, 0.3, 120)
    plain = response((signal(one),), signal(other, "b"), (), START)
    held = response((signal(one),), signal(other, "b"), (signal(shared, "c"),), START)
    assert plain is not None
    assert held is not None
    assert plain.firm
    assert not held.firm
    assert held.rho < 0.5 * plain.rho


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_units_change_nothing(scale: float) -> None:
    rng = np.random.default_rng(7)
    cause = wandering(rng, 60, 0.5)
    after = cause + rng.normal(0, 0.5, 60)
    plain = response((signal(cause),), signal(after, "b"), (), START)
    assert plain == response((signal(scale * cause + 5 * scale),), signal(after / scale, "b"), (), START)


def test_too_few_samples_or_none_that_vary_cannot_tell() -> None:
    flat, short = np.ones(60), np.arange(8.0)
    rng = np.random.default_rng(8)
    noise = rng.normal(0, 1, 60)
    assert response((signal(short),), signal(noise, "b"), (), START) is None
    assert response((), signal(noise, "b"), (), START) is None
    assert response((signal(flat),), signal(noise, "b"), (), START) is None
    assert response((signal(np.full(60, np.nan)),), signal(noise, "b"), (), START) is None


def test_gaps_and_two_resolutions_share_a_grid() -> None:
    rng = np.random.default_rng(9)
    fine = wandering(rng, 240, 0.9)
    coarse = fine.reshape(-1, 6).mean(axis=1)
    coarse[5] = np.nan
    found = response((signal(fine),), signal(coarse, "b", 60.0, START + 30), (), START)
    assert found is not None
    assert found.rho > 0.9


def test_ranks_share_ties_and_samples_are_means() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 9.0])).tolist() == [1.5, 0.0, 1.5, 3.0]
    means = sampled(signal(np.arange(12.0)), np.array([START + 15.0, START + 900.0]), 40.0)
    assert means[0] == 1.5
    assert np.isnan(means[1])
