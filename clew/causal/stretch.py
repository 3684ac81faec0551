"""What was measured before an event and what after it, put in order."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clew.causal.course import Course
from clew.tables import Bools, Floats

_REACH = 600.0
"""How long after the event the level is followed, seconds."""
_LEAST = 3
"""... but at least so many samples, where they are there."""
_LONGEST = 240
"""Samples of the past that are used, the last ones."""
_FINEST = 30
"""Samples of the time after; finer ones are averaged."""

_EDGE = 3
"""So many samples before the event may be of it already, ..."""
_ENOUGH = 8
"""... where so many are left."""
_REFERENCE = 24
"""A fault-free reference of fewer samples is no past."""
_DAY = 86400.0
_FLAT = 0.1
"""A past that never moved has no width: this part of its level stands in."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """`times` (n,) and `values` (n,) before the event, `later` (m,) and `shown` (m,) after it; ascending, finite, without repeats.

    `peers` (P, n) and `peers_later` (P, m) lie on the same times, NaN where nothing was measured.
    """

    times: Floats
    values: Floats
    later: Floats
    shown: Floats
    peers: Floats
    peers_later: Floats
    borrowed: int = 0
    """How many samples of the past are a fault-free reference's."""

    @property
    def step(self) -> float:
        """The usual distance of samples, seconds."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 60.0


def stretch(course: Course, onset: float, end: float | None = None) -> Stretch:
    """The course cut at `onset`: up to 240 samples before it, and 10 minutes (3 samples if that is longer, at most to `end`) from it on."""
    rows = np.concatenate((course.values[None, :], course.peers.reshape(-1, len(course.times))))
    times, rows = _tidy(course.times, rows, np.isfinite(course.values))
    split = int(np.searchsorted(times, onset, side="left"))
    stop = onset + _REACH if len(times) <= split + _LEAST else max(onset + _REACH, times[split + _LEAST - 1])
    stop = int(np.searchsorted(times, stop if end is None else min(stop, end), side="right"))
    stop = max(stop, split)
    fine = int(np.ceil((stop - split) / _FINEST))
    if fine > 1:
        # whole bins on both sides of the event, counted from it
        first = split - (split // fine) * fine
        past, later = _binned(times, rows, (first, split), fine), _binned(times, rows, (split, stop), fine)
    else:
        past, later = (times[:split], rows[:, :split]), (times[split:stop], rows[:, split:stop])
    clean = max(0, len(past[0]) - _LONGEST), len(past[0]) - _early(past[1][0])
    past = past[0][slice(*clean)], past[1][:, slice(*clean)]
    found = Stretch(past[0], past[1][0], later[0], later[1][0], past[1][1:], later[1][1:])
    return _lent(found, course.usual, onset) if len(found.times) < _ENOUGH and fine <= 1 else found


def _lent(cut: Stretch, usual: Floats, onset: float) -> Stretch:
    """The stretch with a fault-free reference as an earlier past, a day before: far enough to say little of the level right now."""
    if len(usual) < _REFERENCE:
        return cut
    usual = usual[-_LONGEST:]
    joined = np.concatenate((cut.times, cut.later))
    step = float(np.median(np.diff(joined))) if len(joined) > 1 else 60.0
    first = float(cut.times[0]) if len(cut.times) else onset
    times = first - _DAY - step * np.arange(len(usual), 0, -1)
    nothing = np.full((len(cut.peers), len(usual)), np.nan)
    return replace(
        cut,
        times=np.concatenate((times, cut.times)),
        values=np.concatenate((usual, cut.values)),
        peers=np.concatenate((nothing, cut.peers), axis=1),
        borrowed=len(usual),
    )


def _early(values: Floats) -> int:
    """How many of the last samples before the event are already of it: the moment is known to a sample or so.

    They lie farther from all samples before them than those lie from each other, which noise of any memory hardly does.
    """
    for count in range(min(_EDGE, len(values) - _ENOUGH), 0, -1):
        before, last = values[:-count], values[-count:]
        low, high = float(before.min()), float(before.max())
        wide = max(high - low, _FLAT * max(abs(low), abs(high)))
        if wide > 0 and ((last > high + wide).all() or (last < low - wide).all()):
            return count
    return 0


def _tidy(times: Floats, rows: Floats, there: Bools) -> tuple[Floats, Floats]:
    """Ascending times; samples of the same time are averaged."""
    keep = there & np.isfinite(times)
    times, rows = times[keep], np.where(np.isfinite(rows), rows, np.nan)[:, keep]
    order = np.lexsort((rows[0], times))
    times, rows = times[order], rows[:, order]
    starts = np.flatnonzero(np.diff(times, prepend=-np.inf) > 0)
    return (times, rows) if len(starts) == len(times) else (times[starts], _averages(rows, starts))


def _averages(rows: Floats, starts: NDArray[np.intp]) -> Floats:
    there = np.isfinite(rows)
    total = np.add.reduceat(np.where(there, rows, 0.0), starts, axis=1)
    count = np.add.reduceat(there.astype(float), starts, axis=1)
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def _binned(times: Floats, rows: Floats, ends: tuple[int, int], width: int) -> tuple[Floats, Floats]:
    first, last = ends
    starts = np.arange(0, last - first, width)
    return times[first:last][starts], _averages(rows[:, first:last], starts)
