"""Is what would have been without the event told with an interval that holds, and withheld where nothing supports it?"""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.coverage import answered, planted
from clew.causal.counterfactual import counterfactual
from clew.causal.course import Course, course
from clew.tables import Floats, Matrix, SeriesKey

START, STEP, BEFORE, AFTER = 1_763_836_600.0, 60.0, 60, 8
TIMES = START + STEP * np.arange(BEFORE + AFTER, dtype=np.float64)
ONSET = float(TIMES[BEFORE])
LATER = TIMES >= ONSET


def noise(seed: int = 1, size: int = len(TIMES)) -> Floats:
    return np.random.default_rng(seed).standard_normal(size)


def web(values: Floats, metric: str = "latency-p99", unit: str = "s", peers: Floats | None = None) -> Course:
    return Course(TIMES, values, metric, unit, "web", np.empty((0, 0)) if peers is None else peers)


def latency(seed: int = 1) -> Floats:
    return 0.118 * np.exp(0.05 * noise(seed)) + np.where(LATER, 0.4, 0.0)


def test_the_sentence_is_the_one_that_people_are_promised() -> None:
    errors = np.where(LATER, 6.1, 0.4) + 0.1 * noise()
    effect = counterfactual(web(errors, "error rate", "%"), ONSET, without="deploy 4f2c1a9")
    numbers = r"about 0\.(?:39|4)\d* % \(0\.[23]\d* to 0\.[45]\d*\); it was 6\.\d+ %\."
    assert re.fullmatch(rf"Without deploy 4f2c1a9 the error rate of web would have been {numbers}", effect.says), effect
    assert effect.claimed
    assert effect.basis == "past"


def test_seconds_below_one_are_said_in_milliseconds() -> None:
    effect = counterfactual(web(latency()), ONSET)
    assert re.search(r"about 11\d ms \(1\d\d to 12\d\); it was 5\d\d ms", effect.says), effect.says
    assert effect.without == pytest.approx(0.118, rel=0.05)
    assert effect.unit == "s"


@pytest.mark.parametrize(
    ("metric", "unit", "said"),
    [
        ("charge_error_rate_pct", "", r"about 0\.\d+ % \("),
        ("requests", "1/s", r"about 0\.\d+/s \("),
        ("queue_wait_ms", "", r"about 0\.\d+ ms \("),
        ("depth", "", r"about 0\.\d+ \("),
    ],
)
def test_a_number_carries_the_unit_that_the_name_or_the_source_gives(metric: str, unit: str, said: str) -> None:
    values = 0.4 + 0.05 * noise(2) + np.where(LATER, 5.0, 0.0)
    assert re.search(said, counterfactual(web(values, metric, unit), ONSET).says)


@pytest.mark.parametrize("kind", ["white", "autoregressive 0.8", "latency", "error rate near 0", "peers share load"])
def test_the_interval_holds_the_truth_and_nothing_is_claimed_of_quiet_worlds(kind: str) -> None:
    rng = np.random.default_rng(5)
    probes = [planted(kind, int(rng.integers(30, 120)), rng, 0.0) for _ in range(50)]
    answers = [answered(probe) for probe in probes]
    inside = [
        e.low is not None and e.high is not None and e.low <= p.truth <= e.high
        for p, e in zip(probes, answers, strict=True)
    ]
    assert np.mean(inside) >= 0.8  # 0.9 less what 50 draws may miss
    assert sum(effect.claimed for effect in answers) <= 4


@pytest.mark.parametrize("kind", ["white", "trend", "seasonal", "counts", "rare counts"])
def test_an_effect_of_four_spreads_is_found(kind: str) -> None:
    rng = np.random.default_rng(6)
    answers = [answered(planted(kind, 60, rng, 4.0)) for _ in range(20)]
    assert sum(effect.claimed for effect in answers) >= 17


def test_a_few_peaks_are_no_new_level() -> None:
    values = 0.1 * np.exp(0.05 * noise(3))
    values[BEFORE + 2] = 4.0
    effect = counterfactual(web(values), ONSET)
    assert effect.observed is not None
    assert effect.high is not None
    assert effect.observed > effect.high
    assert not effect.claimed


@pytest.mark.parametrize(
    ("values", "onset", "why"),
    [
        (np.full(len(TIMES), np.nan), ONSET, "nothing was measured after it"),
        (latency(), float(TIMES[5]), "only 5 samples before it"),
        (latency(), float(TIMES[0]), "nothing was measured before it"),
        (latency(), float(TIMES[-1]) + 1.0, "nothing was measured after it"),
        (np.where(LATER, np.nan, latency()), ONSET, "nothing was measured after it"),
    ],
    ids=["unmeasured", "short", "no past", "no future", "stopped"],
)
def test_what_cannot_be_told_is_said(values: Floats, onset: float, why: str) -> None:
    effect = counterfactual(web(values), onset, without="deploy 4f2c1a9")
    assert effect.says == f"can't tell what the p99 latency of web would have been without deploy 4f2c1a9: {why}"
    assert effect.without is None
    assert not effect.claimed


def test_errors_where_there_never_were_any_are_an_effect() -> None:
    effect = counterfactual(web(np.where(LATER, 5.0, 0.0), "error rate", "%"), ONSET)
    assert (effect.without, effect.low, effect.high, effect.claimed) == (0.0, 0.0, 0.0, True)


@pytest.mark.parametrize(("usual", "now", "claimed"), [(100.0, 98.0, True), (80.0, 78.0, False), (80.0, 60.0, True)])
def test_a_signal_that_never_moved_must_move_notably_but_from_all_there_is(
    usual: float, now: float, claimed: bool
) -> None:
    effect = counterfactual(web(np.where(LATER, now, usual), "availability", "%"), ONSET)
    assert (effect.low, effect.high, effect.claimed) == (usual, usual, claimed)


def test_a_single_error_where_there_never_were_any_is_none() -> None:
    values = np.zeros(len(TIMES))
    values[BEFORE + 3] = 5.0
    assert not counterfactual(web(values, "error rate", "%"), ONSET).claimed


@pytest.mark.parametrize("seed", range(4))
def test_a_level_never_passes_zero_or_all(seed: int) -> None:
    trend = np.linspace(0.0, 1.0, len(TIMES))
    rate = np.maximum(1.0 - 1.1 * trend + 0.1 * noise(seed), 0.0) + np.where(LATER, 3.0, 0.0)
    low = counterfactual(web(rate, "error rate", "%"), ONSET).low
    assert low is not None
    assert low >= 0.0
    share = np.minimum(99.0 + 1.1 * trend + 0.1 * noise(seed), 100.0) - np.where(LATER, 20.0, 0.0)
    high = counterfactual(web(share, "availability", "%"), ONSET).high
    assert high is not None
    assert high <= 100.0


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_no_size_of_numbers_breaks_it(size: float) -> None:
    effect = counterfactual(web(size * (latency() - 0.5), unit=""), ONSET)
    assert effect.claimed
    assert effect.without == pytest.approx(size * -0.382, rel=0.1)


def test_peers_narrow_the_interval() -> None:
    load = 3 * np.sin(np.arange(len(TIMES)) / 9.0) + np.cumsum(0.5 * noise(5))
    values = 40 + load + 0.3 * noise(6) + np.where(LATER, 5.0, 0.0)
    peers = np.stack([20 + load + 0.3 * noise(seed) for seed in (7, 8, 9)])
    alone, beside = (counterfactual(web(values, "cpu", "%", rows), ONSET) for rows in (None, peers))
    assert beside.basis == "peers"
    assert alone.high is not None
    assert alone.low is not None
    assert beside.high is not None
    assert beside.low is not None
    assert beside.high - beside.low < 0.6 * (alone.high - alone.low)


def test_a_surge_that_moves_the_peers_too_is_not_laid_on_the_event() -> None:
    load = 2 * noise(5) + np.where(LATER, 12.0, 0.0)
    peers = np.stack([20 + load + 0.5 * noise(seed) for seed in (7, 8, 9)])
    effect = counterfactual(web(40 + load + 0.5 * noise(6), "cpu", "%", peers), ONSET)
    assert not effect.claimed
    assert "3 of 3 signals that usually move with it moved at the same time" in effect.says


def test_a_peer_that_the_event_hit_is_left_out() -> None:
    load = 2 * noise(5)
    peers = np.stack([20 + load + 0.5 * noise(seed) for seed in (7, 8, 9)])
    values = 40 + load + 0.5 * noise(6)
    clean = counterfactual(web(values + np.where(LATER, 9.0, 0.0), "cpu", "%", peers), ONSET)
    peers[0] += np.where(LATER, 9.0, 0.0)
    hit = counterfactual(web(values + np.where(LATER, 9.0, 0.0), "cpu", "%", peers), ONSET)
    assert clean.without is not None
    assert hit.claimed
    assert hit.without == pytest.approx(clean.without, abs=0.5)


def test_a_moment_that_is_told_late_does_not_spoil_the_past() -> None:
    exact, late = (counterfactual(web(latency()), at) for at in (ONSET, ONSET + 2 * STEP))
    assert exact.high is not None
    assert late.high == pytest.approx(exact.high, rel=0.1)
    assert late.claimed


def test_a_reference_stands_in_for_a_past_that_is_too_short() -> None:
    keys = (SeriesKey("web", "", "latency-p99", "s"),)
    few = TIMES >= ONSET - 2 * STEP
    grid = Matrix(TIMES[few], keys, latency()[few][None, :])
    usual = Matrix(TIMES - 9e6, keys, 0.118 * np.exp(0.05 * noise(12))[None, :])
    assert counterfactual(course(grid, 0), ONSET).says.endswith("only 2 samples before it")
    effect = counterfactual(course(grid, 0, normal=usual), ONSET)
    assert effect.basis == "a fault-free reference"
    assert effect.claimed
    assert effect.without == pytest.approx(0.118, rel=0.1)


@pytest.mark.parametrize("step", [5.0, 30.0, 300.0])
def test_any_resolution_is_read(step: float) -> None:
    times = START + step * np.arange(400.0)
    values = np.where(times >= times[300], 9.0, 3.0) + 0.3 * noise(2, 400)
    effect = counterfactual(Course(times, values, "latency", "s", "web"), float(times[300]))
    assert effect.without == pytest.approx(3.0, abs=0.3)
    assert effect.observed == pytest.approx(9.0, abs=0.3)


@settings(max_examples=12, deadline=None)
@given(st.floats(1e-6, 1e6), st.integers(0, 50))
def test_another_unit_changes_nothing_but_the_unit(factor: float, seed: int) -> None:
    values = latency(seed)
    one, other = (counterfactual(web(values * scale, unit=""), ONSET) for scale in (1.0, factor))
    for level in ("observed", "without", "low", "high"):
        assert getattr(other, level) == pytest.approx(factor * getattr(one, level), rel=0.02)
    assert one.claimed == other.claimed


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(len(TIMES))), st.booleans())
def test_neither_order_nor_repeats_change_the_answer(order: list[int], twice: bool) -> None:
    values, peers = latency(), 20 + noise(3)[None, :]
    values[7] = np.nan
    rows = np.array([*order, *(order[:20] if twice else [])])
    mixed = Course(TIMES[rows], values[rows], "latency-p99", "s", "web", peers[:, rows])
    assert counterfactual(mixed, ONSET) == counterfactual(web(values, peers=peers), ONSET)


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="one value per time"):
        Course(TIMES, np.zeros(3))
    with pytest.raises(ValueError, match="peers"):
        Course(TIMES, np.zeros(len(TIMES)), peers=np.zeros((2, 3)))


def test_services_on_the_path_are_no_peers() -> None:
    keys = tuple(SeriesKey(name, "", "latency-p99", "s") for name in ("web", "cart", "db", "mail"))
    grid = Matrix(TIMES, keys, np.arange(4.0)[:, None] + np.zeros(len(TIMES)))
    assert course(grid, 0, frozenset(("cart", "db"))).peers.tolist() == [[3.0] * len(TIMES)]
