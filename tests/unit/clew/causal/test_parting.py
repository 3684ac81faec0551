"""Does the difference between two arms blame what is one arm's own, and nothing that both share?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.parting import Pair, Parting, parting
from clew.tables import Floats

PAST, LATER = 60, 15
AFTER = np.arange(PAST + LATER) >= PAST


def noise(seed: int, spread: float = 0.1, count: int = PAST + LATER) -> Floats:
    return np.exp(spread * np.random.default_rng(seed).standard_normal(count))


def asked(
    treated: Floats, control: Floats, floor: float = 0.01, twins: Floats | None = None, looks: int = 1
) -> Parting:
    found = parting(Pair(treated, control, ~AFTER, AFTER), floor=floor, twins=twins, looks=looks)
    assert isinstance(found, Parting)
    return found


def test_what_one_arm_alone_gained_is_its_own() -> None:
    found = asked(noise(1) * np.where(AFTER, 5.0, 1.0), noise(2))
    assert found.apart
    assert not found.alike
    assert found.low < 4.0 < found.high
    assert found.doubt == ""


@pytest.mark.parametrize("seed", range(5))
def test_a_shock_to_both_arms_is_neither_arms_own(seed: int) -> None:
    shock = np.where(AFTER, 6.0, 1.0)
    found = asked(noise(seed) * shock, noise(seed + 100) * shock)
    assert found.alike
    assert not found.apart


def test_an_arm_that_gained_a_little_more_from_a_shock_of_both_is_not_blamed_for_it() -> None:
    found = asked(noise(1, 0.02) * np.where(AFTER, 6.5, 1.0), noise(2, 0.02) * np.where(AFTER, 4.5, 1.0))
    assert found.low > 1.5
    assert not found.apart


@pytest.mark.parametrize("added", [0.0, 3.0])
@pytest.mark.parametrize("levels", [(2.0, 0.5), (0.5, 2.0)])
def test_arms_of_unequal_level_are_compared_in_levels_and_in_ratio(added: float, levels: tuple[float, float]) -> None:
    times, more = np.where(AFTER, 1.0 if added else 4.0, 1.0), np.where(AFTER, added, 0.0)
    for seed in range(20):
        found = asked(noise(seed) * levels[0] * times + more, noise(seed + 100) * levels[1] * times + more)
        assert not found.apart, "a shock that adds and one that multiplies are both shared"
        assert found.alike


@pytest.mark.parametrize("leak", [0.5, 1.0, 4.0])
def test_an_arm_that_was_drifting_already_is_not_blamed_for_going_on(leak: float) -> None:
    late = np.arange(2 * PAST) >= PAST
    treated = noise(1, 0.05, 2 * PAST) * np.exp(leak * np.linspace(0.0, 1.0, 2 * PAST))
    found = parting(Pair(treated, noise(2, 0.05, 2 * PAST), ~late, late), floor=0.01)
    assert isinstance(found, Parting)
    assert not found.apart


def test_an_arm_that_parted_as_far_before_is_not_blamed() -> None:
    earlier = np.where((np.arange(PAST + LATER) // 15) % 2 == 0, 1.0, 3.0)
    found = asked(noise(1) * earlier[::-1], noise(2))
    assert not found.apart


@pytest.mark.parametrize(("before", "after", "said"), [(5, 15, "before"), (60, 3, "after")])
def test_too_few_samples_are_said(before: int, after: int, said: str) -> None:
    late = np.arange(before + after) >= before
    found = parting(Pair(noise(1, count=len(late)), noise(2, count=len(late)), ~late, late), floor=0.01)
    assert isinstance(found, str)
    assert said in found
    assert str(min(before, after)) in found


def test_a_new_arm_is_held_against_the_spread_of_the_old_ones() -> None:
    old = np.stack([noise(seed) * (1.0 + 0.1 * seed) for seed in range(4)])
    new = np.where(AFTER, noise(9) * 6.0, np.nan)
    found = asked(new, np.median(old, axis=0), twins=old)
    assert found.fresh
    assert found.apart
    alike = asked(np.where(AFTER, noise(9) * 1.3, np.nan), np.median(old, axis=0), twins=old)
    assert not alike.apart
    far = np.stack([noise(seed) * 10.0 ** (seed - 1.5) for seed in range(4)])
    assert not asked(new, np.median(far, axis=0), twins=far).apart, (
        "old pods that differ tenfold make six times nothing"
    )


def test_without_twins_an_arm_without_a_past_is_not_judged() -> None:
    found = parting(Pair(np.where(AFTER, noise(1), np.nan), noise(2), ~AFTER, AFTER), floor=0.01)
    assert isinstance(found, str)


def test_more_arms_to_pick_from_ask_for_more() -> None:
    weak = noise(4, 0.35) * np.where(AFTER, 2.2, 1.0)
    once, picked = asked(weak, noise(5, 0.35)), asked(weak, noise(5, 0.35), looks=100_000_000)
    assert once.apart
    assert not picked.apart
    assert once.chance == picked.chance


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_constant_arms_are_judged_without_noise(level: float) -> None:
    flat = np.full(PAST + LATER, level)
    assert not asked(flat, flat).apart
    assert asked(flat + np.where(AFTER, 1.0, 0.0), flat).apart


@settings(deadline=None, max_examples=60)
@given(scale=st.floats(1e-3, 1e4), seed=st.integers(0, 20), worse=st.sampled_from([1.0, 1.5, 4.0]))
def test_units_change_nothing(scale: float, seed: int, worse: float) -> None:
    treated, control = noise(seed, 0.2) * np.where(AFTER, worse, 1.0), noise(seed + 50, 0.2)
    one, other = asked(treated, control), asked(treated * scale, control * scale, floor=0.01 * scale)
    assert (one.apart, one.alike, one.doubt) == (other.apart, other.alike, other.doubt)
    assert other.effect == pytest.approx(one.effect * scale)
    assert (other.low, other.high) == pytest.approx((one.low * scale, one.high * scale))


@settings(deadline=None, max_examples=60)
@given(holes=st.sets(st.integers(0, PAST + LATER - 1), max_size=30))
def test_samples_that_are_missing_are_left_out(holes: set[int]) -> None:
    treated = noise(1) * np.where(AFTER, 8.0, 1.0)
    treated[list(holes)] = np.nan
    found = parting(Pair(treated, noise(2), ~AFTER, AFTER), floor=0.01)
    if isinstance(found, str):
        assert np.isfinite(treated[AFTER]).sum() < 5
    else:
        assert not found.alike
        assert np.isfinite((found.effect, found.low, found.high, found.chance)).all()
