"""Do planted causes, confounders, symptoms and coincidences get their names, and the reasons for them?"""

import numpy as np
import pytest

from clew.causal.ranking import Draft
from clew.causal.trial import tried
from clew.evidence import Change
from clew.hypothesis import Confidence, Label, Outcome
from clew.tables import CallGraph, Matrix, Tables
from clew.testing.worlds import (
    CHAIN,
    ONSET,
    START,
    World,
    chain,
    collider,
    deployed,
    fork,
    ranking,
    rush,
    storm,
    suspect,
)

SEEDS = range(6)


def judged(world: World, *drafts: Draft) -> dict[str, Draft]:
    found = tried(ranking(*drafts), world.tables(), world.moment, world.symptom)
    return {draft.key: draft for draft in found.drafts}


def outcomes(draft: Draft) -> dict[str, Outcome]:
    return {trial.name: trial.outcome for trial in draft.trials}


def most(labels: list[Label | None], label: Label) -> bool:
    """At least five of six worlds."""
    return sum(found is label for found in labels) >= len(labels) - 1


def test_in_a_chain_the_end_is_the_cause_and_who_calls_it_is_a_symptom() -> None:
    found = [judged(chain(seed), suspect("db", "cpu"), suspect("cart", "latency-p99", 0.7)) for seed in SEEDS]
    assert most([each["service:db"].label for each in found], Label.CAUSE)
    assert most([each["service:cart"].label for each in found], Label.SYMPTOM)
    tests = outcomes(found[0]["service:db"])
    assert tests["onset order"] is Outcome.PASSED
    assert tests["path"] is Outcome.PASSED
    assert tests["dose-response"] is Outcome.PASSED
    assert tests["placebo"] is Outcome.PASSED


def test_a_symptom_that_leads_is_at_most_possible() -> None:
    found = judged(chain(1), suspect("cart", "latency-p99"), suspect("db", "cpu"))
    world = World(1, edges=CHAIN)
    late = world.trouble(120.0)
    world.put("web", "latency-p99", 0.2, world.trouble(), 0.5)
    world.put("cart", "cpu", 20.0, late, 50.0)
    late_one = judged(world, suspect("cart", "cpu"))["service:cart"]
    assert outcomes(late_one)["onset order"] is Outcome.FAILED
    assert late_one.label in (Label.SYMPTOM, Label.COINCIDENCE)
    assert late_one.confidence is Confidence.POSSIBLE
    assert found["service:cart"].confidence is Confidence.LIKELY


def test_a_busy_cpu_beside_a_lagging_replica_is_a_confounder_when_writes_move_both() -> None:
    found = [judged(fork(seed), rush(), suspect("primary", "cpu", 0.7)) for seed in SEEDS]
    assert most([each["service:primary"].label for each in found], Label.CONFOUNDER)
    assert most([each["traffic"].label for each in found], Label.CAUSE)
    told = next(each["service:primary"] for each in found if each["service:primary"].label is Label.CONFOUNDER)
    assert "traffic" in next(t.says for t in told.trials if t.name == "dose-response")


def test_a_busy_cpu_in_a_checkpoint_storm_is_a_symptom() -> None:
    found = [judged(storm(seed), suspect("disk", "disk-usage"), suspect("db", "cpu", 0.7)) for seed in SEEDS]
    assert most([each["service:disk"].label for each in found], Label.CAUSE)
    assert most([each["service:db"].label for each in found], Label.SYMPTOM)


def test_when_the_first_is_a_symptom_the_next_one_may_be_the_cause() -> None:
    found = [judged(storm(seed), suspect("db", "cpu"), suspect("disk", "disk-usage", 0.7)) for seed in SEEDS]
    assert most([each["service:db"].label for each in found], Label.SYMPTOM)
    assert most([each["service:disk"].label for each in found], Label.CAUSE)
    assert all(each["service:db"].confidence is Confidence.POSSIBLE for each in found)


def test_a_mediator_does_not_turn_the_cause_into_a_confounder() -> None:
    """db makes cart slow, cart makes web slow: db's link vanishes once cart is held, and db stays the cause all the same."""
    found = [judged(chain(seed), suspect("cart", "latency-p99"), suspect("db", "cpu", 0.7)) for seed in SEEDS]
    assert all(each["service:db"].label in (Label.CAUSE, Label.CONTRIBUTOR) for each in found)


def test_what_cause_and_noise_both_move_makes_no_cause_of_the_noise() -> None:
    found = [judged(collider(seed), suspect("db", "cpu"), suspect("batch", "cpu", 0.2)) for seed in SEEDS]
    assert all(each["service:batch"].label in (Label.COINCIDENCE, None) for each in found)
    assert most([each["service:db"].label for each in found], Label.CAUSE)


def deploy(ref: str, at: float, service: str) -> Change:
    return Change(ref=ref, what="deploy", at=at, service=service, diff="")


def test_deploys_that_happened_near_by_are_coincidences() -> None:
    world = chain(2)
    late, quiet = deploy("late", ONSET + 200, "pay"), deploy("quiet", ONSET - 100, "pay")
    world.changes += [late, quiet]
    found = judged(
        world,
        suspect("db", "cpu"),
        deployed(late, out="it went live at 11:00:00 UTC, after the onset at 10:50:00 UTC"),
        deployed(quiet, out="it touched only texts, styles or tests, which fits nothing that broke"),
    )
    assert found["change:late"].label is Label.COINCIDENCE
    assert outcomes(found["change:late"])["onset order"] is Outcome.FAILED
    assert found["change:quiet"].label is Label.COINCIDENCE
    assert found["change:quiet"].confidence is Confidence.RULED_OUT


def test_a_deploy_to_what_did_not_move_is_a_coincidence_even_if_it_leads() -> None:
    world = chain(3)
    guilty = deploy("guilty", ONSET - 60, "pay")
    world.changes.append(guilty)
    found = judged(world, deployed(guilty), suspect("db", "cpu"))["change:guilty"]
    assert outcomes(found)["dose-response"] is Outcome.FAILED
    assert found.label is Label.COINCIDENCE
    assert found.confidence is Confidence.POSSIBLE


def test_where_deploys_are_common_one_just_before_means_little() -> None:
    world = chain(4)
    often = [deploy(f"d{i}", START + 150.0 * i, "pay") for i in range(20)]
    guilty = deploy("guilty", ONSET - 110, "db")
    world.changes += [*often, guilty]
    busy = judged(world, deployed(guilty, rests_on=suspect("db", "cpu").support))["change:guilty"]
    assert outcomes(busy)["placebo"] is Outcome.FAILED
    world.changes[:] = [guilty]
    calm = judged(world, deployed(guilty, rests_on=suspect("db", "cpu").support))["change:guilty"]
    assert outcomes(calm)["placebo"] is Outcome.PASSED
    assert calm.label is Label.CAUSE


def test_what_nobody_on_the_path_calls_is_a_coincidence() -> None:
    world = chain(5)
    world.edges = (*CHAIN, ("mail", "smtp"))
    world.put("smtp", "cpu", 20.0, world.trouble(), 1.0)
    found = judged(world, suspect("db", "cpu"), suspect("smtp", "cpu", 0.3))["service:smtp"]
    assert outcomes(found)["path"] is Outcome.FAILED
    assert found.label is Label.COINCIDENCE


def test_a_suspect_that_went_away_while_the_symptom_stayed_fails() -> None:
    world = World(6, edges=CHAIN)
    short = np.where(world.times < ONSET + 120, world.trouble(), 0.0)
    world.put("db", "cpu", 20.0, short, 60.0)
    world.put("web", "latency-p99", 0.2, world.trouble(), 0.5)
    assert outcomes(judged(world, suspect("db", "cpu"))["service:db"])["disappearance"] is Outcome.FAILED


def test_a_suspect_whose_end_ended_the_symptom_passes() -> None:
    world = World(7, edges=CHAIN)
    short = np.where(world.times < ONSET + 240, world.trouble(), 0.0)
    world.put("db", "cpu", 20.0, short, 60.0)
    world.put("web", "latency-p99", 0.2, world.later(short, 10), 0.5)
    assert outcomes(judged(world, suspect("db", "cpu"))["service:db"])["disappearance"] is Outcome.PASSED


def test_without_tables_every_test_says_that_it_cannot_tell() -> None:
    found = tried(ranking(suspect("db", "cpu", 0.2)), Tables(), World().moment, World().symptom).drafts[0]
    assert found.trials
    assert {trial.outcome for trial in found.trials} == {Outcome.UNKNOWN}
    assert found.label is None
    assert found.confidence is Confidence.LIKELY


def test_samples_too_coarse_to_order_are_a_tie() -> None:
    world = World(8, step=60.0, edges=CHAIN)
    fault = world.trouble()
    world.put("db", "cpu", 20.0, fault, 60.0)
    world.put("web", "latency-p99", 0.2, fault, 0.5)
    trial = next(t for t in judged(world, suspect("db", "cpu"))["service:db"].trials if t.name == "onset order")
    assert trial.outcome is Outcome.UNKNOWN
    assert "60 s apart" in trial.says


@pytest.mark.parametrize("seed", SEEDS)
def test_neither_the_order_of_rows_nor_units_change_a_label(seed: int) -> None:
    world = chain(seed)
    tables = world.tables()
    matrix = tables.matrix
    turned = Matrix(matrix.times, matrix.keys[::-1], 1000.0 * matrix.values[::-1])
    drafts = ranking(suspect("db", "cpu"), suspect("cart", "latency-p99"))
    one = tried(drafts, tables, world.moment, world.symptom)
    two = tried(drafts, Tables(matrix=turned, graph=CallGraph(CHAIN[::-1])), world.moment, world.symptom)
    assert [d.label for d in one.drafts] == [d.label for d in two.drafts]
    assert [[(t.name, t.outcome) for t in d.trials] for d in one.drafts] == [
        [(t.name, t.outcome) for t in d.trials] for d in two.drafts
    ]


def test_labels_never_reorder() -> None:
    drafts = ranking(suspect("cart", "latency-p99"), suspect("db", "cpu"), rush())
    found = tried(drafts, chain(1).tables(), chain(1).moment, chain(1).symptom)
    assert [d.key for d in found.drafts] == [d.key for d in drafts.drafts]
    assert [d.weight for d in found.drafts] == [d.weight for d in drafts.drafts]


def test_two_steps_that_stay_up_hold_one_dose_and_tell_nothing() -> None:
    world = World(9, edges=CHAIN)
    step = (world.times >= ONSET).astype(np.float64)
    world.put("db", "cpu", 20.0, step, 60.0)
    world.put("web", "latency-p99", 0.2, world.later(step, 20), 0.5)
    found = judged(world, suspect("db", "cpu"))["service:db"]
    assert outcomes(found)["dose-response"] is Outcome.UNKNOWN
    assert found.label is Label.CAUSE


def spoilt(kind: str) -> Tables:
    """The chain's tables as bad sources deliver them."""
    matrix = chain(1).tables().matrix
    rng = np.random.default_rng(1)
    shuffled = rng.permutation(len(matrix.times))
    made = {
        "unordered": Matrix(matrix.times[shuffled], matrix.keys, matrix.values[:, shuffled]),
        "doubled": Matrix(np.repeat(matrix.times, 2), matrix.keys, np.repeat(matrix.values, 2, axis=1)),
        "nothing measured": Matrix(matrix.times, matrix.keys, np.full_like(matrix.values, np.nan)),
        "constant": Matrix(matrix.times, matrix.keys, np.ones_like(matrix.values)),
        "infinite": Matrix(matrix.times, matrix.keys, np.where(matrix.values > 50, np.inf, matrix.values)),
        "two samples": Matrix(matrix.times[-2:], matrix.keys, matrix.values[:, -2:]),
        "one sample": Matrix(matrix.times[-1:], matrix.keys, matrix.values[:, -1:]),
        "before it began": Matrix(matrix.times[:200], matrix.keys, matrix.values[:, :200]),
        "one service": Matrix(matrix.times, matrix.keys[:1], matrix.values[:1]),
    }
    edges = (*CHAIN, ("db", "web"), ("db", "db")) if kind == "unordered" else CHAIN
    return Tables(matrix=made[kind], graph=CallGraph(edges))


@pytest.mark.parametrize(
    "kind",
    [
        "unordered",
        "doubled",
        "nothing measured",
        "constant",
        "infinite",
        "two samples",
        "one sample",
        "before it began",
        "one service",
    ],
)
def test_bad_tables_end_in_tests_that_say_what_they_lack(kind: str) -> None:
    drafts = ranking(suspect("db", "cpu"), suspect("cart", "latency-p99"), rush(), deployed(deploy("d", ONSET, "pay")))
    found = tried(drafts, spoilt(kind), chain(1).moment, chain(1).symptom)
    assert [d.key for d in found.drafts] == [d.key for d in drafts.drafts]
    assert all(trial.says for d in found.drafts for trial in d.trials)
    if kind in ("nothing measured", "constant", "two samples", "one sample"):
        told = {t.outcome for t in found.drafts[0].trials if t.name in ("dose-response", "placebo", "disappearance")}
        assert told == {Outcome.UNKNOWN}
    if kind in ("unordered", "doubled"):
        assert outcomes(found.drafts[0]) == outcomes(judged(chain(1), *drafts.drafts)["service:db"])
