"""Are tests told in plain words: what passed, what failed by name, and never what nobody can tell?"""

import pytest

from bot.card_trial import trial_lines, trial_notes
from bot.plain import as_line
from clew.hypothesis import Cause, CauseKind, Confidence, Effect, Hypothesis, Label, Outcome, Trial

NEAR = 1_795_372_680.0
ORDER = Trial(name="onset order", outcome=Outcome.PASSED, says="began first, at 18:36:10 UTC; the symptom 30 s later")
PATH = Trial(name="path", outcome=Outcome.PASSED, says="on the path web → checkout")
DOSE = Trial(name="dose-response", outcome=Outcome.PASSED, says="tracks checkout p99 latency (rank correlation 0.82)")
GONE = Trial(name="disappearance", outcome=Outcome.UNKNOWN, says="it has not gone away yet")
PLACEBO = Trial(
    name="placebo", outcome=Outcome.FAILED, says="the same test fires in 17 of 40 quiet windows (a shift as strong)"
)


def told(*trials: Trial, label: Label | None = Label.CAUSE, word: Confidence = Confidence.LIKELY) -> Hypothesis:
    cause = Cause(kind=CauseKind.SERVICE, service="checkout")
    return Hypothesis(id="h", cause=cause, title="checkout", confidence=word, weight=1.0, label=label, trials=trials)


def effect(says: str, without: float = 0.4, *, claimed: bool = True) -> Effect:
    return Effect(metric="errors", observed=6.1, without=without, claimed=claimed, says=says)


def text(hypothesis: Hypothesis) -> str:
    return "\n".join(as_line(line) for line in trial_notes(hypothesis, NEAR))


def test_the_label_stands_first_and_its_reasons_after_it() -> None:
    assert text(told(ORDER, PATH, DOSE, GONE)) == (
        "Tests  cause: began first, at 18:36:10 UTC; the symptom 30 s later; on the path web → checkout;"
        " tracks checkout p99 latency"
    )


def test_failed_tests_are_named_and_what_cannot_be_told_is_left_to_the_details() -> None:
    shown = text(told(PATH, GONE, PLACEBO, label=Label.COINCIDENCE))
    assert (
        "coincidence: on the path web → checkout. Failed: placebo (the same test fires in 17 of 40 quiet windows)"
        in shown
    )
    assert "gone away" not in shown


def test_without_a_label_nothing_is_claimed() -> None:
    assert text(told(PATH, GONE, label=None)).startswith("Tests  can't tell what it is: on the path")
    assert text(told(GONE, label=None)) == ""
    assert text(told(GONE, label=Label.SYMPTOM, word=Confidence.RULED_OUT)) == ""


def test_only_claimed_effects_are_told_and_none_twice() -> None:
    both = told(ORDER).model_copy(update={"effect": effect("Without it 0.4."), "forecast": effect("If undone 0.4.")})
    assert text(both).endswith("What if  Without it 0.4.")
    other = both.model_copy(update={"forecast": effect("With its CPU as usual 0.5.", 0.5)})
    assert text(other).endswith("What if  Without it 0.4. With its CPU as usual 0.5.")
    unsure = both.model_copy(update={"effect": effect("can't tell", claimed=False), "forecast": None})
    assert "What if" not in text(unsure)
    assert "? without it  can't tell" in "\n".join(as_line(line) for line in trial_lines(unsure, NEAR))


def test_every_test_and_its_figures_are_in_the_details() -> None:
    lines = [as_line(line) for line in trial_lines(told(ORDER, DOSE, GONE, PLACEBO), NEAR)]
    assert lines[0].startswith("Tests make it: cause.")
    assert "✓ dose-response  tracks checkout p99 latency (rank correlation 0.82)" in lines
    assert "? disappearance  it has not gone away yet" in lines
    assert any(line.startswith("✗ placebo") for line in lines)
    assert [as_line(line) for line in trial_lines(told(), NEAR)] == ["No test was made of it."]


@pytest.mark.parametrize("flood", ["x" * 5_000, "word " * 1_000])
def test_a_flood_is_cut(flood: str) -> None:
    hostile = told(*(Trial(name="path", outcome=Outcome.PASSED, says=flood) for _ in range(50)))
    assert all(len(as_line(line)) < 400 for line in trial_notes(hostile, NEAR))
