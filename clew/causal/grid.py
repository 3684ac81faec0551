"""On which common times do series lie, once clock jitter and counters are taken out."""

import numpy as np

from clew.causal.meaning import words
from clew.tables import Floats, Matrix


def regular(matrix: Matrix) -> Matrix:
    """The matrix with ascending times, columns closer than 0.3 steps merged, infinite values dropped and counters as rates per second."""
    if not matrix.keys or not len(matrix.times):
        return Matrix.empty(matrix.query)
    order = np.argsort(matrix.times, kind="stable")
    times, values = matrix.times[order], np.where(np.isfinite(matrix.values), matrix.values, np.nan)[:, order]
    gaps = np.diff(times)
    step = float(np.median(gaps[gaps > 1.5])) if np.any(gaps > 1.5) else 1.0
    group = np.concatenate(([0], np.cumsum(gaps > 0.3 * step))).astype(np.int64)
    starts = np.flatnonzero(np.concatenate(([True], np.diff(group) > 0)))
    merged = np.fmax.reduceat(values, starts, axis=1)
    grid = times[starts]
    return Matrix(grid, matrix.keys, _rates(matrix, grid, merged), matrix.query)


def _rates(matrix: Matrix, times: Floats, values: Floats) -> Floats:
    """Counters (named so, and never falling but for resets) become rates."""
    for row, key in enumerate(matrix.keys):
        if not words(key.metric) & {"total", "count", "sum", "bucket"}:
            continue
        there = np.flatnonzero(np.isfinite(values[row]))
        steps = np.diff(values[row, there])
        if len(there) < 6 or np.mean(steps >= 0) < 0.95 or np.count_nonzero(steps) < 0.3 * len(steps):
            continue
        rate = np.full(len(times), np.nan)
        rate[there[1:]] = np.where(steps >= 0, steps, np.nan) / np.maximum(np.diff(times[there]), 1e-9)
        values[row] = rate
    return values


def step_of(times: Floats) -> float:
    """The usual distance of samples in seconds; 60 where it cannot be told."""
    return float(np.median(np.diff(times))) if len(times) > 1 else 60.0
