"""What does one series say in a dozen numbers: all that the ranking needs of it, so that parts of a fleet can be read apart.

The numbers of a row depend on that row, the times and the moment alone. Summaries of parts that hold different services, joined,
equal the summary of the whole to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from clew.causal.grid import Layout, counted, step_of
from clew.causal.meaning import Meaning
from clew.causal.moment import Moment
from clew.causal.roster import Codes, Roster, coded
from clew.causal.spread import extremes, medians, noise_of, quantiles, quantiles_of
from clew.tables import Bools, Floats, Ints, Matrix

_FOLLOWED = 300.0
"""How long after the onset a level counts, seconds."""
_EARLY = 60.0
"""The onset is known to about this, seconds: samples this close before it are not called the past."""
_NEAR = 120.0
"""How long before the onset a series may have begun to move, seconds."""
_USUAL = 0.98
"""The part of earlier samples that is called usual: one bad sample of a quiet day must not hide the next incident."""
_SEEN = 5
"""So many samples say what the least usual number of requests is."""
_SURGING = 300.0
"""The same for traffic."""
_ROWS = 512
"""Rows that are worked on at once: their copies stay in the processor's cache."""
EFFECTS = (Meaning.LATENCY, Meaning.ERRORS, Meaning.AVAILABILITY)
"""What people notice."""


class Levels(NamedTuple):
    """Per row: the usual level, its noise, the highest and lowest usual, the worse half of the incident, and the samples before."""

    level: Floats
    spread: Floats
    high: Floats
    low: Floats
    top: Floats
    bottom: Floats
    samples: Ints


class Flow(NamedTuple):
    """Requests: per row the usual number and the upper quartile of the incident (NaN for any other row), and sums by service and time."""

    before: Floats
    after: Floats
    sunk: Floats
    """Samples of the incident below everything that was usual, at least 5 samples."""
    left: Floats
    """Their mean."""
    times: Floats
    """(W,) from just before the incident on, Unix seconds."""
    services: tuple[str, ...]
    totals: Floats
    """(services, W)."""


@dataclass(frozen=True, eq=False)
class Summary:
    """One row per series, by service, metric, instance, unit and labels."""

    roster: Roster
    now: Levels
    early: Levels
    """As if the trouble had begun at the alert or the onset, whichever is earlier; NaN but for rows that people notice. No samples
    where nothing was measured at the alert or later: what ended before cannot show that all is well."""
    since: Floats
    """The first sample near the incident past the middle between usual and worst, Unix seconds; NaN if there is none."""
    typical: Floats
    """The median since then; NaN if there is none."""
    flow: Flow


def summarise(matrix: Matrix, normal: Matrix, moment: Moment) -> Summary:
    """Every series against its own past and, where there is one, its fault-free reference. Work space is a few MB whatever the size.

    Times may be jittered, unordered or doubled, counters may reset, values may be NaN or infinite.
    """
    if not matrix.keys or not len(matrix.times):
        return _blank(Roster.of(()), np.empty(0))
    listed = Roster.of(matrix.keys)
    order = listed.order()
    roster = listed.taken(order)
    reader = _Reader(matrix, normal, order, roster)
    times = reader.layout.times
    early = moment.model_copy(update={"onset": min(moment.start, moment.alerted_at) - _EARLY})
    alert = times >= moment.alerted_at - step_of(times)
    cuts = _Cuts(moment, times, phases(times, moment), phases(times, early), alert)
    out = _blank(roster, times[times >= moment.start - _SURGING])
    effects, flows = roster.means(*EFFECTS), roster.means(Meaning.TRAFFIC)
    upward = ~roster.means(Meaning.AVAILABILITY)
    sums: list[tuple[Floats, Codes]] = []
    with np.errstate(over="ignore", invalid="ignore"):
        for at in range(0, len(order), _ROWS):
            rows = slice(at, min(at + _ROWS, len(order)))
            values, usual = reader.rows(rows)
            _keep_levels(out, values, usual, (rows, np.flatnonzero(effects[rows])), cuts)
            worst = np.where(upward[rows], out.now.top[rows], out.now.bottom[rows])
            out.since[rows], out.typical[rows] = _turn(values, times, moment, out.now.level[rows], worst)
            mine = np.flatnonzero(flows[rows])
            if len(mine):
                sums.append(_flow(out.flow, values[mine], mine + at, cuts))
    return _with_totals(out, roster, sums)


def merged(parts: Sequence[Summary]) -> Summary:
    """One summary of all parts, in any order. Raises ValueError if two parts hold the same service or differ in their times."""
    parts = [part for part in parts if len(part.roster)]
    if len(parts) < 2:
        return parts[0] if parts else _blank(Roster.of(()), np.empty(0))
    owners = [name for part in parts for name in part.roster.names.service]
    if len(owners) != len(set(owners)):
        raise ValueError("two parts hold the same service: split a fleet by service")
    if any(not np.array_equal(part.flow.times, parts[0].flow.times) for part in parts):
        raise ValueError("the parts differ in their times: read every part for the same window and step")
    listed = Roster.joined([part.roster for part in parts])
    order = listed.order()

    def joined(columns: Sequence[Floats]) -> Floats:
        return np.concatenate(columns)[order]

    services = [name for part in parts for name in part.flow.services]
    by_name = np.argsort(np.array(services, dtype=object), kind="stable")
    return Summary(
        listed.taken(order),
        _joined_levels([part.now for part in parts], order),
        _joined_levels([part.early for part in parts], order),
        joined([part.since for part in parts]),
        joined([part.typical for part in parts]),
        Flow(
            joined([part.flow.before for part in parts]),
            joined([part.flow.after for part in parts]),
            joined([part.flow.sunk for part in parts]),
            joined([part.flow.left for part in parts]),
            parts[0].flow.times,
            tuple(services[place] for place in by_name),
            np.concatenate([part.flow.totals for part in parts])[by_name],
        ),
    )


def phases(times: Floats, moment: Moment) -> tuple[Bools, Bools]:
    """Which columns are the past and which the incident. At least the two earliest columns are the past."""
    start = moment.start
    leeway = _EARLY + 0.5 * step_of(times)
    during = (times >= start - leeway) & (times <= max(start, moment.alerted_at) + _FOLLOWED)
    past = times < start - leeway
    if past.sum() < 2:
        past[: min(2, max(1, len(times) - 1))] = True
        during &= ~past
    return past, during


class _Cuts(NamedTuple):
    """Which columns count as the past and which as the incident, by the moment and by the earliest that it could have been."""

    moment: Moment
    times: Floats
    now: tuple[Bools, Bools]
    early: tuple[Bools, Bools]
    alert: Bools
    """The column just before the alert and all later ones."""


class _Reader:
    """Rows in sorted order on their grid, with the fault-free samples of the same service and metric beside them."""

    def __init__(self, matrix: Matrix, normal: Matrix, order: Codes, roster: Roster) -> None:
        self._matrix, self._normal, self._order = matrix, normal, order
        self.layout = Layout.of(matrix.times)
        self._counters = np.array([counted(name) for name in roster.names.metric], dtype=np.bool_)[roster.metric]
        self._reference = Layout.of(normal.times) if normal.keys and len(normal.times) else None
        self._twin = roster.twins(Roster.of(normal.keys)) if self._reference is not None else np.full(len(order), -1)

    def rows(self, rows: slice) -> tuple[Floats, Floats]:
        """Values on the grid, and the fault-free samples: NaN where a row has none, no columns where no row can have any."""
        counters = self._counters[rows]
        values = self.layout.laid(self._matrix.values[self._order[rows]], counters)
        if self._reference is None:
            return values, values[:, :0]
        twin = self._twin[rows]
        usual = self._reference.laid(self._normal.values[twin], counters)
        usual[twin < 0] = np.nan
        return values, usual


def _keep_levels(out: Summary, values: Floats, usual: Floats, where: tuple[slice, Codes], cuts: _Cuts) -> None:
    """Fills `now` for a block of rows and `early` for those rows of it that people notice."""
    rows, mine = where
    (past, during), (calm, around) = cuts.now, cuts.early
    ordered = np.sort(np.concatenate((values[:, calm], usual), axis=1), axis=1)
    if len(mine):
        found = _levels(ordered[mine], values[mine][:, around])
        lasting = np.isfinite(values[mine][:, cuts.alert]).any(axis=1)
        found = found._replace(samples=np.where(lasting, found.samples, 0).astype(np.int32))
        for column, numbers in zip(out.early, found, strict=True):
            column[mine + rows.start] = numbers
    # the longer past is the shorter one and a few samples: sorting what is nearly sorted costs little
    more = np.concatenate((ordered, values[:, past & ~calm]), axis=1) if not np.any(calm & ~past) else None
    again = np.concatenate((values[:, past], usual), axis=1) if more is None else more
    found = _levels(np.sort(again, axis=1, kind="stable"), values[:, during])
    for column, numbers in zip(out.now, found, strict=True):
        column[rows] = numbers


def _levels(ordered: Floats, incident: Floats) -> Levels:
    """Levels of rows from their sorted past and the samples of the incident."""
    count = (~np.isnan(ordered)).sum(axis=1)
    level = quantiles_of(ordered, count, 0.5)
    top, bottom = extremes(incident)
    return Levels(
        level,
        noise_of(ordered, count, level),
        quantiles_of(ordered, count, _USUAL),
        quantiles_of(ordered, count, 1.0 - _USUAL),
        top,
        bottom,
        count.astype(np.int32),
    )


def _turn(values: Floats, times: Floats, moment: Moment, level: Floats, worst: Floats) -> tuple[Floats, Floats]:
    """Per row: since when it lies past the middle between the two levels, and its median from then on."""
    near = np.flatnonzero(times >= moment.start - _NEAR)
    if not len(near):
        return np.full(len(values), np.nan), np.full(len(values), np.nan)
    window = values[:, near[0] :]
    middle = ((level + worst) / 2)[:, None]
    beyond = np.where((worst > level)[:, None], window > middle, window < middle)
    place, moved = np.argmax(beyond, axis=1), beyond.any(axis=1)
    after = np.where(np.arange(window.shape[1]) >= place[:, None], window, window.dtype.type(np.nan))
    since = np.where(moved, times[near[0] + place], np.nan)
    typical = np.full(len(values), np.nan)
    typical[moved] = medians(after[moved])
    return since, typical


def _flow(flow: Flow, values: Floats, rows: Codes, cuts: _Cuts) -> tuple[Floats, Codes]:
    """Fills the levels of request series; returns their samples around the incident and the rows that have levels."""
    past, during = cuts.now
    flow.before[rows], flow.after[rows] = medians(values[:, past]), quantiles(values[:, during], 0.75)
    flow.sunk[rows], flow.left[rows] = _sunk(values[:, past], values[:, during])
    known = np.isfinite(flow.before[rows]) & np.isfinite(flow.after[rows]) & (flow.before[rows] > 0)
    return values[known][:, cuts.times >= cuts.moment.start - _SURGING].astype(np.float64), rows[known]


def _sunk(before: Floats, now: Floats) -> tuple[Floats, Floats]:
    """How many samples lie below every earlier one, and their mean; NaN where fewer than 5 were seen before."""
    lowest = np.where(np.isfinite(before), before, np.inf).min(axis=1, initial=np.inf)
    below = now < lowest[:, None]
    count = below.sum(axis=1).astype(np.float64)
    mean = np.where(below, now, 0.0).sum(axis=1) / np.maximum(count, 1.0)
    known = np.isfinite(before).sum(axis=1) >= _SEEN
    return np.where(known, count, np.nan), np.where(known & (count > 0), mean, np.nan)


def _with_totals(out: Summary, roster: Roster, sums: Sequence[tuple[Floats, Codes]]) -> Summary:
    rows = np.concatenate([mine for _, mine in sums]) if sums else np.empty(0, dtype=np.int64)
    if not len(rows):
        return out
    owner, services = coded(roster.names.service[code] for code in roster.service[rows])
    samples = np.nan_to_num(np.concatenate([part for part, _ in sums]), nan=0.0)
    totals = np.add.reduceat(samples, np.searchsorted(owner, np.arange(len(services))), axis=0)
    return Summary(
        out.roster, out.now, out.early, out.since, out.typical, out.flow._replace(services=services, totals=totals)
    )


def _blank(roster: Roster, times: Floats) -> Summary:
    def column() -> Floats:
        return np.full(len(roster), np.nan)

    def levels() -> Levels:
        none = np.zeros(len(roster), dtype=np.int32)
        return Levels(column(), column(), column(), column(), column(), column(), none)

    return Summary(
        roster,
        levels(),
        levels(),
        column(),
        column(),
        Flow(column(), column(), column(), column(), times, (), np.empty((0, len(times)))),
    )


def _joined_levels(parts: Sequence[Levels], order: Codes) -> Levels:
    return Levels(*(np.concatenate(columns)[order] for columns in zip(*parts, strict=True)))
