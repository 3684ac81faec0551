"""Is a fleet that is read in parts the same fleet, and is a series judged by its own samples alone."""

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.moment import Moment
from clew.causal.shift import resource_clues, series_clues
from clew.causal.summary import Summary, merged, summarise
from clew.incident import Signal, Symptom, Window
from clew.tables import Matrix, SeriesKey

ONSET = 1_763_836_800.0
SYMPTOM = Symptom(service="s1", signal=Signal.LATENCY, metric="latency-p99")
METRICS = (
    ("cpu", "%"),
    ("latency-p99", "s"),
    ("requests", "1/s"),
    ("error_rate", ""),
    ("availability", "%"),
    ("bytes_total", ""),
    ("queue_depth", ""),
)


def moment_of(times: np.ndarray[Any, Any]) -> Moment:
    return Moment(onset=ONSET, window=Window(start=float(times.min()), end=float(times.max())), alerted_at=ONSET + 90.0)


def fleet(seed: int, services: int = 7) -> tuple[Matrix, Matrix]:
    """Noisy services with gaps, counters that reset, jittered and unordered times; the first third is off from ONSET on."""
    rng = np.random.default_rng(seed)
    times = ONSET + np.arange(-80, 25) * 30.0 + rng.normal(0, 0.3, 105)
    keys = tuple(
        SeriesKey(f"s{place}" if place else "", f"i{copy}", metric, unit)
        for place in range(services)
        for metric, unit in METRICS
        for copy in range(2)
    )
    level = rng.uniform(0, 50, (len(keys), 1))
    values = rng.normal(level, rng.choice([0.0, 0.01, 1.0, 9.0], (len(keys), 1)), (len(keys), len(times)))
    values[: len(keys) // 3] += np.where(times >= ONSET, rng.uniform(0, 90, (len(keys) // 3, 1)), 0.0)
    for row, key in enumerate(keys):
        if key.metric.endswith("total"):
            values[row] = np.cumsum(np.abs(values[row]))
            values[row, 50:] -= values[row, 50]
    values[rng.random(values.shape) < 0.05] = np.nan
    values[3] = np.nan
    values[5, 7] = np.inf
    mixed = rng.permutation(len(times))
    normal = Matrix(times[:60] - 86_400.0, keys[::2], values[::2, :60])
    return Matrix(times[mixed], keys, values[:, mixed]), normal


def only(matrix: Matrix, services: set[str]) -> Matrix:
    rows = [row for row, key in enumerate(matrix.keys) if key.service in services]
    return Matrix(matrix.times, tuple(matrix.keys[row] for row in rows), matrix.values[rows])


def same(one: Any, other: Any) -> bool:
    """Equal to the last bit, NaN like NaN."""
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if is_dataclass(one) and not isinstance(one, SeriesKey):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple) and not isinstance(one, SeriesKey):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), parts=st.integers(1, 5))
def test_parts_joined_in_any_order_are_the_whole_to_the_last_bit(seed: int, parts: int) -> None:
    matrix, normal = fleet(seed)
    when = moment_of(matrix.times)
    rng = np.random.default_rng(seed)
    owner = {name: int(rng.integers(parts)) for name in {key.service for key in matrix.keys}}
    summaries = [
        summarise(only(matrix, mine), only(normal, mine), when)
        for part in range(parts)
        for mine in [{name for name, place in owner.items() if place == part}]
    ]
    rng.shuffle(summaries)  # pyright: ignore[reportArgumentType]
    whole = summarise(matrix, normal, when)
    assert same(merged(summaries), whole)
    assert series_clues(merged(summaries), when, SYMPTOM) == series_clues(whole, when, SYMPTOM)


def test_every_clue_of_a_matrix_names_its_row() -> None:
    matrix, normal = fleet(2)
    when = moment_of(matrix.times)
    found = resource_clues(matrix, normal, when, SYMPTOM)
    assert tuple(item._replace(row=-1) for item in found) == series_clues(
        summarise(matrix, normal, when), when, SYMPTOM
    )
    assert {item.clue.channel for item in found if item.row < 0} <= {"seen", "traffic"}
    assert all(matrix.keys[item.row] == item.key for item in found if item.row >= 0)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    matrix, normal = fleet(seed)
    when = moment_of(matrix.times)
    rows = np.random.default_rng(seed).permutation(len(matrix.keys))
    mixed = Matrix(matrix.times, tuple(matrix.keys[row] for row in rows), matrix.values[rows])
    assert same(summarise(mixed, normal, when), summarise(matrix, normal, when))


def test_a_row_is_judged_as_if_it_were_alone() -> None:
    matrix, normal = fleet(3, services=40)  # more rows than are worked on at once
    when = moment_of(matrix.times)
    whole = summarise(matrix, normal, when)
    for row in range(0, len(whole.roster), 53):
        key = whole.roster.key(row)
        place = matrix.keys.index(key)
        alone = summarise(
            Matrix(matrix.times, (key,), matrix.values[place : place + 1]), only(normal, {key.service}), when
        )
        assert same(tuple(c[0] for c in alone.now), tuple(c[row] for c in whole.now)), key
        assert same((alone.since[0], alone.typical[0]), (whole.since[row], whole.typical[row])), key


def test_levels_are_what_the_samples_say() -> None:
    times = (ONSET + np.arange(-40, 20) * 60.0).astype(np.float64)
    values = np.where(times >= ONSET, 90.0, 10.0 + np.arange(60) % 3 - 1.0)
    found = summarise(
        Matrix(times, (SeriesKey("pay", "", "cpu", "%"),), values[None]), Matrix.empty(), moment_of(times)
    )
    now = found.now
    assert (now.level[0], now.top[0]) == pytest.approx((10.0, 90.0))
    assert now.spread[0] == pytest.approx(1.4826)
    assert (found.since[0], found.typical[0]) == (ONSET, 90.0)


def test_single_precision_samples_give_the_same_ranking() -> None:
    matrix, _ = fleet(11)
    when = moment_of(matrix.times)
    narrow = Matrix(matrix.times, matrix.keys, matrix.values.astype(np.float32))  # pyright: ignore[reportArgumentType]
    wide = Matrix(matrix.times, matrix.keys, narrow.values.astype(np.float64))
    ours, theirs = (
        {(c.clue.channel, c.key): c.clue.amount for c in resource_clues(m, Matrix.empty(), when)}
        for m in (narrow, wide)
    )
    assert ours.keys() == theirs.keys()
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_parts_that_do_not_fit_are_refused() -> None:
    matrix, normal = fleet(1)
    when = moment_of(matrix.times)
    one = summarise(matrix, normal, when)
    with pytest.raises(ValueError, match="split a fleet by service"):
        merged([one, one])
    shifted = Matrix(
        np.asarray(matrix.times + 1.0, dtype=np.float64), (SeriesKey("other", "", "cpu"),), matrix.values[:1]
    )
    with pytest.raises(ValueError, match="same window and step"):
        merged([one, summarise(shifted, Matrix.empty(), when)])


def test_nothing_is_nothing() -> None:
    when = moment_of(np.array([ONSET, ONSET + 60.0]))
    nothing: Summary = merged([])
    assert len(nothing.roster) == len(summarise(Matrix.empty(), Matrix.empty(), when).roster) == 0
    assert series_clues(nothing, when) == ()


def test_of_a_large_fleet_the_strongest_are_told_and_those_near_the_symptom() -> None:
    rng = np.random.default_rng(0)
    times = (ONSET + np.arange(-40, 20) * 30.0).astype(np.float64)
    keys = tuple(
        SeriesKey(f"s{n}" if n else "", "", metric) for n in range(1300) for metric in ("latency", "error_rate")
    )
    values = rng.normal(20.0, 0.1, (len(keys), len(times)))
    rise = rng.uniform(5.0, 50.0, len(keys)) * (np.arange(len(keys)) % 2 == 0)
    rise[2 * 900] = 1.0
    values += np.where(times >= ONSET, rise[:, None], 0.0)
    symptom = Symptom(service="s900", signal=Signal.LATENCY)
    found = resource_clues(Matrix(times, keys, values), Matrix.empty(), moment_of(times), symptom)
    moved = {item.clue.service: item.clue.amount for item in found if item.clue.channel == "latency"}
    quiet = [item.clue.service for item in found if item.clue.channel == "quiet"]
    assert len(found) < 2100
    assert {"", "s900"} <= moved.keys()
    assert {"", "s900"} <= set(quiet)
    assert moved.keys() >= {f"s{place // 2}" for place in np.argsort(-rise)[:600] if place >= 2}
