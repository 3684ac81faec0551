"""Is a failure from outside told from one of our own."""

from clew.causal.external import external_clues
from clew.hypothesis import Clue
from clew.tables import CallGraph

SEEN = Clue(channel="seen", amount=0.0, says="2 services sent logs", detail="web\npay")


def errors(service: str, detail: str, amount: float = 1.0, onset: float | None = 1000.0) -> Clue:
    return Clue(channel="new errors", service=service, amount=amount, onset=onset, says="new", detail=detail)


def test_a_public_host_in_new_errors_is_outside_with_its_share_and_its_caller() -> None:
    found = external_clues(
        (SEEN, errors("pay", "api.paygate.com timed out", 3.0), errors("pay", "no row", 1.0)), CallGraph()
    )
    assert [(c.channel, c.service, c.amount, c.detail, c.onset) for c in found] == [
        ("external", "api.paygate.com", 0.75, "pay", 1000.0)
    ]


def test_a_callee_that_sends_nothing_itself_is_outside_and_our_own_is_not() -> None:
    graph = CallGraph((("pay", "paygate"), ("web", "pay")))
    found = external_clues((SEEN, errors("pay", "PayGate said 503"), errors("web", "call to pay failed")), graph)
    assert [c.service for c in found] == ["paygate"]


def test_names_of_the_inside_are_never_outside() -> None:
    inside = ("pay.internal refused", "pay.svc.cluster.local refused", "example.com refused", "pay refused")
    assert external_clues((SEEN, *(errors("web", text) for text in inside)), CallGraph((("web", "pay"),))) == ()


def test_the_providers_own_word_adds_to_it_within_bounds() -> None:
    feed = Clue(channel="status feed", amount=5.0, says="degraded")
    half = (errors("pay", "api.paygate.com timed out"), errors("pay", "no row"))
    assert external_clues((SEEN, *half, feed), CallGraph())[0].amount == 0.8
    assert external_clues((SEEN, half[0], feed), CallGraph())[0].amount == 1.0


def test_nothing_is_outside_where_nobody_was_seen_or_nothing_failed() -> None:
    assert external_clues((errors("pay", "api.paygate.com timed out"),), CallGraph()) == ()
    assert external_clues((SEEN, errors("pay", "api.paygate.com timed out", 0.0)), CallGraph()) == ()
