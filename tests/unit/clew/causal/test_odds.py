"""The number behind the word grows with the lead, stays within what few cases can carry, and is shared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.causal.confidence import BAR
from clew.causal.odds import lead, odds, weighted
from clew.causal.ranking import Draft
from clew.hypothesis import Cause, CauseKind, Confidence

SUM = st.floats(0.0, 50.0)


def draft(
    key: str, weight: float, word: Confidence = Confidence.POSSIBLE, kind: CauseKind = CauseKind.SERVICE
) -> Draft:
    return Draft(key=key, cause=Cause(kind=kind, service=key), title=key, confidence=word, weight=weight)


@given(SUM, SUM, st.floats(0.01, 10.0))
def test_more_weight_never_lowers_it_and_a_heavier_rival_never_raises_it(
    weight: float, rival: float, more: float
) -> None:
    assert odds(weight + more, rival) >= odds(weight, rival) >= odds(weight, rival + more)
    assert 0.05 <= odds(weight, rival) <= 0.95


def test_the_lead_is_shared_with_the_rival_and_with_none_of_these() -> None:
    assert lead(1.0, 1.0 - BAR) == pytest.approx(0.5)
    assert lead(0.0, 3.0) == 0.0


def test_open_explanations_share_one_whole_and_what_is_ruled_out_has_no_odds() -> None:
    drafts = [draft("a", 2.0), draft("b", 1.0), draft("c", 0.5), draft("d", 0.0, Confidence.RULED_OUT)]
    told = weighted(drafts, {"a": 2.0, "b": 1.0, "c": 0.5})
    numbers = [d.odds for d in told[:3] if d.odds is not None]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 3
    assert sum(numbers) < 1.0
    assert told[3].odds is None


def test_naming_the_change_too_is_less_sure_than_naming_the_place() -> None:
    sums = {"a": 2.0, "b": 0.2}
    place = weighted([draft("a", 2.0)], sums)[0].odds
    change = weighted([draft("a", 3.0, kind=CauseKind.CHANGE)], sums)[0].odds
    assert place is not None
    assert change is not None
    assert change < place
