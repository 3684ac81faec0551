"""Does each word of confidence mean what it is said to mean."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.causal.confidence import BAR, KINDS, kinds, word
from clew.hypothesis import Clue, Confidence

SURENESS = (Confidence.NOT_FOUND, Confidence.POSSIBLE, Confidence.LIKELY, Confidence.CONFIRMED)


def clue(channel: str, amount: float = 0.8) -> Clue:
    return Clue(channel=channel, service="pay", amount=amount, says=channel)


METRIC_AND_LOG = (clue("resource"), clue("new errors"))


def test_likely_needs_two_kinds_that_agree_in_time_and_no_rival() -> None:
    assert word(METRIC_AND_LOG, 2.0, rival=0.5, fits_in_time=True) is Confidence.LIKELY


@pytest.mark.parametrize(
    ("support", "rival", "fits"),
    [
        ((clue("resource"), clue("latency"), clue("errors")), 0.5, True),
        ((clue("new errors"), clue("external")), 0.5, True),
        ((clue("resource"), clue("new errors", 0.1)), 0.5, True),
        ((clue("resource"), clue("call graph")), 0.5, True),
        (METRIC_AND_LOG, 0.5, False),
        (METRIC_AND_LOG, 1.9, True),
        ((), 0.0, True),
    ],
    ids=["one kind thrice", "two sorts of log", "too weak a second", "no kind", "out of time", "a rival", "nothing"],
)
def test_whatever_lacks_one_of_these_is_possible_at_most(support: tuple[Clue, ...], rival: float, fits: bool) -> None:
    assert word(support, 2.0, rival=rival, fits_in_time=fits) is Confidence.POSSIBLE


@given(
    weight=st.floats(0, 10), rival=st.floats(0, 10), fits=st.booleans(),
    channels=st.lists(st.sampled_from(sorted(KINDS)), max_size=6),
)  # fmt: skip
def test_only_a_decisive_test_confirms(weight: float, rival: float, fits: bool, channels: list[str]) -> None:
    support = tuple(clue(c) for c in channels)
    said = word(support, weight, rival=rival, fits_in_time=fits)
    assert said is not Confidence.CONFIRMED
    assert (said is Confidence.NOT_FOUND) is (weight <= BAR)
    assert word(support, weight, rival=rival, fits_in_time=fits, proven=True) is Confidence.CONFIRMED


@given(weight=st.floats(0, 5), more=st.floats(0, 5), rival=st.floats(0, 5), fits=st.booleans())
def test_more_weight_never_makes_less_sure(weight: float, more: float, rival: float, fits: bool) -> None:
    low = word(METRIC_AND_LOG, weight, rival=rival, fits_in_time=fits)
    high = word(METRIC_AND_LOG, weight + more, rival=rival, fits_in_time=fits)
    assert SURENESS.index(high) >= SURENESS.index(low)


@pytest.mark.parametrize("order", list(itertools.permutations(("resource", "self time", "new errors", "change"))))
def test_kinds_are_counted_once_whatever_the_order(order: tuple[str, ...]) -> None:
    assert kinds([clue(c) for c in (*order, *order)]) == ("change", "log", "metric", "trace")
