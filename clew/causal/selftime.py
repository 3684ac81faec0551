"""Where is the time spent that was not spent before."""

from dataclasses import dataclass

import numpy as np

from clew.causal.edge import edge_clues, exits
from clew.causal.moment import Moment
from clew.causal.say import change, seen
from clew.hypothesis import Clue
from clew.tables import Bools, Floats, Ints, Spans

_EARLY = 60.0
"""Spans may precede the estimated onset by this much where a fault-free reference exists, seconds."""


_LOOSE = 90.0
"""Without a reference, spans this close before the onset are not called usual, seconds."""


@dataclass(frozen=True, slots=True)
class _Group:
    median: float
    error: float
    """Standard error of the median."""
    count: int
    childless: float
    """Share of calls without children."""
    failed: float


_Groups = dict[tuple[str, str], _Group]


def span_clues(spans: Spans, normal: Spans, moment: Moment) -> tuple[Clue, ...]:
    """All clues of the traces, strongest first.

    Channels: `self time` (a service's share of all extra time spent in itself, 0..1), `edge` (see `edge`), `lost calls` (operations
    that used to call others and do not any more, share 0..1) and `failed spans` (rise of the share of failed spans, of those whose
    callees did not fail, 0..1).
    """
    if not len(spans):
        return ()
    now, past = phases(spans, normal, moment)
    edges, explained = edge_clues(now, past)
    current, before = _groups(now), _groups(past) if len(past) else {}
    calls = _named(now, exits(now)) | _named(past, exits(past)) if len(past) else _named(now, exits(now))
    base = float(np.sum(now.duration[now.parent < 0]))
    out = [
        *_selftime(current, before, calls, explained, base),
        *edges,
        *_structure(current, before),
        *_failed(now, past),
    ]
    out.append(seen(spans.services, "spans"))
    return tuple(sorted(out, key=lambda c: (-c.amount, c.channel, c.service or "")))


def phases(spans: Spans, normal: Spans, moment: Moment) -> tuple[Spans, Spans]:
    """The spans of the incident and those to compare them with: the reference, else the spans before the onset."""
    if len(normal):
        during = spans.start >= moment.start - _EARLY
        return (taken(spans, during) if during.any() else spans), normal
    during, before = spans.start >= moment.start - _LOOSE, spans.start < moment.start - _LOOSE
    if during.sum() < 20 or before.sum() < 20:
        return spans, Spans.empty()
    return taken(spans, during), taken(spans, before)


def taken(spans: Spans, keep: Bools) -> Spans:
    """The chosen rows, with parents renumbered; a parent that was not chosen becomes -1."""
    place = np.full(len(spans) + 1, -1, dtype=np.int32)
    place[:-1][keep] = np.arange(int(keep.sum()), dtype=np.int32)
    return Spans(
        spans.trace[keep], place[spans.parent[keep]], spans.service[keep], spans.operation[keep], spans.start[keep],
        spans.duration[keep], spans.error[keep], spans.traces, spans.services, spans.operations, spans.query,
    )  # fmt: skip


def self_times(spans: Spans) -> tuple[Floats, Ints]:
    """Per span: seconds not covered by its children (N,), at least 0, and the number of its children (N,)."""
    child = spans.parent >= 0
    covered = np.bincount(spans.parent[child], weights=spans.duration[child], minlength=len(spans))
    number = np.bincount(spans.parent[child], minlength=len(spans)).astype(np.int32)
    return np.maximum(spans.duration - covered, 0.0), number


def _named(spans: Spans, which: Bools) -> set[tuple[str, str]]:
    """Service and operation of the chosen spans."""
    pairs = np.unique(np.stack((spans.service[which], spans.operation[which])), axis=1).T
    return {(spans.services[service], spans.operations[operation]) for service, operation in pairs}


def _groups(spans: Spans) -> _Groups:
    own, children = self_times(spans)
    key = spans.service.astype(np.int64) * (len(spans.operations) + 1) + spans.operation
    order = np.argsort(key, kind="stable")
    edges = np.flatnonzero(np.diff(key[order])) + 1
    out: _Groups = {}
    for rows in np.split(order, edges):
        if not len(rows):
            continue
        values = own[rows]
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
        error = 1.2533 * (high - low) / 1.349 / np.sqrt(len(rows))
        name = (spans.services[spans.service[rows[0]]], spans.operations[spans.operation[rows[0]]])
        out[name] = _Group(
            float(middle),
            float(error),
            len(rows),
            float(np.mean(children[rows] == 0)),
            float(np.mean(spans.error[rows])),
        )
    return out


def _selftime(
    now: _Groups, before: _Groups, calls: set[tuple[str, str]], explained: dict[str, float], base: float
) -> list[Clue]:
    """Extra self time per service over the fault-free medians less three standard errors, in seconds, as shares of the total.

    What slow edges explain is taken out of the caller's own time, or the caller would win wrongly.
    """
    extra: dict[str, float] = {}
    worst: dict[str, tuple[float, str, float, float]] = {}
    for (service, operation), group in now.items():
        old = before.get((service, operation))
        if old is None or old.count < 3 or group.count < 3 or (service, operation) in calls:
            continue
        shift = group.median - old.median - 3.0 * float(np.hypot(group.error, old.error))
        if shift <= 0.1 * old.median + 1e-4:
            continue
        total = shift * group.count
        extra[service] = extra.get(service, 0.0) + total
        worst[service] = max(worst.get(service, (0.0, "", 0.0, 0.0)), (total, operation, old.median, group.median))
    extra = {service: max(0.0, seconds - explained.get(service, 0.0)) for service, seconds in extra.items()}
    whole = sum(extra.values())
    if whole <= 0:
        return []
    weight = min(1.0, whole / (0.05 * base + 1e-9))
    out: list[Clue] = []
    for service, seconds in extra.items():
        _, operation, old, new = worst[service]
        says = f"{service} itself takes {change(old * 1e3, new * 1e3, 'ms')} per {operation[:40]}"
        if seconds > 0.01 * whole:
            out.append(
                Clue(
                    channel="self time",
                    service=service,
                    amount=round(weight * seconds / whole, 6),
                    says=says,
                    detail=operation[:120],
                )
            )
    return out


def _structure(now: _Groups, before: _Groups) -> list[Clue]:
    """Operations that used to have children and lost them."""
    lost: dict[str, tuple[float, str]] = {}
    for (service, operation), group in now.items():
        old = before.get((service, operation))
        if old is None or old.count < 5 or group.count < 5:
            continue
        amount = (group.childless - old.childless) * group.count / (group.count + 10.0)
        if amount > 0.1:
            lost[service] = max(lost.get(service, (0.0, "")), (amount, operation))
    return [
        Clue(
            channel="lost calls",
            service=who,
            amount=round(amount, 6),
            says=f"{who}: {operation[:50]} stopped making its calls",
            detail=operation[:120],
        )
        for who, (amount, operation) in lost.items()
    ]


def _failed(now: Spans, past: Spans) -> list[Clue]:
    """The rise of failed spans whose own children did not fail: where failure starts."""
    rate_now, rate_past = _origin_rates(now), _origin_rates(past)
    out: list[Clue] = []
    for service, (share, count) in rate_now.items():
        usual = rate_past.get(service, (0.0, 0))[0]
        rise = (share - usual) * count / (count + 5.0)
        if rise > 0.01:
            says = f"failed calls that start in {service}: {change(100 * usual, 100 * share, '%')}"
            out.append(Clue(channel="failed spans", service=service, amount=round(min(1.0, rise), 6), says=says))
    return out


def _origin_rates(spans: Spans) -> dict[str, tuple[float, int]]:
    if not len(spans):
        return {}
    child = (spans.parent >= 0) & spans.error
    blamed = np.bincount(spans.parent[child], minlength=len(spans)) > 0
    origin = spans.error & ~blamed
    count = np.bincount(spans.service, minlength=len(spans.services))
    bad = np.bincount(spans.service[origin], minlength=len(spans.services))
    return {name: (float(bad[i] / count[i]), int(count[i])) for i, name in enumerate(spans.services) if count[i]}
