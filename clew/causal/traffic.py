"""Is there simply more to do: a surge that starts everywhere and comes before the symptom."""

from collections.abc import Sequence

import numpy as np

from clew.causal.moment import Moment
from clew.causal.say import change, clock
from clew.causal.summary import Flow, Summary
from clew.hypothesis import Clue

_SURGE = 1.5
"""Traffic this many times the usual is a surge."""
_FLAT = 1.25


def traffic_clue(summary: Summary, moment: Moment) -> Clue | None:
    """One clue of channel `traffic` about the busiest request series of each service: amount 0 when flat (0.8 to 1.25 times), else
    0..1 by how far and how widely it rose. None where no requests were measured before and during.
    """
    before, after = summary.flow.before, summary.flow.after
    known = np.flatnonzero(np.isfinite(before) & np.isfinite(after) & (before > 0))
    if not len(known):
        return None
    ratio, size = after[known] / before[known], before[known]
    whole = float(np.sum(ratio * size) / np.sum(size))
    wide = float(np.mean(ratio > _SURGE))
    if summary.roster.key(int(known[0])).service == "":  # rows are in order of service: the front door speaks for all
        whole = float(ratio[0])
    start = _since(summary.flow, float(size.sum()), moment)
    says = f"requests {change(float(size.sum()), float(size.sum()) * whole)} over all services"
    if whole < _FLAT:
        return Clue(
            channel="traffic", amount=0.0, onset=moment.onset, says=f"traffic was flat: {says}", detail=f"{whole:.3f}"
        )
    amount = min(1.0, float(np.log(whole) / np.log(4.0))) * wide if whole >= _SURGE else 0.0
    tail = f" from {clock(start)}" if start is not None else ""
    return Clue(channel="traffic", amount=round(amount, 6), onset=start, says=f"{says}{tail}", detail=f"{whole:.3f}")


def _since(flow: Flow, usual: float, moment: Moment) -> float | None:
    """When the sum of the series first passed the surge's bar near the incident."""
    hits = np.flatnonzero((flow.totals.sum(axis=0) > _SURGE * usual) & (flow.times >= moment.start - 300.0))
    return float(flow.times[hits[0]]) if len(hits) else None


def surge(clues: Sequence[Clue]) -> Clue | None:
    """The strongest traffic clue, flat or not."""
    found = [clue for clue in clues if clue.channel == "traffic"]
    return max(found, key=lambda c: (c.amount, c.says), default=None)
