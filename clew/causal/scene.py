"""What do the tables of one incident hold that tests read: series on one grid, where larger means worse."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from clew.causal.grid import regular, step_of
from clew.causal.meaning import Meaning, meaning
from clew.causal.moment import Moment
from clew.causal.say import spoken
from clew.causal.spread import medians, spreads
from clew.incident import Symptom
from clew.tables import Floats, Matrix, Tables


@dataclass(frozen=True, eq=False, slots=True)
class Signal:
    """One quantity over time: `times` (T,) ascending, Unix seconds; `values` (T,), larger is worse, NaN where nothing was measured."""

    name: str
    """In a person's words: `checkout p99 latency`."""
    service: str
    metric: str
    times: Floats
    values: Floats
    step: float
    """Seconds between samples: what lies closer together cannot be told apart."""
    row: int = -1
    """The row of the scene's grid; -1 for lines, spans and sums."""


@dataclass(frozen=True, eq=False)
class Scene:
    """The tables of one incident, ready to read signals from."""

    grid: Matrix
    """Only the rows that tests may need, on a regular grid."""
    tables: Tables
    moment: Moment
    symptom: Symptom

    @staticmethod
    def of(tables: Tables, moment: Moment, symptom: Symptom) -> "Scene":
        return Scene(regular(tables.matrix), tables, moment, symptom)

    @property
    def until(self) -> float:
        """The last moment that any table speaks of."""
        ends = [float(t[-1]) for t in (self.grid.times, self.tables.lines.times) if len(t)]
        ends += [float(np.max(self.tables.spans.start))] if len(self.tables.spans) else []
        return max(ends, default=self.moment.window.end)


def row_signal(grid: Matrix, row: int) -> Signal:
    """A row of a regular matrix; availability is turned round, so that up is worse."""
    key = grid.keys[row]
    falls = meaning(key.metric, key.unit) is Meaning.AVAILABILITY
    values = -grid.values[row] if falls else grid.values[row]
    name = f"{key.service} {spoken(key.metric)}".strip()
    return Signal(name, key.service, key.metric, grid.times, values, step_of(grid.times), row)


def shifts(values: Floats, times: Floats, at: float) -> Floats:
    """Per row: how far the highest samples of the five minutes after `at` lie above the median before it, in units of the noise before
    it (S,); NaN without two samples before and one after.
    """
    before, after = values[:, times < at - 1e-6], values[:, (times >= at - 1e-6) & (times < at + 300.0)]
    if before.shape[1] < 2 or after.shape[1] < 1:
        return np.full(values.shape[0], np.nan)
    level, top = medians(before), -np.sort(-np.where(np.isfinite(after), after, -np.inf), axis=1)[:, 0]
    reach = np.max(np.abs(np.where(np.isfinite(values), values, 0.0)), axis=1)
    scale = spreads(before) + 0.05 * np.abs(level) + 0.02 * reach + 1e-9
    enough = np.isfinite(before).sum(axis=1) >= 2
    return np.where(enough & np.isfinite(top), (top - level) / scale, np.nan)


def traffic(scene: Scene) -> Signal | None:
    """Requests over all services; the front door's own count where there is one."""
    grid = scene.grid
    rows = [row for row, key in enumerate(grid.keys) if meaning(key.metric, key.unit) is Meaning.TRAFFIC]
    front = [row for row in rows if grid.keys[row].service == ""]
    return _sum(grid, front or rows, "traffic")


def machines(scene: Scene) -> tuple[Signal, ...]:
    """The gauges of machines that several services share, one per metric: what moves them moves every tenant."""
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(scene.grid.keys):
        if meaning(key.metric, key.unit) is Meaning.NODE:
            rows.setdefault(key.metric, []).append(row)
    found = [_sum(scene.grid, mine, f"{spoken(metric)}") for metric, mine in sorted(rows.items())]
    return tuple(signal for signal in found if signal is not None)


def _sum(grid: Matrix, rows: Sequence[int], name: str) -> Signal | None:
    if not rows:
        return None
    values = grid.values[list(rows)]
    usual = medians(values)
    filled = np.where(np.isfinite(values), values, np.where(np.isfinite(usual), usual, 0.0)[:, None])
    whole = np.where(np.isfinite(values).any(axis=0), filled.sum(axis=0), np.nan)
    return Signal(name, "", name, grid.times, whole, step_of(grid.times))


def narrowed(matrix: Matrix, services: frozenset[str], most: int) -> Matrix:
    """Only the rows of these services, of the front door, of traffic and of machines, and at most `most` others: tests need no more."""
    keep: list[int] = []
    others = 0
    for row, key in enumerate(matrix.keys):
        near = (
            key.service in services
            or key.service == ""
            or meaning(key.metric, key.unit) in (Meaning.TRAFFIC, Meaning.NODE)
        )
        others += not near
        if near or others <= most:
            keep.append(row)
    if len(keep) == len(matrix.keys):
        return matrix
    return replace(matrix, keys=tuple(matrix.keys[row] for row in keep), values=matrix.values[keep])
