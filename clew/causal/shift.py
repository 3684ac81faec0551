"""Which series moved, compared with their own past and with the fleet."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from clew.causal.grid import regular, step_of
from clew.causal.meaning import Meaning, family, meaning
from clew.causal.moment import Moment
from clew.causal.say import change, clock, seen, spoken, unit_of
from clew.causal.spread import highest, medians, quantiles, spreads
from clew.causal.traffic import traffic_clue
from clew.hypothesis import Clue
from clew.incident import Signal, Symptom
from clew.tables import Bools, Floats, Ints, Matrix, SeriesKey

_FOLLOWED = 300.0
"""How long after the onset a level counts, seconds."""
_EARLY = 60.0
"""The onset is known to about this, seconds: samples this close before it are not called the past."""
_BAR = 4.0
"""A shift below this many scales is noise."""
_OF_REACH = 0.02
"""Part of the fleet's highest value that is always noise: a gauge that is usually 0 may read 1."""
_UNIT = 0.05
"""Of any unit, this little is noise: a queue that is usually empty holds 0.1 on average now and then."""
_USUAL = 0.2
"""Latency or errors up to this amount are within what a signal does on its own."""
_CAP = 200.0
FRONT = "front door"
"""What the series of no service are said to be of."""
_EFFECTS = {
    Signal.LATENCY: (Meaning.LATENCY,),
    Signal.ERRORS: (Meaning.ERRORS, Meaning.AVAILABILITY),
    Signal.AVAILABILITY: (Meaning.AVAILABILITY, Meaning.ERRORS),
}


class SeriesClue(NamedTuple):
    """A clue and the series it was read from. `row` is the row of the matrix (-1: no single series); levels are in the series' own unit."""

    clue: Clue
    key: SeriesKey
    row: int
    normal: float
    after: float


class _Levels(NamedTuple):
    """Per row: the usual level, its noise, the highest and lowest usual, and the two worst samples of the incident."""

    level: Floats
    spread: Floats
    high: Floats
    low: Floats
    top: Floats
    bottom: Floats
    samples: Ints


def resource_clues(
    matrix: Matrix, normal: Matrix, moment: Moment, symptom: Symptom | None = None
) -> tuple[SeriesClue, ...]:
    """All clues of the metrics, strongest first: at most one per service and channel, of `resource` one per kind of resource.

    Channels: `resource` (excess over the service's own past in units of noise, minus the fleet's median excess, on a log scale 0..1),
    `latency`, `errors`, `requests` (excess beyond the 99.5th percentile over noise plus a quarter of the level, log scale 0..1) and, for
    the service level (empty service), `quiet` when its latency or errors were seen and stayed usual. `symptom` (amount 0) is the series
    that the alert speaks of, loud or not.
    """
    grid = regular(matrix)
    if not grid.keys:
        return ()
    past, during = _phases(grid, moment)
    levels = _levels(grid, regular(normal), past, during)
    found = [*_fleet(grid, levels), *_service_level(grid, levels)]
    best: dict[tuple[str, str, str], tuple[float, int, float, float]] = {}
    for channel, row, amount, before, after in found:
        key = (channel, grid.keys[row].service, family(grid.keys[row].metric) if channel == "resource" else "")
        if amount > best.get(key, (0.0,))[0]:
            best[key] = (amount, row, before, after)
    clues = [_clue(channel, grid, moment, entry) for (channel, _, _), entry in best.items()]
    wanted = (symptom.metric or "").split("(")[0] if symptom else ""
    early = moment.model_copy(update={"onset": min(moment.start, moment.alerted_at) - _EARLY})
    clues += _quiet(grid, _levels(grid, regular(normal), *_phases(grid, early)), wanted)
    clues += _noticed(grid, levels, moment, symptom, wanted) if symptom else []
    surge = traffic_clue(grid, past, during, moment)
    if surge is not None:
        clues.append(SeriesClue(surge, SeriesKey("", "", "requests"), -1, 0.0, 0.0))
    clues.append(SeriesClue(seen((key.service for key in grid.keys), "metrics"), SeriesKey("", "", ""), -1, 0.0, 0.0))
    return tuple(sorted(clues, key=lambda c: (-c.clue.amount, c.clue.channel, c.key.service, c.key.metric)))


def _noticed(grid: Matrix, levels: _Levels, moment: Moment, symptom: Symptom, wanted: str) -> list[SeriesClue]:
    """The series that the alert names at its service, else the one of its kind there that moved most."""
    kinds = _EFFECTS.get(symptom.signal, ()) if symptom.signal else (Meaning.LATENCY, Meaning.ERRORS)
    best: tuple[tuple[bool, bool, float, int], float, float] | None = None
    for row, key in enumerate(grid.keys):
        what, named = meaning(key.metric, key.unit), key.metric == wanted
        before, up, down = float(levels.level[row]), float(levels.top[row]), float(levels.bottom[row])
        after = down if what is Meaning.AVAILABILITY else up
        if key.service not in ("", symptom.service) or not (named or what in kinds) or not np.isfinite(after - before):
            continue
        order = (named, key.service == symptom.service, abs(after - before) / (abs(before) + 1e-9), -row)
        best = max(best, (order, before, after)) if best else (order, before, after)
    if best is None:
        return []
    (_, _, _, place), before, after = best
    found = _clue("symptom", grid, moment, (0.0, -place, before, after))
    return [
        found._replace(clue=found.clue.model_copy(update={"says": found.clue.says.replace(" from ", " since ", 1)}))
    ]


def _phases(grid: Matrix, moment: Moment) -> tuple[Bools, Bools]:
    """Which columns are the past and which the incident. At least the two earliest columns are the past."""
    times, start = grid.times, moment.start
    leeway = _EARLY + 0.5 * step_of(times)
    during = (times >= start - leeway) & (times <= max(start, moment.alerted_at) + _FOLLOWED)
    past = times < start - leeway
    if past.sum() < 2:
        past[: min(2, max(1, len(times) - 1))] = True
        during &= ~past
    return past, during


def _levels(grid: Matrix, normal: Matrix, past: Bools, during: Bools) -> _Levels:
    values = grid.values[:, past]
    if normal.keys:
        rows = {(key.service, key.metric): row for row, key in enumerate(normal.keys)}
        extra = np.full((len(grid.keys), len(normal.times)), np.nan)
        for row, key in enumerate(grid.keys):
            other = rows.get((key.service, key.metric))
            if other is not None:
                extra[row] = normal.values[other]
        values = np.concatenate((values, extra), axis=1)
    now = grid.values[:, during]
    samples = np.isfinite(values).sum(axis=1).astype(np.int32)
    return _Levels(
        medians(values),
        spreads(values),
        quantiles(values, 0.995),
        quantiles(values, 0.005),
        highest(now, 2),
        -highest(-now, 2),
        samples,
    )


def _fleet(grid: Matrix, levels: _Levels) -> list[tuple[str, int, float, float, float]]:
    """Resource series against all services' series of the same name: floors keep a near-zero noise from shouting."""
    by_metric: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(grid.keys):
        if key.service and meaning(key.metric, key.unit) in (Meaning.RESOURCE, Meaning.VOLUME, Meaning.OTHER):
            by_metric[key.metric].append(row)
    out: list[tuple[str, int, float, float, float]] = []
    for rows in by_metric.values():
        index = np.array(rows)
        level, spread = levels.level[index], levels.spread[index]
        scale = spread + _median(spread) + 0.05 * np.abs(level) + 0.02 * _median(np.abs(level)) + 1e-12
        scale = (
            scale
            + _UNIT
            + _OF_REACH * float(np.nanmax(np.where(np.isfinite(levels.top[index]), np.abs(levels.top[index]), 0.0)))
        )
        moved = (levels.top[index] - np.fmax(level, levels.high[index])) / scale
        if len(rows) > 3:
            moved = moved - max(0.0, _median(moved))
        what = meaning(grid.keys[rows[0]].metric, grid.keys[rows[0]].unit)
        weight = 1.0 if what is Meaning.RESOURCE else 0.4
        for row, shift in zip(rows, moved, strict=True):
            amount = weight * _scaled(float(shift))
            if amount > 0 and levels.samples[row] >= 2:
                out.append(("resource", row, amount, float(levels.level[row]), float(levels.top[row])))
    return out


def _service_level(grid: Matrix, levels: _Levels) -> list[tuple[str, int, float, float, float]]:
    """Latency up, errors up, availability down, requests either way, each against its own past."""
    out: list[tuple[str, int, float, float, float]] = []
    for row, key in enumerate(grid.keys):
        what = meaning(key.metric, key.unit)
        level, spread = float(levels.level[row]), float(levels.spread[row])
        floor = {Meaning.ERRORS: 0.005, Meaning.AVAILABILITY: 0.005 * max(1.0, abs(level))}.get(what, 1e-6)
        scale = spread + 0.25 * abs(level) * (what is not Meaning.AVAILABILITY) + floor
        up, down = float(levels.top[row] - levels.high[row]), float(levels.low[row] - levels.bottom[row])
        channel, moved, after = {
            Meaning.LATENCY: ("latency", up, levels.top[row]),
            Meaning.ERRORS: ("errors", up, levels.top[row]),
            Meaning.AVAILABILITY: ("errors", down, levels.bottom[row]),
            Meaning.TRAFFIC: ("requests", up, levels.top[row]),
        }.get(what, ("", 0.0, 0.0))
        if channel and np.isfinite(moved) and moved > 0:
            amount = float(np.log1p(min(moved / scale, _CAP)) / np.log1p(_CAP))
            out.append((channel, row, amount, level, float(after)))
    return out


def _quiet(grid: Matrix, levels: _Levels, wanted: str) -> list[SeriesClue]:
    """Says of each service's latency and errors, where measured before and around the alert, that they stayed usual: healthy needs it.

    The series named `wanted` speaks for its service where there is one.
    """
    loud = {
        (grid.keys[row].service, channel)
        for channel, row, amount, _, _ in _service_level(grid, levels)
        if amount > _USUAL
    }
    out: dict[tuple[str, str], SeriesClue] = {}
    for row, key in sorted(enumerate(grid.keys), key=lambda item: item[1].metric != wanted):
        what = meaning(key.metric, key.unit)
        channel = {Meaning.LATENCY: "latency", Meaning.ERRORS: "errors", Meaning.AVAILABILITY: "errors"}.get(what)
        if (
            channel is None
            or (key.service, channel) in loud
            or levels.samples[row] < 5
            or not np.isfinite(levels.top[row])
        ):
            continue
        before, after = (
            float(levels.level[row]),
            float(levels.top[row] if what is not Meaning.AVAILABILITY else levels.bottom[row]),
        )
        says = f"{key.service or FRONT} {spoken(key.metric)} stayed usual: {change(before, after, key.unit or unit_of(key.metric))}"
        clue = Clue(channel="quiet", service=key.service, amount=0.0, says=says, detail=channel)
        out.setdefault((key.service, channel), SeriesClue(clue, key, row, before, after))
    return list(out.values())


def _clue(channel: str, grid: Matrix, moment: Moment, entry: tuple[float, int, float, float]) -> SeriesClue:
    amount, row, before, after = entry
    key = grid.keys[row]
    who = key.service or FRONT
    since = _since(grid, row, moment, before, after)
    after = _usual_since(grid, row, since, (before, after))
    tail = f" from {clock(since)}" if since is not None else ""
    says = f"{who} {spoken(key.metric)} {change(before, after, key.unit or unit_of(key.metric))}{tail}"
    clue = Clue(
        channel=channel, service=key.service, amount=round(amount, 6), onset=since, says=says[:160], detail=key.metric
    )
    return SeriesClue(clue, key, row, before, after)


def _since(grid: Matrix, row: int, moment: Moment, before: float, after: float) -> float | None:
    """The first sample near the incident that lies past the middle between the two levels."""
    middle = (before + after) / 2
    beyond = grid.values[row] > middle if after > before else grid.values[row] < middle
    hits = np.flatnonzero(beyond & (grid.times >= moment.start - 120.0))
    return float(grid.times[hits[0]]) if len(hits) else None


def _usual_since(grid: Matrix, row: int, since: float | None, levels: tuple[float, float]) -> float:
    """What people are told of the time since: the median, unless the trouble comes in peaks that the median does not see."""
    before, peak = levels
    typical = _median(grid.values[row, grid.times >= since]) if since is not None else peak
    return (
        typical if abs(typical - before) >= abs(peak - before) / 8 and (typical > before) == (peak > before) else peak
    )


def _scaled(shift: float) -> float:
    if not np.isfinite(shift) or shift <= _BAR:
        return 0.0
    return float(min(1.0, np.log(shift / _BAR) / np.log(_CAP / _BAR)))


def _median(values: Floats) -> float:
    there = values[np.isfinite(values)]
    return float(np.median(there)) if len(there) else 0.0
