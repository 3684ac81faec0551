"""What could not be judged from these tables, and what does that mean for the answer?"""

from collections.abc import Iterable

import numpy as np

from clew.causal.grid import Layout, step_of
from clew.causal.moment import Moment
from clew.causal.say import clock, several
from clew.causal.summary import phases
from clew.hypothesis import Gap
from clew.incident import Symptom
from clew.tables import Bools, CallGraph, LogTable, Matrix, Spans, Tables

_FEW = 5
"""Fewer samples say little of what is usual."""
_SHORT = 180.0
"""A shorter past says little of it, however fine the samples, seconds."""
_COARSE = 240.0
"""From here on the distance of samples limits what the onset can be, seconds."""
_PART = 0.1
"""A smaller part of all series without a sample is ordinary, unless a service has no other."""
_CALLS = 20
"""Fewer spans from before are no past; see `selftime.phases`."""
_LOOSE = 60.0
"""What comes so little before the onset may be of the trouble, seconds."""
_APART = 1.0
"""Clocks this far apart show, seconds."""
_MOST = 0.8
"""... in this part of an edge's calls, ..."""
_LEAST = 5
"""... of which there are so many."""
_TRACES = "time spent inside each service could not be compared with what is usual"


def unseen(tables: Tables, moment: Moment, symptom: Symptom) -> tuple[Gap, ...]:
    """Everything that the tables of one incident cannot say, each with its effect; empty tables say nothing of themselves. Pure."""
    services = {key.service for key in tables.matrix.keys} | {*tables.spans.services, *tables.lines.services}
    return (
        *unseen_series(tables.matrix, tables.normal_matrix, moment, symptom),
        *unseen_spans(tables.spans, tables.normal_spans, moment),
        *unseen_lines(tables.lines, tables.normal_lines, moment),
        *unseen_calls(services, tables.graph),
    )


def unseen_series(matrix: Matrix, normal: Matrix, moment: Moment, symptom: Symptom) -> tuple[Gap, ...]:
    """Series without samples around the alert, and a past that is missing, short or coarse."""
    if not matrix.keys or not len(matrix.times):
        return ()
    there = np.isfinite(matrix.values)
    seen = matrix.times[there.any(axis=0)]
    if not len(seen):
        reason = f"none of {len(matrix.keys)} series holds a sample"
        return (_gap("metrics", reason, "levels could not be compared with what is usual"),)
    step = step_of(Layout.of(matrix.times).times)
    first, last = float(seen.min()), float(seen.max())
    if last < moment.alerted_at - 1.5 * step:
        reason = f"the newest sample is of {clock(last)}, {_long(moment.alerted_at - last)} before the alert"
        return (_gap("metrics", reason, "what happened since is not known, so nothing can be called healthy"),)
    start = min(moment.start, moment.alerted_at)
    out = [*_dark(matrix, there, moment, symptom)]
    before = seen[seen < start - 0.5 * step]
    if (len(before) < _FEW or start - first < _SHORT) and not np.isfinite(normal.values).any():
        reason = f"only {len(before)} samples ({_long(max(0.0, start - first))}) from before the trouble"
        reason = reason if len(before) else "no sample from before the trouble"
        out.append(_gap("metrics", reason, "what is usual is hardly known, so a usual level may look new"))
    if step >= _COARSE:
        out.append(_gap("metrics", f"samples are {_long(step)} apart", f"the onset is known to {_long(step)} at best"))
    return tuple(out)


def _dark(matrix: Matrix, there: Bools, moment: Moment, symptom: Symptom) -> list[Gap]:
    """What was not measured around the alert, the alerting service first."""
    _, during = phases(matrix.times, moment)
    lit = [matrix.keys[row] for row in np.flatnonzero(there[:, during].any(axis=1))]
    gone = {key.service for key in matrix.keys} - {key.service for key in lit}
    count, dark = len(matrix.keys), len(matrix.keys) - len(lit)
    if not gone and dark < _PART * count:
        return []
    names = sorted(gone, key=lambda name: (name != symptom.service, name))
    of = f", none of {several([name[:40] or 'the front door' for name in names])} does" if names else ""
    reason = f"{dark} of {count} series hold no sample around the alert{of}"
    return [_gap("metrics", reason, "whether those moved is not known")]


def unseen_spans(spans: Spans, normal: Spans, moment: Moment) -> tuple[Gap, ...]:
    """Spans that do not reach the incident or its past, and clocks that disagree."""
    if not len(spans):
        return ()
    if float(spans.start.max()) < moment.start - _LOOSE or float(spans.start.min()) > moment.window.end:
        at = clock(float(spans.start.max()))
        return (_gap("traces", f"the newest of {len(spans)} spans is of {at}, before the trouble", _TRACES),)
    out: list[Gap] = []
    before = int((spans.start < moment.start).sum())
    if not len(normal) and before < _CALLS:
        out.append(_gap("traces", f"only {before} spans from before the trouble", _TRACES))
    return (*out, *_skewed(spans))


def _skewed(spans: Spans) -> list[Gap]:
    """The two edges whose calls lie furthest outside of the time of their callers."""
    child = np.flatnonzero(spans.parent >= 0)
    above = spans.parent[child]
    cross = spans.service[child] != spans.service[above]
    child, above = child[cross], above[cross]
    if not len(child):
        return []
    early = spans.start[above] - spans.start[child]
    late = spans.start[child] - spans.start[above] - spans.duration[above]
    pairs, place = np.unique(np.stack((spans.service[above], spans.service[child])), axis=1, return_inverse=True)
    place = place.reshape(-1)
    calls = np.bincount(place)
    found: list[tuple[float, str]] = []
    for apart, when in ((early, "before the calls of {} that led to them"), (late, "after the calls of {} were over")):
        often = np.bincount(place, weights=apart > _APART) / calls
        for edge in np.flatnonzero((often >= _MOST) & (calls >= _LEAST)):
            far = float(np.median(apart[place == edge]))
            caller, callee = (spans.services[code][:25] for code in pairs[:, edge])
            found.append((far, f"spans of {callee} begin {_long(far)} {when.format(caller)}"))
    reason = "; ".join(said for _, said in sorted(found, reverse=True)[:2])
    effect = "clocks differ, or work waits in line: the order of events in these services is not certain"
    return [_gap("traces", reason, effect)] if reason else []


def unseen_lines(lines: LogTable, normal: LogTable, moment: Moment) -> tuple[Gap, ...]:
    """Lines that do not reach the incident or its past."""
    if not len(lines):
        return ()
    if float(lines.times.max()) < moment.start - _LOOSE:
        reason = f"the newest of {len(lines)} lines is of {clock(float(lines.times.max()))}, before the trouble"
        return (_gap("logs", reason, "new error messages could not be looked for"),)
    if not len(normal) and float(lines.times.min()) >= moment.start:
        return (_gap("logs", "no line from before the trouble", "every error looks new, though it may be old"),)
    return ()


def unseen_calls(services: Iterable[str], graph: CallGraph) -> tuple[Gap, ...]:
    """What the missing call graph, or a system of one service, leaves open."""
    names = sorted({name for name in services if name})
    if len(names) == 1:
        reason = f"only {names[0][:60]} was measured"
        return (_gap("services", reason, "a cause in another service could not be seen"),)
    if len(names) > 1 and not any(caller != callee for caller, callee in graph.edges):
        return (_gap("call graph", "who calls whom is not known", "callers may look guilty of what they call"),)
    return ()


def _gap(source: str, reason: str, effect: str) -> Gap:
    return Gap(source=source, reason=reason[:200], effect=effect)


def _long(seconds: float) -> str:
    """`45 s`, `12 min`, `30 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.0f} h"
