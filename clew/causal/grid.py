"""On which common times do series lie, once clock jitter and counters are taken out."""

from dataclasses import dataclass

import numpy as np

from clew.causal.meaning import words
from clew.tables import Bools, Floats, Matrix

_COUNTED = frozenset(("total", "count", "sum", "bucket"))
LARGEST = 1e150
"""No meter shows more; sums and squares of what is left do not overflow."""


@dataclass(frozen=True, eq=False)
class Layout:
    """How the columns of a matrix become a grid: worked out once from the times, then laid over any rows."""

    times: Floats
    """The grid, ascending, Unix seconds."""
    order: np.ndarray[tuple[int], np.dtype[np.int64]]
    starts: np.ndarray[tuple[int], np.dtype[np.int64]]

    @staticmethod
    def of(times: Floats) -> "Layout":
        """Ascending times, those closer than 0.3 steps as one. Needs at least one time."""
        order = np.argsort(times, kind="stable")
        ascending = times[order]
        gaps = np.diff(ascending)
        step = float(np.median(gaps[gaps > 1.5])) if np.any(gaps > 1.5) else 1.0
        starts = np.flatnonzero(np.concatenate(([True], gaps > 0.3 * step)))
        return Layout(ascending[starts], order, starts)

    def laid(self, values: Floats, counters: Bools) -> Floats:
        """Rows of `values` on the grid: values beyond `LARGEST` dropped, merged columns at their highest, `counters` as rates per second.

        A new array of the same type of float.
        """
        most = values.dtype.type(min(LARGEST, float(np.finfo(values.dtype).max)))
        known = np.abs(values) <= most
        on = values.copy() if known.all() else np.where(known, values, values.dtype.type(np.nan))
        if np.any(np.diff(self.order) != 1):
            on = on[:, self.order]
        if len(self.starts) < on.shape[1]:
            on = np.fmax.reduceat(on, self.starts, axis=1)
        if counters.any():
            on[counters] = _rates(self.times, on[counters])
        return on


def regular(matrix: Matrix) -> Matrix:
    """The matrix with ascending times, columns closer than 0.3 steps merged, values beyond `LARGEST` dropped, counters as rates."""
    if not matrix.keys or not len(matrix.times):
        return Matrix.empty(matrix.query)
    layout = Layout.of(matrix.times)
    counters = np.array([counted(key.metric) for key in matrix.keys], dtype=np.bool_)
    return Matrix(layout.times, matrix.keys, layout.laid(matrix.values, counters), matrix.query)


def counted(metric: str) -> bool:
    """True if the name is one that counters have."""
    return bool(words(metric) & _COUNTED)


def _rates(times: Floats, values: Floats) -> Floats:
    """Rows that never fall but for resets, as rates per second; other rows as they are."""
    there = np.isfinite(values)
    # for every sample, the column of the one before it in its row
    latest = np.maximum.accumulate(np.where(there, np.arange(len(times)), -1), axis=1)
    before = np.concatenate((np.full((len(values), 1), -1), latest[:, :-1]), axis=1)
    pairs = there & (before >= 0)
    steps = np.where(pairs, values - np.take_along_axis(values, np.maximum(before, 0), axis=1), np.nan)
    count = pairs.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        grows = (steps >= 0).sum(axis=1) / count >= 0.95
        rate = np.where(steps >= 0, steps, np.nan) / np.maximum(times - times[np.maximum(before, 0)], 1e-9)
    moves = (pairs & (steps != 0)).sum(axis=1) >= 0.3 * count
    counter = (count >= 5) & grows & moves
    return np.where(counter[:, None], rate, values)


def step_of(times: Floats) -> float:
    """The usual distance of samples in seconds; 60 where it cannot be told."""
    return float(np.median(np.diff(times))) if len(times) > 1 else 60.0
