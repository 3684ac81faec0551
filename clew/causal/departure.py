"""When did one signal leave its usual range, how far did it go, and when did it come back."""

from typing import NamedTuple

import numpy as np

from clew.causal.moment import Moment
from clew.causal.scene import Signal
from clew.tables import Bools, Floats

BEYOND = 4.0
"""A signal moved if it went this many scales beyond its usual level; less is noise."""
_LEFT = 3.0
"""Past this many scales it has left its usual range: a slow climb is dated from there, not from its middle."""
_EARLY = 600.0
"""How long before the onset a climb may have begun, seconds."""
_NEAR = 180.0
"""How long before the onset the climb may be half done, seconds: what is earlier is another event."""
_FOLLOWED = 900.0
"""How long after it, seconds."""
_STEPS = 2
"""Samples that a signal must stay usual at the end of the window before it is said to have come back."""


class Departure(NamedTuple):
    """`began` and `ended` in Unix seconds (`ended` None: it has not come back); `strength` in units of the usual noise."""

    began: float
    ended: float | None
    strength: float


def departure(signal: Signal, moment: Moment) -> Departure | None:
    """What the signal did around the incident; None if it did not move, or nothing was measured to compare with.

    The level and its noise come from before (robust: median and median absolute deviation, with 5 % of the level and 2 % of the largest
    value always called noise). The signal began where the run that passes the middle between the usual and the new level left the
    usual range.
    """
    there = np.isfinite(signal.values)
    times, values = signal.times[there], signal.values[there]
    past = _past(times, moment, signal.step)
    near = (times >= moment.start - _EARLY) & (times <= max(moment.start, moment.alerted_at) + _FOLLOWED) & ~past
    if past.sum() < 2 or not near.any():
        return None
    level, scale = usual(values[past], values)
    peak = float(np.mean(np.sort(values[near])[-2:]))
    strength = (peak - level) / scale
    if strength < BEYOND:
        return None
    late = near & (times >= moment.start - max(_NEAR, 2 * signal.step))
    first = _first(values > (level + peak) / 2, late)
    if first is None:
        return None
    begin = first
    while begin > 0 and near[begin - 1] and values[begin - 1] > level + _LEFT * scale:
        begin -= 1
    return Departure(float(times[begin]), _end(times, values, first, (level, peak)), float(strength))


def swings(signal: Signal, moment: Moment, since: float) -> float:
    """How far the signal goes up and down from `since` on (1.4826 times the median absolute deviation), as a part of how far it moved."""
    there = np.isfinite(signal.values)
    times, values = signal.times[there], signal.values[there]
    past, during = _past(times, moment, signal.step), times >= since
    if past.sum() < 2 or during.sum() < 2:
        return 0.0
    level, scale = usual(values[past], values)
    middle = float(np.median(values[during]))
    spread = 1.4826 * float(np.median(np.abs(values[during] - middle)))
    return spread / max(abs(middle - level), scale)


def _past(times: Floats, moment: Moment, step: float) -> Bools:
    """Samples well before the onset; where there are fewer than 5, those before it; at least the first two."""
    past = times < moment.start - _EARLY
    if past.sum() < 5:
        past = times < moment.start - 60.0 - 0.5 * step
    if past.sum() < 2:
        past = np.zeros(len(times), dtype=np.bool_)
        past[: min(2, len(times) - 1)] = True
    return past


def usual(before: Floats, whole: Floats) -> tuple[float, float]:
    """The usual level and its noise; never zero, so that a flat past does not make any change infinite."""
    level = float(np.median(before))
    spread = 1.4826 * float(np.median(np.abs(before - level)))
    return level, spread + 0.05 * abs(level) + 0.02 * float(np.max(np.abs(whole - level))) + 1e-9


def _first(beyond: Bools, near: Bools) -> int | None:
    """The first sample of a run of two or more, else the first single one."""
    hits = np.flatnonzero(beyond & near)
    if not len(hits):
        return None
    runs = [int(hit) for hit in hits if hit + 1 < len(beyond) and beyond[hit + 1]]
    return runs[0] if runs else int(hits[0])


def _end(times: Floats, values: Floats, first: int, levels: tuple[float, float]) -> float | None:
    """The first usual sample after the last bad one, if the signal stays usual to the end of the window."""
    level, peak = levels
    bad = np.flatnonzero(values[first:] > level + 0.5 * (peak - level)) + first
    last = int(bad[-1]) if len(bad) else first
    if len(values) - 1 - last < _STEPS + 1:
        return None
    tail = values[last + 1 :]
    return float(times[last + 1]) if float(np.median(tail)) < level + 0.25 * (peak - level) else None
