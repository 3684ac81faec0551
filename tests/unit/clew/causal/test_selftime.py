"""Is time blamed where it is spent, not where it is waited for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.moment import Moment
from clew.causal.selftime import phases, self_times, span_clues, taken
from clew.hypothesis import Clue
from clew.incident import Window
from clew.tables import Spans

ONSET = 1_763_836_600.0
MOMENT = Moment(onset=ONSET, window=Window(start=ONSET - 1200, end=ONSET + 600), alerted_at=ONSET + 60)
CHAIN = ("web", "cart", "stock")


def traces(slow: str = "", factor: float = 8.0, *, failing: str = "", quits: str = "", seed: int = 1) -> Spans:
    """One chain of calls every 10 s, each working 20 ms itself; from the onset on `slow` works `factor` times as long,
    `failing` fails (and its callers with it) and `quits` calls nobody any more."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, int, float, float, bool]] = []
    for number, at in enumerate(np.arange(ONSET - 1200, ONSET + 600, 10.0)):
        sick = bool(at >= ONSET)
        length = CHAIN.index(quits) + 1 if sick and quits else len(CHAIN)
        work = [
            (0.02 + abs(float(rng.normal(0, 0.001)))) * (factor if sick and who == slow else 1.0)
            for who in CHAIN[:length]
        ]
        first = len(rows)
        for depth in range(length):
            failed = sick and bool(failing) and depth <= CHAIN.index(failing)
            waits = sum(work[depth:]) + 0.001 * (length - 1 - depth)
            rows.append((number, first + depth - 1 if depth else -1, depth, float(at), waits, failed))
        # a second callee each: between a caller and its only callee, work and the way there look alike
        rows += [(number, first + depth, len(CHAIN), float(at), 0.001, False) for depth in range(length - 1)]
    column = list(zip(*rows, strict=True))
    return Spans(
        np.array(column[0], dtype=np.int32),
        np.array(column[1], dtype=np.int32),
        np.array(column[2], dtype=np.int32),
        np.array(column[2], dtype=np.int32),
        np.array(column[3]),
        np.array(column[4]),
        np.array(column[5], dtype=np.bool_),
        tuple(f"t{i}" for i in range(180)),
        (*CHAIN, "cache"),
        tuple(f"GET /{who}" for who in (*CHAIN, "cache")),
    )


def of(clues: tuple[Clue, ...], channel: str) -> dict[str | None, float]:
    return {c.service: c.amount for c in clues if c.channel == channel}


def normal() -> Spans:
    whole = traces(seed=9)
    return taken(whole, whole.start < ONSET)


def test_self_time_is_what_no_child_covers() -> None:
    own, children = self_times(traces())
    assert own[traces().service < len(CHAIN)] == pytest.approx(0.02, rel=0.3)
    assert sorted(set(children.tolist())) == [0, 2]
    assert len(self_times(Spans.empty())[0]) == 0


@pytest.mark.parametrize("slow", CHAIN)
@pytest.mark.parametrize("reference", [True, False], ids=["with a reference", "without"])
def test_the_service_that_works_longer_is_blamed_not_those_that_wait_for_it(slow: str, reference: bool) -> None:
    found = of(span_clues(traces(slow), normal() if reference else Spans.empty(), MOMENT), "self time")
    assert max(found, key=lambda who: found[who]) == slow
    assert found[slow] > 0.9
    assert sum(found.values()) <= 1.0 + 1e-6


@pytest.mark.parametrize("failing", CHAIN)
def test_failure_is_blamed_where_it_starts(failing: str) -> None:
    found = of(span_clues(traces(failing=failing), normal(), MOMENT), "failed spans")
    assert set(found) == {failing}
    assert 0.5 < found[failing] <= 1.0


@pytest.mark.parametrize("quits", CHAIN[:-1])
def test_a_service_that_stopped_calling_is_noticed(quits: str) -> None:
    found = of(span_clues(traces(quits=quits), normal(), MOMENT), "lost calls")
    assert set(found) == {quits}


def test_nothing_unusual_says_only_who_was_seen() -> None:
    clues = span_clues(traces(), normal(), MOMENT)
    assert [c.channel for c in clues] == ["seen"]
    assert set(clues[0].detail.split("\n")) == {*CHAIN, "cache"}
    assert span_clues(Spans.empty(), normal(), MOMENT) == ()


def test_without_a_past_nothing_can_be_called_longer() -> None:
    late = traces("cart")
    late = taken(late, late.start >= ONSET)
    assert of(span_clues(late, Spans.empty(), MOMENT), "self time") == {}
    assert len(phases(late, Spans.empty(), MOMENT)[1]) == 0


def test_a_parent_that_was_not_taken_is_no_parent() -> None:
    whole = traces()
    half = taken(whole, whole.service != 0)
    assert half.parent.max() < len(half)
    above = whole.parent[whole.service != 0]
    assert ((half.parent == -1) == (whole.service[above] == 0)).all()


@given(seed=st.integers(0, 30), scale=st.sampled_from((0.01, 1.0, 100.0)))
@settings(max_examples=15, deadline=None)
def test_the_speed_of_the_whole_system_does_not_change_who_is_first(seed: int, scale: float) -> None:
    def scaled(spans: Spans) -> Spans:
        return Spans(
            spans.trace, spans.parent, spans.service, spans.operation, spans.start, spans.duration * scale, spans.error,
            spans.traces, spans.services, spans.operations,
        )  # fmt: skip

    found = of(span_clues(scaled(traces("stock", seed=seed)), scaled(normal()), MOMENT), "self time")
    assert max(found, key=lambda who: found[who]) == "stock"


def asked(sick: bool) -> Spans:
    """Every 10 s web answers a request and calls cart by a span of its own; while `sick`, calls last 2 s and cart never hears of them."""
    rows: list[tuple[int, int, int, int, float, float]] = []
    for number, at in enumerate(np.arange(ONSET - 1200, ONSET + 600, 10.0)):
        lost = sick and at >= ONSET
        first, way = len(rows), 2.0 if lost else 0.05 + 0.0001 * (number % 3)
        rows += [(number, -1, 0, 0, float(at), 0.02 + way), (number, first, 0, 1, float(at), way)]
        if not lost:
            rows.append((number, first + 1, 1, 2, float(at), 0.05))
    column = [np.array(values) for values in zip(*rows, strict=True)]
    trace, parent, service, operation = (values.astype(np.int32) for values in column[:4])
    return Spans(
        trace, parent, service, operation, column[4], column[5], np.zeros(len(rows), dtype=np.bool_),
        tuple(f"t{i}" for i in range(180)), ("web", "cart"), ("GET /", "call cart", "GET /cart"),
    )  # fmt: skip


@pytest.mark.parametrize("reference", [True, False], ids=["with a reference", "without"])
def test_waiting_for_an_answer_is_no_work_although_no_answer_was_recorded(reference: bool) -> None:
    usual = taken(asked(False), asked(False).start < ONSET) if reference else Spans.empty()
    # beside a reference not one call of the incident is answered: only the past knows that it is a call
    now = taken(asked(True), asked(True).start >= ONSET) if reference else asked(True)
    clues = span_clues(now, usual, MOMENT)
    assert of(clues, "self time") == {}
    assert set(of(clues, "lost calls")) == {"web"}
