"""Which numbers of a service tell that it got worse, row by row, so that worse is always higher?"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clew.causal.arm import Rows
from clew.causal.meaning import Meaning, meaning, words
from clew.causal.spread import medians
from clew.incident import Signal, Symptom
from clew.tables import Floats, Matrix, SeriesKey

_SHARES = frozenset(("ratio", "rate", "share", "fraction", "pct", "percent", "percentage"))
_POINTS = frozenset(("pct", "percent", "percentage"))
_HALF = 0.005
"""A share of errors below this is nobody's trouble."""
_FAINT = 0.02
"""Of a signal without a natural floor, this part of its usual level is one."""
_BAD = (Meaning.ERRORS, Meaning.AVAILABILITY, Meaning.LATENCY)


class Measure(NamedTuple):
    """One metric of one service. Values (R, T): higher is worse; `flip` is what they were taken from, 0 if they were not."""

    service: str
    metric: str
    unit: str
    rows: Rows
    load: Floats
    """Requests of the same rows, (R, T); NaN where none were measured."""
    floor: float
    flip: float
    counted: bool
    """Errors were counted and could not be divided by requests: rows of unequal traffic cannot be compared."""
    primary: bool
    """It is of the kind that the symptom speaks of."""

    def shown(self, level: float) -> float:
        """A level in the metric's own direction."""
        return self.flip - level if self.flip else level


def measures(grid: Matrix, service: str, symptom: Symptom) -> tuple[Measure, ...]:
    """At most one measure of errors (or availability) and one of latency, those that the symptom speaks of first."""
    by_metric: dict[str, list[int]] = {}
    for row, key in enumerate(grid.keys):
        if key.service == service and "[" not in key.metric:
            by_metric.setdefault(key.metric, []).append(row)
    load = _load(grid, service)
    wanted, named = _wanted(symptom), (symptom.metric or "").split("(")[0]
    found: list[tuple[tuple[bool, bool, int, str], Measure]] = []
    for metric, rows in by_metric.items():
        what = meaning(metric, grid.keys[rows[0]].unit)
        if what in _BAD:
            one = _measure(grid, rows, what, load, primary=metric == named or what in wanted)
            missing = int(np.isnan(one.rows.values).sum())
            found.append(((metric != named, not one.primary, missing, metric), one))
    out: list[Measure] = []
    for _, one in sorted(found, key=lambda item: item[0]):
        slow = meaning(one.metric, one.unit) is Meaning.LATENCY
        if all((meaning(other.metric, other.unit) is Meaning.LATENCY) != slow for other in out):
            out.append(one)
    return tuple(out)


def _wanted(symptom: Symptom) -> tuple[Meaning, ...]:
    if symptom.signal is Signal.LATENCY:
        return (Meaning.LATENCY,)
    return (Meaning.ERRORS, Meaning.AVAILABILITY) if symptom.signal in (Signal.ERRORS, Signal.AVAILABILITY) else _BAD


def _load(grid: Matrix, service: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], Floats]:
    """Requests of the service by instance and labels; of two metrics the first by name counts."""
    rows = [
        row
        for row, key in enumerate(grid.keys)
        if key.service == service and "[" not in key.metric and meaning(key.metric, key.unit) is Meaning.TRAFFIC
    ]
    rows.sort(key=lambda row: grid.keys[row].metric, reverse=True)
    return {(grid.keys[row].instance, grid.keys[row].labels): grid.values[row] for row in rows}


def _measure(
    grid: Matrix,
    rows: Sequence[int],
    what: Meaning,
    load: dict[tuple[str, tuple[tuple[str, str], ...]], Floats],
    *,
    primary: bool,
) -> Measure:
    rows = sorted(rows, key=lambda row: (grid.keys[row].instance, grid.keys[row].labels))
    keys = tuple(grid.keys[row] for row in rows)
    values, nothing = grid.values[list(rows)], np.full(len(grid.times), np.nan)
    requests = np.stack([load.get((key.instance, key.labels), nothing) for key in keys])
    top = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    unit, flip, counted = keys[0].unit, 0.0, False
    if what is Meaning.LATENCY:
        floor = _FAINT * float(np.median(values[np.isfinite(values)])) if np.isfinite(values).any() else 0.0
    elif what is Meaning.AVAILABILITY:
        flip = 100.0 if top > 1.5 else 1.0
        values, floor = flip - values, _HALF * flip
    elif _share(keys[0], top):
        values = values if _in_points(keys[0]) or top > 1.5 else 100.0 * values
        unit, floor = "%", 100.0 * _HALF
    else:
        ratio = np.divide(values, requests, out=np.full_like(values, np.nan), where=requests > 0)
        counted = bool(np.isfinite(ratio).sum() < 0.5 * np.isfinite(values).sum())
        values, unit, floor = (values, unit, _FAINT * top) if counted else (100.0 * ratio, "%", 100.0 * _HALF)
    return Measure(
        keys[0].service,
        keys[0].metric,
        unit,
        Rows(keys, values),
        requests,
        max(floor, 1e-9),
        flip,
        counted,
        primary,
    )


def _share(key: SeriesKey, top: float) -> bool:
    return key.unit.lower() in ("%", "percent") or (
        bool(words(key.metric) & _SHARES) and "/" not in key.unit and top <= 100.0
    )


def _in_points(key: SeriesKey) -> bool:
    return key.unit.lower() in ("%", "percent") or bool(words(key.metric) & _POINTS)


def pooled(values: Floats, rows: Sequence[int]) -> Floats:
    """The median of some rows at each time; NaN where none was measured."""
    return medians(values[list(rows)].T)
