"""Does the sum move each kind of trouble down the calls by itself, and forgive only what lies below explains?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.priors import Priors
from clew.causal.weigh import CHANNELS, Weighed, strongest, weigh
from clew.causal.weights import Weights
from clew.hypothesis import Clue
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

GRAPH = CallGraph((("web", "cart"), ("cart", "stock")))
SLOW = Symptom(service="web", signal=Signal.LATENCY)
FAILING = Symptom(service="web", signal=Signal.ERRORS)
WORTH = Weights()


def clue(channel: str, service: str | None, amount: float, says: str = "", onset: float | None = None) -> Clue:
    return Clue(channel=channel, service=service, amount=amount, says=says or f"{channel} of {service}", onset=onset)


def weighed(*clues: Clue, symptom: Symptom = SLOW, graph: CallGraph = GRAPH) -> Weighed:
    return weigh(clues, graph, Priors(), symptom=symptom, onset=1000.0)


def terms(found: Weighed, service: str) -> dict[str, float]:
    return {term.name: term.value for term in found.terms[service]}


def test_a_slow_callee_refuses_nobody() -> None:
    """The caller's errors are its own although what it calls is slow; another's errors would explain them."""
    slow_below = weighed(clue("errors", "web", 0.8), clue("latency", "cart", 0.8), symptom=FAILING)
    assert terms(slow_below, "web") == {"call graph": pytest.approx(0.8)}
    failing_below = weighed(clue("errors", "web", 0.8), clue("errors", "cart", 0.8), symptom=FAILING)
    assert terms(failing_below, "web") == {"call graph": pytest.approx(0.8 - WORTH.shifted * 0.8)}


@pytest.mark.parametrize(
    ("signal", "heavy", "light"),
    [
        (Signal.LATENCY, "latency", "errors"),
        (Signal.ERRORS, "errors", "latency"),
        (Signal.AVAILABILITY, "errors", "latency"),
    ],
)
def test_what_the_alert_speaks_of_counts_most(signal: Signal, heavy: str, light: str) -> None:
    symptom = Symptom(service="web", signal=signal)
    found = weighed(clue(heavy, "cart", 0.5), clue(light, "stock", 0.5), symptom=symptom, graph=CallGraph())
    assert found.sums["cart"] == pytest.approx(0.5)
    assert found.sums["stock"] == pytest.approx(0.5 * WORTH.other_signal)


def test_where_the_alert_names_no_signal_both_count_and_requests_hardly() -> None:
    found = weighed(
        clue("latency", "cart", 0.5),
        clue("errors", "stock", 0.5),
        clue("requests", "web", 1.0),
        symptom=Symptom(),
        graph=CallGraph(),
    )
    assert found.sums == {"cart": 0.5, "stock": 0.5, "web": pytest.approx(0.15)}


def test_what_the_whole_system_shows_counts_for_the_service_that_the_alert_names() -> None:
    found = weighed(clue("latency", "", 0.7), clue("resource", "", 0.9), clue("latency", "web", 0.2))
    assert terms(found, "web") == {"call graph": pytest.approx(0.7)}
    assert found.sums.get("") is None
    assert set(weighed(clue("latency", "", 0.7), symptom=Symptom()).sums.values()) == {0.0}


@pytest.mark.parametrize("channel", ["new errors", "failed spans", "lost calls", "gone", "stopped calls"])
def test_effects_are_forgiven_for_what_is_worse_below(channel: str) -> None:
    found = weighed(clue(channel, "web", 0.9), clue("resource", "cart", 0.2))
    explains = WORTH.explained * WORTH.resource * 0.2
    own = WORTH.worth(channel) * 0.9
    assert terms(found, "web") == {channel: pytest.approx(own), "explained by callees": pytest.approx(-explains)}
    told = next(term.says for term in found.terms["web"] if term.name == "explained by callees")
    assert told == "cart, on which web depends, explains part of it"


def test_a_resource_of_its_own_is_never_forgiven() -> None:
    assert terms(weighed(clue("resource", "web", 0.9), clue("resource", "cart", 0.9)), "web") == {
        "resource": pytest.approx(WORTH.resource * 0.9)
    }


def test_forgiveness_reaches_two_calls_deep_and_takes_no_more_than_there_is() -> None:
    deep = weighed(clue("gone", "web", 0.5), clue("resource", "stock", 1.0))
    assert terms(deep, "web")["explained by callees"] == pytest.approx(-WORTH.gone * 0.5)
    assert deep.sums["web"] == 0.0
    far = CallGraph((("web", "a"), ("a", "b"), ("b", "c")))
    assert "explained by callees" not in terms(
        weighed(clue("gone", "web", 0.5), clue("resource", "c", 1.0), graph=far), "web"
    )


def test_two_that_call_each_other_excuse_neither() -> None:
    both = CallGraph((("web", "cart"), ("cart", "web")))
    found = weighed(clue("new errors", "web", 0.6), clue("new errors", "cart", 0.9), graph=both)
    assert "explained by callees" not in terms(found, "web")
    assert "explained by callees" not in terms(found, "cart")


def test_new_errors_of_one_service_add_as_odds_and_three_messages_are_all() -> None:
    def both(*amounts: float) -> float:
        found = strongest([clue("new errors", "cart", a, f"error {i}") for i, a in enumerate(amounts)])
        return found["new errors", "cart"].amount

    assert both(0.5) == 0.5
    assert both(0.5, 0.5) == pytest.approx(2 / 3, abs=1e-5)
    assert both(0.5, 0.5, 0.5) == pytest.approx(0.75, abs=1e-5)
    assert both(0.5, 0.5, 0.5, 0.5, 0.5) == both(0.5, 0.5, 0.5)
    assert both(1.0, 1.0) <= 1.0
    # strays, which anybody can plant, do not add up
    assert both(0.6, 0.49, 0.49) == 0.6


def test_of_any_other_channel_the_strongest_counts_alone_and_ties_go_by_the_sentence() -> None:
    found = strongest([clue("resource", "cart", 0.5, "b"), clue("resource", "cart", 0.5, "a"), clue("moon", "cart", 1)])
    assert {key: (c.amount, c.says) for key, c in found.items()} == {("resource", "cart"): (0.5, "a")}


def test_a_follower_loses_a_fifth() -> None:
    late = weighed(clue("resource", "cart", 1.0, onset=1200.0))
    assert terms(late, "cart")["timing"] == pytest.approx(-0.2 * WORTH.resource)
    assert "timing" not in terms(weighed(clue("resource", "cart", 1.0, onset=1170.0)), "cart")


def test_errors_that_name_an_outside_callee_weigh_less_on_the_one_that_reports_them() -> None:
    outer = Clue(channel="external", service="paygate", amount=1.0, says="paygate fails", detail="cart")
    error = clue("new errors", "cart", 0.8)
    graph = CallGraph((*GRAPH.edges, ("cart", "paygate")))
    # what is left of them is then explained by what lies below
    assert terms(weighed(error, outer, graph=graph), "cart")["new errors"] == pytest.approx(
        WORTH.new_errors * 0.8 * 0.3
    )
    assert terms(weighed(error, outer), "cart")["new errors"] == pytest.approx(WORTH.new_errors * 0.8)
    assert "paygate" not in weighed(error, outer).sums, "a name that the graph does not hold is no service of ours"


@given(
    found=st.lists(
        st.builds(
            clue,
            st.sampled_from((*CHANNELS, "latency", "errors", "requests")),
            st.sampled_from(("web", "cart", "stock", "")),
            st.floats(0, 1),
        ),
        max_size=12,
    ),
    symptom=st.sampled_from((SLOW, FAILING, Symptom())),
)
@settings(max_examples=60, deadline=None)
def test_no_sum_is_negative_and_every_sum_is_its_terms(found: list[Clue], symptom: Symptom) -> None:
    out = weighed(*found, symptom=symptom)
    for name, total in out.sums.items():
        assert total >= 0
        assert total == pytest.approx(max(0.0, sum(term.value for term in out.terms[name])))
