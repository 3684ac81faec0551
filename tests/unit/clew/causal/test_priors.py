"""Does memory nudge, within bounds, in the direction of what people said."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.causal.priors import Prior, Priors

COUNTS = st.integers(0, 10**9)


def weight(right: int, wrong: int, service: str = "pay") -> float:
    return Priors(counts=(Prior(kind="service", service="pay", right=right, wrong=wrong),)).weight("service", service)


@given(right=COUNTS, wrong=COUNTS)
def test_however_much_was_said_the_nudge_is_bounded(right: int, wrong: int) -> None:
    assert -0.5 <= weight(right, wrong) <= 0.5
    assert weight(right, wrong) == pytest.approx(-weight(wrong, right))


@given(right=st.integers(0, 1000), wrong=st.integers(0, 1000))
def test_one_more_confirmation_never_lowers_and_one_more_rejection_never_raises(right: int, wrong: int) -> None:
    assert weight(right + 1, wrong) >= weight(right, wrong) >= weight(right, wrong + 1)


def test_no_memory_is_no_nudge() -> None:
    assert Priors().weight("service", "pay") == 0.0
    assert Priors().weight("service", None) == 0.0
    assert weight(5, 0, service="cart") == 0.0
    assert Priors(counts=(Prior(kind="change", right=5),)).weight("service", "pay") == 0.0


def test_a_count_of_no_service_speaks_for_all_of_its_kind() -> None:
    priors = Priors(counts=(Prior(kind="service", right=1), Prior(kind="service", service="pay", right=1)))
    assert priors.weight("service", "cart") == pytest.approx(0.25 * math.log(2))
    assert priors.weight("service", "pay") == pytest.approx(0.25 * math.log(3))
