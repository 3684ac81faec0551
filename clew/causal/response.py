"""Does the symptom follow the suspect's ups and downs, beyond what a third thing gives to both."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clew.causal.scene import Signal
from clew.tables import Bools, Floats

SAMPLES = 18
"""Fewer common samples cannot tell a response from luck."""
LAGS = 2
"""The symptom may follow by up to this many samples."""
CHANCE = 0.08
"""A response is believed if at most this share of wrong alignments fits as well."""
FIRM = 0.4
"""Smallest rank correlation that is called a response."""
_NONE = 0.15
"""Below this there is no response, given `_PLENTY` samples."""
_PLENTY = 24


class Response(NamedTuple):
    """`rho` is a partial rank correlation (-1..1), `chance` the share of shifted alignments at least as good, `samples` their number."""

    rho: float
    chance: float
    samples: int

    @property
    def firm(self) -> bool:
        return self.rho >= FIRM and self.chance <= CHANCE

    @property
    def absent(self) -> bool:
        """Nothing answers; says something only where both go up and down."""
        return self.samples >= _PLENTY and (self.rho < _NONE or self.chance > 0.5)


def response(suspects: Sequence[Signal], symptom: Signal, third: Sequence[Signal], start: float) -> Response | None:
    """The best partial rank correlation (Spearman 1904; ranks of `third` regressed out) of any suspect with the symptom at the same sample
    or up to two later, from `start` on, against all circular shifts of the same pair, which keep what each series does by itself.

    `start` is when both had begun: that they began together is the onset's test and says nothing of doses. None with too few common
    samples or without variation.
    """
    every = (symptom, *third, *suspects)
    if not suspects or any(len(s.times) < SAMPLES for s in every):
        return None
    step = max(1.0, *(s.step for s in every))
    begin = max(start, *(float(s.times[0]) for s in every))
    end = min(float(s.times[-1]) for s in every)
    grid = np.arange(begin, end + 0.5 * step, step)
    if len(grid) < SAMPLES:
        return None
    rows = [sampled(s, grid, step) for s in every]
    known = np.all([np.isfinite(row) for row in rows], axis=0)
    if known.sum() < SAMPLES:
        return None
    wanted, *others = (ranks(row[known]) for row in rows)
    given = np.column_stack(
        [np.ones(len(wanted)), *(_late(r, lag) for r in others[: len(third)] for lag in _lags(known))]
    )
    target = _left(wanted, given)
    found = [_aligned(_left(mine, given), target) for mine in others[len(third) :]]
    found = [f for f in found if f is not None]
    if not found:
        return None
    whole = np.max(found, axis=0)
    best = np.max([np.roll(whole, -lag) for lag in range(LAGS + 1)], axis=0)
    wrong = best[LAGS + 1 : len(best) - LAGS]
    chance = (1 + int(np.count_nonzero(wrong >= best[0] - 1e-12))) / (1 + len(wrong))
    return Response(float(best[0]), chance, len(wanted))


def _lags(known: Bools) -> range:
    """The third thing may work late too, where there are samples enough to see it."""
    return range(LAGS + 1 if known.sum() >= _PLENTY else 1)


def _late(values: Floats, lag: int) -> Floats:
    """The same, `lag` samples later."""
    return np.concatenate((np.full(lag, values[0]), values[: len(values) - lag]))


def sampled(signal: Signal, grid: Floats, step: float) -> Floats:
    """The signal's mean in the stretch of one step around each time of the grid; NaN where nothing was measured."""
    there = np.isfinite(signal.values)
    times, values = signal.times[there], signal.values[there]
    low, high = np.searchsorted(times, grid - 0.5 * step), np.searchsorted(times, grid + 0.5 * step)
    total = np.concatenate(([0.0], np.cumsum(values)))
    count = high - low
    return np.where(count > 0, (total[high] - total[low]) / np.maximum(count, 1), np.nan)


def ranks(values: Floats) -> Floats:
    """Ranks from 0, ties sharing their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    return (ends - (count + 1) / 2.0)[place]


def _left(values: Floats, given: Floats) -> Floats:
    """What a least-squares fit on `given` does not explain."""
    fit = np.linalg.lstsq(given, values, rcond=None)[0]
    return values - given @ fit


def _aligned(suspect: Floats, symptom: Floats) -> Floats | None:
    """Correlation for every circular shift of the suspect by 0, 1, 2, ... samples; None where one of them does not vary."""
    size = float(np.sqrt(np.sum(suspect**2) * np.sum(symptom**2)))
    if size < 1e-9 * len(symptom):
        return None
    return np.fft.irfft(np.fft.rfft(symptom) * np.conj(np.fft.rfft(suspect)), len(symptom)) / size
