"""How much of a signal's next sample is told by those before it: noise that keeps its level for a while, taken apart."""

from dataclasses import dataclass

import numpy as np

from clew.tables import Floats


@dataclass(frozen=True, slots=True)
class Memory:
    """One way in which noise may remember: `keep` of the level is left after one step, `fresh` of the variance is new in every sample."""

    keep: float
    fresh: float
    prior: float
    """How often signals are like this, before one was seen."""


MEMORIES = (
    Memory(0.0, 0.0, 0.14),
    Memory(0.3, 0.0, 0.11),
    Memory(0.6, 0.0, 0.12),
    Memory(0.8, 0.0, 0.11),
    Memory(0.9, 0.0, 0.09),
    Memory(0.9, 0.5, 0.08),
    Memory(0.97, 0.0, 0.08),
    Memory(0.97, 0.6, 0.07),
    Memory(0.995, 0.0, 0.12),
    Memory(0.995, 0.3, 0.03),
    Memory(0.995, 0.8, 0.05),
)


@dataclass(frozen=True, eq=False)
class Whitened:
    """The past as independent innovations of unit variance, and what the past says of later times, per memory (K)."""

    innovations: Floats
    """(K, n, c): one column per column that was given."""
    weight: Floats
    """(K,): half the log determinant of the covariance."""
    ahead: Floats
    """(K, m, c): the expected later values of each column."""
    covariance: Floats
    """(K, m, m): of the later values, in units of the noise's variance."""


def whitened(times: Floats, columns: Floats, later: Floats) -> Whitened:
    """Filters `columns` (n, c) at `times` (n,) and looks ahead to `later` (m,); times ascend, in any unit.

    The noise is a first-order autoregression in continuous time with measurement noise on top, so gaps and uneven steps are exact; the
    filter is Kalman's (1960), of one state, for all memories and columns at once.
    """
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    keep = np.array([memory.keep for memory in MEMORIES])
    fresh = np.array([memory.fresh for memory in MEMORIES])
    gaps = np.diff(times, prepend=times[0]) / step
    decay = keep[:, None] ** gaps[None, :]
    level = np.zeros((len(keep), columns.shape[1]))
    spread = 1.0 - fresh
    out = np.empty((len(keep), *columns.shape))
    weight = np.zeros(len(keep))
    for i in range(len(times)):
        if i:
            level = decay[:, i, None] * level
            spread = decay[:, i] ** 2 * spread + (1.0 - fresh) * (1.0 - decay[:, i] ** 2)
        whole = spread + fresh
        surprise = columns[i] - level
        out[:, i] = surprise / np.sqrt(whole)[:, None]
        weight += 0.5 * np.log(whole)
        gain = spread / whole
        level = level + gain[:, None] * surprise
        spread = spread * (1.0 - gain)
    far = keep[:, None] ** ((later - times[-1]) / step)[None, :]
    variance = far**2 * spread[:, None] + (1.0 - fresh)[:, None] * (1.0 - far**2)
    between = keep[:, None, None] ** (np.abs(later[:, None] - later[None, :]) / step)[None]
    first = np.minimum(np.arange(len(later))[:, None], np.arange(len(later))[None, :])
    covariance = between * variance[:, first] + fresh[:, None, None] * np.eye(len(later))
    return Whitened(out, weight, far[:, :, None] * level[:, None, :], covariance)
