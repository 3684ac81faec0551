"""Are requests that stop laid to the service that no longer asks, and to nobody where every caller went silent too?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.flow import flow_clues
from clew.causal.priors import Priors
from clew.causal.rank import rank
from clew.hypothesis import Clue
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

GRAPH = CallGraph((("web", "cart"), ("web", "pay"), ("cart", "stock"), ("batch", "pay")))


def silent(service: str, amount: float, onset: float | None = None) -> Clue:
    says = f"{service} requests 30 → 2/s"
    return Clue(channel="silent", service=service, amount=amount, says=says, onset=onset, evidence=f"E-{service}")


def blamed(*clues: Clue, graph: CallGraph = GRAPH) -> dict[str | None, float]:
    return {found.service: found.amount for found in flow_clues(clues, graph)}


def test_the_caller_of_a_silent_service_stopped_asking() -> None:
    (found,) = flow_clues((silent("cart", 0.8, onset=1000.0),), GRAPH)
    assert (found.channel, found.service, found.amount) == ("stopped calls", "web", pytest.approx(0.8, abs=1e-6))
    assert found.says == "web is still asked but hardly asks cart any more: cart requests 30 → 2/s"
    assert (found.onset, found.evidence, found.detail) == (1000.0, "E-cart", "cart")


def test_who_went_silent_too_was_not_asked_and_is_not_blamed() -> None:
    assert set(blamed(silent("cart", 0.8), silent("stock", 0.9))) == {"web"}
    assert blamed(silent("stock", 0.9), silent("cart", 0.8), graph=CallGraph((("cart", "stock"),))) == {}


def test_callers_that_share_a_silent_service_share_its_blame() -> None:
    assert blamed(silent("pay", 0.8)) == {"batch": 0.4, "web": 0.4}
    assert blamed(silent("pay", 0.8), silent("batch", 0.5)) == {"web": pytest.approx(0.8, abs=1e-6)}


def test_two_silent_services_of_one_caller_add_up_as_odds() -> None:
    graph = CallGraph((("web", "cart"), ("web", "pay")))
    assert blamed(silent("cart", 0.5), silent("pay", 0.75), graph=graph) == {"web": pytest.approx(0.8, abs=1e-6)}
    (found,) = flow_clues((silent("cart", 0.5), silent("pay", 0.75)), graph)
    assert found.says == "web is still asked but hardly asks pay and cart any more: pay requests 30 → 2/s"


def test_where_some_requests_still_arrive_that_is_said_and_no_sentence_is_endless() -> None:
    (found,) = flow_clues((silent("cart", 0.6),), GRAPH)
    assert found.says == "web is still asked but asks cart less than ever before: cart requests 30 → 2/s"
    many = CallGraph(tuple(("web", f"a-service-with-a-rather-long-name-{i}") for i in range(4)))
    (found,) = flow_clues(tuple(silent(callee, 0.6) for _, callee in many.edges), many)
    assert "a-service-with-a-rather-long-name-1 and 2 more less than ever before" in found.says
    assert len(found.says) <= 160


def test_a_dip_that_chance_makes_is_nobodys() -> None:
    assert blamed(silent("cart", 0.3)) == {}
    assert set(blamed(silent("cart", 0.31))) == {"web"}


@pytest.mark.parametrize("graph", [CallGraph(), CallGraph((("cart", "cart"),))], ids=["no graph", "calls itself"])
def test_without_a_caller_nobody_stopped_asking(graph: CallGraph) -> None:
    assert blamed(silent("cart", 0.9), graph=graph) == {}


def test_only_silence_counts() -> None:
    assert flow_clues((silent("cart", 0.9).model_copy(update={"channel": "requests"}),), GRAPH) == ()
    assert flow_clues((silent("cart", 0.9).model_copy(update={"service": ""}),), CallGraph((("web", ""),))) == ()


def test_the_one_that_stopped_asking_comes_first_in_the_ranking() -> None:
    symptom = Symptom(service="web", signal=Signal.LATENCY)
    ranking = rank((silent("stock", 0.9),), GRAPH, Priors(), symptom=symptom, onset=1000.0, changes=())
    assert ranking.services[0] == "cart"
    # a service that is not asked any more shows nothing by itself
    assert ranking.drafts[0].cause.service == "cart"
    assert [(t.name, round(t.value, 3)) for t in ranking.drafts[0].why] == [("stopped calls", 0.9)]


@given(
    amounts=st.lists(st.floats(0, 1), min_size=4, max_size=4), order=st.permutations(("web", "cart", "pay", "stock"))
)
@settings(max_examples=50, deadline=None)
def test_amounts_stay_within_one_and_order_never_matters(amounts: list[float], order: list[str]) -> None:
    names = ("web", "cart", "pay", "stock")
    clues = {name: silent(name, amount) for name, amount in zip(names, amounts, strict=True)}
    found = flow_clues(tuple(clues.values()), GRAPH)
    assert all(0 < clue.amount <= 1 for clue in found)
    assert flow_clues(tuple(clues[name] for name in order), GRAPH) == found
