"""Do cards say first what matters, cite what they claim, and hide nothing that went wrong?"""

import re

import pytest

from bot.card import Card, Person
from bot.cards import card
from bot.plain import as_line, as_text
from bot.slack.ids import Act
from clew.errors import Refused
from clew.hypothesis import Claim, Confidence, Gap, Verdict
from clew.progress import Answer, HypothesisView, Progress, StepState, View

LATE = 2e9
VERDICTS = {
    "progress_first": "investigating",
    "progress_minute": "investigating",
    "progress_cause": "LIKELY CAUSE FOUND",
    "progress_confirmed": "CAUSE CONFIRMED",
    "progress_rechecking": "rechecking",
    "progress_healthy": "LOOKS HEALTHY",
    "progress_not_found": "CAUSE NOT FOUND",
    "progress_no_report": "CAUSE NOT FOUND",
    "progress_stopped": "STOPPED",
    "progress_resolved": "RESOLVED",
    "hypothesis_likely": "LIKELY",
    "hypothesis_challenged": "POSSIBLE",
    "hypothesis_ruled_out": "RULED OUT",
    "ruled_out": "RULED OUT",
}


def told(views: dict[str, View], name: str = "hypothesis_likely") -> HypothesisView:
    view = views[name]
    assert isinstance(view, HypothesisView)
    return view


def run(views: dict[str, View], name: str) -> Progress:
    view = views[name]
    assert isinstance(view, Progress)
    return view


@pytest.mark.parametrize("name", VERDICTS)
def test_the_first_eighty_characters_carry_the_verdict(views: dict[str, View], name: str) -> None:
    assert VERDICTS[name] in card(views[name], now=LATE).heading[:80]


def test_a_long_title_leaves_room_for_the_verdict(views: dict[str, View]) -> None:
    view = run(views, "progress_cause")
    long = view.model_copy(update={"incident": view.incident.model_copy(update={"title": "word " * 5_000})})
    assert "LIKELY CAUSE FOUND" in card(long, now=LATE).heading[:80]


def test_several_causes_are_told_as_several(views: dict[str, View]) -> None:
    view = run(views, "progress_cause")
    assert view.report is not None
    second = view.report.hypotheses[0].model_copy(update={"id": "other", "title": "the mail relay is full"})
    several = {"verdict": Verdict.SEVERAL, "hypotheses": (view.report.hypotheses[0], second)}
    shown = card(view.model_copy(update={"report": view.report.model_copy(update=several)}), now=LATE)
    assert "SEVERAL CAUSES FOUND" in shown.heading[:80]
    assert any(as_line(note).startswith("And beside it  the mail relay is full") for note in shown.notes)


def test_the_same_view_gives_the_same_card(views: dict[str, View]) -> None:
    for view in views.values():
        assert card(view, now=LATE) == card(view, now=LATE + 60)


def test_a_clock_that_ran_ahead_shows_no_time_to_come(views: dict[str, View]) -> None:
    view = run(views, "progress_minute")
    ahead = view.model_copy(update={"updated_at": view.incident.opened_at + 9_999})
    assert card(ahead, now=view.incident.opened_at + 5).elapsed == 5
    assert card(ahead, now=view.incident.opened_at - 50).elapsed == 0


def test_point_11_a_claim_without_evidence_is_refused(views: dict[str, View]) -> None:
    view = told(views)
    for field in ("support", "against"):
        for claim in (Claim(text="trust me", evidence=()), Claim(text="trust me", evidence=("not-there",))):
            bare = view.hypothesis.model_copy(update={field: (*view.hypothesis.support, claim)})
            with pytest.raises(Refused, match="trust me"):
                card(view.model_copy(update={"hypothesis": bare}), now=LATE)
    with pytest.raises(Refused, match="cites no evidence"):
        card(view.model_copy(update={"hypothesis": view.hypothesis.model_copy(update={"support": ()})}), now=LATE)


def test_every_fact_on_a_hypothesis_card_opens_its_evidence(views: dict[str, View]) -> None:
    view = told(views)
    numbers = {numbered.number for numbered in view.evidence}
    facts = card(view, now=LATE).facts
    assert len(facts) == len(view.hypothesis.support)
    for fact in facts:
        assert fact.opens.evidence in numbers
        assert as_line(fact.line).startswith(f"E{fact.opens.evidence}")


def test_claims_beyond_five_are_counted_and_still_checked(views: dict[str, View]) -> None:
    view = told(views)
    many = view.hypothesis.model_copy(update={"support": view.hypothesis.support * 3})
    made = card(view.model_copy(update={"hypothesis": many}), now=LATE)
    assert len(made.facts) == 5
    assert "and 4 more" in as_text(made)


def test_point_13_no_certainty_beyond_the_word(views: dict[str, View]) -> None:
    view = told(views)
    sure = {
        "title": "the root cause is deploy 4f2c1a",
        "story": "I am 97% confident; confidence: 0.97 or 97 % certain. The root cause is the pool. 9.1% of payments failed.",
        "challenge": "Likelihood of 80%.",
    }
    shown = as_text(card(view.model_copy(update={"hypothesis": view.hypothesis.model_copy(update=sure)}), now=LATE))
    assert not re.search(r"root cause is", shown, re.IGNORECASE)
    assert "97" not in shown.replace("0.97", "")
    assert "80%" not in shown
    assert "9.1% of payments failed" in shown
    confirmed = view.hypothesis.model_copy(update={**sure, "confidence": Confidence.CONFIRMED})
    assert "root cause is" in as_text(card(view.model_copy(update={"hypothesis": confirmed}), now=LATE))


def test_point_14_what_was_ruled_out_stays_with_its_reason(views: dict[str, View]) -> None:
    shown = as_text(card(views["ruled_out"], now=LATE))
    assert "traffic surge" in shown
    assert "stayed within 3% of last week" in shown
    assert "Ruled out (1) traffic surge" in " ".join(as_text(card(views["progress_cause"], now=LATE)).split())
    out = card(views["hypothesis_ruled_out"], now=LATE)
    assert "stayed within 3% of last week" in as_text(out)
    assert not {button.act for button in out.buttons} & {Act.AGREE, Act.REJECT}


def test_votes_and_challenges_show(views: dict[str, View]) -> None:
    labels = [button.label for button in card(views["hypothesis_challenged"], now=LATE).buttons]
    assert labels == ["▲ Agree 2", "▼ Reject 1", "See a fix"]
    notes = card(views["hypothesis_challenged"], now=LATE).notes
    challenge = next(note for note in notes if "Challenged" in as_line(note))
    assert Person("U0LEE") in challenge
    assert as_line(challenge).endswith("pool was 5 before too")


def test_a_failed_source_is_a_line_with_its_effect(views: dict[str, View]) -> None:
    minute = card(views["progress_minute"], now=LATE)
    assert minute.plan is not None
    failed = [task for task in minute.plan.tasks if task.state is StepState.FAILED]
    assert [task.note for task in failed] == ["source down, going on without"]
    assert "! past incidents: no answer within 8 s. source down, going on without" in as_text(
        card(views["progress_cause"], now=LATE)
    )


def test_a_gap_that_no_step_speaks_of_is_said_too(views: dict[str, View]) -> None:
    view = run(views, "progress_minute")
    gap = Gap(source="git", reason="refused", effect="changes are not seen")
    shown = as_text(card(view.model_copy(update={"gaps": (*view.gaps, gap)}), now=LATE))
    assert shown.count("source down, going on without") == 1
    assert "! git: refused. changes are not seen" in shown


def test_the_footer_says_ai_run_and_why(views: dict[str, View]) -> None:
    for name, view in views.items():
        if name.startswith("progress"):
            footer = as_line(card(view, now=LATE).footer)
            assert footer.startswith("AI can be wrong · read-only · run 7f3a")
            assert "joined because the channel's name matches inc-*" in footer


def test_not_found_says_what_would_settle_it(views: dict[str, View]) -> None:
    shown = as_text(card(views["progress_not_found"], now=LATE))
    assert "Would settle it" in shown
    assert "1  roll back" in shown
    assert "2  take db-3 out" in shown


def test_stopped_says_by_whom_keeps_findings_and_offers_to_resume(views: dict[str, View]) -> None:
    made = card(views["progress_stopped"], now=LATE)
    assert Person("U0MIA") in made.lines[0]
    assert "118 → 510 ms" in as_text(made)
    assert Act.RESUME in {button.act for button in made.buttons}


def test_buttons_vanish_when_it_is_resolved(views: dict[str, View]) -> None:
    assert card(views["progress_resolved"], now=LATE).buttons == ()


def test_at_most_three_buttons_in_a_row_with_short_labels(views: dict[str, View]) -> None:
    for view in views.values():
        buttons = card(view, now=LATE).buttons
        assert len(buttons) <= 3
        assert all(0 < len(button.label) <= 20 and button.reads for button in buttons)


def test_an_answer_cites_and_admits(views: dict[str, View]) -> None:
    shown = as_text(card(views["answer"], now=LATE))
    assert "config/db.yaml. [E3]" in shown
    assert "[E2 E3]" in shown
    assert "could not see feature flags." in shown
    empty = views["answer"]
    assert isinstance(empty, Answer)
    assert "no answer" in as_text(card(empty.model_copy(update={"claims": ()}), now=LATE))


def test_every_card_has_a_fallback_that_names_the_state(cards: dict[str, Card]) -> None:
    for made in cards.values():
        assert made.fallback.strip()
    assert "likely cause: deploy 4f2c1a" in cards["progress_cause"].fallback
    assert "H1 likely" in cards["hypothesis_likely"].fallback


def test_a_title_is_shown_as_the_alert_wrote_it(views: dict[str, View]) -> None:
    view = run(views, "progress_cause")
    written = "web: latency-p99 1.14 s (above 0.90 s)"
    seen = card(view.model_copy(update={"incident": view.incident.model_copy(update={"title": written})}), now=LATE)
    assert seen.title == written


def test_point_7_a_notification_names_the_verdict_in_200_characters(views: dict[str, View]) -> None:
    view = run(views, "progress_not_found")
    assert view.report is not None
    wordy = view.report.model_copy(update={"headline": "what was seen " * 40})
    seen = card(view.model_copy(update={"report": wordy}), now=LATE)
    assert len(seen.fallback) <= 200
    assert "cause not found" in seen.fallback
