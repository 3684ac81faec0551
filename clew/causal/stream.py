"""How often and how long: lines and spans of one service, counted in bins of time."""

import numpy as np

from clew.causal.scene import Scene, Signal
from clew.causal.selftime import self_times
from clew.incident import Signal as Kind
from clew.tables import Bools, Floats, Spans

_PER_BIN = 5
"""Spans in an ordinary bin: fewer make a median that says nothing."""
_FINEST = 10.0
"""Lines and spans are counted in bins of at least this many seconds."""
_BINS = 720


def bins(times: Floats, start: float, end: float, count: float) -> tuple[Floats, float]:
    """Edges of equal bins and their width in seconds: so narrow that an ordinary one holds `count` of `times`, within 10 s and 1/720."""
    width = max(_FINEST, (end - start) / _BINS, count * (end - start) / max(len(times), 1))
    edges = np.arange(start, end + width, width)
    return (edges if len(edges) > 1 else np.array([start, start + width])), width


def lines_with(scene: Scene, service: str, template: str, *, falls: bool = False) -> Signal | None:
    """How many lines of the service a bin hold the longest fixed stretch of the template; turned round if they should be there."""
    lines = scene.tables.lines
    text = fixed(template)
    if not len(lines) or service not in lines.services or len(text) < 4:
        return None
    mine = np.flatnonzero(lines.service == lines.services.index(service))
    low = text.lower()
    hits = [int(row) for row in mine if low in lines.messages[row].lower()]
    if not hits and not falls:
        return None
    edges, width = bins(np.empty(0), float(lines.times[0]), scene.until, 0.0)
    counts = np.histogram(lines.times[hits], edges, weights=lines.weights[hits])[0].astype(np.float64)
    values = -counts if falls else counts
    return Signal(f"{service} errors", service, f"lines: {text[:40]}", edges[:-1], values, width)


def fixed(template: str) -> str:
    """The longest stretch of a template without a mark."""
    pieces = template.replace(">", "<").split("<")
    return max((piece.strip() for piece in pieces[::2]), key=len, default="")


def _binned(start: Floats, values: Floats, share: float, count: int = _PER_BIN) -> tuple[Floats, Floats, float] | None:
    """Times, the quantile `share` (the mean where it is negative) of the values in each bin, and the width of bins."""
    if len(start) < 4 * count:
        return None
    edges, width = bins(start, float(np.min(start)), float(np.max(start)), count)
    place = np.clip(np.searchsorted(edges, start, side="right") - 1, 0, len(edges) - 2)
    order = np.argsort(place, kind="stable")
    out = np.full(len(edges) - 1, np.nan)
    for rows in np.split(order, np.flatnonzero(np.diff(place[order])) + 1):
        if len(rows) >= 2:
            out[place[rows[0]]] = np.quantile(values[rows], share) if share >= 0 else np.mean(values[rows])
    return edges[:-1], out, width


def own_time(scene: Scene, service: str, operation: str) -> Signal | None:
    """The median time that the service itself spends per call of the operation (of any, where that is rare), seconds."""
    spans = scene.tables.spans
    mine = _of(spans, service)
    if operation in spans.operations:
        only = mine & (spans.operation == spans.operations.index(operation))
        mine = only if only.sum() >= 4 * _PER_BIN else mine
    own, _ = self_times(spans)
    found = _binned(spans.start[mine], own[mine], 0.5)
    return Signal(f"{service} own time", service, "self time", *found) if found else None


def failures(scene: Scene, service: str) -> Signal | None:
    """The share of the service's calls that failed, 0..1."""
    spans = scene.tables.spans
    mine = _of(spans, service)
    found = _binned(spans.start[mine], spans.error[mine].astype(np.float64), -1.0)
    return Signal(f"{service} failed calls", service, "failed spans", *found) if found else None


def _of(spans: Spans, service: str) -> Bools:
    if service not in spans.services:
        return np.zeros(len(spans), dtype=np.bool_)
    return spans.service == spans.services.index(service)


def requests(scene: Scene) -> Signal | None:
    """Without a metric: how long requests take, or how often they fail, where they come in (or at the symptom's service)."""
    spans = scene.tables.spans
    mine = _of(spans, scene.symptom.service) if scene.symptom.service else np.zeros(len(spans), dtype=np.bool_)
    mine = mine if mine.any() else spans.parent < 0
    if scene.symptom.signal in (Kind.ERRORS, Kind.AVAILABILITY):
        found = _binned(spans.start[mine], spans.error[mine].astype(np.float64), -1.0)
        return Signal("failed requests", scene.symptom.service or "", "requests", *found) if found else None
    found = _binned(spans.start[mine], spans.duration[mine], 0.9)
    return Signal("time of requests", scene.symptom.service or "", "requests", *found) if found else None
