"""How long would the recorded requests have taken if one service had taken its usual time: each trace played again, call by call."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from clew.causal.selftime import self_times, taken
from clew.tables import Bools, Floats, Ints, Spans

_WORLDS = 16
"""The usual times are known from samples: so many resamples of them are played."""
_LEAST = 5
"""Calls of an operation in normal times, below which its usual time is not known."""
_SPANS = 3000
"""At most about so many spans are played: whole traces, evenly chosen."""


@dataclass(frozen=True, eq=False)
class Replay:
    """Root durations in seconds, of the traces that pass through the service: as recorded (R,), and played again in each world (R, W)."""

    recorded: Floats
    played: Floats
    changed: int
    """How many spans had another time in the play."""


def replay(spans: Spans, normal: Spans, service: str, whole: bool = False) -> Replay | None:
    """Plays the traces that pass through `service` with its own time as it is in `normal`; None if that is not known.

    The map keeps ranks: the slowest tenth becomes the slowest tenth of normal times, operation by operation, and nothing gets slower. With
    `whole` the time of its callees is part of what is mapped: as if calls to it went to a healthy twin. A child starts when the sibling
    that ended last before it has ended, plus the caller's own time in between (happens-before of the recording); a caller ends after its
    last child. What ran in parallel and longer therefore hides what was gained.
    """
    if service not in spans.services or service not in normal.services:
        return None
    mine = np.unique(spans.trace[spans.service == spans.services.index(service)])
    spans = _sampled(taken(spans, np.isin(spans.trace, mine)))
    own = spans.duration if whole else self_times(spans)[0]
    mapped = _mapped(spans, normal, service, own, whole)
    if mapped is None:
        return None
    rows, usual = mapped
    factors: dict[int, Floats] = {}
    for row, times in zip(rows.tolist(), usual, strict=True):
        if own[row] > 0:
            factors[row] = np.minimum(times / own[row], 1.0)
    lasts = _played(spans, factors, whole)
    roots = np.flatnonzero(spans.parent < 0)
    played = np.array([_wide(lasts.get(int(root), spans.duration[root : root + 1])) for root in roots])
    return Replay(spans.duration[roots], played, len(factors))


def _sampled(spans: Spans) -> Spans:
    """Whole traces, evenly chosen, so that the play stays short."""
    if len(spans) <= _SPANS:
        return spans
    present = np.unique(spans.trace)
    every = int(np.ceil(len(spans) / _SPANS))
    return taken(spans, np.isin(spans.trace, present[::every]))


def _mapped(spans: Spans, normal: Spans, service: str, own: Floats, whole: bool) -> tuple[Ints, Floats] | None:
    """The rows of the service's spans whose usual time is known, and that time in each world (rows, W)."""
    usual = normal.duration if whole else self_times(normal)[0]
    here, there = spans.services.index(service), normal.services.index(service)
    rng = np.random.default_rng(7)
    rows: list[Ints] = []
    times: list[Floats] = []
    for number, operation in enumerate(spans.operations):
        mine = np.flatnonzero((spans.service == here) & (spans.operation == number)).astype(np.int32)
        if not len(mine) or operation not in normal.operations:
            continue
        past = usual[(normal.service == there) & (normal.operation == normal.operations.index(operation))]
        if len(past) < _LEAST:
            continue
        places = (np.argsort(np.argsort(own[mine], kind="stable")) + 0.5) / len(mine)
        worlds = np.sort(rng.choice(past, (_WORLDS, len(past))), axis=1)
        worlds[0] = np.sort(past)
        rows.append(mine)
        times.append(np.stack([np.quantile(world, places) for world in worlds], axis=1))
    return (np.concatenate(rows), np.concatenate(times)) if rows else None


def _played(spans: Spans, factors: dict[int, Floats], whole: bool) -> dict[int, Floats]:
    """New durations (W,) of the spans that change, by row; what is not in it lasts as recorded."""
    touched = _above(spans, factors)
    children = np.flatnonzero((spans.parent >= 0) & touched[spans.parent])
    children = children[np.lexsort((spans.start[children], spans.parent[children]))].astype(np.int32)
    first = np.searchsorted(spans.parent[children], np.arange(len(spans) + 1))
    new: dict[int, Floats] = {}
    for row in _deepest_first(spans, touched):
        below = children[first[row] : first[row + 1]]
        factor = factors.get(row)
        if (whole and factor is not None) or not len(below):
            if factor is not None:
                new[row] = spans.duration[row] * factor
            continue
        new[row] = _chained(spans, row, below, (new, factor))
    return new


def _chained(spans: Spans, row: int, below: Ints, change: tuple[dict[int, Floats], Floats | None]) -> Floats:
    """The new duration of a span from those of its children, `below` in order of their starts."""
    new, factor = change
    pace = np.ones(1) if factor is None else factor
    begin, last = float(spans.start[row]), float(spans.duration[row])
    ends: list[float] = []  # as recorded, ascending, and as played
    finishes: list[Floats] = []
    for child in below.tolist():
        start = min(max(float(spans.start[child]) - begin, 0.0), last)
        earlier = bisect_right(ends, start)
        before, base = (ends[earlier - 1], finishes[earlier - 1]) if earlier else (0.0, np.zeros(1))
        length = float(spans.duration[child])
        finish = base + pace * (start - before) + new.get(child, np.full(1, length))
        if start + length <= last + 1e-9:
            place = bisect_right(ends, start + length)
            ends.insert(place, start + length)
            finishes.insert(place, finish)
    if not ends:
        return _wide(last * pace)
    tail = last - ends[-1]
    final = finishes[0]
    for finish in finishes[1:]:
        final = np.maximum(final, finish)
    return _wide(final + pace * tail)


def _wide(times: Floats) -> Floats:
    """One value per world."""
    return np.broadcast_to(times, (_WORLDS,))


def _above(spans: Spans, factors: dict[int, Floats]) -> Bools:
    """The spans that change and all that wait for them."""
    out = np.zeros(len(spans), dtype=bool)
    rows = np.fromiter(factors, dtype=np.int64)
    while len(rows):
        rows = np.unique(rows[(rows >= 0) & ~out[rows]])
        out[rows] = True
        rows = spans.parent[rows].astype(np.int64)
    return out


def _deepest_first(spans: Spans, touched: Bools) -> list[int]:
    """The touched rows, children before their parents."""
    depth = np.zeros(len(spans), dtype=np.int32)
    rows = spans.parent.copy()
    for _ in range(200):  # deeper calls, or a cycle in a broken trace, are cut here
        inside = rows >= 0
        if not inside.any():
            break
        depth += inside
        rows = np.where(inside, spans.parent[rows], -1)
    chosen = np.flatnonzero(touched)
    return chosen[np.argsort(-depth[chosen], kind="stable")].tolist()
