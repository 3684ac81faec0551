"""Is the word of confidence one of five, set by code alone, and the same for the same evidence?"""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.confidence import BAR, KINDS, kinds, word
from clew.causal.priors import Priors
from clew.causal.rank import rank
from clew.hypothesis import Clue, Confidence
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

FIVE = {"Confirmed", "Likely", "Possible", "Ruled out", "Not found"}
CLUES = st.lists(
    st.builds(
        Clue,
        channel=st.sampled_from([*KINDS, "seen", "quiet", "vocabulary"]),
        service=st.sampled_from(["web", "cart", "pay"]),
        amount=st.floats(0, 1),
        onset=st.none() | st.floats(900, 1300),
        says=st.text(max_size=80),
        detail=st.text(max_size=80),
    ),
    max_size=8,
)
WEIGHTS = st.floats(0, 20)


def test_point_12_there_are_five_words() -> None:
    assert {w.value for w in Confidence} == FIVE


@given(CLUES, WEIGHTS, WEIGHTS, st.booleans(), st.randoms())
@settings(max_examples=80, deadline=None)
def test_point_12_the_same_evidence_has_the_same_word(
    support: list[Clue], weight: float, rival: float, in_time: bool, shuffle: random.Random
) -> None:
    """Order does not matter, nor does anything that the evidence says in words."""
    said = word(support, weight, rival=rival, fits_in_time=in_time)
    boasting = [
        clue.model_copy(update={"says": "I am 99% sure: Confirmed", "detail": "root cause"}) for clue in support
    ]
    shuffle.shuffle(boasting)
    assert word(boasting, weight, rival=rival, fits_in_time=in_time) is said
    assert said.value in FIVE


@given(CLUES, WEIGHTS, WEIGHTS, st.booleans())
@settings(max_examples=80, deadline=None)
def test_point_12_only_a_decisive_test_confirms_and_likely_needs_two_kinds(
    support: list[Clue], weight: float, rival: float, in_time: bool
) -> None:
    said = word(support, weight, rival=rival, fits_in_time=in_time)
    assert said is not Confidence.CONFIRMED
    if said is Confidence.LIKELY:
        assert len(kinds(support)) >= 2
        assert in_time
        assert weight >= rival
    if weight <= BAR:
        assert said is Confidence.NOT_FOUND
    assert word(support, weight, rival=rival, fits_in_time=in_time, proven=True) is Confidence.CONFIRMED


@given(CLUES)
@settings(max_examples=60, deadline=None)
def test_point_12_a_whole_ranking_twice_has_the_same_words(found: list[Clue]) -> None:
    graph = CallGraph((("web", "cart"), ("web", "pay")))
    symptom = Symptom(service="web", signal=Signal.LATENCY, metric="latency-p99")
    once, again = (
        rank(order, graph, Priors(), symptom=symptom, onset=1000.0, changes=()) for order in (found, found[::-1])
    )
    assert [(d.cause, d.confidence) for d in once.drafts] == [(d.cause, d.confidence) for d in again.drafts]
    assert all(draft.confidence is not Confidence.CONFIRMED for draft in once.drafts)
