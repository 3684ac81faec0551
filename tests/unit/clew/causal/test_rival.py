"""Is one fault told as one cause, and two as two?"""

from clew.causal.ranking import Draft
from clew.causal.rival import settled
from clew.hypothesis import Cause, CauseKind, Clue, Confidence
from clew.tables import CallGraph

GRAPH = CallGraph((("web", "checkout"), ("checkout", "cart"), ("cart", "catalog")), services=("mail",))


def draft(
    service: str, weight: float, word: Confidence = Confidence.LIKELY, *, at: float = 1000.0, own: bool = False,
    kind: CauseKind = CauseKind.SERVICE,
) -> Draft:  # fmt: skip
    clue = Clue(
        channel="latency", service=service, amount=0.9, onset=at, says=f"{service} is slow", detail="latency-p99"
    )
    spent = Clue(channel="resource", service=service, amount=0.6, onset=at, says=f"{service} CPU", detail="cpu")
    return Draft(
        key=f"{kind}:{service}",
        cause=Cause(kind=kind, service=service),
        title=service,
        confidence=word,
        weight=weight,
        support=(clue, spent) if own else (clue,),
    )


def kept(*drafts: Draft) -> list[tuple[str | None, Confidence]]:
    return [(d.cause.service, d.confidence) for d in settled(drafts, GRAPH).open]


def test_callers_of_a_likely_cause_are_explained_by_it() -> None:
    found = settled((draft("cart", 3.0), draft("checkout", 2.0), draft("web", 1.5)), GRAPH)
    assert [d.cause.service for d in found.open] == ["cart"]
    assert [(d.cause.service, by) for d, by in found.explained] == [("checkout", "cart"), ("web", "cart")]


def test_a_caller_that_burns_its_own_processor_stays_possible() -> None:
    assert kept(draft("cart", 3.0), draft("checkout", 2.0, own=True)) == [
        ("cart", Confidence.LIKELY),
        ("checkout", Confidence.POSSIBLE),
    ]


def test_a_callee_of_the_best_is_at_most_possible() -> None:
    assert kept(draft("cart", 3.0), draft("catalog", 2.0)) == [
        ("cart", Confidence.LIKELY),
        ("catalog", Confidence.POSSIBLE),
    ]


def test_nothing_is_explained_by_what_is_only_possible() -> None:
    found = settled((draft("cart", 3.0, Confidence.POSSIBLE), draft("checkout", 2.9, Confidence.POSSIBLE)), GRAPH)
    assert [d.cause.service for d in found.open] == ["cart", "checkout"]
    assert not found.explained


def test_two_faults_at_two_times_or_without_a_path_keep_their_words() -> None:
    likely = Confidence.LIKELY
    assert kept(draft("cart", 3.0), draft("checkout", 2.0, at=2000.0)) == [("cart", likely), ("checkout", likely)]
    assert kept(draft("cart", 3.0), draft("mail", 2.0)) == [("cart", likely), ("mail", likely)]


def test_a_light_rival_is_noise_and_the_same_place_is_told_once() -> None:
    assert kept(draft("cart", 3.0), draft("mail", 1.0)) == [("cart", Confidence.LIKELY)]
    outside = draft("cart", 3.0, kind=CauseKind.EXTERNAL)
    assert kept(outside, draft("cart", 2.6)) == [("cart", Confidence.LIKELY)]
    assert settled((), GRAPH).open == ()
