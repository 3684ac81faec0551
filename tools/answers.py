"""Which few facts of a table answer a person's question?"""

import numpy as np

from clew.evidence import Asked, Change, Evidence, Lines, Sample, Series, evidence
from clew.incident import Window
from clew.tables import ChangeTable, Floats, LogTable, Matrix, Spans
from tools.phrases import amount, clock, counted, lasting, nothing, rest, span, told

SERIES = 12
POINTS = 720
LINES = 50
OPERATIONS = 10
CHANGES = 20
SAMPLE_CHARACTERS = 2_000


def series_facts(found: Matrix, question: Asked, service: str, metric: str, taken_at: float) -> tuple[Evidence, ...]:
    """At most SERIES series of `service` whose name contains `metric`, those that begin with it first."""
    window, wanted = question.window, metric.lower()
    rows = [
        i for i, key in enumerate(found.keys) if key.service.lower() == service.lower() and wanted in key.metric.lower()
    ]
    inside = (found.times >= window.start) & (found.times <= window.end)
    rows = [i for i in rows if not np.isnan(found.values[i, inside]).all()]
    rows.sort(
        key=lambda i: (
            not found.keys[i].metric.lower().startswith(wanted),
            found.keys[i].metric,
            found.keys[i].instance,
        )
    )
    if not rows:
        return (
            nothing(question, f"No metric like {metric!r} of {_whose(service)} in {span(window)}.", taken_at, service),
        )
    shown = rows if len(rows) <= SERIES else rows[: SERIES - 1]
    facts = tuple(_series(found, i, inside, question, taken_at) for i in shown)
    if len(shown) == len(rows):
        return facts
    more = f"{len(shown)} of {len(rows)} series shown; name the metric more closely to see the others."
    return (*facts, rest(question, more, taken_at, service))


def _series(found: Matrix, row: int, inside: object, question: Asked, taken_at: float) -> Evidence:
    key, window = found.keys[row], question.window
    times, values = _thinned(found.times[inside], found.values[row, inside])  # pyright: ignore[reportArgumentType, reportCallIssue]
    before = found.values[row, found.times < window.start]
    before = before[~np.isnan(before)]
    usual = float(np.median(before)) if len(before) else None
    measured = values[~np.isnan(values)]
    unit = f" {key.unit}" if key.unit else ""
    where = " ".join((key.instance, *(value for _, value in key.labels))).strip()
    name = f"{key.metric} of {where}" if where else key.metric
    says = f"{name} ({_whose(key.service)}) was {amount(float(np.median(measured)))}{unit} in the median, "
    says += f"{amount(float(measured.min()))} to {amount(float(measured.max()))}, in {span(window)}"
    says += f"; usually {amount(usual)} before." if usual is not None else "."
    payload = Series(
        name=name,
        service=key.service,
        unit=key.unit,
        times=tuple(times.tolist()),
        values=tuple(None if np.isnan(v) else float(v) for v in values),
        normal=usual,
    )
    return evidence(question, payload, says, taken_at=taken_at)


def _thinned(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """At most POINTS points: means of equal stretches, NaN where a stretch was not measured at all."""
    if len(times) <= POINTS:
        return times, values
    edges = np.linspace(0, len(times), POINTS + 1).astype(int)
    counts = np.add.reduceat((~np.isnan(values)).astype(float), edges[:-1])
    sums = np.add.reduceat(np.nan_to_num(values), edges[:-1])
    means = np.divide(sums, counts, out=np.full(POINTS, np.nan), where=counts > 0)
    return times[edges[:-1]], means


def line_facts(found: LogTable, question: Asked, service: str, text: str, taken_at: float) -> tuple[Evidence, ...]:
    """Matching lines, newest first, at most LINES in all, one fact a service; how many there are in all is in the fact."""
    window = question.window
    rows = _matching(found, service, text)
    moments = found.times[rows] if len(rows) else np.empty(0)
    inside = rows[(moments >= window.start) & (moments <= window.end)]
    what = f" containing {text!r}" if text else ""
    if not len(inside):
        whom = f" of {service}" if service else ""
        return (nothing(question, f"No log line{whom}{what} in {span(window)}.", taken_at, service),)
    newest = inside[::-1][:LINES]
    facts: list[Evidence] = []
    for code in dict.fromkeys(found.service[newest].tolist()):
        mine = inside[found.service[inside] == code]
        name = found.services[code]
        payload = Lines(
            service=name,
            severity=_worst(found, mine),
            template=text or "any line",
            count=len(mine),
            usual=_usual(found, rows[found.service[rows] == code], window),
            first=float(found.times[mine[0]]),
            last=float(found.times[mine[-1]]),
            samples=tuple(_sample(found, int(i)) for i in newest if found.service[i] == code),
        )
        says = f"{name or 'Outside status feed'} wrote {counted(len(mine), 'line')}{what} in {span(window)}, "
        says += f"first at {clock(float(found.times[mine[0]]))}, last at {clock(float(found.times[mine[-1]]))}."
        facts.append(evidence(question, payload, says, taken_at=taken_at))
    return tuple(facts)


def _matching(found: LogTable, service: str, text: str) -> np.ndarray:
    wanted = text.lower()
    rows = np.arange(len(found))
    if service:
        codes = [i for i, name in enumerate(found.services) if name.lower() == service.lower()]
        rows = np.flatnonzero(np.isin(found.service, codes))
    if wanted:
        rows = np.array([i for i in rows if wanted in found.messages[i].lower()], dtype=int)
    return rows


def _usual(found: LogTable, rows: np.ndarray, window: Window) -> int:
    """How many such lines a stretch as long as the window had before it."""
    history = window.start - float(found.times[0]) if len(found) else 0.0
    if history <= 0:
        return 0
    return round(int((found.times[rows] < window.start).sum()) * window.seconds / history)


def _worst(found: LogTable, rows: np.ndarray) -> str:
    names = {found.severities[code] for code in set(found.severity[rows].tolist())}
    order = ("FATAL", "CRITICAL", "ERROR", "SEVERE", "WARN", "WARNING", "INFO", "DEBUG", "TRACE")
    return next((name for name in order if name in names), next(iter(sorted(names)), ""))


def _sample(found: LogTable, row: int) -> Sample:
    trace = int(found.trace[row])
    text = found.messages[row]
    text = text if len(text) <= SAMPLE_CHARACTERS else text[:SAMPLE_CHARACTERS] + " [cut]"
    return Sample(at=float(found.times[row]), text=text, trace=found.traces[trace] if trace >= 0 else "")


def operation_facts(found: Spans, question: Asked, service: str, taken_at: float) -> tuple[Evidence, ...]:
    """The operations of `service` (empty = any) with the longest 99th percentile, one series of durations each."""
    window = question.window
    wanted = [i for i, name in enumerate(found.services) if not service or name.lower() == service.lower()]
    mine = np.flatnonzero(np.isin(found.service, wanted) & (found.start >= window.start) & (found.start <= window.end))
    if not len(mine):
        return (nothing(question, f"No span of {service or 'any service'} in {span(window)}.", taken_at, service),)
    pairs = np.stack([found.service[mine], found.operation[mine]], axis=1)
    kinds, member = np.unique(pairs, axis=0, return_inverse=True)
    slowness = [float(np.percentile(found.duration[mine[member == k]], 99)) for k in range(len(kinds))]
    slowest = np.argsort(slowness)[::-1][:OPERATIONS]
    return tuple(_operation(found, mine[member == k], question, taken_at) for k in slowest)


def _operation(found: Spans, rows: np.ndarray, question: Asked, taken_at: float) -> Evidence:
    service, operation = found.services[found.service[rows[0]]], found.operations[found.operation[rows[0]]][:300]
    middle, high = np.percentile(found.duration[rows], [50, 99])
    failed = int(found.error[rows].sum())
    says = f"{service} {operation}: {counted(len(rows), 'call')}, {failed} failed, "
    says += f"median {lasting(float(middle))}, p99 {lasting(float(high))}, in {span(question.window)}."
    times, values = _thinned(found.start[rows], found.duration[rows])
    payload = Series(
        name=f"duration of {operation}",
        service=service,
        unit="s",
        times=tuple(times.tolist()),
        values=tuple(values.tolist()),
    )
    return evidence(question, payload, says, taken_at=taken_at)


def change_facts(
    found: ChangeTable, question: Asked, service: str, taken_at: float, diff_characters: int
) -> tuple[Evidence, ...]:
    """Changes that touch `service` (empty = any), newest first, at most CHANGES, diffs cut."""
    window = question.window
    mine = [c for c in touching(found, service) if window.start <= c.at <= window.end]
    if not mine:
        whom = f" to {service}" if service else ""
        return (nothing(question, f"No change{whom} in {span(window)}.", taken_at, service),)
    newest = sorted(mine, key=lambda c: c.at, reverse=True)
    shown = newest if len(newest) <= CHANGES else newest[: CHANGES - 1]
    facts = tuple(evidence(question, _cut(c, diff_characters), told(c), taken_at=taken_at) for c in shown)
    if len(shown) == len(newest):
        return facts
    return (
        *facts,
        rest(question, f"{len(shown)} of {len(newest)} changes shown; ask for a shorter time.", taken_at, service),
    )


def touching(found: ChangeTable, service: str) -> tuple[Change, ...]:
    """Changes of `service`, the commits that its deploys brought out, and unattributed ones that name it in a path or title."""
    name = service.lower()
    if not name:
        return found.changes
    brought = {c.commit for c in found.changes if c.commit and (c.service or "").lower() == name}

    def mine(change: Change) -> bool:
        if change.service:
            return change.service.lower() == name
        return (
            change.ref in brought or name in change.title.lower() or any(name in path.lower() for path in change.files)
        )

    return tuple(c for c in found.changes if mine(c))


def _cut(change: Change, characters: int) -> Change:
    if change.diff is None or len(change.diff) <= characters:
        return change
    return change.model_copy(update={"diff": change.diff[:characters] + "\n[cut]"})


def _whose(service: str) -> str:
    return service or "the whole system"
