"""Which calls take long between caller and callee: the mark of a slow network."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from clew.causal.say import change, number
from clew.hypothesis import Clue
from clew.tables import Bools, Floats, Spans

_CLIENT = 0.8
"""An operation is a call to another service if this part of its spans with children has just the one, elsewhere."""
_SLOW = 5.0
"""A way that takes this many times as long is a slow network; less may be a busy end of it."""


def exits(spans: Spans) -> Bools:
    """Which spans (N,) are a service's side of a call to another: below a span of their own service, and of an operation whose only
    child, where it was recorded, is another service's. What such a span lasts longer than its child is the way, not work.
    """
    parent, count = spans.parent, len(spans)
    inner = np.flatnonzero(parent >= 0)
    number = np.bincount(parent[inner], minlength=count)
    cross = inner[spans.service[inner] != spans.service[parent[inner]]]
    calls = np.bincount(parent[cross], minlength=count)
    below_own = np.zeros(count, dtype=np.bool_)
    below_own[inner] = spans.service[inner] == spans.service[parent[inner]]
    key = spans.service.astype(np.int64) * (len(spans.operations) + 1) + spans.operation
    groups, place = np.unique(key, return_inverse=True)
    size = len(groups)
    calling = np.bincount(place[(number == 1) & (calls == 1) & below_own], minlength=size)
    parents = np.bincount(place[number > 0], minlength=size)
    return ((calling > 0) & (calling >= _CLIENT * parents))[place] & below_own


def gaps(spans: Spans) -> dict[tuple[str, str], Floats]:
    """Per (caller, callee): seconds that the caller's span lasts longer than the callee's, one value per call, at least 0."""
    child = np.flatnonzero(spans.parent >= 0)
    above = spans.parent[child]
    cross = spans.service[child] != spans.service[above]
    child, above = child[cross], above[cross]
    gap = np.maximum(spans.duration[above] - spans.duration[child], 0.0)
    # a caller span with several callees waits for all of them: only single calls measure one edge
    alone = np.bincount(spans.parent[spans.parent >= 0], minlength=len(spans))[above] == 1
    child, above, gap = child[alone], above[alone], gap[alone]
    key = spans.service[above].astype(np.int64) * len(spans.services) + spans.service[child]
    order = np.argsort(key, kind="stable")
    out: dict[tuple[str, str], Floats] = {}
    for rows in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        if len(rows):
            edge = spans.services[spans.service[above[rows[0]]]], spans.services[spans.service[child[rows[0]]]]
            out[edge] = gap[rows]
    return out


class _Way(NamedTuple):
    """One edge: the share of slow calls (0..1, damped where a call is hardly longer), calls, and the usual and present gap in seconds."""

    share: float
    calls: int
    usual: float
    now: float
    extra: float
    """Mean seconds beyond the usual."""


def edge_clues(now: Spans, past: Spans) -> tuple[list[Clue], dict[str, float]]:
    """Clues of channel `edge` (0..1), and the seconds per caller that slow edges explain.

    Amount: the mean share of slow calls over all edges of a service (or all that lead to it), weighted by the square root of the calls,
    times the square root of the part of all extra waiting that its edges hold: the one node whose every edge is slow explains them all.
    A call is slow beyond its edge's usual 95th percentile (beyond 5 times the fleet's median gap where there is no usual).
    """
    ways = _ways(now, past)
    touching: dict[str, list[_Way]] = defaultdict(list)
    inbound: dict[str, list[_Way]] = defaultdict(list)
    explained: dict[str, float] = defaultdict(float)
    whole = sum(_waiting(way) for way in ways.values())
    for (caller, callee), way in ways.items():
        inbound[callee].append(way)
        touching[caller].append(way)
        touching[callee].append(way)
        if way.share > 0.3:
            explained[caller] += max(0.0, way.now - way.usual) * way.calls
    clues: list[Clue] = []
    for who, mine in touching.items():
        best = max((_amount(parts, whole), parts) for parts in (mine, inbound[who]) if parts)
        clue = _clue(who, *best)
        if clue is not None:
            clues.append(clue)
    return clues, dict(explained)


def _ways(now: Spans, past: Spans) -> dict[tuple[str, str], _Way]:
    current, usual = gaps(now), gaps(past) if len(past) else {}
    if not current:
        return {}
    pooled = float(np.median([float(np.median(values)) for values in (usual or current).values()]))
    out: dict[tuple[str, str], _Way] = {}
    for edge, values in current.items():
        old = usual.get(edge)
        known = old is not None and len(old) >= 5
        middle = float(np.median(old)) if old is not None and known else pooled
        bar = float(np.quantile(old, 0.95)) if old is not None and known else 5.0 * pooled + 0.002
        extra = max(0.0, float(np.mean(values)) - middle)
        # a few milliseconds are load or clock, a slow network is many times the usual gap
        share = max(0.0, (float(np.mean(values > bar)) - 0.05) / 0.95) * extra / (extra + 5.0 * middle + 1e-6)
        out[edge] = _Way(share, len(values), middle, float(np.median(values)), extra)
    return out


def _waiting(way: _Way) -> float:
    """Seconds that slow calls of one edge waited beyond the usual."""
    return way.share * way.extra * way.calls


def _amount(parts: list[_Way], whole: float) -> float:
    calls = sum(way.calls for way in parts)
    weight = sum(np.sqrt(way.calls) for way in parts)
    slow = float(sum(way.share * np.sqrt(way.calls) for way in parts) / weight)
    held = sum(_waiting(way) for way in parts) / whole if whole > 0 else 0.0
    return slow * float(np.sqrt(held)) * calls / (calls + 10.0)


def _clue(who: str, amount: float, parts: list[_Way]) -> Clue | None:
    if amount < 0.05:
        return None
    share, _, usual, now, _ = max(parts)
    routes = "1 route" if len(parts) == 1 else f"{len(parts)} routes"
    says = f"calls to and from {who} spend {change(usual * 1e3, now * 1e3, 'ms')} on the way ({routes})"
    calls_said = "every call" if share > 0.9 else "most calls" if share > 0.5 else "some calls"
    named = f"network to {who} is slow" if now > _SLOW * usual else f"calls to {who} take longer on the way"
    detail = f"{named}: +{number((now - usual) * 1e3)} ms on {calls_said}" if now > usual else ""
    return Clue(channel="edge", service=who, amount=round(amount, 6), says=says, detail=detail)
