"""Is certainty left to the five words?"""

import pytest

from bot.tone import tempered
from clew.hypothesis import Confidence


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("92% confident it is the pool", "it is the pool"),
        ("It is the pool (confidence: 92 %).", "It is the pool ."),
        ("with a probability of 0.9 or 90% probability", "with a probability of 0.9 or"),
        ("9.1% of payments failed", "9.1% of payments failed"),
        ("CPU 97% on db-3", "CPU 97% on db-3"),
        ("The root cause is the pool", "a possible cause is the pool"),
        ("the root causes were many", "the root causes were many"),
    ],
)
def test_only_claims_of_certainty_go(said: str, shown: str) -> None:
    assert tempered(said, Confidence.LIKELY) == shown


def test_what_is_confirmed_may_be_called_the_root_cause() -> None:
    assert tempered("The root cause is the pool", Confidence.CONFIRMED) == "The root cause is the pool"


def test_a_long_text_is_read_in_bounded_time() -> None:
    assert len(tempered("likelihood " * 100_000, Confidence.POSSIBLE)) <= 4_000
