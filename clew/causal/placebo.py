"""How often does the same test fire where nothing happened."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clew.causal.moment import Moment
from clew.causal.scene import Scene, Signal, row_signal, shifts
from clew.causal.template import templates
from clew.evidence import Change
from clew.tables import Floats, LogTable

WINDOW = 300.0
"""Seconds that one window looks at, as in the incident."""
ENOUGH = 12
"""Fewer quiet windows cannot show a rate below one in ten."""
RARE = 0.1
OFTEN = 0.2
_MOST_ROWS = 60
_MOST_TIMES = 60
_GUARD = 120.0
"""Quiet ends this long before the incident, seconds."""
_LOUD = frozenset(("ERROR", "ERR", "FATAL", "CRITICAL", "CRIT", "ALERT", "EMERG", "SEVERE", "PANIC"))


class Placebo(NamedTuple):
    """The test fired in `fired` of `windows` in which nothing happened."""

    fired: int
    windows: int

    @property
    def rare(self) -> bool:
        """Counted with the incident itself, as a permutation test counts."""
        return (self.fired + 1) / (self.windows + 1) <= RARE

    @property
    def often(self) -> bool:
        return self.fired > OFTEN * self.windows


def of_signal(scene: Scene, signal: Signal, at: float) -> Placebo | None:
    """In how many quiet windows, of this series and of all services' series of the same name, a shift as strong as the one at `at` shows
    (placebos in time and in space, Abadie, Diamond and Hainmueller 2010). None where the shift itself cannot be measured.
    """
    strength = float(shifts(signal.values[None, :], signal.times, at)[0])
    if not np.isfinite(strength):
        return None
    rows = [row for row, key in enumerate(scene.grid.keys) if key.metric == signal.metric][:_MOST_ROWS]
    values = np.stack([row_signal(scene.grid, row).values for row in rows]) if rows else signal.values[None, :]
    times = signal.times
    needed = min(5, int(np.isfinite(signal.values[signal.times < at]).sum()))
    fired = windows = 0
    for moment in _quiet(times, needed, min(at, scene.moment.start), signal.step):
        found = shifts(values[:, times < moment + WINDOW], times[times < moment + WINDOW], moment)
        found = found[np.isfinite(found)]
        fired += int(np.count_nonzero(found >= strength))
        windows += len(found)
    return Placebo(fired, windows)


def _quiet(times: Floats, needed: int, start: float, step: float) -> Floats:
    """Starts of windows that end before the incident and have `needed` samples before them, apart by half a window."""
    before = times[times < start - _GUARD]
    if len(before) <= needed:
        return np.empty(0)
    first, last = float(before[needed]), start - _GUARD - min(WINDOW, 3 * step)
    return np.arange(first, last, max(WINDOW / 2, step))[-_MOST_TIMES:] if last > first else np.empty(0)


def of_errors(lines: LogTable, normal: LogTable, moment: Moment) -> Placebo | None:
    """In how many quiet windows of a service an error appeared that it had not written before: the test that finds new errors, where
    nothing happened. The first quarter of the quiet time only teaches what is known.
    """
    quiet = normal if len(normal) else lines
    until = float(quiet.times[-1]) if len(normal) else moment.start - _GUARD
    rows = np.flatnonzero(quiet.times <= until)
    if not len(rows):
        return None
    begin = float(quiet.times[rows[0]])
    begin += (until - begin) / 4
    count = int((until - begin) // WINDOW)
    services = np.unique(quiet.service[rows])
    loud = np.array([name in _LOUD for name in quiet.severities] or [False])
    bad = rows[loud[quiet.severity[rows]]]
    codes, _ = templates([quiet.messages[row] for row in bad])
    first: dict[tuple[int, int], float] = {}
    for row, code in zip(bad, codes, strict=True):
        first.setdefault((int(quiet.service[row]), int(code)), float(quiet.times[row]))
    hit = {(service, int((at - begin) // WINDOW)) for (service, _), at in first.items() if at >= begin}
    return Placebo(sum(1 for _, place in hit if place < count), count * len(services))


def of_change(changes: Sequence[Change], change: str, at: float, onset: float, begin: float) -> Placebo | None:
    """In how many quiet stretches as long as the time from the change to the onset another change went live too. None if it came after."""
    length = max(60.0, onset - at)
    if onset < at - 60.0:
        return None
    count = int((at - begin) // length)
    others = [c.at for c in changes if change not in (c.ref, c.commit) and c.what != "commit"]
    hit = {int((at - other) // length) for other in others if begin <= other < at}
    return Placebo(len({place for place in hit if place < count}), max(0, count))
