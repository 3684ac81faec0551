"""Does a simulated fix say what the fix would do, and nothing where the records do not tell?"""

import re

import numpy as np
import pytest

from bench.fixes import CHAIN, FAN, FORCES, Call, dosed, made_spans
from clew.causal.course import Course
from clew.causal.intervention import held, simulated, undone
from clew.causal.replay import replay
from clew.tables import Floats, Spans

START = 1_763_836_600.0
TIMES = START + 30.0 * np.arange(80, dtype=np.float64)
ONSET = float(TIMES[60])
LATER = TIMES >= ONSET


def spans(system: Call = CHAIN, slow: str = "", factor: float = 1.0, count: int = 120, seed: int = 1) -> Spans:
    return made_spans(system, count, (slow, factor), np.random.default_rng(seed))


def tree(*rows: tuple[int, float, float]) -> Spans:
    """One trace; each row is (parent, start, duration), its service is named by its number."""
    count = len(rows)
    parent = np.array([row[0] for row in rows], dtype=np.int32)
    start = np.array([START + row[1] for row in rows], dtype=np.float64)
    duration = np.array([row[2] for row in rows], dtype=np.float64)
    service = np.arange(count, dtype=np.int32)
    names = tuple(f"s{i}" for i in range(count))
    nothing = np.zeros(count, dtype=np.bool_)
    return Spans(
        np.zeros(count, dtype=np.int32),
        parent,
        service,
        service,
        START + start,
        duration,
        nothing,
        ("t",),
        names,
        names,
    )


def usual(service: int, seconds: float) -> Spans:
    """Ten calls without children that show what a service usually takes."""
    count, names = 10, tuple(f"s{i}" for i in range(9))
    numbers = np.full(count, service, dtype=np.int32)
    rows = np.arange(count, dtype=np.int32)
    alone = np.full(count, -1, dtype=np.int32)
    nothing = np.zeros(count, dtype=np.bool_)
    return Spans(
        rows,
        alone,
        numbers,
        numbers,
        START + np.arange(10.0),
        np.full(count, seconds),
        nothing,
        tuple("abcdefghij"),
        names,
        names,
    )


def played(now: Spans, service: int, seconds: float, whole: bool = False) -> float:
    found = replay(now, usual(service, seconds), f"s{service}", whole)
    assert found is not None
    assert found.recorded.tolist() == [10.0]
    return float(found.played[0, 0])


def test_undoing_a_change_brings_back_the_level_without_it() -> None:
    values = 0.118 * np.exp(0.05 * np.random.default_rng(1).standard_normal(80)) + np.where(LATER, 0.4, 0.0)
    effect = undone(Course(TIMES, values, "latency-p99", "s", "web"), ONSET, act="deploy 4f2c1a9 is rolled back")
    assert re.fullmatch(
        r"If deploy 4f2c1a9 is rolled back, the p99 latency of web would be about 11\d ms \(1\d\d to 12\d\); it was 5\d\d ms\.",
        effect.says,
    ), effect.says
    assert effect.claimed


def test_what_a_service_took_longer_is_taken_off_the_requests_that_wait_for_it() -> None:
    now = tree((-1, 0.0, 10.0), (0, 1.0, 8.0), (1, 2.0, 6.0))
    assert played(now, 2, 1.0) == pytest.approx(5.0)  # 6 s become 1 s
    assert played(now, 1, 0.5) == pytest.approx(8.5)  # 2 s of its own become 0.5 s
    assert played(now, 1, 0.5, whole=True) == pytest.approx(2.5)  # and with its callee 8 s become 0.5 s


def test_calls_in_turn_move_up() -> None:
    now = tree((-1, 0.0, 10.0), (0, 1.0, 4.0), (0, 6.0, 3.0))
    assert played(now, 1, 1.0) == pytest.approx(7.0)


def test_what_ran_longer_beside_it_hides_the_gain() -> None:
    now = tree((-1, 0.0, 10.0), (0, 1.0, 8.0), (0, 1.0, 7.0))
    assert played(now, 1, 1.0) == pytest.approx(9.0)  # the other one still takes 7 s


def test_a_call_that_nobody_waits_for_gains_nothing() -> None:
    now = tree((-1, 0.0, 10.0), (0, 9.0, 30.0))
    assert played(now, 1, 1.0) == pytest.approx(10.0)


def test_nothing_gets_slower_by_a_fix() -> None:
    assert played(tree((-1, 0.0, 10.0), (0, 1.0, 4.0)), 1, 9.0) == pytest.approx(10.0)


def test_traces_in_a_circle_end() -> None:
    now = tree((1, 0.0, 5.0), (0, 0.0, 5.0), (-1, 0.0, 10.0))
    found = replay(now, usual(1, 1.0), "s1")
    assert found is not None
    assert found.recorded.tolist() == [10.0]


@pytest.mark.parametrize(("system", "slow"), [(CHAIN, "db"), (FAN, "b")], ids=["in a chain", "at once"])
def test_the_fix_of_the_slow_service_is_foretold(system: Call, slow: str) -> None:
    effect = simulated(spans(system, slow, 5.0), spans(system, seed=2), slow)
    truth = spans(system, seed=3, count=4000)
    level = float(np.quantile(truth.duration[truth.parent < 0], 0.95))
    assert effect.claimed
    assert effect.basis == "120 requests played again"
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low <= level * 1.05
    assert effect.high >= level * 0.95
    assert effect.says.startswith(f"If {slow} took its usual time, the p95 time of requests through it would be about ")


def test_no_gain_is_claimed_of_a_service_that_is_as_usual() -> None:
    effect = simulated(spans(CHAIN, "db", 5.0), spans(CHAIN, seed=2), "web")
    assert effect.without is not None
    assert not effect.claimed


@pytest.mark.parametrize(
    ("service", "count", "why"),
    [
        ("mail", 120, "too few calls to mail are known from normal times"),
        ("db", 6, "only 6 whole requests were recorded"),
    ],
)
def test_what_the_traces_do_not_tell_is_said(service: str, count: int, why: str) -> None:
    effect = simulated(spans(CHAIN, "db", 5.0, count), spans(CHAIN, seed=2), service)
    assert effect.says.startswith("can't tell what the")
    assert effect.says.endswith(f"if {service} took its usual time: {why}")
    assert not simulated(Spans.empty(), Spans.empty(), service).claimed


def test_clocks_in_another_unit_scale_the_forecast() -> None:
    now, past = spans(CHAIN, "db", 5.0), spans(CHAIN, seed=2)
    one = replay(now, past, "db")
    for table in (now, past):
        table.start[:] *= 1000.0
        table.duration[:] *= 1000.0
    other = replay(now, past, "db")
    assert one is not None
    assert other is not None
    assert other.played == pytest.approx(1000.0 * one.played, rel=1e-3)


def test_a_signal_that_follows_its_driver_falls_with_it() -> None:
    world = dosed(FORCES["as it is"], 0.5, np.random.default_rng(3))
    effect = held(world.course, world.driver, world.onset, act="the queue of pay is empty")
    assert effect.claimed
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low <= world.truth <= effect.high
    assert effect.says.startswith("If the queue of pay is empty, the signal of web would be about ")


def step(size: float, seed: int = 1) -> Floats:
    return 20 + 0.1 * np.random.default_rng(seed).standard_normal(80) + np.where(LATER, size, 0.0)


@pytest.mark.parametrize(
    ("driver", "why"),
    [
        (np.where(LATER, 3.0, 1.0), "both moved once, at the same moment: nothing tells how one follows the other"),
        (step(0.0, 9), "it does not follow that signal"),
        (np.full(80, np.nan), "what would be changed was not measured all the time"),
        (np.ones(80), "what would be changed never moved"),
    ],
    ids=["one step", "unrelated", "unmeasured", "constant"],
)
def test_a_dose_that_tells_nothing_is_refused(driver: Floats, why: str) -> None:
    effect = held(Course(TIMES, step(8.0), "latency", "ms", "web"), driver, ONSET, act="it is fixed")
    assert effect.says == f"can't tell what the latency of web would have been if it is fixed: {why}"
    assert not effect.claimed
