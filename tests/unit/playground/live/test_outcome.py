"""A live answer is scored by what the verdict names, never by a ranking that nobody is told."""

import pytest

from clew.hypothesis import Cause, CauseKind, Confidence, Hypothesis, Report, Verdict
from playground.live.outcome import Clocked, Judged, Outcome, judged, outcome
from playground.shop.fault import NONE, Truth
from playground.shop.shop import Deploy

COMMIT = "1d1c1747c993630ce1376f6ff869f3c817a1193a"
DEPLOYS = (Deploy("deploy-3", 10.0, "checkout", COMMIT, COMMIT[:8], "Lena"),)
BROUGHT = Truth(("checkout",), COMMIT, "a deploy")
HAPPENED = Truth(("catalog",), NONE, "processor kept busy")
CALM = Truth((), None, "none", healthy=True)
KEYS = {
    "fault",
    "control",
    "right_service_first",
    "right_change_first",
    "false_cause",
    "seconds_to_alert",
    "seconds_to_first_finding",
    "seconds_to_verdict",
    "queries",
    "samples",
}


def report(verdict: Verdict, ranking: tuple[str, ...], changes: tuple[str, ...]) -> Report:
    return Report(incident="i", verdict=verdict, headline="", ranking=ranking, changes=changes)


@pytest.mark.parametrize(
    ("told", "truth", "right"),
    [
        (report(Verdict.CAUSE, ("checkout", "web"), (COMMIT, NONE)), BROUGHT, Judged(True, True, False)),
        (report(Verdict.CAUSE, ("checkout",), ("deploy-3",)), BROUGHT, Judged(True, True, False)),
        (report(Verdict.CAUSE, ("checkout",), (NONE, COMMIT)), BROUGHT, Judged(True, False, False)),
        (report(Verdict.SEVERAL, ("web", "checkout"), ("other",)), BROUGHT, Judged(False, False, True)),
        (report(Verdict.CAUSE, ("catalog",), (NONE,)), HAPPENED, Judged(True, True, False)),
        (report(Verdict.CAUSE, ("catalog",), (COMMIT,)), HAPPENED, Judged(True, False, False)),
        (report(Verdict.NOT_FOUND, ("catalog",), (NONE,)), HAPPENED, Judged(False, True, False)),
        (report(Verdict.HEALTHY, ("checkout",), (COMMIT,)), BROUGHT, Judged(False, False, False)),
        (report(Verdict.HEALTHY, (), ()), CALM, Judged(None, None, False)),
        (report(Verdict.NOT_FOUND, ("web",), (COMMIT,)), CALM, Judged(None, None, False)),
        (report(Verdict.CAUSE, ("web",), (NONE,)), CALM, Judged(None, None, True)),
    ],
)
def test_what_is_right(told: Report, truth: Truth, right: Judged) -> None:
    assert judged(told, truth, DEPLOYS) == right


def test_the_card_counts_before_the_ranking_behind_it() -> None:
    named = Hypothesis(
        id="h",
        cause=Cause(kind=CauseKind.CHANGE, service="checkout", change=COMMIT),
        title="a deploy",
        confidence=Confidence.LIKELY,
        weight=1.0,
    )
    told = report(Verdict.CAUSE, ("web", "checkout"), (COMMIT,)).model_copy(update={"hypotheses": (named,)})
    assert judged(told, BROUGHT, DEPLOYS) == Judged(True, True, False)


def test_an_alert_counts_from_the_fault_and_an_answer_from_the_alert() -> None:
    made = outcome("pool", Judged(True, True, False), Clocked(100.0, 120.5, 123.0, 131.25), (9, 1000))
    assert (made.seconds_to_alert, made.seconds_to_first_finding, made.seconds_to_verdict) == (20.5, 2.5, 10.75)
    assert (made.queries, made.samples, made.control) == (9, 1000, False)


def test_the_json_has_what_was_agreed_and_a_failed_run_says_why() -> None:
    assert set(Outcome("pool", control=False, said="words").told()) == KEYS
    failed = Outcome("pool", control=False, failed="no alarm").told()
    assert failed["failed"] == "no alarm"
    assert set(failed) == {*KEYS, "failed"}
    assert all(failed[key] is None for key in KEYS - {"fault", "control"})
