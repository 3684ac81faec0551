"""Are the requests that the suspect made worse the ones that went wrong."""

from typing import NamedTuple

import numpy as np

from clew.causal.selftime import self_times
from clew.tables import Bools, Floats, Spans

_STRATUM = 10
"""Requests of one kind, at least: fewer are not compared."""


class Contrast(NamedTuple):
    """Of requests in which the suspect was bad, the share that was bad as a whole (0..1), and of the others; with their numbers."""

    exposed: float
    others: float
    exposed_count: int
    others_count: int

    @property
    def firm(self) -> bool:
        whole = self.exposed_count + self.others_count
        pooled = (self.exposed * self.exposed_count + self.others * self.others_count) / whole
        error = np.sqrt(max(pooled * (1 - pooled), 1e-9) * (1 / self.exposed_count + 1 / self.others_count))
        return self.exposed - self.others >= 0.2 and self.exposed - self.others >= 3.0 * error

    @property
    def absent(self) -> bool:
        return min(self.exposed_count, self.others_count) >= 30 and self.exposed - self.others < 0.02


def contrast(spans: Spans, normal: Spans, service: str, during: Bools, *, failed: bool) -> Contrast | None:
    """Compares requests of the incident with one another: those in which the service itself took longer than it usually does (failed
    by itself, if `failed`) with those in which it did not. Kinds of requests are compared within themselves. None where one group is
    missing.

    Usual is the 95th percentile of `normal` where there is one, else of the spans before.
    """
    if not len(spans) or service not in spans.services or not during.any():
        return None
    bad = _failing(spans, service) if failed else _slow_self(spans, normal, service, during)
    roots = np.flatnonzero((spans.parent < 0) & during)
    if bad is None or not len(roots):
        return None
    exposed = np.zeros(len(spans.traces), dtype=np.bool_)
    exposed[spans.trace[bad & during]] = True
    whole = spans.error[roots] if failed else _slow_roots(spans, normal, roots, during)
    keep = np.isin(spans.operation[roots], _common(spans.operation[roots]))
    hit, trouble = exposed[spans.trace[roots[keep]]], whole[keep]
    if hit.sum() < 5 or (~hit).sum() < 5:
        return None
    return Contrast(float(np.mean(trouble[hit])), float(np.mean(trouble[~hit])), int(hit.sum()), int((~hit).sum()))


def _common(operations: np.ndarray[tuple[int], np.dtype[np.int32]]) -> list[int]:
    found, count = np.unique(operations, return_counts=True)
    return [int(f) for f, c in zip(found, count, strict=True) if c >= _STRATUM]


def _failing(spans: Spans, service: str) -> Bools:
    """Failed spans of the service whose callees did not fail."""
    child = (spans.parent >= 0) & spans.error
    below = np.bincount(spans.parent[child], minlength=len(spans)) > 0
    return spans.error & ~below & (spans.service == spans.services.index(service))


def _slow_self(spans: Spans, normal: Spans, service: str, during: Bools) -> Bools | None:
    own, _ = self_times(spans)
    mine = spans.service == spans.services.index(service)
    bars = _bars(spans, own, normal, mine & ~during, service)
    if bars is None:
        return None
    return mine & (own > bars[spans.operation])


def _bars(spans: Spans, own: Floats, normal: Spans, before: Bools, service: str) -> Floats | None:
    """Per operation of `spans`: the usual 95th percentile of the service's own time; infinite where it is not known."""
    bars = np.full(len(spans.operations), np.inf)
    if len(normal) and service in normal.services:
        usual, _ = self_times(normal)
        mine = normal.service == normal.services.index(service)
        place = {name: i for i, name in enumerate(spans.operations)}
        for code in np.unique(normal.operation[mine]):
            rows = mine & (normal.operation == code)
            at = place.get(normal.operations[code])
            if at is not None and rows.sum() >= _STRATUM:
                bars[at] = float(np.quantile(usual[rows], 0.95))
    else:
        for code in np.unique(spans.operation[before]):
            rows = before & (spans.operation == code)
            if rows.sum() >= _STRATUM:
                bars[code] = float(np.quantile(own[rows], 0.95))
    return bars if np.isfinite(bars).any() else None


def _slow_roots(spans: Spans, normal: Spans, roots: np.ndarray[tuple[int], np.dtype[np.intp]], during: Bools) -> Bools:
    """Requests that took longer than their kind usually does (95th percentile)."""
    bars = np.full(len(spans.operations), np.inf)
    table = normal if len(normal) else spans
    usual = (table.parent < 0) if len(normal) else (spans.parent < 0) & ~during
    place = {name: i for i, name in enumerate(spans.operations)}
    for code in np.unique(table.operation[usual]):
        rows = usual & (table.operation == code)
        at = place.get(table.operations[code])
        if at is not None and rows.sum() >= _STRATUM:
            bars[at] = float(np.quantile(table.duration[rows], 0.95))
    return spans.duration[roots] > bars[spans.operation[roots]]
