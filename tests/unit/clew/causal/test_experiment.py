"""Does a natural experiment blame the change that made the difference, spare the one that did not, and say when it cannot tell?"""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.experiment import TRIAL, experiment_clues, experiment_trials, experiments
from clew.causal.ranking import Draft
from clew.causal.ruling import Experiment, Kind, Ruling
from clew.evidence import Change
from clew.hypothesis import Cause, CauseKind, Confidence, Outcome
from clew.incident import Signal, Symptom
from clew.tables import Floats, Matrix, SeriesKey

ONSET = 1_000_000.0
TIMES = ONSET + 60.0 * np.arange(-60, 16, dtype=np.float64)
LATER = TIMES >= ONSET
SYMPTOM = Symptom(service="pay", signal=Signal.ERRORS)
DEPLOY = Change(ref="d42", what="deploy", at=ONSET - 120, service="pay", title="deploy pay v42", commit="9f8e7d6c")


def series(seed: int, level: float, worse: float = 1.0, since: int = 0) -> Floats:
    values = level * np.exp(0.1 * np.random.default_rng(seed).standard_normal(len(TIMES))) * np.where(LATER, worse, 1.0)
    return np.where(np.arange(len(TIMES)) >= since, values, np.nan)


def fleet(
    errors: Sequence[Floats],
    tracks: Sequence[str],
    load: Sequence[Floats] = (),
    metric: str = "error_rate",
    unit: str = "%",
) -> Matrix:
    keys = [SeriesKey("pay", f"pay-{i}", metric, unit, (("track", t),) if t else ()) for i, t in enumerate(tracks)]
    more = [SeriesKey("pay", key.instance, "requests", "1/s", key.labels) for key in keys[: len(load)]]
    return Matrix(TIMES, (*keys, *more), np.stack([*errors, *load]))


def one(matrix: Matrix, changes: Sequence[Change] = (DEPLOY,), symptom: Symptom = SYMPTOM) -> Experiment:
    found = experiments(matrix, changes, ONSET, symptom)
    assert len(found) == 1
    return found[0]


def change_draft(change: str, service: str = "pay") -> Draft:
    cause = Cause(kind=CauseKind.CHANGE, service=service, change=change)
    return Draft(key=f"change:{change}", cause=cause, title="a change", confidence=Confidence.POSSIBLE, weight=1.0)


def service_draft(service: str) -> Draft:
    cause = Cause(kind=CauseKind.SERVICE, service=service)
    return Draft(key=f"service:{service}", cause=cause, title="a service", confidence=Confidence.POSSIBLE, weight=1.0)


def test_a_bad_canary_under_the_same_traffic_is_blamed() -> None:
    load = [series(5, 30.0, 2.0), series(6, 30.0, 2.0), series(7, 30.0, 2.0)]
    found = one(fleet([series(1, 0.3), series(2, 0.3), series(3, 0.3, 20.0)], ["stable", "stable", "canary"], load))
    assert (found.kind, found.ruling, found.change, found.commit) == (Kind.CANARY, Ruling.FOR, "d42", "9f8e7d6c")
    assert found.low is not None
    assert found.high is not None
    assert 5.0 < found.low < 5.7 < found.high < 6.5
    assert "under the same traffic" in found.says
    assert "deploy d42 made the difference" in found.says
    (clue,) = experiment_clues([found])
    assert (clue.channel, clue.change, clue.service, clue.detail) == ("experiment", "d42", "pay", "for")
    assert clue.amount > 0


def test_the_same_traffic_shock_on_both_arms_does_not_blame_the_deploy() -> None:
    load = [series(seed, 30.0, 4.0) for seed in (5, 6, 7)]
    found = one(
        fleet([series(1, 0.3, 15.0), series(2, 0.3, 15.0), series(3, 0.3, 15.0)], ["stable", "stable", "canary"], load)
    )
    assert found.ruling is Ruling.AGAINST
    assert "both got worse alike" in found.says
    (clue,) = experiment_clues([found])
    assert (clue.amount, clue.detail) == (0.0, "against")
    assert [t.outcome for t in experiment_trials(change_draft("d42"), [found])] == [Outcome.FAILED]
    assert "as requests rose 4" in found.says or "as requests rose 3.9" in found.says
    surge = Draft(
        key="traffic", cause=Cause(kind=CauseKind.TRAFFIC), title="more", confidence=Confidence.POSSIBLE, weight=1.0
    )
    assert [t.outcome for t in experiment_trials(surge, [found])] == [Outcome.PASSED]
    assert experiment_trials(surge, [found.model_copy(update={"load": 1.0})]) == ()


def test_an_arm_that_got_more_traffic_cannot_be_compared() -> None:
    load = [series(5, 30.0), series(6, 30.0), series(7, 30.0, 4.0)]
    found = one(fleet([series(1, 0.3), series(2, 0.3), series(3, 0.3, 20.0)], ["stable", "stable", "canary"], load))
    assert found.ruling is Ruling.UNKNOWN
    assert "4.0 times the requests" in found.says or "3.9 times the requests" in found.says


def test_errors_that_are_counted_are_divided_by_the_requests_of_their_arm() -> None:
    load = [series(5, 100.0, 3.0), series(6, 10.0, 3.0)]
    counts = [load[0] * 0.01, load[1] * np.where(LATER, 0.2, 0.01)]
    found = one(fleet(counts, ["stable", "canary"], load, metric="errors", unit="1/s"))
    assert (found.ruling, found.unit) == (Ruling.FOR, "%")
    assert found.effect == pytest.approx(19.0, rel=0.05)
    even = one(fleet([load[0] * 0.01, load[1] * 0.01], ["stable", "canary"], load, metric="errors", unit="1/s"))
    assert even.ruling is not Ruling.FOR


def test_availability_is_worse_when_it_is_lower() -> None:
    up = [100.0 - series(1, 0.1), 100.0 - series(2, 0.1, 60.0)]
    found = one(
        fleet(up, ["stable", "canary"], metric="availability"),
        symptom=Symptom(service="pay", signal=Signal.AVAILABILITY),
    )
    assert found.ruling is Ruling.FOR
    assert found.treated.after is not None
    assert found.treated.after == pytest.approx(94.0, abs=0.5)


def test_a_canary_that_came_with_the_deploy_is_held_against_the_old_pods() -> None:
    old = [series(i, 0.3) for i in range(3)]
    bad = one(fleet([*old, series(9, 6.0, since=59)], ["stable", "stable", "stable", "canary"]))
    assert bad.ruling is Ruling.FOR
    assert bad.treated.before is None
    assert "new" in bad.says
    good = one(fleet([*old, series(9, 0.3, since=59)], ["stable", "stable", "stable", "canary"]))
    assert good.ruling is Ruling.UNKNOWN


@pytest.mark.parametrize("kept", [4, 9])
def test_too_few_samples_cannot_tell(kept: int) -> None:
    whole = fleet([series(1, 0.3), series(2, 0.3, 20.0)], ["stable", "canary"])
    end = 60 + kept if kept < 5 else 60 + 15
    start = 0 if kept < 5 else 60 - kept
    cut = Matrix(whole.times[start:end], whole.keys, whole.values[:, start:end])
    found = experiments(cut, [DEPLOY], ONSET, SYMPTOM)
    if kept < 5:
        assert [f.ruling for f in found] == [Ruling.UNKNOWN]
        assert "only 4 samples" in found[0].says
        assert [t.outcome for t in experiment_trials(change_draft("d42"), found)] == [Outcome.UNKNOWN]
        assert experiment_clues(found) == ()
    else:
        assert [f.ruling for f in found] == [Ruling.FOR]


def test_only_one_pod_that_moved_speaks_for_the_place_and_against_a_deploy_to_all() -> None:
    rows = [series(i, 0.3, 20.0 if i == 2 else 1.0) for i in range(5)]
    matrix = fleet(rows, [""] * 5)
    found = experiments(matrix, [DEPLOY], ONSET, SYMPTOM)
    assert [(f.kind, f.ruling, f.change) for f in found] == [(Kind.INSTANCE, Ruling.FOR, None)]
    assert "only pay-2" in found[0].says
    assert [t.outcome for t in experiment_trials(change_draft("d42"), found)] == [Outcome.FAILED]
    assert [t.outcome for t in experiment_trials(service_draft("pay"), found)] == [Outcome.PASSED]
    assert experiment_trials(service_draft("cart"), found) == ()
    together = experiments(fleet([series(i, 0.3, 20.0) for i in range(5)], [""] * 5), [DEPLOY], ONSET, SYMPTOM)
    assert together == ()


def test_a_commit_is_tried_by_the_deploy_that_brought_it_out() -> None:
    found = experiments(fleet([series(1, 0.3), series(2, 0.3, 20.0)], ["stable", "canary"]), [DEPLOY], ONSET, SYMPTOM)
    (trial,) = experiment_trials(change_draft("9f8e7d6c"), found)
    assert (trial.name, trial.outcome) == (TRIAL, Outcome.PASSED)
    assert experiment_trials(change_draft("other"), found) == ()


def test_an_earlier_full_deploy_is_not_judged_by_the_canary_of_a_later_one() -> None:
    earlier = Change(ref="d41", what="deploy", at=ONSET - 1800, service="pay", title="deploy pay v41")
    found = experiments(
        fleet([series(1, 0.3), series(2, 0.3, 20.0)], ["stable", "canary"]), [earlier, DEPLOY], ONSET, SYMPTOM
    )
    assert [f.change for f in found] == ["d42"]


def test_a_change_after_the_onset_made_no_experiment() -> None:
    late = DEPLOY.model_copy(update={"at": ONSET + 400})
    matrix = fleet([series(1, 0.3), series(2, 0.3, 20.0)], ["stable", "canary"])
    assert [f.change for f in experiments(matrix, [late], ONSET, SYMPTOM) if f.change] == []


def test_a_canary_that_was_bad_since_its_deploy_is_blamed_when_it_is_noticed_later() -> None:
    made = DEPLOY.model_copy(update={"at": ONSET - 2400})
    bad = series(2, 0.3) * np.where(made.at <= TIMES, 20.0, 1.0)
    found = experiments(fleet([series(1, 0.3), bad], ["stable", "canary"]), [made], ONSET, SYMPTOM)
    assert [(f.change, f.ruling) for f in found] == [("d42", Ruling.FOR)]


def test_order_of_rows_and_changes_does_not_matter() -> None:
    other = Change(ref="f1", what="flag", at=ONSET - 600, service="pay", title="x: off->on")
    whole = fleet([series(1, 0.3), series(2, 0.3), series(3, 0.3, 9.0)], ["stable", "stable", "canary"])
    turned = Matrix(whole.times, whole.keys[::-1], whole.values[::-1])
    assert experiments(whole, [DEPLOY, other], ONSET, SYMPTOM) == experiments(turned, [other, DEPLOY], ONSET, SYMPTOM)


@pytest.mark.parametrize(
    "matrix",
    [
        Matrix.empty(),
        fleet([np.full(len(TIMES), np.nan)] * 2, ["stable", "canary"]),
        fleet([np.zeros(len(TIMES))] * 2, ["stable", "canary"]),
        Matrix(TIMES[:1], (SeriesKey("pay", "a", "errors"),), np.ones((1, 1))),
        Matrix(TIMES[::-1], fleet([series(1, 1.0)] * 2, ["stable", "canary"]).keys, np.stack([series(1, 1.0)] * 2)),
        Matrix(np.full(len(TIMES), ONSET), (SeriesKey("pay", "a", "errors"),), np.ones((1, len(TIMES)))),
    ],
)
@pytest.mark.parametrize("onset", [None, ONSET])
def test_bad_tables_blame_nobody(matrix: Matrix, onset: float | None) -> None:
    found = experiments(matrix, [DEPLOY], onset, SYMPTOM)
    assert all(f.ruling is Ruling.UNKNOWN for f in found)


WORDS = st.sampled_from(
    [
        "",
        "canary",
        "stable",
        "v42",
        "v1.2",
        "x: off->on",
        "x: on->off",
        "deploy pay v1.2",
        "roll back",
        "=",
        "->",
        "é" * 90,
    ]
)


@settings(deadline=None, max_examples=80)
@given(
    labels=st.lists(st.tuples(st.sampled_from(["track", "version", "flag", "zone"]), WORDS), min_size=1, max_size=5),
    changes=st.lists(
        st.tuples(st.sampled_from(["commit", "deploy", "flag", "config"]), WORDS, st.integers(-70, 20)), max_size=6
    ),
    metric=st.sampled_from(["errors", "error_rate", "latency-p95", "availability", "requests"]),
    rough=st.sampled_from([np.nan, np.inf, -1e300, 0.0, 1e300]),
    step=st.sampled_from([1, 2, 5]),
)
def test_whatever_comes_in_an_answer_comes_out(
    labels: list[tuple[str, str]], changes: list[tuple[str, str, int]], metric: str, rough: float, step: int
) -> None:
    keys = tuple(SeriesKey("pay", f"pay-{i}", metric, "", (label,)) for i, label in enumerate(labels))
    values = np.stack([series(i, 0.3, 1.0 + 9.0 * (i % 2)) for i in range(len(keys))])
    values[0, ::7] = rough
    matrix = Matrix(TIMES[::step], keys, values[:, ::step])
    given = [
        Change.model_validate({"ref": f"c{i}", "what": what, "at": ONSET + 60.0 * at, "service": "pay", "title": title})
        for i, (what, title, at) in enumerate(changes)
    ]
    found = experiments(matrix, given, ONSET, SYMPTOM)
    assert found == experiments(matrix, given[::-1], ONSET, SYMPTOM)
    for one in found:
        assert one.says
        assert len(one.says) < 700
        assert one.ruling is not Ruling.FOR or (one.effect is not None and one.effect > 0)
