"""When did the incident begin."""

import numpy as np

from clew.causal.grid import regular, step_of
from clew.causal.meaning import Meaning, meaning
from clew.causal.moment import Moment
from clew.causal.roster import Codes
from clew.causal.spread import medians, quantiles_of, spreads_of
from clew.causal.witness import witnesses
from clew.incident import Symptom, Window
from clew.tables import Floats, Matrix

_REACH = 600.0
"""How far before the alert an onset is sought, seconds."""
_NEAR = 600.0
"""How slowly a candidate far from the alert loses, seconds: a gentle pull, since alerts are late by minutes, not by hours."""
_AFTER = 300.0
"""How long a new level is followed, seconds: a fault may end again."""


def incident_onset(matrix: Matrix, normal: Matrix, alerted_at: float, symptom: Symptom) -> float | None:
    """The first sample of the incident over all series together (a draw of them where they are many), Unix seconds; None if nothing
    moved near the alert.

    For every candidate time the shift of each series (after against before, over its noise) is scored, and the time with the largest
    sum wins; the alert only says where to look. Series of the service level and of the symptom's service weigh more.
    """
    grid = _measured(regular(witnesses(matrix, symptom)))
    if len(grid.times) < 3:
        return None
    times, step = grid.times, step_of(grid.times)
    places = np.flatnonzero(
        (times >= alerted_at - max(_REACH, 2 * step)) & (times <= alerted_at + max(180.0, 0.9 * step))
    )
    places = places[places >= 1]
    if not len(places):
        return None
    if len(places) > 40:
        places = places[:: int(np.ceil(len(places) / 40))]
    weight = _weights(grid, symptom)
    rows = np.flatnonzero(weight > 0)
    last = int(np.searchsorted(times, alerted_at + max(_AFTER, 2 * step), side="right"))
    first = max(0, int(places[0]) - 60)
    values, weight = _failing(grid, rows)[:, first:last], weight[rows]
    whole = np.nansum(np.abs(values - medians(values)[:, None]), axis=1)
    reach = np.max(np.abs(np.where(np.isfinite(values), values, 0.0)), axis=1)
    scores = [
        float(np.sum(weight * _separation(values, int(place) - first, whole, reach)))
        * float(np.exp(-abs(times[place] - alerted_at) / _NEAR))
        for place in places
    ]
    best = int(np.argmax(scores))
    return float(times[places[best]]) if scores[best] > 0 else None


def _measured(grid: Matrix) -> Matrix:
    """Without the times at which nothing was measured: a store is asked for an hour and may hold minutes of it."""
    there = np.isfinite(grid.values).any(axis=0)
    return grid if there.all() else Matrix(grid.times[there], grid.keys, grid.values[:, there], grid.query)


def _failing(grid: Matrix, rows: Codes) -> Floats:
    """The rows, availability as its distance from the usual: two points less of 100 % are much, of a load they are nothing."""
    values = grid.values[rows]
    keys = [grid.keys[row] for row in rows]
    available = np.flatnonzero([meaning(key.metric, key.unit) is Meaning.AVAILABILITY for key in keys])
    if len(available):
        values[available] -= np.nan_to_num(medians(values[available]))[:, None]
    return values


def _separation(values: Floats, place: int, whole: Floats, reach: Floats) -> Floats:
    """Per series: the share of its absolute deviation (`whole`) that two levels split here explain (0..1), times the log of the shift
    over noise. `reach` is its largest sample.
    """
    before, after = values[:, :place], values[:, place:]
    ordered, count = np.sort(before, axis=1), np.isfinite(before).sum(axis=1)
    level, new = quantiles_of(ordered, count, 0.5), medians(after)
    left = np.nansum(np.abs(before - level[:, None]), axis=1) + np.nansum(np.abs(after - new[:, None]), axis=1)
    scale = spreads_of(ordered, count, level) + 0.05 * np.abs(level) + 0.02 * reach + 1e-9
    z = np.abs(new - level) / scale
    gain = np.clip(1.0 - left / np.maximum(whole, 1e-12), 0.0, 1.0)
    return np.where(np.isfinite(z) & (z > 2.0), gain * np.log1p(np.where(np.isfinite(z), z, 0.0)), 0.0)


def _weights(grid: Matrix, symptom: Symptom) -> Floats:
    out = np.zeros(len(grid.keys))
    for row, key in enumerate(grid.keys):
        what = meaning(key.metric, key.unit)
        if what in (Meaning.NODE, Meaning.VOLUME):
            continue
        out[row] = 1.0
        if key.service == "" or (symptom.service is not None and key.service == symptom.service):
            out[row] = 3.0
        if what is Meaning.TRAFFIC:
            out[row] *= 0.3
        if symptom.metric is not None and key.metric == symptom.metric.split("(")[0] and out[row] >= 3.0:
            out[row] = 8.0
    return out


def moment(matrix: Matrix, normal: Matrix, alerted_at: float, symptom: Symptom) -> Moment:
    """The times that every estimator works with."""
    start = float(np.min(matrix.times)) if len(matrix.times) else alerted_at - 3600.0
    end = float(np.max(matrix.times)) if len(matrix.times) else alerted_at + 900.0
    window = Window(start=min(start, alerted_at - 60.0), end=max(end, alerted_at + 60.0))
    return Moment(onset=incident_onset(matrix, normal, alerted_at, symptom), window=window, alerted_at=alerted_at)
