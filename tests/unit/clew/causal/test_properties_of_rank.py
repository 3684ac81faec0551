"""What must not matter to the sum over clues: their order, and the order of edges and changes; and what must: more support."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.priors import Priors
from clew.causal.rank import rank
from clew.causal.ranking import Ranking
from clew.causal.weigh import CHANNELS, weigh
from clew.evidence import Change
from clew.hypothesis import Clue
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

ALERT = 1_700_000_000.0
NAMES = ("web", "cart", "pay", "stock", "mail")
HISTORY = (
    Change(ref="aaa1", what="deploy", at=ALERT - 160, service="cart", diff="-pool_size: 50\n+pool_size: 5\n"),
    Change(ref="bbb2", what="deploy", at=ALERT - 1000, service="mail", title="Greet people by their name"),
    Change(ref="ccc3", what="flag", at=ALERT - 700, service="pay", title="Show the new button"),
)
quick = settings(max_examples=50, deadline=None, derandomize=True)


SIGNS = (*CHANNELS, "latency", "errors", "requests", "traffic", "quiet", "status feed", "silent", "made up")
clues = st.builds(
    Clue,
    channel=st.sampled_from(SIGNS),
    service=st.sampled_from((*NAMES, "outside", None)),
    amount=st.floats(0, 1, allow_nan=False).map(lambda amount: round(amount, 3)),
    onset=st.sampled_from((None, ALERT - 60.0, ALERT, ALERT + 600.0)),
    says=st.sampled_from(("one", "two", "three")),
    detail=st.sampled_from(("", "pool of <num> is full", "latency-p99", "errors", "web")),
)
some = st.lists(clues, max_size=12)
graphs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=8).map(
    lambda edges: CallGraph(tuple(edges))
)


def ranked(found: Sequence[Clue], graph: CallGraph, history: Sequence[Change] = ()) -> Ranking:
    symptom = Symptom(service="web", signal=Signal.LATENCY)
    return rank(found, graph, Priors(), symptom=symptom, onset=ALERT - 60.0, changes=history)


@given(some, graphs, st.randoms(use_true_random=False))
@quick
def test_the_order_of_clues_edges_and_changes_does_not_matter(found: list[Clue], graph: CallGraph, chance: Any) -> None:
    history = list(HISTORY)
    now = ranked(found, graph, history)
    edges = list(graph.edges)
    for part in (found, edges, history):
        chance.shuffle(part)
    assert ranked(found, CallGraph(tuple(edges)), history) == now


@given(some, graphs)
@quick
def test_any_clues_over_any_graph_rank_every_known_service_once(found: list[Clue], graph: CallGraph) -> None:
    answer = ranked(found, graph)
    assert len(set(answer.services)) == len(answer.services)
    assert {name for edge in graph.edges for name in edge} <= set(answer.services)
    assert all(np.isfinite(draft.weight) and draft.weight >= 0 for draft in answer.drafts)


def sums(found: Sequence[Clue], graph: CallGraph) -> dict[str, float]:
    symptom = Symptom(service="web", signal=Signal.LATENCY)
    return weigh(found, graph, Priors(), symptom=symptom, onset=ALERT - 60.0).sums


clues_of_one = st.builds(
    Clue,
    channel=st.sampled_from((*CHANNELS, "latency", "errors", "requests")),
    service=st.sampled_from(NAMES),
    amount=st.floats(0.01, 0.7).map(lambda amount: round(amount, 3)),
    onset=st.just(ALERT - 60.0),
    says=st.just("x"),
    detail=st.just("y"),
)


@given(some, graphs, clues_of_one, st.floats(0.0, 0.3))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_more_support_never_lowers_the_candidate_that_it_supports(
    found: list[Clue], graph: CallGraph, clue: Clue, more: float
) -> None:
    """A clue as early as the onset, and then a louder one: the candidate's own sum rises or stands."""
    who = clue.service or ""
    louder = clue.model_copy(update={"amount": round(clue.amount + more, 3)})
    mine = [sums(told, graph).get(who, 0.0) for told in (found, [*found, clue], [*found, louder])]
    assert mine[0] <= mine[1] + 1e-9
    assert mine[1] <= mine[2] + 1e-9


@given(some, graphs, clues_of_one.filter(lambda clue: clue.channel in CHANNELS), st.floats(0.0, 0.3))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_trouble_of_its_own_never_lowers_a_candidates_place(
    found: list[Clue], graph: CallGraph, clue: Clue, more: float
) -> None:
    """Nobody overtakes a candidate because more speaks against it."""
    louder = clue.model_copy(update={"amount": round(clue.amount + more, 3)})
    steps = [sums(told, graph) for told in (found, [*found, clue], [*found, louder])]
    ahead = [sum(value > step.get(clue.service or "", 0.0) + 1e-9 for value in step.values()) for step in steps]
    assert ahead[0] >= ahead[1] >= ahead[2]
