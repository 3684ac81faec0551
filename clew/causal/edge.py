"""Which calls take long between caller and callee: the mark of a slow network."""

from collections import defaultdict

import numpy as np

from clew.causal.say import change, number
from clew.hypothesis import Clue
from clew.tables import Floats, Spans

_SLOW = 5.0
"""A way that takes this many times as long is a slow network; less may be a busy end of it."""


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
            out[spans.services[spans.service[above[rows[0]]]], spans.services[spans.service[child[rows[0]]]]] = gap[
                rows
            ]
    return out


def edge_clues(now: Spans, past: Spans) -> tuple[list[Clue], dict[str, float]]:
    """Clues of channel `edge` (0..1: mean share of slow calls over all edges that touch a service, weighted by the square root of the
    calls), and the seconds per caller that slow edges explain.

    A call is slow beyond its edge's usual 95th percentile (beyond 5 times the fleet's median gap where there is no usual). The one node
    whose every edge (or every edge that leads to it) is slow explains them all.
    """
    current, usual = gaps(now), gaps(past) if len(past) else {}
    if not current:
        return [], {}
    pooled = float(np.median([float(np.median(values)) for values in current.values()]))
    shares: dict[str, list[tuple[float, float]]] = defaultdict(list)
    inbound: dict[str, list[tuple[float, float]]] = defaultdict(list)
    explained: dict[str, float] = defaultdict(float)
    worst: dict[str, tuple[float, float, float]] = {}
    for (caller, callee), values in current.items():
        old = usual.get((caller, callee))
        known = old is not None and len(old) >= 5
        if not known and len(past):
            continue
        middle = float(np.median(old)) if old is not None and known else pooled
        bar = float(np.quantile(old, 0.95)) if old is not None and known else 5.0 * pooled + 0.002
        extra = max(0.0, float(np.mean(values)) - middle)
        # a few milliseconds are load or clock, a slow network is many times the usual gap
        share = max(0.0, (float(np.mean(values > bar)) - 0.05) / 0.95) * extra / (extra + 5.0 * middle + 1e-6)
        weight = float(np.sqrt(len(values)))
        inbound[callee].append((share, weight))
        for who in (caller, callee):
            shares[who].append((share, weight))
            worst[who] = max(worst.get(who, (0.0, 0.0, 0.0)), (share, middle, float(np.median(values))))
        if share > 0.3:
            explained[caller] += max(0.0, float(np.median(values)) - middle) * len(values)
    clues = [_clue(who, max(shares[who], inbound[who] or shares[who], key=_mean), worst[who]) for who in shares]
    return [clue for clue in clues if clue is not None], dict(explained)


def _mean(parts: list[tuple[float, float]]) -> float:
    return sum(s * w for s, w in parts) / sum(w for _, w in parts)


def _clue(who: str, parts: list[tuple[float, float]], worst: tuple[float, float, float]) -> Clue | None:
    calls = sum(weight**2 for _, weight in parts)
    amount = _mean(parts) * calls / (calls + 10.0)
    if amount < 0.05:
        return None
    share, usual, now = worst
    routes = "1 route" if len(parts) == 1 else f"{len(parts)} routes"
    says = f"calls to and from {who} spend {change(usual * 1e3, now * 1e3, 'ms')} on the way ({routes})"
    calls_said = "every call" if share > 0.9 else "most calls" if share > 0.5 else "some calls"
    named = f"network to {who} is slow" if now > _SLOW * usual else f"calls to {who} take longer on the way"
    detail = f"{named}: +{number((now - usual) * 1e3)} ms on {calls_said}" if now > usual else ""
    return Clue(channel="edge", service=who, amount=round(amount, 6), says=says, detail=detail)
