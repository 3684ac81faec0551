"""Is there simply more to do: a surge that starts everywhere and comes before the symptom."""

from collections.abc import Sequence

import numpy as np

from clew.causal.meaning import Meaning, meaning
from clew.causal.moment import Moment
from clew.causal.say import change, clock
from clew.causal.spread import medians, quantiles
from clew.hypothesis import Clue
from clew.tables import Bools, Floats, Matrix

_SURGE = 1.5
"""Traffic this many times the usual is a surge."""
_FLAT = 1.25


def traffic_clue(grid: Matrix, past: Bools, during: Bools, moment: Moment) -> Clue | None:
    """One clue of channel `traffic` about the busiest request series of each service: amount 0 when flat (0.8 to 1.25 times), else
    0..1 by how far and how widely it rose. None where no requests were measured before and during.
    """
    rows = [row for row, key in enumerate(grid.keys) if meaning(key.metric, key.unit) is Meaning.TRAFFIC]
    if not rows or not past.any() or not during.any():
        return None
    front = [row for row in rows if grid.keys[row].service == ""]
    values = grid.values[rows]
    before, after = medians(values[:, past]), quantiles(values[:, during], 0.75)
    known = np.isfinite(before) & np.isfinite(after) & (before > 0)
    if not known.any():
        return None
    ratio = after[known] / before[known]
    size = before[known]
    whole = float(np.sum(ratio * size) / np.sum(size))
    wide = float(np.mean(ratio > _SURGE))
    if front:
        places = [i for i, row in enumerate(np.array(rows)[known]) if grid.keys[int(row)].service == ""]
        whole = float(ratio[places[0]]) if places else whole
    start = _since(values[known], grid.times, before[known], moment)
    says = f"requests {change(float(size.sum()), float(size.sum()) * whole)} over all services"
    if whole < _FLAT:
        return Clue(
            channel="traffic", amount=0.0, onset=moment.onset, says=f"traffic was flat: {says}", detail=f"{whole:.3f}"
        )
    amount = min(1.0, float(np.log(whole) / np.log(4.0))) * wide if whole >= _SURGE else 0.0
    tail = f" from {clock(start)}" if start is not None else ""
    return Clue(channel="traffic", amount=round(amount, 6), onset=start, says=f"{says}{tail}", detail=f"{whole:.3f}")


def _since(values: Floats, times: Floats, before: Floats, moment: Moment) -> float | None:
    """When the sum of the series first passed the surge's bar near the incident."""
    total, usual = np.nansum(values, axis=0), float(before.sum())
    hits = np.flatnonzero((total > _SURGE * usual) & (times >= moment.start - 300.0))
    return float(times[hits[0]]) if len(hits) else None


def surge(clues: Sequence[Clue]) -> Clue | None:
    """The strongest traffic clue, flat or not."""
    found = [clue for clue in clues if clue.channel == "traffic"]
    return max(found, key=lambda c: (c.amount, c.says), default=None)
