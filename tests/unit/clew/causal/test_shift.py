"""Is a service that is hardly asked any more noticed, and is one bad sample of a quiet day forgotten?"""

import numpy as np
import pytest

from clew.causal.moment import Moment
from clew.causal.shift import resource_clues
from clew.causal.summary import Summary, summarise
from clew.hypothesis import Clue
from clew.incident import Window
from clew.tables import Floats, Matrix, SeriesKey

ONSET = 1_763_836_800.0
TIMES = ONSET + 30.0 * np.arange(-100, 21, dtype=np.float64)
WHEN = Moment(onset=ONSET, window=Window(start=float(TIMES[0]), end=float(TIMES[-1])), alerted_at=ONSET + 60)
LATER = int(np.searchsorted(TIMES, ONSET))


def asked(*later: float, usual: float = 30.0) -> Floats:
    """About `usual` requests, and from the onset on `later`, then as before."""
    values = usual + np.resize([0.0, 1.0, -1.0, 0.0], len(TIMES))
    values[LATER : LATER + len(later)] = later
    return values


def table(rows: dict[tuple[str, str], Floats], metric: str = "requests", unit: str = "1/s") -> Matrix:
    keys = tuple(SeriesKey(service, instance, metric, unit) for service, instance in rows)
    return Matrix(TIMES, keys, np.stack(list(rows.values())))


def summary(values: Floats) -> Summary:
    return summarise(table({("cart", ""): values}), Matrix.empty(), WHEN)


def silent(rows: dict[tuple[str, str], Floats]) -> list[Clue]:
    found = resource_clues(table(rows), Matrix.empty(), WHEN)
    return [item.clue for item in found if item.clue.channel == "silent"]


def test_samples_below_all_earlier_ones_are_counted_and_averaged() -> None:
    flow = summary(asked(4.0, 2.0, 28.9)).flow
    assert (flow.sunk[0], flow.left[0]) == (3.0, pytest.approx((4.0 + 2.0 + 28.9) / 3))
    calm = summary(asked(29.0)).flow
    assert calm.sunk[0] == 0.0
    assert np.isnan(calm.left[0])


def test_a_past_of_four_samples_says_nothing_of_the_least_there_can_be() -> None:
    short = np.full(len(TIMES), np.nan)
    short[:4] = 30.0
    short[LATER:] = 1.0
    assert np.isnan(summary(short).flow.sunk[0])
    short[4] = 30.0
    assert summary(short).flow.sunk[0] > 0


def test_a_service_that_is_hardly_asked_is_silent_by_how_deep_and_how_lasting() -> None:
    (found,) = silent({("cart", ""): asked(*[3.0] * 9)})
    assert (found.service, found.detail) == ("cart", "requests")
    assert found.amount == pytest.approx((1 - 3 / 30) * 9 / 10, abs=0.01)
    assert found.says == "cart requests 30 → 3/s"
    (brief,) = silent({("cart", ""): asked(3.0, 3.0)})
    assert brief.amount == pytest.approx((1 - 3 / 30) * 2 / 3, abs=0.01)


@pytest.mark.parametrize(
    "values",
    [asked(3.0), asked(*[29.0] * 9), asked(*[60.0] * 9)],
    ids=["one sample", "as low as before", "more than ever"],
)
def test_chance_and_more_requests_are_no_silence(values: Floats) -> None:
    assert silent({("cart", ""): values}) == []


def test_of_several_instances_the_most_silent_one_is_told_and_the_front_door_is_nobodys_callee() -> None:
    rows = {("cart", "a"): asked(*[20.0] * 9), ("cart", "b"): asked(*[3.0] * 9), ("", ""): asked(*[3.0] * 9)}
    (found,) = silent(rows)
    assert (found.service, found.says) == ("cart", "cart requests 30 → 3/s")


def test_one_bad_sample_of_the_past_is_not_called_usual() -> None:
    values = asked()
    values[10] = 900.0
    assert summary(values).now.high[0] < 32.0
    values[10] = 0.0
    assert summary(values).now.low[0] > 28.0


def test_a_slowness_is_seen_although_one_earlier_sample_was_as_slow() -> None:
    def seen(glitch: bool) -> float:
        values = asked(*[900.0] * 9, usual=100.0)
        values[10] = 900.0 if glitch else values[10]
        found = resource_clues(table({("cart", ""): values}, "latency-p99", "ms"), Matrix.empty(), WHEN)
        return max(item.clue.amount for item in found if item.clue.channel == "latency")

    assert 0.35 < seen(True) < seen(False)
