"""Does blame move from callers to the callee that made the fault, and stop there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.blame import blamed, callees, depths, reached, shifted
from clew.causal.weights import Weights
from clew.tables import CallGraph

CHAIN = CallGraph((("web", "cart"), ("cart", "stock"), ("web", "pay")))
CYCLE = CallGraph((("a", "b"), ("b", "c"), ("c", "a")))
amounts = st.dictionaries(st.sampled_from(("web", "cart", "stock", "pay", "a", "b", "c")), st.floats(0, 1))


def first(blame: dict[str, float]) -> str:
    return max(blame, key=lambda name: blame[name])


def test_the_end_of_a_chain_is_blamed_although_its_callers_are_worse() -> None:
    anomaly = {"web": 1.0, "cart": 0.9, "stock": 0.8, "pay": 0.0}
    blame = blamed(anomaly, CHAIN, "web")
    assert first(blame) == "stock"
    assert blame["stock"] == 0.8
    assert blame["web"] == pytest.approx(1.0 - 0.6 * 0.9)
    assert "pay" not in blame


def test_a_caller_whose_callees_are_well_keeps_all_of_its_blame() -> None:
    assert blamed({"web": 0.7, "cart": 0.0}, CHAIN, "web") == {"web": 0.7}


def test_in_a_cycle_the_worst_stays_ahead() -> None:
    assert first(blamed({"a": 0.5, "b": 0.9, "c": 0.5}, CYCLE, "a")) == "b"


def test_without_a_graph_the_anomalies_themselves_decide() -> None:
    anomaly = {"web": 0.4, "cart": 0.6}
    assert blamed(anomaly, CallGraph(), "web") == anomaly
    assert reached(anomaly, CallGraph(), "web") == frozenset(anomaly)
    assert reached(anomaly, CHAIN, None) == frozenset(anomaly)


def test_calling_oneself_forgives_nothing() -> None:
    assert shifted({"web": 0.8}, CallGraph((("web", "web"),)), 0.6) == {"web": 0.8}
    assert callees(CallGraph((("web", "web"),))).get("web") is None


def test_a_service_off_the_path_is_damped_and_one_that_forwards_even_more() -> None:
    graph = CallGraph((("web", "cart"), ("web", "api-gateway")))
    blame = blamed({"cart": 0.5, "batch": 0.5, "api-gateway": 0.5}, graph, "web")
    assert blame["cart"] == 0.5
    assert blame["batch"] == pytest.approx(0.1)
    assert blame["api-gateway"] == pytest.approx(0.075)


def test_depth_counts_calls_from_the_symptom() -> None:
    assert depths(CHAIN, "web") == {"web": 0, "cart": 1, "pay": 1, "stock": 2}
    assert depths(CYCLE, "b") == {"b": 0, "c": 1, "a": 2}
    assert depths(CHAIN, None) == {}


@given(anomaly=amounts, graph=st.sampled_from((CHAIN, CYCLE, CallGraph())))
@settings(max_examples=60, deadline=None)
def test_blame_is_never_made_from_nothing(anomaly: dict[str, float], graph: CallGraph) -> None:
    for name, amount in blamed(anomaly, graph, "web").items():
        assert 0 < amount <= anomaly[name]


@given(anomaly=amounts, order=st.permutations(CHAIN.edges))
@settings(max_examples=40, deadline=None)
def test_the_order_of_names_and_edges_does_not_matter(anomaly: dict[str, float], order: list[tuple[str, str]]) -> None:
    turned = dict(reversed(anomaly.items()))
    assert blamed(turned, CallGraph(tuple(order)), "web") == blamed(anomaly, CHAIN, "web")


def test_how_much_blame_moves_is_a_weight() -> None:
    anomaly = {"web": 1.0, "cart": 0.9, "batch": 0.5}
    assert blamed(anomaly, CHAIN, "web", Weights(shifted=0.0, unreached=1.0)) == anomaly
    half = blamed(anomaly, CHAIN, "web", Weights(shifted=0.5, unreached=0.5))
    assert half == {"web": pytest.approx(0.55), "cart": 0.9, "batch": 0.25}
