"""Does the verdict's picture show the right services, in the right order, and only times that were measured?"""

import random

import pytest

from clew.causal.priors import Priors
from clew.causal.rank import case_of, rank
from clew.causal.ranking import Ranking
from clew.causal.timeline import MARKS, ROWS, first_signs, levels, relabelled, timeline
from clew.evidence import Change
from clew.hypothesis import Cause, CauseKind, Clue, Confidence, Hypothesis, Label, Timeline
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

SYMPTOM = Symptom(service="web", signal=Signal.LATENCY, metric="latency-p99")
CHAIN = CallGraph((("web", "cart"), ("web", "pay"), ("cart", "stock"), ("edge", "web")))
POOL = "@@ stock/settings.yaml @@\n-  pool: 50\n+  pool: 5"


def clue(channel: str, service: str, amount: float, onset: float | None, detail: str = "") -> Clue:
    return Clue(
        channel=channel, service=service, amount=amount, onset=onset, says=f"{channel} of {service}", detail=detail
    )


SPREAD = (
    clue("latency", "web", 0.5, 1090.0),
    clue("latency", "cart", 0.6, 1060.0),
    clue("resource", "stock", 0.8, 1030.0, "CpuUsage"),
    clue("latency", "stock", 0.9, 1040.0),
)


def drawn(
    *clues: Clue,
    graph: CallGraph = CHAIN,
    symptom: Symptom = SYMPTOM,
    changes: tuple[Change, ...] = (),
    told: Ranking | None = None,
) -> Timeline | None:
    case = case_of(clues, graph, Priors(), symptom=symptom, onset=1030.0, changes=changes)
    ranking = told or rank(clues, graph, Priors(), symptom=symptom, onset=1030.0, changes=changes)
    return timeline(ranking, case, 1100.0)


def test_callers_stand_above_what_they_call_each_with_its_own_first_sign() -> None:
    made = drawn(*SPREAD)
    assert made is not None
    assert [(r.service, r.depth, r.onset) for r in made.rows] == [
        ("web", 0, 1090.0),
        ("cart", 1, 1060.0),
        ("stock", 2, 1030.0),
    ]
    assert made.edges == (("cart", "stock"), ("web", "cart"))
    assert (made.onset, made.alerted_at) == (1030.0, 1100.0)
    assert [r.service for r in made.rows if r.leading] == ["stock"]
    assert max(r.amount for r in made.rows) == 1.0


def test_order_of_the_input_changes_nothing() -> None:
    shuffled = list(SPREAD)
    random.Random(3).shuffle(shuffled)
    mixed = CallGraph(tuple(reversed(CHAIN.edges)))
    assert drawn(*shuffled, graph=mixed) == drawn(*SPREAD)


def test_a_path_is_shown_whole_although_one_of_its_services_shows_nothing() -> None:
    made = drawn(*(c for c in SPREAD if c.service != "cart"))
    assert made is not None
    assert [(r.service, r.onset) for r in made.rows] == [("web", 1090.0), ("cart", None), ("stock", 1030.0)]


def test_a_shortcut_does_not_lift_a_service_above_its_caller() -> None:
    graph = CallGraph((*CHAIN.edges, ("web", "stock")))
    made = drawn(*SPREAD, graph=graph)
    assert made is not None
    assert [r.service for r in made.rows] == ["web", "cart", "stock"]


def test_a_cycle_is_drawn_and_ends() -> None:
    graph = CallGraph((("web", "cart"), ("cart", "stock"), ("stock", "cart"), ("stock", "web")))
    made = drawn(*SPREAD, graph=graph)
    assert made is not None
    assert [r.service for r in made.rows] == ["web", "cart", "stock"]
    assert len(made.edges) == 4


@pytest.mark.parametrize("graph", [CallGraph(), CallGraph((("a", "b"),))], ids=["none", "of others"])
def test_without_a_path_services_are_drawn_by_their_first_sign(graph: CallGraph) -> None:
    made = drawn(*SPREAD, graph=graph)
    assert made is not None
    assert [(r.service, r.depth) for r in made.rows] == [("web", 0), ("stock", None), ("cart", None)]


def test_without_a_symptom_depth_counts_from_services_that_nobody_calls() -> None:
    assert levels(CHAIN, None) == {"edge": 0, "web": 1, "cart": 2, "pay": 2, "stock": 3}
    assert levels(CHAIN, "cart") == {"edge": -2, "web": -1, "cart": 0, "stock": 1}


def test_one_sign_makes_no_timeline_and_health_neither() -> None:
    assert drawn(SPREAD[0]) is None
    assert drawn() is None
    well = rank(SPREAD, CHAIN, Priors(), symptom=SYMPTOM, onset=1030.0, changes=()).model_copy(update={"healthy": True})
    assert drawn(*SPREAD, told=well) is None


def test_weak_and_mute_clues_date_nothing() -> None:
    early = (clue("latency", "web", 0.1, 1.0), clue("gone", "web", 0.9, 2.0), clue("requests", "web", 0.9, 3.0))
    assert first_signs((*early, clue("errors", "web", 0.5, 1090.0), clue("errors", "web", 0.4, 1080.0))) == {
        "web": 1080.0
    }


def test_where_the_alert_names_no_service_the_front_door_has_its_row() -> None:
    front = clue("symptom", "", 0.0, 1080.0)
    made = drawn(*SPREAD, front, symptom=Symptom(signal=Signal.LATENCY))
    assert made is not None
    assert (made.rows[0].service, made.rows[0].onset) == ("front door", 1080.0)
    named = drawn(*SPREAD, front)
    assert named is not None
    assert "front door" not in {r.service for r in named.rows}


def test_the_alerts_own_series_dates_its_service_as_the_headline_does() -> None:
    made = drawn(*SPREAD, clue("symptom", "web", 0.0, 1075.0))
    assert made is not None
    assert next(r.onset for r in made.rows if r.service == "web") == 1075.0


def test_a_deploy_long_before_is_left_out_unless_it_is_blamed() -> None:
    commit = Change(ref="abc", at=-700.0, diff=POOL, files=("stock/settings.yaml",), service="stock", commit=None)
    live = Change(ref="d", what="deploy", at=-600.0, service="stock", commit="abc")
    other = Change(ref="e", what="deploy", at=-600.0, service="web", commit="xyz")
    made = drawn(*SPREAD, changes=(commit, live, other))
    assert made is not None
    assert [m.label for m in made.marks] == ["deploy abc stock"]


def test_a_log_line_dates_a_service_only_where_no_series_does() -> None:
    line = clue("new errors", "stock", 0.9, 1001.0, "pool exhausted")
    assert first_signs((*SPREAD, line))["stock"] == 1030.0
    assert first_signs((line,)) == {"stock": 1001.0}


def test_labels_come_from_the_drafts() -> None:
    ranking = rank(SPREAD, CHAIN, Priors(), symptom=SYMPTOM, onset=1030.0, changes=())
    best = ranking.drafts[0].model_copy(update={"label": Label.CAUSE})
    made = drawn(*SPREAD, told=ranking.model_copy(update={"drafts": (best, *ranking.drafts[1:])}))
    assert made is not None
    assert {r.service: r.label for r in made.rows}["stock"] is Label.CAUSE


def test_after_an_objection_the_picture_says_what_the_hypotheses_say_now() -> None:
    made = drawn(*SPREAD)
    assert made is not None

    def about(service: str, label: Label, confidence: Confidence) -> Hypothesis:
        cause = Cause(kind=CauseKind.SERVICE, service=service)
        return Hypothesis(id=service, cause=cause, title=service, confidence=confidence, weight=1.0, label=label)

    now = (about("cart", Label.CAUSE, Confidence.POSSIBLE), about("stock", Label.COINCIDENCE, Confidence.RULED_OUT))
    told = relabelled(made, now)
    assert {r.service: (r.label, r.leading) for r in told.rows} == {
        "web": (None, False),
        "cart": (Label.CAUSE, True),
        "stock": (Label.COINCIDENCE, False),
    }
    assert [r.onset for r in told.rows] == [r.onset for r in made.rows]


def test_a_change_that_was_ruled_out_labels_no_service() -> None:
    ranking = rank(SPREAD, CHAIN, Priors(), symptom=SYMPTOM, onset=1030.0, changes=())
    cause = Cause(kind=CauseKind.CHANGE, service="cart", change="abc")
    out = ranking.drafts[0].model_copy(
        update={"key": "change:abc", "cause": cause, "confidence": Confidence.RULED_OUT, "label": Label.COINCIDENCE}
    )
    made = drawn(*SPREAD, told=ranking.model_copy(update={"drafts": (*ranking.drafts, out)}))
    assert made is not None
    assert {r.service: r.label for r in made.rows}["cart"] is None


def test_deploys_near_by_are_marked_the_blamed_one_first_and_commits_by_their_deploy() -> None:
    commit = Change(ref="abc", at=700.0, diff=POOL, files=("stock/settings.yaml",), service="stock")
    deploys = tuple(
        Change(ref=f"d{i}", what="deploy", at=900.0 - i, service=f"s{i}", commit="abc" if i == 9 else f"c{i}")
        for i in range(10)
    )
    old = Change(ref="old", what="flag", at=-9000.0, service="stock")
    made = drawn(*SPREAD, changes=(commit, *deploys, old))
    assert made is not None
    labels = [m.label for m in made.marks]
    assert len(labels) == MARKS
    assert "deploy abc s9" in labels
    assert not any("old" in label or "commit" in label for label in labels)
    assert [m.at for m in made.marks] == sorted(m.at for m in made.marks)


def test_a_commit_without_a_deploy_is_marked_itself_if_it_is_blamed() -> None:
    commit = Change(ref="abc", at=1000.0, diff=POOL, files=("stock/settings.yaml",), service="stock")
    other = Change(ref="zzz", at=1001.0, diff="@@ x @@\n-# a\n+# b", files=("README.md",), service="web")
    made = drawn(*SPREAD, changes=(commit, other))
    assert made is not None
    assert [m.label for m in made.marks] == ["commit abc stock"]


def test_a_fleet_is_cut_to_what_can_be_read() -> None:
    names = [f"s{i:03}" for i in range(300)]
    graph = CallGraph(tuple(("web", name) for name in names))
    made = drawn(*(clue("latency", name, 0.9, 1030.0 + i) for i, name in enumerate(names)), graph=graph)
    assert made is not None
    assert 2 <= len(made.rows) <= ROWS


def test_an_outside_culprit_hangs_below_the_caller_that_names_it() -> None:
    seen = Clue(channel="seen", amount=0.0, says="2 services send logs", detail="web\npay")
    error = clue("new errors", "pay", 0.9, 1020.0, "call to api.bank.example.io failed")
    made = drawn(seen, error, clue("latency", "web", 0.5, 1050.0))
    assert made is not None
    assert ("pay", "api.bank.example.io") in made.edges
    assert next(r for r in made.rows if r.service == "api.bank.example.io").onset == 1020.0
