"""Which series moved, compared with their own past and with the fleet."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clew.causal.meaning import Meaning, bytes_in, family, meaning
from clew.causal.moment import Moment
from clew.causal.roster import Codes, Roster, firsts, group_highest, group_medians
from clew.causal.say import change, clock, seen, spoken, unit_of
from clew.causal.summary import Levels, Summary, summarise
from clew.causal.traffic import traffic_clue
from clew.hypothesis import Clue
from clew.incident import Signal, Symptom
from clew.tables import Bools, Floats, Matrix, SeriesKey

_BAR = 4.0
"""A shift below this many scales is noise."""
_OF_REACH = 0.02
"""Part of the fleet's highest value that is always noise: a gauge that is usually 0 may read 1."""
_UNIT = 0.05
"""Of any unit, this little is noise: a queue that is usually empty holds 0.1 on average now and then. Of KiB, GiB, ... that of a byte."""
_PARTS = ("cpu", "memory", "disk")
"""Resources that are used in parts, not in units: half a core is no noise."""
_FAR = 8.0
"""A signal at so many times its level is not as usual, even where its past reached as far."""
_USUAL = 0.2
"""Latency or errors up to this amount are within what a signal does on its own."""
_LASTING = 2
"""So many samples below all earlier ones are no accident."""
_CAP = 200.0
_MOST = 1000
"""Clues of either sort at most: a ranking needs the strongest, a person a handful, and a checkpoint has to stay small."""
FRONT = "front door"
"""What the series of no service are said to be of."""
_EFFECTS = {
    Signal.LATENCY: (Meaning.LATENCY,),
    Signal.ERRORS: (Meaning.ERRORS, Meaning.AVAILABILITY),
    Signal.AVAILABILITY: (Meaning.AVAILABILITY, Meaning.ERRORS),
}
_CHANNELS = {
    Meaning.LATENCY: "latency",
    Meaning.ERRORS: "errors",
    Meaning.AVAILABILITY: "errors",
    Meaning.TRAFFIC: "requests",
}
_NAMES = ("resource", "latency", "errors", "requests")
"""Channels by code."""


class SeriesClue(NamedTuple):
    """A clue and the series it was read from. `row` is the row of the matrix, -1 where it is of none or none was at hand; levels are
    in the series' own unit.
    """

    clue: Clue
    key: SeriesKey
    normal: float
    after: float
    row: int = -1


class _Found(NamedTuple):
    """Per series that moved: its row, the code of its channel and how far, 0..1."""

    row: Codes
    channel: Codes
    amount: Floats


def resource_clues(
    matrix: Matrix, normal: Matrix, moment: Moment, symptom: Symptom | None = None
) -> tuple[SeriesClue, ...]:
    """All clues of the metrics of one whole fleet, each with its row; see `series_clues`."""
    found = series_clues(summarise(matrix, normal, moment), moment, symptom)
    told = {item.key for item in found}
    rows = {key: row for row, key in enumerate(matrix.keys) if key in told}
    return tuple(item._replace(row=rows.get(item.key, -1)) for item in found)


def series_clues(summary: Summary, moment: Moment, symptom: Symptom | None = None) -> tuple[SeriesClue, ...]:
    """All clues of the metrics, strongest first: at most one per service and channel, of `resource` one per kind of resource.

    Channels: `resource` (excess over the service's own past in units of noise, minus the fleet's median excess, on a log scale 0..1),
    `latency`, `errors`, `requests` (excess beyond the 99.5th percentile over noise plus a quarter of the level, log scale 0..1) and, for
    the service level (empty service), `quiet` when its latency or errors were seen and stayed usual. `symptom` (amount 0) is the series
    that the alert speaks of, loud or not. `moment` is the one that the summary was made with. Of a large fleet the strongest are told,
    at most 1000 that moved and 1000 that stayed quiet, always with those of the symptom's service and of the service level.
    """
    roster = summary.roster
    if not len(roster):
        return ()
    wanted = (symptom.metric or "").split("(")[0] if symptom else ""
    near = roster.owned(("", symptom.service if symptom else ""))
    with np.errstate(over="ignore", invalid="ignore"):
        clues = [
            _clue(_NAMES[channel], summary, row, amount)
            for row, channel, amount in _strongest(
                roster, (_fleet(roster, summary.now), _people(roster, summary.now)), near
            )
        ]
        clues += _quiet(roster, summary.early, wanted, near)
        clues += _noticed(roster, summary, symptom, wanted) if symptom else []
        clues += _silent(roster, summary)
        surge = traffic_clue(summary, moment)
    if surge is not None:
        clues.append(SeriesClue(surge, SeriesKey("", "", "requests"), 0.0, 0.0))
    clues.append(SeriesClue(seen(roster.names.service, "metrics"), SeriesKey("", "", ""), 0.0, 0.0))
    return tuple(sorted(clues, key=lambda c: (-c.clue.amount, c.clue.channel, c.key.service, c.key.metric)))


def _fleet(roster: Roster, levels: Levels) -> _Found:
    """Resource series against all services' series of the same name: floors keep a near-zero noise from shouting."""
    mine = roster.means(Meaning.RESOURCE, Meaning.VOLUME, Meaning.OTHER) & ~roster.owned(("",))
    rows = np.flatnonzero(mine)
    names, first, group = np.unique(roster.metric[rows], return_index=True, return_inverse=True)
    level, spread, top = levels.level[rows], levels.spread[rows], levels.top[rows]

    def usual(values: Floats) -> Floats:
        return group_medians(values, group, len(names))[group]

    scale = spread + usual(spread) + 0.05 * np.abs(level) + 0.02 * usual(np.abs(level)) + 1e-12
    units = np.array([_UNIT / bytes_in(unit) for unit in roster.names.unit])[roster.codes[3][rows]]
    shared = np.array([family(name) in _PARTS for name in roster.names.metric], dtype=np.bool_)[roster.metric[rows]]
    units = np.where(shared, 0.0, units)
    scale = scale + units + _OF_REACH * group_highest(np.abs(top), group, len(names))[group]
    moved = (top - np.fmax(level, levels.high[rows])) / scale
    crowd = np.bincount(group, minlength=len(names))[group] > 3
    moved = np.where(crowd, moved - np.maximum(0.0, usual(moved)), moved)
    weight = np.where(roster.means(Meaning.RESOURCE)[rows][first], 1.0, 0.4)[group]
    amount = weight * _scaled(moved)
    kept = (amount > 0) & (levels.samples[rows] >= 2)
    return _Found(rows[kept], np.zeros(int(kept.sum()), dtype=np.int64), amount[kept])


def _people(roster: Roster, levels: Levels) -> _Found:
    """Latency up, errors up, availability down, requests either way, each against its own past."""
    rows = np.flatnonzero(roster.means(*_CHANNELS))
    available, failing = roster.means(Meaning.AVAILABILITY)[rows], roster.means(Meaning.ERRORS)[rows]
    level, spread = levels.level[rows], levels.spread[rows]
    floor = np.where(failing, 0.005, np.where(available, 0.005 * np.maximum(1.0, np.abs(level)), 1e-6))
    scale = spread + np.where(available, 0.0, 0.25 * np.abs(level)) + floor
    moved = np.where(available, levels.low[rows] - levels.bottom[rows], levels.top[rows] - levels.high[rows])
    kept = np.isfinite(moved) & (moved > 0)
    amount = np.log1p(np.minimum(moved / scale, _CAP)) / np.log1p(_CAP)
    codes = np.full(len(rows), _NAMES.index("requests"))
    for what, name in _CHANNELS.items():
        codes[roster.means(what)[rows]] = _NAMES.index(name)
    return _Found(rows[kept], codes[kept], amount[kept])


def _strongest(roster: Roster, found: Sequence[_Found], near: Bools) -> list[tuple[int, int, float]]:
    """Row, channel and amount of the strongest of each service, channel and kind of resource."""
    row, channel, amount = (np.concatenate(column) for column in zip(*found, strict=True))
    kinds = [family(name) for name in roster.names.metric]
    kind = np.array([sorted(set(kinds)).index(name) for name in kinds], dtype=np.int64)[roster.metric[row]]
    kind = np.where(channel == 0, kind, 0)
    group = (roster.service[row] * len(_NAMES) + channel) * (len(kinds) + 1) + kind
    best = firsts((-amount, row), group)
    best = best[np.lexsort((row[best], -amount[best], ~near[row[best]]))[:_MOST]]
    return list(zip(row[best].tolist(), channel[best].tolist(), amount[best].tolist(), strict=True))


def _quiet(roster: Roster, levels: Levels, wanted: str, near: Bools) -> list[SeriesClue]:
    """Says of each service's latency and errors, where measured before and around the alert, that they stayed usual: healthy needs it.

    The series named `wanted` speaks for its service where there is one.
    """
    loud = _people(roster, levels)
    taken = (roster.service * len(_NAMES))[loud.row] + loud.channel
    taken = taken[loud.amount > _USUAL]
    rows = np.flatnonzero(
        roster.means(Meaning.LATENCY, Meaning.ERRORS, Meaning.AVAILABILITY)
        & (levels.samples >= 5)
        & np.isfinite(levels.top)
    )
    channel = np.where(roster.means(Meaning.LATENCY)[rows], _NAMES.index("latency"), _NAMES.index("errors"))
    group = roster.service[rows] * len(_NAMES) + channel
    taken = np.concatenate((taken, group[_far(roster, levels)[rows]]))
    calm = ~np.isin(group, taken)
    rows, group = rows[calm], group[calm]
    named = roster.named((wanted,))[rows]
    rows = rows[firsts((~named, rows), group)]
    rows = rows[np.lexsort((rows, ~near[rows]))[:_MOST]]
    return [_calm(roster.key(row), levels, row) for row in rows.tolist()]


def _far(roster: Roster, levels: Levels) -> Bools:
    """Series whose worst is many times their level: whatever the past held, nobody would call that usual."""
    over = (levels.level > 0) & (levels.top >= _FAR * levels.level)
    under = levels.bottom <= levels.level / _FAR
    return np.where(roster.means(Meaning.AVAILABILITY), under & (levels.level > 0), over)


def _calm(key: SeriesKey, levels: Levels, row: int) -> SeriesClue:
    what = meaning(key.metric, key.unit)
    before = float(levels.level[row])
    after = float(levels.top[row] if what is not Meaning.AVAILABILITY else levels.bottom[row])
    shown = change(before, after, key.unit or unit_of(key.metric))
    says = f"{key.service or FRONT} {spoken(key.metric)} stayed usual: {shown}"
    clue = Clue(channel="quiet", service=key.service, amount=0.0, says=says, detail=_CHANNELS[what])
    return SeriesClue(clue, key, before, after)


def _noticed(roster: Roster, summary: Summary, symptom: Symptom, wanted: str) -> list[SeriesClue]:
    """The series that the alert names at its service, else the one of its kind there that moved most."""
    kinds = _EFFECTS.get(symptom.signal, ()) if symptom.signal else (Meaning.LATENCY, Meaning.ERRORS)
    before, after = summary.now.level, _worst(roster, summary.now)
    near = roster.owned(("", symptom.service)) & (roster.means(*kinds) | roster.named((wanted,)))
    rows = np.flatnonzero(near & np.isfinite(after - before))
    if not len(rows):
        return []
    named = roster.named((wanted,))[rows]
    own = roster.owned((symptom.service,))[rows]
    moved = np.abs(after[rows] - before[rows]) / (np.abs(before[rows]) + 1e-9)
    row = int(rows[firsts((~named, ~own, -moved, rows), np.zeros(len(rows), dtype=np.int64))[0]])
    found = _clue("symptom", summary, row, 0.0)
    return [
        found._replace(clue=found.clue.model_copy(update={"says": found.clue.says.replace(" from ", " since ", 1)}))
    ]


def _silent(roster: Roster, summary: Summary) -> list[SeriesClue]:
    """Services that are asked less than ever before: channel `silent` (0..1, how deep and how lasting). Tells of their callers."""
    flow = summary.flow
    depth = 1.0 - flow.left / flow.before
    found = (flow.sunk >= _LASTING) & (depth > 0) & ~roster.owned(("",))
    rows = np.flatnonzero(found)
    amount = np.where(found, depth * flow.sunk / (flow.sunk + 1.0), 0.0)
    out: list[SeriesClue] = []
    for row in rows[firsts((-amount[rows], rows), roster.service[rows])].tolist():
        key, before, after = roster.key(row), float(flow.before[row]), float(flow.left[row])
        says = f"{key.service} {spoken(key.metric)} {change(before, after, key.unit or unit_of(key.metric))}"
        worth = round(float(amount[row]), 6)
        clue = Clue(channel="silent", service=key.service, amount=worth, says=says[:160], detail=key.metric)
        out.append(SeriesClue(clue, key, before, after))
    return out


def _worst(roster: Roster, levels: Levels) -> Floats:
    return np.where(roster.means(Meaning.AVAILABILITY), levels.bottom, levels.top)


def _clue(channel: str, summary: Summary, row: int, amount: float) -> SeriesClue:
    key = summary.roster.key(row)
    down = meaning(key.metric, key.unit) is Meaning.AVAILABILITY
    before, peak = float(summary.now.level[row]), float((summary.now.bottom if down else summary.now.top)[row])
    since = float(summary.since[row]) if np.isfinite(summary.since[row]) else None
    after = _usual_since(before, peak, float(summary.typical[row]))
    tail = f" from {clock(since)}" if since is not None else ""
    says = f"{key.service or FRONT} {spoken(key.metric)} {change(before, after, key.unit or unit_of(key.metric))}{tail}"
    clue = Clue(
        channel=channel, service=key.service, amount=round(amount, 6), onset=since, says=says[:160], detail=key.metric
    )
    return SeriesClue(clue, key, before, after)


def _usual_since(before: float, peak: float, typical: float) -> float:
    """What people are told of the time since: the median, unless the trouble comes in peaks that the median does not see."""
    seen_by_median = abs(typical - before) >= abs(peak - before) / 8 and (typical > before) == (peak > before)
    return typical if seen_by_median else peak


def _scaled(shift: Floats) -> Floats:
    loud = np.isfinite(shift) & (shift > _BAR)
    return np.where(loud, np.minimum(1.0, np.log(np.where(loud, shift, _BAR) / _BAR) / np.log(_CAP / _BAR)), 0.0)
