"""Which signal is asked about, and which others may stand in for the world in which nothing happened to it."""

from dataclasses import dataclass, field

import numpy as np

from clew.causal.grid import regular
from clew.causal.meaning import Meaning, meaning, words
from clew.causal.shift import FRONT
from clew.tables import Floats, Matrix, SeriesKey

_PEERS = 40
"""At most this many peers are kept, the first in the order of the matrix."""


@dataclass(frozen=True, eq=False)
class Course:
    """One signal over time. `times` (T,) Unix seconds in any order, `values` (T,) in `unit`, NaN where nothing was measured.

    `peers` (P, T) are signals on the same times that the event is not thought to touch, each in its own unit; those that moved with
    the event are found and left out by whoever reads them.
    """

    times: Floats
    values: Floats
    metric: str = ""
    unit: str = ""
    service: str = ""
    peers: Floats = field(default_factory=lambda: np.empty((0, 0)))
    usual: Floats = field(default_factory=lambda: np.empty(0))
    """The same signal in a fault-free reference (U,), on the same step; stands in for a past that is too short."""

    def __post_init__(self) -> None:
        if self.values.shape != self.times.shape or self.times.ndim != 1:
            raise ValueError(f"a course needs one value per time: {self.values.shape} values, {self.times.shape} times")
        if self.peers.size and self.peers.shape[1:] != self.times.shape:
            raise ValueError(f"peers {self.peers.shape} do not lie on {self.times.shape} times")

    @property
    def ceiling(self) -> float:
        """The highest value that the signal can have by its name and unit: 100 of percent, 1 of a ratio, else no bound."""
        have = words(self.metric)
        highest = float(np.max(self.values, initial=-np.inf, where=np.isfinite(self.values)))
        for bound, named in ((100.0, self.unit == "%" or have & {"pct", "percent"}), (1.0, have & {"ratio", "share"})):
            if named and highest <= bound:
                return bound
        return np.inf


def course(grid: Matrix, row: int, away: frozenset[str] = frozenset(), normal: Matrix | None = None) -> Course:
    """The series of one row of a regular matrix, with its peers, and with the same series of a fault-free reference.

    Peers are the same metric of other services, and the request rates of the whole system and of the row's own service: traffic is what
    moves a healthy signal most. Services in `away` (whatever lies on the path from the candidate to the symptom) are no peers.
    """
    key = grid.keys[row]
    rows = [
        other
        for other, peer in enumerate(grid.keys)
        if other != row
        and (
            (peer.metric == key.metric and peer.service not in away | {key.service, ""})
            or (peer.service in ("", key.service) and meaning(peer.metric, peer.unit) is Meaning.TRAFFIC)
        )
    ]
    peers = grid.values[rows[:_PEERS]] if rows else np.empty((0, len(grid.times)))
    usual = _same(normal, key) if normal is not None else np.empty(0)
    return Course(grid.times, grid.values[row], key.metric, key.unit, key.service or FRONT, peers=peers, usual=usual)


def _same(normal: Matrix, key: SeriesKey) -> Floats:
    """What was measured of a series in the reference, ascending in time; empty if nothing was."""
    rows = [row for row, k in enumerate(normal.keys) if (k.service, k.metric) == (key.service, key.metric)]
    rows.sort(key=lambda row: normal.keys[row].instance != key.instance)
    if not rows:
        return np.empty(0)
    alone = regular(Matrix(normal.times, (normal.keys[rows[0]],), normal.values[rows[:1]]))
    return alone.values[0][np.isfinite(alone.values[0])]
