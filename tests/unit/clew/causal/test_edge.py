"""Is a slow network blamed on the node that every slow call touches, and on nobody where nothing is slow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.edge import edge_clues, exits, gaps
from clew.causal.selftime import taken
from clew.hypothesis import Clue
from clew.tables import Spans

ROUTES = (("web", "cart"), ("web", "pay"), ("batch", "cart"), ("cart", "stock"), ("pay", "bank"))
NAMES = tuple(sorted({name for route in ROUTES for name in route}))


def calls(slow: str = "", delay: float = 0.2, count: int = 40, seed: int = 1) -> Spans:
    """Single calls along every route, 2 ms on the way; those that touch `slow` take `delay` seconds more."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, str, float]] = []
    for caller, callee in ROUTES:
        for _ in range(count):
            inner = 0.05 + abs(float(rng.normal(0, 0.005)))
            way = 0.002 + abs(float(rng.normal(0, 0.0005))) + (delay if slow in (caller, callee) else 0.0)
            rows += [(len(rows), -1, caller, inner + way), (len(rows) + 1, len(rows), callee, inner)]
    return Spans(
        trace=np.array([i // 2 for i, _, _, _ in rows], dtype=np.int32),
        parent=np.array([parent for _, parent, _, _ in rows], dtype=np.int32),
        service=np.array([NAMES.index(who) for _, _, who, _ in rows], dtype=np.int32),
        operation=np.zeros(len(rows), dtype=np.int32),
        start=np.arange(float(len(rows))),
        duration=np.array([seconds for _, _, _, seconds in rows]),
        error=np.zeros(len(rows), dtype=np.bool_),
        traces=tuple(f"t{i}" for i in range(len(rows) // 2)),
        services=NAMES,
        operations=("call",),
    )


def best(clues: list[Clue]) -> Clue:
    return max(clues, key=lambda c: c.amount)


def test_the_way_is_what_the_caller_waits_longer_than_the_callee_works() -> None:
    found = gaps(calls())
    assert set(found) == set(ROUTES)
    for values in found.values():
        assert len(values) == 40
        assert np.median(values) == pytest.approx(0.0023, abs=0.0005)


def test_a_caller_with_two_callees_measures_no_single_way() -> None:
    two = calls(count=1)
    parent = two.parent.copy()
    parent[3] = 0
    shared = Spans(
        two.trace, parent, two.service, two.operation, two.start, two.duration, two.error,
        two.traces, two.services, two.operations,
    )  # fmt: skip
    assert ("web", "cart") not in gaps(shared)
    assert ("web", "pay") not in gaps(shared)
    assert ("cart", "stock") in gaps(shared)


@pytest.mark.parametrize("node", ["cart", "pay", "stock", "bank"])
def test_the_node_whose_every_way_is_slow_is_blamed(node: str) -> None:
    clues, explained = edge_clues(calls(node), calls(seed=2))
    assert best(clues).amount > 0.5
    top = {c.service for c in clues if c.amount == best(clues).amount}
    assert node in top
    assert {c.channel for c in clues} == {"edge"}
    callers = {caller for caller, callee in ROUTES if node in (caller, callee)}
    assert set(explained) == callers
    one = next(c for c, d in ROUTES if d == node)
    routes = sum(1 for caller, callee in ROUTES if caller == one and node in (caller, callee))
    assert explained[one] == pytest.approx(0.2 * 40 * routes, rel=0.1)


def test_without_a_usual_the_fleet_is_the_measure() -> None:
    clues, _ = edge_clues(calls("pay"), Spans.empty())
    assert "pay" in {c.service for c in clues if c.amount == best(clues).amount}


def test_nothing_slow_and_nothing_at_all_blame_nobody() -> None:
    assert edge_clues(calls(), calls(seed=2)) == ([], {})
    assert edge_clues(Spans.empty(), calls()) == ([], {})
    assert edge_clues(calls(delay=0.0), Spans.empty()) == ([], {})


@given(share=st.integers(0, 40), seed=st.integers(0, 20))
@settings(max_examples=20, deadline=None)
def test_amounts_stay_within_their_unit_whatever_the_delay(share: int, seed: int) -> None:
    clues, explained = edge_clues(calls("cart", delay=share * 0.05, seed=seed), calls(seed=seed + 1))
    assert all(0 <= c.amount <= 1 for c in clues)
    assert all(seconds >= 0 for seconds in explained.values())


def test_a_service_that_shares_one_slow_way_is_blamed_less_than_the_one_on_all() -> None:
    """Every way of batch is slow too, but most of the waiting is elsewhere: cart's ways hold all of it."""
    clues, _ = edge_clues(calls("cart"), calls(seed=2))
    amounts = {clue.service: clue.amount for clue in clues}
    assert amounts["cart"] > 0.8
    assert 0 < amounts["batch"] < 0.7 * amounts["cart"]


def without(spans: Spans, caller: str, callee: str) -> Spans:
    """The same calls but for those of one route."""
    ends = np.flatnonzero(spans.parent >= 0)
    mine = ends[(spans.service[ends] == NAMES.index(callee))]
    mine = mine[spans.service[spans.parent[mine]] == NAMES.index(caller)]
    keep = np.ones(len(spans), dtype=np.bool_)
    keep[mine] = keep[spans.parent[mine]] = False
    return taken(spans, keep)


def test_a_way_that_was_never_gone_before_is_compared_with_the_fleets() -> None:
    past = without(calls(seed=2), "web", "pay")
    assert ("web", "pay") not in gaps(past)
    assert edge_clues(calls(), past) == ([], {})
    only = without(calls("web"), "web", "cart")
    clues, explained = edge_clues(only, past)
    # the usual of the other routes, 2 ms, stands in for its own: 40 calls wait 200 ms each
    assert explained == {"web": pytest.approx(0.2 * 40, rel=0.05)}
    assert {"web", "pay"} <= {clue.service for clue in clues if clue.amount == best(clues).amount}


def test_where_most_ways_are_slow_now_the_usual_ones_are_the_measure() -> None:
    _, explained = edge_clues(calls("cart"), without(calls(seed=2), "web", "cart"))
    assert explained["web"] == pytest.approx(0.2 * 40, rel=0.05)


def client(way: float, *, answered: bool = True, fan: int = 0, count: int = 30) -> Spans:
    """Requests to web: below each a span of web's own for the call, and below that cart's; `fan` calls have a second child."""
    rows: list[tuple[int, int, int, int, float]] = []
    for trace in range(count):
        at = len(rows)
        rows += [(trace, -1, 0, 0, 0.06 + way), (trace, at, 0, 1, 0.05 + way)]
        if answered:
            rows.append((trace, at + 1, 1, 2, 0.05))
        if trace < fan:
            rows.append((trace, at + 1, 2, 2, 0.001))
    column = [np.array(values) for values in zip(*rows, strict=True)]
    trace, parent, service, operation = (values.astype(np.int32) for values in column[:4])
    failed = np.zeros(len(rows), dtype=np.bool_)
    names = tuple(f"t{i}" for i in range(count))
    return Spans(
        trace, parent, service, operation, np.arange(float(len(rows))), column[4], failed, names,
        ("web", "cart", "cache"), ("GET /", "call cart", "GET /cart"),
    )  # fmt: skip


def marked(spans: Spans) -> set[tuple[str, str]]:
    found = exits(spans)
    return {
        (spans.services[spans.service[row]], spans.operations[spans.operation[row]]) for row in np.flatnonzero(found)
    }


def test_the_callers_side_of_a_call_is_known_by_its_one_child_elsewhere() -> None:
    assert marked(client(0.002)) == {("web", "call cart")}
    assert exits(client(0.002)).sum() == 30
    assert len(exits(Spans.empty())) == 0


def test_work_that_calls_several_others_is_no_mere_call() -> None:
    assert marked(client(0.002, fan=5)) == {("web", "call cart")}
    assert marked(client(0.002, fan=15)) == set()


def test_a_request_that_came_in_is_no_call_out_although_it_has_one_child() -> None:
    """Nothing of its own service is above: between it and its callee, work and the way look alike."""
    assert marked(calls()) == set()


def test_a_call_whose_request_was_not_recorded_may_be_work() -> None:
    whole = client(0.002)
    keep = np.ones(len(whole), dtype=np.bool_)
    keep[np.flatnonzero(whole.parent < 0)[:3]] = False
    assert exits(taken(whole, keep)).sum() == 27
