"""Does what cannot be looked up stay off the card?"""

from agents.citations import checked, held, lower
from clew.hypothesis import Cause, CauseKind, Claim, Confidence, Hypothesis, Report, Verdict


def hypothesis(*evidence: str, word: Confidence = Confidence.LIKELY, name: str = "h") -> Hypothesis:
    return Hypothesis(
        id=name,
        cause=Cause(kind=CauseKind.SERVICE, service="web"),
        title=f"title of {name}",
        confidence=word,
        weight=1.0,
        support=tuple(Claim(text=f"claim {e}", evidence=(e,)) for e in evidence),
    )


def test_claims_without_kept_evidence_go_and_likely_needs_two_facts() -> None:
    found = held(hypothesis("a", "gone"), {"a", "b"})
    assert found is not None
    assert [c.evidence for c in found.support] == [("a",)]
    assert found.confidence is Confidence.POSSIBLE
    both = held(hypothesis("a", "b"), {"a", "b"})
    assert both is not None
    assert both.confidence is Confidence.LIKELY


def test_an_open_hypothesis_that_can_prove_nothing_is_not_shown_and_that_is_said() -> None:
    report = Report(incident="i", verdict=Verdict.CAUSE, headline="x", hypotheses=(hypothesis("gone"),))
    after = checked(report, {"a"})
    assert after.hypotheses == ()
    assert after.verdict is Verdict.NOT_FOUND
    assert "title of h" in after.gaps[0].reason


def test_what_was_ruled_out_stays_visible_without_evidence() -> None:
    out = hypothesis(word=Confidence.RULED_OUT)
    report = Report(incident="i", verdict=Verdict.HEALTHY, headline="x", hypotheses=(out,))
    assert checked(report, set()).hypotheses == (out,)


def test_the_lower_of_two_words() -> None:
    assert lower(Confidence.LIKELY, Confidence.POSSIBLE) is Confidence.POSSIBLE
    assert lower(Confidence.RULED_OUT, Confidence.CONFIRMED) is Confidence.RULED_OUT
