"""Is a slow network blamed on the node that every slow call touches, and on nobody where nothing is slow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.edge import edge_clues, gaps
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
